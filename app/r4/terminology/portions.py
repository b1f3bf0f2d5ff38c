"""Pages of code systems whose codes are entries of an index, read in portions while they are taken.

A page may have 50,000 codes, so the time-out of a request holds for each portion by itself.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from app.engine.port import Register, not_counted
from app.r4.terminology.system import Codes, Concept, Found, System
from app.register.query import Match, Query

_CODES = 5_000
"""Codes that are found at once: an answer that is refused in the end costs no more."""
_CONCEPTS = 1_000
"""Concepts that are in memory at once."""


def found(system: System, register: Register, query: Query, properties: Collection[str]) -> Found:
    """Return what a query finds, which has a size."""
    passing = codes(register, query)
    return Found(concepts(system, passing.codes, properties), passing.total)


def codes(register: Register, query: Query) -> Codes:
    """Return the ids that a query finds, which has a size."""
    size = query.size or 0
    page = register.search(replace(query, size=min(size, _CODES)), None)
    total = page.total or 0

    def matches() -> Iterator[Match]:
        yield from page.matches
        for at in range(_CODES, min(size, total - query.offset), _CODES):
            further = replace(query, size=min(size - at, _CODES), offset=query.offset + at, total=False)
            with not_counted():
                more = register.search(further, None).matches
            yield from more

    return Codes((match.id for match in matches()), total)


def concepts(system: System, wanted: Iterable[str], properties: Collection[str]) -> Iterator[Concept]:
    """Yield the concepts of codes, which all exist, in their order."""
    some: list[str] = []
    for code in wanted:
        some.append(code)
        if len(some) == _CONCEPTS:
            yield from _read(system, some, properties)
            some = []
    if some:
        yield from _read(system, some, properties)


def _read(system: System, wanted: Sequence[str], properties: Collection[str]) -> Iterator[Concept]:
    with not_counted():
        known = system.concepts(wanted, properties)
    return (known[code] for code in wanted)
