"""Alternatives that ask something of two instants at once, such as the start and the end of a period."""

from collections.abc import Iterable
from functools import cache

from pyroaring import BitMap

from app.engine import boxes
from app.engine.boxes import Span
from app.engine.sqlite import spans
from app.engine.sqlite.numbers import boxed
from app.engine.sqlite.reader import Reader
from app.register.query import Operator, Test


def within(
    reader: Reader, kind: str, tests: Iterable[Test], among: BitMap | None = None
) -> tuple[BitMap, list[Test]]:
    """Return the entries, of all or of some, that pass such alternatives, and the other alternatives."""

    @cache
    def places(test: Test) -> Span:
        last = len(reader.order(kind, test.field))
        match test.operator:
            case Operator.ABSENT:
                return last, last + 1
            case Operator.PRESENT:
                return 0, last
        found = spans.span(reader, kind, test)
        return found.start, found.stop

    stripes, others = boxes.cut(kind, tests, places)
    met = BitMap()
    for (first, second), of_plane in stripes.items():
        order = reader.order(kind, first)
        met |= boxed(order, reader.places(kind, first), reader.places(kind, second), of_plane, among)
    return met, others
