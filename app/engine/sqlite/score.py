"""Puts matches in the order of their scores.

Scores are added up as sets: the set `bits[n]` holds the entries in whose score bit `n` is 1. Adding a weight
costs a few set operations, whatever the number of its holders, and the best matches are found from the
highest bit down.
"""

from collections import defaultdict
from collections.abc import Iterable

from pyroaring import BitMap

from app.engine.sqlite.order import ordered
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.sets import evaluate
from app.register.query import Clause, Query, Weight


def scored(reader: Reader, query: Query, hits: BitMap, end: int) -> list[int]:
    """Return the hits from the query's offset up to `end`, the best first, then in the query's order."""
    return _Best(reader, query, end).found(hits)


class _Best:
    """A walk through groups of matches, from the highest score down, that keeps those of one page."""

    def __init__(self, reader: Reader, query: Query, end: int) -> None:
        self._reader, self._query, self._end = reader, query, end

    def found(self, hits: BitMap) -> list[int]:
        bits = _bits(self._reader, self._query.kind, self._query.score, hits)
        found: list[int] = []
        # Groups that wait, the best on top: entries, the bit to part them by next, and how many come before.
        waiting = [(hits, len(bits) - 1, 0)]
        start, end = self._query.offset, self._end
        while waiting:
            group, bit, before = waiting.pop()
            if before >= end or before + len(group) <= start:
                continue
            if bit >= 0 and len(group) > 1:
                high = group & bits[bit]
                waiting += [(group - high, bit - 1, before + len(high)), (high, bit - 1, before)]
                continue
            low, high_end = max(start - before, 0), min(end - before, len(group))
            found += ordered(self._reader, self._query.kind, group, self._query.order, low, high_end)
        return found


def _bits(reader: Reader, kind: str, weights: Iterable[Weight], hits: BitMap) -> list[BitMap]:
    """Return the bits of the scores of some entries, the lowest first."""
    columns: dict[int, list[BitMap]] = defaultdict(list)
    for tests, points in weights:
        holders = evaluate(reader, kind, (Clause(tests),), hits)
        for at in range(points.bit_length()):
            if points >> at & 1:
                columns[at].append(holders)
    bits: list[BitMap] = []
    while len(bits) <= max(columns, default=-1):
        total, carries = _added(columns[len(bits)])
        bits.append(total)
        if carries:
            columns[len(bits)] += carries
    return bits


def _added(column: list[BitMap]) -> tuple[BitMap, list[BitMap]]:
    """Add up sets of which each gives its entries 1: return the entries with an odd sum, and the carries."""
    carries = []
    while len(column) > 2:
        one, two, three = column.pop(), column.pop(), column.pop()
        odd = one ^ two
        column.append(odd ^ three)
        carries.append((one & two) | (odd & three))
    if len(column) == 2:
        one, two = column
        return one ^ two, [*carries, one & two]
    return (column[0] if column else BitMap()), carries
