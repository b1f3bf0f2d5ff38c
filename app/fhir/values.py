"""The values of search parameters: escapes, alternatives and dates (fhir-search A, D)."""

import re
from datetime import UTC, date, datetime
from typing import NamedTuple

from app.register.query import Range

DAY_MS = 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+\- ]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)


class BadValue(ValueError):
    """A value, its only argument, whose syntax is wrong."""


class BadEscape(BadValue):
    """A backslash before a character that needs no escape (fhir-search 15)."""


class BadPrefix(BadValue):
    """Letters before a date that are not a known prefix (fhir-search 44)."""


class BadDate(BadValue):
    """A value that `parse_date` does not accept, or that is no day of the calendar (fhir-search 35)."""


def split(value: str, separator: str) -> list[str]:
    """Split at each separator without a backslash before it; the parts keep their escapes."""
    if "\\" not in value:
        return value.split(separator)
    return re.sub(r"(\\.)|" + re.escape(separator), lambda found: found[1] or "\0", value).split("\0")


def unescape(value: str) -> str:
    """Replace the escapes in a part by the characters they stand for; raises BadEscape."""
    if "\\" not in value:
        return value
    if "\\" in re.sub(r"\\[,$|\\]", "", value):
        raise BadEscape(value)
    return re.sub(r"\\(.)", r"\1", value)


class DateValue(NamedTuple):
    """A prefix, and a date as the half-open range [low, high) in milliseconds since 1970 UTC."""

    prefix: str
    low: int
    high: int

    def ranges(self, now: datetime, width: int = 1) -> tuple[Range, ...]:
        """Return the ranges for the prefix; what begins in any of them matches (fhir-search 36 to 41).

        `width` is that of the stored values in milliseconds; an instant has 1.
        """
        low, high = self.low, self.high
        last = high - width + 1  # what begins before this ends within the value
        match self.prefix:
            case "ne":
                return ((None, low), (max(low, last), None))
            case "gt":
                return ((last, None),)
            case "sa":
                return ((high, None),)
            case "lt":
                return ((None, low),)
            case "eb":
                return ((None, low - width + 1),)
            case "ge":
                return ((min(low, last), None),)
            case "le":
                return ((None, max(low, last)),)
            case "ap":
                wide = self.widened(now)
                return ((wide.low - width + 1, wide.high),)
        return ((low, max(low, last)),)

    def widened(self, now: datetime) -> "DateValue":
        """Return the value wider at both ends by a tenth of its distance from now (fhir-search 41)."""
        moment = int(now.timestamp() * 1000)
        slack = max(self.low - moment, moment - self.high, 0) // 10
        return self._replace(low=self.low - slack, high=self.high + slack)


def parse_date(value: str) -> DateValue:
    """Parse ``[prefix]YYYY[-MM[-DD[Thh:mm[:ss[.s]][zone]]]]``; a time without a zone is UTC.

    Raises BadPrefix, BadDate.
    """
    letters, rest = re.fullmatch(r"([A-Za-z]*)(.*)", value, re.DOTALL).groups()  # type: ignore[union-attr]
    if letters and letters not in _PREFIXES and re.match(r"\d{4}", rest, re.ASCII):
        raise BadPrefix(value)
    found = _DATE.fullmatch(rest)
    if not found or (letters and letters not in _PREFIXES):
        raise BadDate(value)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise BadDate(value) from error
    low = _days(first)
    if hour is None:
        if day:
            width = DAY_MS
        elif month:
            width = _days_to_next_month(first) * DAY_MS
        else:
            width = (date(first.year, 12, 31).toordinal() - first.toordinal() + 1) * DAY_MS
        return DateValue(letters or "eq", low, low + width)
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise BadDate(value)
    offset = _offset(zone, value)
    at = low + ((hours * 60 + minutes - offset) * 60 + seconds) * 1000
    if second is None:
        return DateValue(letters or "eq", at, at + 60_000)
    if not fraction:
        return DateValue(letters or "eq", at, at + 1000)
    # Stored instants are whole milliseconds, so rounding both ends up does not change which ones match.
    scale, digits = 10 ** len(fraction[:30]), int(fraction[:30])
    return DateValue(letters or "eq", at - (-digits * 1000 // scale), at - (-(digits + 1) * 1000 // scale))


def _days(day: date) -> int:
    return (day.toordinal() - _EPOCH_DAY) * DAY_MS


def _days_to_next_month(first: date) -> int:
    if first.month == 12:
        return 31
    return date(first.year, first.month + 1, 1).toordinal() - first.toordinal()


def _offset(zone: str | None, value: str) -> int:
    """Return minutes east of UTC; URL decoding makes a blank of ``+`` (fhir-search 43)."""
    if zone is None or zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise BadDate(value)
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def instant(value: datetime, timespec: str = "seconds") -> str:
    """Format a time as FHIR servers do: UTC, ``+00:00``; `timespec` as in `datetime.isoformat`."""
    return value.astimezone(UTC).isoformat(timespec=timespec)
