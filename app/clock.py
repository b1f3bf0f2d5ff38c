"""The time and the day, for server and indexer: no other module reads the machine's clock for a date."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONDON = ZoneInfo("Europe/London")


def clock(fixed: datetime | None) -> Clock:
    """Return the clock: `fixed` (ODS_NOW) for tests and demonstrations, else the machine's, in UTC."""
    return (lambda: fixed) if fixed else (lambda: datetime.now(UTC))


def london_day(now: datetime) -> datetime:
    """Return the start of the day in London that contains `now`: the register keeps London time."""
    return now.astimezone(_LONDON).replace(hour=0, minute=0, second=0, microsecond=0)


def utc_day(now: datetime) -> datetime:
    """Return the start of the current day in UTC, on which levels are asked where no date is named."""
    return datetime.combine(now.astimezone(UTC), time(), UTC)


def milliseconds(instant: datetime) -> int:
    """Return an instant in milliseconds since 1970 UTC; parts of a millisecond are dropped."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def midnight(day: date) -> int:
    """Return the start of a day in UTC, in milliseconds since 1970."""
    return milliseconds(datetime.combine(day, time(), UTC))
