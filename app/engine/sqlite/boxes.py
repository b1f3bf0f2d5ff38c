"""Alternatives that each ask something of two instants, such as the start and the end of a period.

The places of two instants span a plane: an entry is a point of it, an alternative a box. An instant without a
value has the place behind all others. The plane is cut into stripes where boxes begin or end, so that each
stripe is looked at once for all boxes, however many there are.
"""

from array import array
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import compress, pairwise
from typing import NamedTuple

from pyroaring import BitMap

from app.engine.sqlite import spans
from app.engine.sqlite.reader import Reader
from app.register.fields import KINDS, Type
from app.register.query import Operator, Test

_OF_INSTANTS = {Operator.RANGE, Operator.PRESENT, Operator.ABSENT}
_WIDE = 32_768
"""Entries of a stripe from which on sets are faster than a look at each of them."""

Span = tuple[int, int]
"""Places from the first up to the second."""


class _Axes(NamedTuple):
    """Two instants of a kind."""

    first: str
    second: str


def parts(test: Test) -> tuple[Test, ...]:
    """Return the tests that must all hold."""
    return (
        tuple(each for each in test.value if isinstance(each, Test)) if isinstance(test.value, tuple) else ()
    )


def covered(reader: Reader, kind: str, tests: Iterable[Test]) -> tuple[BitMap, list[Test]]:
    """Return the entries that lie in the boxes among some alternatives, and the other alternatives."""
    planes: dict[_Axes, dict[Span, list[Span]]] = defaultdict(lambda: defaultdict(list))
    others: list[Test] = []
    instants = [field.name for field in KINDS[kind].of(Type.INSTANT)]
    for test in tests:
        asked = parts(test)
        names = sorted(
            {each.field for each in asked}, key=lambda name: (name in instants) and instants.index(name)
        )
        if len(names) != 2 or not all(
            each.field in instants and each.operator in _OF_INSTANTS for each in asked
        ):
            others.append(test)
            continue
        axes = _Axes(*names)
        span, other = (_span(reader, kind, name, asked) for name in axes)
        planes[axes][span].append(other)
    found = BitMap()
    for axes, boxes in planes.items():
        for span, wanted in _stripes(boxes):
            found |= _met(reader, kind, axes, span, wanted)
    return found, others


def _span(reader: Reader, kind: str, field: str, tests: Iterable[Test]) -> Span:
    """Return the places of one instant at which all tests of it hold."""
    last = len(reader.order(kind, field))
    low, high = 0, last + 1
    for test in tests:
        if test.field == field:
            places = spans.span(reader, kind, test) if test.operator is Operator.RANGE else range(last)
            if test.operator is Operator.ABSENT:
                places = range(last, last + 1)
            low, high = max(low, places.start), min(high, places.stop)
    return low, max(low, high)


def _stripes(boxes: dict[Span, list[Span]]) -> Iterator[tuple[Span, list[Span]]]:
    """Cut the boxes at all their edges of the first axis; yield what they cover of the second between two."""
    begin: dict[int, list[Span]] = defaultdict(list)
    end: dict[int, list[Span]] = defaultdict(list)
    for (low, high), wanted in boxes.items():
        together = _joined(sorted(wanted))
        begin[low] += together
        end[high] += together
    open_: list[Span] = []
    for low, high in pairwise(sorted({*begin, *end})):
        for span in begin[low]:
            insort(open_, span)
        for span in end[low]:
            open_.remove(span)
        if wanted := _joined(open_):
            yield (low, high), wanted


def _joined(in_order: Iterable[Span]) -> list[Span]:
    """Return spans that do not meet and cover the same."""
    joined: list[Span] = []
    for low, high in in_order:
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        elif low < high:
            joined.append((low, high))
    return joined


def _met(reader: Reader, kind: str, axes: _Axes, span: Span, wanted: list[Span]) -> BitMap:
    """Return the entries of a stripe whose place on the second axis is wanted."""
    among = _at(reader, kind, axes.first, [span])
    if len(among) >= _WIDE:
        return among & _at(reader, kind, axes.second, wanted)
    missing = reader.missing(kind, axes.second)
    present = (among - missing).to_array()
    places = map(reader.places(kind, axes.second).__getitem__, present)
    holds = BitMap.union(*(BitMap(range(low, high)) for low, high in wanted)).__contains__
    found = BitMap(array("I", compress(present, map(holds, places))))
    return found | (among & missing) if wanted[-1][1] > len(reader.order(kind, axes.second)) else found


def _at(reader: Reader, kind: str, field: str, wanted: list[Span]) -> BitMap:
    """Return the entries at some places of an instant."""
    last = len(reader.order(kind, field))
    places = BitMap.union(*(BitMap(range(low, min(high, last))) for low, high in wanted))
    found = spans.entries(reader, kind, field, places)
    return found | reader.missing(kind, field) if wanted[-1][1] > last else found
