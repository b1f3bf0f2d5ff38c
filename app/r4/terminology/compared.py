"""Selections of code systems whose index answers some filters, but not all.

What the index leaves is read and compared, so it must not be much: see `Index.most`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from app.engine.port import Register
from app.fhir.rejected import Rejected
from app.r4.terminology import filters, portions, values
from app.r4.terminology.clauses import of_condition
from app.r4.terminology.filters import Look
from app.r4.terminology.memory import best, predicate
from app.r4.terminology.system import (
    Both,
    Codes,
    Condition,
    Either,
    Filter,
    Found,
    Not,
    Selection,
    System,
)
from app.r4.words import Issue
from app.register.query import Query

_COMPARISONS = 200_000
"""Filters and dates that are compared with all codes together: these take 0.1 s of CPU."""


class Index(Protocol):
    """What answers some filters on a code system by itself."""

    @property
    def known(self) -> Collection[str]:
        """The properties whose filters it answers."""
        ...

    @property
    def most(self) -> int:
        """Codes that are compared: what this takes is 0.2 s of CPU."""
        ...

    def find(self, condition: Condition, offset: int, size: int) -> Codes:
        """Return a slice of the codes that pass a condition on such properties; raises Rejected."""
        ...


@dataclass(frozen=True)
class Entries:
    """Codes that are the ids of entries of a kind."""

    register: Register
    kind: str
    looks: Mapping[str, Look]
    """The looks at those of their properties that are fields."""
    most: int

    @property
    def known(self) -> Collection[str]:
        """The properties whose filters the fields answer."""
        return self.looks.keys()

    def find(self, condition: Condition, offset: int, size: int) -> Codes:
        """Return a slice of the codes that pass a condition on such properties; raises Rejected."""
        clause = of_condition(condition, lambda asked: filters.clause(asked, self.looks[asked.property]))
        return portions.codes(self.register, Query(self.kind, (clause,), size=size, offset=offset))


class Slice(NamedTuple):
    """Which concepts of a selection to return, and with which properties."""

    offset: int
    size: int
    properties: Collection[str]


def select(system: System, index: Index, selection: Selection, wanted: Slice) -> Found:
    """Return a slice of the concepts of a selection, by code or the best first; raises Rejected."""
    condition, (offset, size, properties) = selection.condition, wanted
    needed = {each.property for each in _filters(condition)}
    loosened = _loosened(condition, index.known, up=True)
    if not (selection.text or needed - {*index.known}):
        passing = index.find(loosened, offset, size)
        return Found(portions.concepts(system, passing.codes, properties), passing.total)
    most = min(index.most, _COMPARISONS // max(1, _comparisons(condition, system.property_types)))
    candidates = index.find(loosened, 0, most)
    if candidates.total > most:
        raise Rejected(_too_many(system, index, most, candidates.total))
    holds = predicate(condition, system.property_types, selection.now)
    found = [concept for concept in portions.concepts(system, candidates.codes, needed) if holds(concept)]
    if selection.text:
        found = best(found, selection.text)
    codes = [concept.code for concept in found[offset : offset + size]]
    return Found(portions.concepts(system, codes, properties), len(found))


def _too_many(system: System, index: Index, most: int, total: int) -> Issue:
    text = (
        f"Dates and texts of code system {system.url} are compared with at most {most} codes, "
        f"and {total} pass the other filters: add a filter on {' or '.join(index.known)}"
    )
    if most < index.most:
        text += ", or ask for fewer values"
    return Issue("too-costly", text, 422)


def _comparisons(condition: Condition, types: Mapping[str, str]) -> int:
    """Return how much one code is compared with: of all values but dates any one is found at once."""
    return sum(
        len(values.values(each)) if types[each.property] == "dateTime" else 1 for each in _filters(condition)
    )


def _filters(condition: Condition) -> Iterator[Filter]:
    match condition:
        case Filter():
            yield condition
        case Not(part):
            yield from _filters(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from _filters(part)


def _loosened(condition: Condition, known: Collection[str], *, up: bool) -> Condition:
    """Return a condition of known properties that holds wherever this one does; not `up`: nowhere else."""
    match condition:
        case Filter() if condition.property not in known:
            return Both(()) if up else Either(())
        case Not(part):
            return Not(_loosened(part, known, up=not up))
        case Both(parts):
            return Both(tuple(_loosened(part, known, up=up) for part in parts))
        case Either(parts):
            return Either(tuple(_loosened(part, known, up=up) for part in parts))
    return condition
