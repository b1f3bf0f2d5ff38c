"""The values of filters (fhir-r4 10.4): which a filter asks for, and whether it can be read."""

from collections.abc import Sequence
from datetime import datetime

from app.fhir.readers import boolean
from app.fhir.rejected import Rejected, Unreadable
from app.fhir.values import DAY_MS, BadValue, parse_date, split, unescape
from app.r4.terminology.system import Filter
from app.register.query import Range

OPERATORS = ("=", "in", "not-in", "exists")


def values(asked: Filter) -> Sequence[str]:
    """Return the values of which one is asked for, or must not be there (`not-in`); raises Rejected."""
    if asked.op == "=":
        return [asked.value.strip()]
    try:
        parts = [unescape(part).strip() for part in split(asked.value, ",")]
    except BadValue as error:
        raise Rejected(Unreadable(asked.property, error)) from None
    return list(dict.fromkeys(filter(None, parts)))


def wanted(asked: Filter) -> bool:
    """Return whether `exists` asks for concepts that have a value; raises Rejected."""
    return boolean(asked.property, asked.value.strip())


def days(asked: Filter, value: str, now: datetime) -> Sequence[Range]:
    """Return the ranges in which the start of a day lies that a date stands for; raises Rejected."""
    try:
        return parse_date(value).ranges(now, DAY_MS)
    except BadValue as error:
        raise Rejected(Unreadable(asked.property, error)) from None


def check(asked: Filter, type_: str, now: datetime) -> int:
    """Return how many values a filter has; raises Rejected if one cannot be of the type of its property."""
    if asked.op == "exists":
        wanted(asked)
        return 0
    found = values(asked)
    for value in found:
        if type_ == "boolean":
            boolean(asked.property, value)
        elif type_ == "dateTime":
            days(asked, value, now)
    return len(found)
