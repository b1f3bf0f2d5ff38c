"""The days on which organisations are open and relationships are held (hierarchy 2), as fields.

The start and the end of a relationship say nearly always when it is held. What is marked as `odd` is decided
by the record of its source instead (`app.directory.related`).
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from app.clock import midnight
from app.directory.periods import ALWAYS, OPEN, Span, dates, held_alone
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
    status, periods = organisation.status, organisation.periods
    if len(periods) == 1:  # nearly always, and several times as quick
        start, end = held_alone(status == "Active", _span(periods[0]), published)
    else:
        start, end = dates(status, periods).held(published, operational_first=True)
    if start == OPEN:  # never
        return {"opened": None, "closed": start_of(_FIRST)}
    return {
        "opened": start_of(start) if start else None,
        "closed": None if end == OPEN else end_of(end),
    }


def odd(relationships: Sequence[Relationship], published: str) -> list[tuple[str, ...]]:
    """Return what is odd about each of the relationships of an organisation: the terms of its field `odd`."""
    held = [(each.id, _held(each.status, each.periods, published)) for each in relationships]
    starts = {(kind, start) for kind, each in held for start in each.starts} if len(held) > 1 else ()
    return [
        (ON_OTHER_DAYS,) if each.on_other_days else (ON_LAST_DAY,) if (kind, each.end) in starts else ()
        for kind, each in held
    ]


class _Held(NamedTuple):
    """When a relationship is held."""

    on_other_days: bool
    """Whether that are other days than its fields say, now or when its source is legally over."""
    starts: tuple[str, ...]
    """Its first day, and that which counts when its source is legally over."""
    end: str
    """The last day that its fields say."""


def _held(status: str, periods: tuple[Period, ...], published: str) -> _Held:
    if len(periods) == 1:
        span = _span(periods[0])
        on_other_days = held_alone(status == "Active", span, published) is not span
        return _Held(on_other_days, (span.start,), span.end)
    both = dates(status, periods)
    spans = both.held(published), both.held(published, operational_first=True)
    span = _span(period_of(periods)) if periods else ALWAYS
    return _Held(spans != (span, span), tuple(each.start for each in spans), span.end)


def _span(period: Period) -> Span:
    return Span(period.start, period.end or OPEN)
