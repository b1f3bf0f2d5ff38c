"""The one place where server and indexer ask what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def clock(fixed: datetime | None) -> Clock:
    """Return the clock: `fixed` (ODS_NOW) for tests and demonstrations, else the machine's, in UTC."""
    return (lambda: fixed) if fixed else (lambda: datetime.now(UTC))
