"""The reader of dates over periods that may be open at either end (fhir-search D)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.fhir.readers import Sent
from app.fhir.values import DateValue, parse_date
from app.register.query import Clause, Operator, Range, Test


@dataclass(frozen=True)
class Periods:
    """Reads dates over periods with these two fields; `end` has the first instant after the period.

    A period without start begins before all dates, one without end goes on after all; an entry with neither
    has no period.
    """

    start: str
    end: str
    once: ClassVar[bool] = False

    @property
    def present(self) -> tuple[Test, ...]:
        """Whether either field has a value."""
        return (Test(self.start, Operator.PRESENT), Test(self.end, Operator.PRESENT))

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return one clause: any alternative that is not blank matches."""
        texts = filter(None, map(str.strip, sent.alternatives))
        tests = (test for text in texts for test in self._tests(parse_date(text), sent.now))
        return (Clause(tuple(tests)),)

    def _tests(self, value: DateValue, now: datetime) -> Iterator[Test]:
        low, high = value.low, value.high
        match value.prefix:
            case "ne":
                yield from (*self._begins_before(low), *self._ends_after(high))
            case "gt":
                yield from self._ends_after(high)
            case "lt":
                yield from self._begins_before(low)
            case "ge":
                yield from (*self._ends_after(high), self._within(low, high))
            case "le":
                yield from (*self._begins_before(low), self._within(low, high))
            case "sa":
                yield _range(self.start, (high, None))
            case "eb":
                yield _range(self.end, (None, low + 1))
            case "ap":
                wide = value.widened(now)
                for before in self._begins_before(wide.high):
                    yield from (_all(before, after) for after in self._ends_after(wide.low))
            case _:
                yield self._within(low, high)

    def _within(self, low: int, high: int) -> Test:
        return _all(_range(self.start, (low, None)), _range(self.end, (None, high + 1)))

    def _begins_before(self, instant: int) -> tuple[Test, ...]:
        open_start = _all(Test(self.start, Operator.ABSENT), Test(self.end, Operator.PRESENT))
        return _range(self.start, (None, instant)), open_start

    def _ends_after(self, instant: int) -> tuple[Test, ...]:
        open_end = _all(Test(self.end, Operator.ABSENT), Test(self.start, Operator.PRESENT))
        return _range(self.end, (instant + 1, None)), open_end


def _range(field: str, instants: Range) -> Test:
    return Test(field, Operator.RANGE, instants)


def _all(*tests: Test) -> Test:
    return Test("", Operator.ALL, tests)
