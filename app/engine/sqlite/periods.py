"""Alternatives that ask something of two instants at once, such as the start and the end of a period."""

from array import array
from collections.abc import Iterable
from itertools import compress

from pyroaring import BitMap

from app.engine import boxes
from app.engine.boxes import Axes, Span, Stripe
from app.engine.sqlite import spans
from app.engine.sqlite.reader import Reader
from app.register.query import Operator, Test

_WIDE = 32_768
"""Places of a stripe from which on sets are faster than a look at each of them."""


def within(reader: Reader, kind: str, tests: Iterable[Test]) -> tuple[BitMap, list[Test]]:
    """Return the entries that pass such alternatives, and the other alternatives."""

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
    for axes, of_plane in stripes.items():
        met |= _met(reader, kind, axes, of_plane)
    return met, others


def _met(reader: Reader, kind: str, axes: Axes, stripes: list[Stripe]) -> BitMap:
    """Return the entries whose place on the second axis is wanted in their stripe."""
    order, places = reader.order(kind, axes.first), reader.places(kind, axes.second)
    last, missing = len(reader.order(kind, axes.second)), reader.missing(kind, axes.second)
    seen, met = BitMap(), BitMap()
    for (low, high), wanted in stripes:
        if high - low >= _WIDE or high > len(order):
            met |= _at(reader, kind, axes.first, [(low, high)]) & _at(reader, kind, axes.second, wanted)
        else:
            rids = order[low:high]
            found = map(_union(wanted).__contains__, map(places.__getitem__, rids))
            seen |= BitMap(array("I", compress(rids, found)))
    # What has no value on the second axis has the place 0 in the table, as the first value has.
    unvalued = [span for span, wanted in stripes if wanted[-1][1] > last]
    if unvalued:
        met |= _at(reader, kind, axes.first, unvalued) & missing
    return met | (seen - missing)


def _at(reader: Reader, kind: str, field: str, wanted: list[Span]) -> BitMap:
    """Return the entries at some places of an instant; those without a value have the last one."""
    last = len(reader.order(kind, field))
    found = spans.entries(reader, kind, field, _union((low, min(high, last)) for low, high in wanted))
    return found | reader.missing(kind, field) if wanted[-1][1] > last else found


def _union(wanted: Iterable[Span]) -> BitMap:
    return BitMap.union(*(BitMap(range(low, high)) for low, high in wanted))
