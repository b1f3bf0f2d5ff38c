"""Pages of code systems whose codes are entries of an index, read in portions while they are taken.

A page may have 50,000 codes, so the time-out of a request holds for each portion by itself.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from app.engine.port import Register, not_counted
from app.r4.terminology.system import Concept, Found, System
from app.register.query import Match, Query

_CODES = 5_000
"""Codes that are found at once: an answer that is refused in the end costs no more."""
_CONCEPTS = 1_000
"""Concepts that are in memory at once."""


def found(
    system: System, register: Register, query: Query, properties: Collection[str], before: str = ""
) -> Found:
    """Return what a query finds, which has a size; `before` stands in the ids before the codes."""
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

    codes = (match.id.removeprefix(before) for match in matches())
    return Found(concepts(system, codes, properties), total)


def concepts(system: System, codes: Iterable[str], properties: Collection[str]) -> Iterator[Concept]:
    """Yield the concepts of codes, which all exist, in their order."""
    some: list[str] = []
    for code in codes:
        some.append(code)
        if len(some) == _CONCEPTS:
            yield from _read(system, some, properties)
            some = []
    if some:
        yield from _read(system, some, properties)


def _read(system: System, codes: Sequence[str], properties: Collection[str]) -> Iterator[Concept]:
    with not_counted():
        known = system.concepts(codes, properties)
    return (known[code] for code in codes)
