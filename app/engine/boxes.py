"""Alternatives that each ask something of two instants, such as the start and the end of a period.

The places of two instants span a plane: an entry is a point of it, and an alternative is a box. An instant
without a value has the place behind all others. The plane is cut into stripes where boxes begin or end, so
each stripe is looked at once for all boxes, however many there are.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from app.register.fields import KINDS, Type
from app.register.query import Test, conditions

Span = tuple[int, int]
"""Places from the first up to the second."""


class Axes(NamedTuple):
    """Two instants of a kind."""

    first: str
    second: str


class Stripe(NamedTuple):
    """Places on the first axis, and what the boxes cover there of the second: spans in order, apart."""

    span: Span
    wanted: list[Span]


class Sorted(NamedTuple):
    """Alternatives: what the boxes among them cover, and the others."""

    stripes: dict[Axes, list[Stripe]]
    others: list[Test]


def cut(kind: str, tests: Iterable[Test], places: Callable[[Test], Span]) -> Sorted:
    """Find the boxes among alternatives (ALL), and cut them into stripes.

    `places` returns those of what passes a test of one instant: RANGE, PRESENT or ABSENT.
    """
    planes: dict[Axes, dict[Span, list[Span]]] = defaultdict(lambda: defaultdict(list))
    others: list[Test] = []
    instants = [field.name for field in KINDS[kind].of(Type.INSTANT)]
    for test in tests:
        asked = conditions(test)
        alone = all(len(clause.tests) == 1 and not clause.negated for clause in asked)
        names = {each.field for clause in asked for each in clause.tests}
        if not alone or len(names) != 2 or not names <= {*instants}:
            others.append(test)
            continue
        axes = Axes(*sorted(names, key=instants.index))
        first, second = (
            _shared(places(each) for clause in asked for each in clause.tests if each.field == name)
            for name in axes
        )
        planes[axes][first].append(second)
    return Sorted({axes: list(_stripes(boxes)) for axes, boxes in planes.items()}, others)


def joined(in_order: Iterable[Span], last: int) -> list[Span]:
    """Return spans that do not meet and cover the same; none ends after the `last` place."""
    found: list[Span] = []
    for low, high in in_order:
        if found and found[-1][1] == last:  # as soon as one is open-ended: the others lie within it
            break
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        elif low < high:
            found.append((low, high))
    return found


def _shared(spans: Iterable[Span]) -> Span:
    """Return the places that all spans have in common."""
    low, high = map(max, zip(*((low, -high) for low, high in spans), strict=True))
    return low, max(low, -high)


def _stripes(boxes: dict[Span, list[Span]]) -> Iterator[Stripe]:
    begin: dict[int, list[Span]] = defaultdict(list)
    end: dict[int, list[Span]] = defaultdict(list)
    last = max(high for wanted in boxes.values() for _, high in wanted)
    for (low, high), wanted in boxes.items():
        together = joined(sorted(wanted), last)
        begin[low] += together
        end[high] += together
    open_: list[Span] = []
    for low, high in pairwise(sorted({*begin, *end})):
        for span in begin[low]:
            insort(open_, span)
        for span in end[low]:
            open_.remove(span)
        if wanted := joined(open_, last):
            yield Stripe((low, high), wanted)
