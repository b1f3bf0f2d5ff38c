"""Selections of code systems whose index answers some filters, but not all.

What the index leaves is read and compared, so it must not be much: see `Indexed.most`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from app.engine.port import Register
from app.fhir.rejected import Rejected
from app.r4.terminology import filters, portions, values
from app.r4.terminology.clauses import of_condition
from app.r4.terminology.filters import Look
from app.r4.terminology.memory import best, predicate
from app.r4.terminology.system import (
    Both,
    Condition,
    Either,
    Filter,
    Found,
    Not,
    Selection,
    System,
)
from app.r4.words import Issue
from app.register.query import Clause, Operator, Query, Test

_COMPARISONS = 200_000
"""Filters and dates that are compared with all codes together: these take 0.1 s of CPU."""


class Indexed(NamedTuple):
    """Where the entries of a code system are, and the looks at those of its properties that are fields."""

    kind: str
    looks: Callable[[datetime], Mapping[str, Look]]
    most: int
    """Codes that are compared: what this takes is 0.2 s of CPU."""
    type: str = ""
    """The type of the entries; their ids begin with it."""

    @property
    def before(self) -> str:
        """What stands before the codes in the ids of the entries."""
        return f"{self.type}/" if self.type else ""


class Slice(NamedTuple):
    """Which concepts of a selection to return, and with which properties."""

    offset: int
    size: int
    properties: Collection[str]


def select(
    system: System, indexed: Indexed, register: Register, selection: Selection, wanted: Slice
) -> Found:
    """Return a slice of the concepts of a selection, by code or the best first; raises Rejected."""
    looks = indexed.looks(selection.now)
    condition = selection.condition
    compared = {each.property for each in _filters(condition)} - looks.keys()
    clause = of_condition(
        _loosened(condition, looks, up=True),
        lambda asked: filters.clause(asked, looks[asked.property]),
        indexed.before,
    )
    clauses = (Clause((Test("type", Operator.EQ, indexed.type),)), clause) if indexed.type else (clause,)
    offset, size, properties = wanted
    if not (compared or selection.text):
        query = Query(indexed.kind, clauses, size=size, offset=offset)
        return portions.found(system, register, query, properties, indexed.before)
    most = min(indexed.most, _COMPARISONS // max(1, _comparisons(condition, system.property_types)))
    page = register.search(Query(indexed.kind, clauses, size=most), None)
    if page.more:
        raise Rejected(_too_many(system, indexed, most, looks, page.total or 0))
    candidates = [match.id.removeprefix(indexed.before) for match in page.matches]
    holds = predicate(condition, system.property_types, selection.now)
    needed = {each.property for each in _filters(condition)}
    found = [concept for concept in portions.concepts(system, candidates, needed) if holds(concept)]
    if selection.text:
        found = best(found, selection.text)
    codes = [concept.code for concept in found[offset : offset + size]]
    return Found(portions.concepts(system, codes, properties), len(found))


def _too_many(system: System, indexed: Indexed, most: int, looks: Mapping[str, Look], total: int) -> Issue:
    text = (
        f"Dates and texts of code system {system.url} are compared with at most {most} codes, "
        f"and {total} pass the other filters: add a filter on {' or '.join(looks)}"
    )
    if most < indexed.most:
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
