"""Dates of searches over days, instants and periods, against the rules as fhir-search D writes them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from math import inf

import pytest

from app.fhir.periods import Periods
from app.fhir.readers import Sent
from app.fhir.values import DAY_MS, parse_date
from app.register.query import Operator

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
VALUES = ("2024", "2024-02", "2024-02-28", "2024-02-29", "2024-02-28T10:00", "2024-02-28T00:00:00.000Z")
DAYS = [
    datetime(2023, 12, 30, tzinfo=UTC) + timedelta(days=each)
    for each in (0, 1, 2, 59, 60, 61, 62, 366, 367, 368)
]


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


STARTS = [milliseconds(each) for each in DAYS]


def holds(prefix, low, high, start, end):
    """Return whether a value with a prefix matches what lasts from `start` until `end` (rules 36 to 41)."""
    equal = low <= start and end <= high
    match prefix:
        case "eq":
            return equal
        case "ne":
            return not equal
        case "gt":
            return end > high
        case "lt":
            return start < low
        case "ge":
            return end > high or equal
        case "le":
            return start < low or equal
        case "sa":
            return start >= high
        case "eb":
            return end <= low
    now = milliseconds(NOW)
    slack = max(low - now, now - high, 0) // 10
    return start < high + slack and end > low - slack


def holds_of_instant(prefix, low, high, instant):
    """Return whether a value with a prefix matches an instant, which has no width."""
    match prefix:
        case "eq":
            return low <= instant < high
        case "ne":
            return not low <= instant < high
        case "gt" | "sa":
            return instant >= high
        case "lt" | "eb":
            return instant < low
        case "ge":
            return instant >= low
        case "le":
            return instant < high
    now = milliseconds(NOW)
    slack = max(low - now, now - high, 0) // 10
    return low - slack <= instant < high + slack


def within(instant, instants):
    low, high = instants
    return (low is None or low <= instant) and (high is None or instant < high)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("value", VALUES)
def test_a_day_matches_as_the_rules_say(prefix, value):
    asked = parse_date(prefix + value)
    for start in STARTS:
        found = any(within(start, instants) for instants in asked.ranges(NOW, DAY_MS))
        assert found == holds(prefix, asked.low, asked.high, start, start + DAY_MS)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("value", VALUES)
def test_an_instant_matches_as_the_rules_say(prefix, value):
    asked = parse_date(prefix + value)
    edges = (asked.low, asked.high)
    for instant in (*STARTS, *(edge + step for edge in edges for step in (-1, 0, 1))):
        found = any(within(instant, instants) for instants in asked.ranges(NOW))
        assert found == holds_of_instant(prefix, asked.low, asked.high, instant)


def passes(test, values):
    """Return whether an entry with these values passes a test."""
    match test.operator:
        case Operator.ALL:
            return all(passes(each, values) for each in test.value)
        case Operator.ABSENT:
            return values[test.field] is None
        case Operator.PRESENT:
            return values[test.field] is not None
        case Operator.RANGE:
            return values[test.field] is not None and within(values[test.field], test.value)
    raise TypeError(test)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("value", VALUES)
def test_a_period_matches_as_the_rules_say(prefix, value):
    reader = Periods("start", "end")
    (clause,) = reader.clauses(Sent("date", "", prefix + value, (), "", NOW))
    asked = parse_date(prefix + value)
    for start, end in product((None, *STARTS), (None, *STARTS)):
        if (start is None and end is None) or (start is not None and end is not None and start >= end):
            continue
        found = any(passes(test, {"start": start, "end": end}) for test in clause.tests)
        rule = holds(
            prefix, asked.low, asked.high, -inf if start is None else start, inf if end is None else end
        )
        assert found == rule, (start, end)


def test_what_has_no_period_matches_no_date():
    reader = Periods("start", "end")
    for prefix in PREFIXES:
        (clause,) = reader.clauses(Sent("date", "", f"{prefix}2024", (), "", NOW))
        assert not any(passes(test, {"start": None, "end": None}) for test in clause.tests)


def test_the_days_are_on_both_sides_of_each_edge():
    assert all(earlier < later for earlier, later in pairwise(STARTS))
