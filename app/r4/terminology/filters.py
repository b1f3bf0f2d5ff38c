"""Filters as clauses: which field of an index answers a filter on a property (fhir-r4 10.4)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.fhir.values import DAY_MS
from app.r4.terminology import values
from app.r4.terminology.system import Filter
from app.register.fields import KINDS
from app.register.query import Clause, Operator, Range, Test


class Look(NamedTuple):
    """How to find what has a value of a property."""

    present: tuple[Test, ...]
    """Tests of which one holds where there is any value."""
    tests: Callable[[Filter, Sequence[str]], Iterable[Test]]
    """Returns tests of which one holds where one of some values is; raises Rejected."""


def clause(asked: Filter, look: Look) -> Clause:
    """Return the clause of a filter; raises Rejected."""
    if asked.op == "exists":
        return Clause(look.present, negated=not values.wanted(asked))
    return Clause(tuple(look.tests(asked, values.values(asked))), negated=asked.op == "not-in")


def terms(field: str, form: Callable[[str], str] = str, present: Test | None = None) -> Look:
    """Return the look at a field of terms; `form` makes the term of a value."""

    def tests(_asked: Filter, found: Sequence[str]) -> Iterable[Test]:
        return (Test(field, Operator.EQ, form(value)) for value in found)

    return Look((present or Test(field, Operator.PRESENT),), tests)


def words(field: str, by_value: Mapping[str, str]) -> Look:
    """Return the look at a field of few terms, by the values that stand for them."""

    def tests(_asked: Filter, found: Sequence[str]) -> Iterable[Test]:
        return (Test(field, Operator.EQ, by_value[value]) for value in found if value in by_value)

    return Look((Test(field, Operator.PRESENT),), tests)


def texts(kind: str, field: str) -> Look:
    """Return the look at a field of texts."""
    form = KINDS[kind].field(field).form

    def tests(_asked: Filter, found: Sequence[str]) -> Iterable[Test]:
        return (Test(field, Operator.EQUALS, folded) for folded in dict.fromkeys(map(form, found)) if folded)

    return Look((Test(field, Operator.PRESENT),), tests)


def days(field: str, now: datetime, later: int = 0) -> Look:
    """Return the look at a field with the start of a day, or of one that is so many days later."""

    def at(instant: int | None) -> int | None:
        return None if instant is None else instant + later * DAY_MS

    def tests(asked: Filter, found: Sequence[str]) -> Iterable[Test]:
        ranges: Iterable[Range] = (each for value in found for each in values.days(asked, value, now))
        return (Test(field, Operator.RANGE, (at(low), at(high))) for low, high in ranges)

    return Look((Test(field, Operator.PRESENT),), tests)


STATUS = words("status", {"active": "Active", "inactive": "Inactive"})
INACTIVE = words("status", {"true": "Inactive", "false": "Active"})
