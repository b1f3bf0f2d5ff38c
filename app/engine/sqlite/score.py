"""Puts matches in the order of their scores.

Scores are added up as sets: the set `bits[n]` holds the entries in whose score bit `n` is 1. Adding a weight
costs a few set operations, whatever the number of its holders, and the best matches are found from the
highest bit down.
"""

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
    bits: list[BitMap] = []
    for tests, points in weights:
        holders = evaluate(reader, kind, (Clause(tests),)) & hits
        for at in range(points.bit_length()):
            if points >> at & 1:
                _add(bits, at, holders)
    return bits


def _add(bits: list[BitMap], at: int, carry: BitMap) -> None:
    """Add 1 to bit `at` of the scores of some entries."""
    while carry:
        bits += [BitMap() for _ in range(len(bits), at + 1)]
        bits[at], carry = bits[at] ^ carry, bits[at] & carry
        at += 1
