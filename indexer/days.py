"""The days on which organisations are open and relationships are held (hierarchy 2), as fields.

The start and the end of a relationship say nearly always when it is held. What is marked as `odd` is decided
by the record of its source instead (`app.directory.related`).
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from app.clock import midnight
from app.directory.periods import OPEN, Span, dates
from app.register.fields import ON_LAST_DAY, ON_OTHER_DAYS, Value
from indexer.documents.r4 import period_of
from indexer.organisation import Organisation, Period, Relationship

_DAY = 24 * 60 * 60 * 1000
_LAST = midnight(date.max) + _DAY - 1
"""The end of the last day of the calendar."""
_FIRST = str(date.min)


@lru_cache(maxsize=65_536)
def start_of(day: str) -> int:
    """Return the start of a ``YYYY-MM-DD`` day, in milliseconds since 1970 UTC."""
    return midnight(date.fromisoformat(day))


def end_of(day: str) -> int:
    """Return the start of the day after one, or the last instant of the calendar."""
    return min(start_of(day) + _DAY, _LAST)


def opened(organisation: Organisation, published: str) -> dict[str, Value]:
    """Return the fields that say when an organisation is open; `published` is the PublicationDate."""
    return _opened(organisation.status, organisation.periods, published)


@lru_cache(maxsize=16_384)  # most periods repeat
def _opened(status: str, periods: tuple[Period, ...], published: str) -> dict[str, Value]:
    start, end = dates(status, periods).held(published, operational_first=True)
    if start == OPEN:  # never
        return {"opened": None, "closed": start_of(_FIRST)}
    return {
        "opened": start_of(start) if start else None,
        "closed": None if end == OPEN else end_of(end),
    }


def odd(relationships: Iterable[Relationship], published: str) -> list[tuple[str, ...]]:
    """Return what is odd about each of the relationships of an organisation: the terms of its field `odd`."""
    held = [(each.id, _held(each.status, each.periods, published)) for each in relationships]
    starts = {(kind, start) for kind, (_, starts, _) in held for start in starts}
    return [
        (ON_OTHER_DAYS,) if is_other else (ON_LAST_DAY,) if (kind, end) in starts else ()
        for kind, (is_other, _, end) in held
    ]


class _Held(NamedTuple):
    """When a relationship is held."""

    on_other_days: bool
    """Whether that are other days than its fields `start` and `end` say, be it that its source is over."""
    starts: frozenset[str]
    """Its first day, and that which counts if its source is legally over."""
    end: str
    """The last day that its fields say."""


@lru_cache(maxsize=16_384)
def _held(status: str, periods: tuple[Period, ...], published: str) -> _Held:
    stated = dates(status, periods)
    spans = {stated.held(published), stated.held(published, operational_first=True)}
    shown = period_of(periods) if periods else None
    span = Span(shown.start, shown.end or OPEN) if shown else Span("")
    return _Held(spans != {span}, frozenset(each.start for each in spans), span.end)
