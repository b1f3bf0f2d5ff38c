"""The entries of a kind that records make beside their organisation's, until all are there (fhir-r4 5, "Id").

They are written in order of id, and only when all are there are their ids known to be unique. Until then the
packed entries stay in the spool file of the merge. Memory holds ids and places, in arrays: there are twice as
many as organisations.
"""

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from app.engine.temporary import Spool

_PART = 65_536
"""Entries that are sorted at once, and so are objects in memory."""


class Stored(NamedTuple):
    """A packed entry in the spool file; its second id stands before it."""

    kind: str
    id: str
    place: int
    size: int
    second_size: int
    """Bytes of the second id."""


class Entries:
    """Entries of one kind, in any order; `spool` holds what they are packed into."""

    def __init__(self, spool: Spool) -> None:
        """Start empty."""
        self._spool = spool
        self._ids, self._ends = bytearray(), array("I", [0])
        self._places, self._sizes, self._second_sizes = array("Q"), array("I"), array("H")
        self._renamed: dict[int, bytes] = {}

    def add(self, entry: Stored) -> None:
        """Add an entry."""
        self._ids += entry.id.encode()
        self._ends.append(len(self._ids))
        self._places.append(entry.place)
        self._sizes.append(entry.size)
        self._second_sizes.append(entry.second_size)

    def in_order(self) -> Iterator[tuple[str, bytes]]:
        """Yield id and packed entry in order of id, each id once.

        Of entries with one id the first in the spool keeps it. The others get their second id; where that is
        taken, the first of `{second id}.2`, `.3` … that is not.
        """
        order = self._sorted()
        self._rename(order)
        if self._renamed:
            others = (number for number in order if number not in self._renamed)
            renamed = sorted(self._renamed, key=self._key)
            order = array("I", heapq.merge(others, renamed, key=self._key))
        for number in order:
            yield self._key(number)[0].decode(), self._spool.read(self._places[number], self._sizes[number])

    def _key(self, number: int) -> tuple[bytes, int]:
        """Return id and place. UTF-8 compares as code points do."""
        if number in self._renamed:
            return self._renamed[number], self._places[number]
        return bytes(self._ids[self._ends[number] : self._ends[number + 1]]), self._places[number]

    def _sorted(self) -> "array[int]":
        last = len(self._places)
        parts = (range(start, min(start + _PART, last)) for start in range(0, last, _PART))
        ordered = [array("I", sorted(part, key=self._key)) for part in parts]
        return array("I", heapq.merge(*ordered, key=self._key))

    def _rename(self, order: "array[int]") -> None:
        """Give entries another id whose id an entry before them has."""
        again = []
        before = None
        for number in order:
            name, _ = self._key(number)
            if name == before:
                again.append(number)
            before = name
        renamed: dict[int, bytes] = {}
        taken: set[bytes] = set()
        for number in sorted(again, key=self._places.__getitem__):
            size = self._second_sizes[number]
            second = name = self._spool.read(self._places[number] - size, size)
            count = 1
            while name in taken or self._has(order, name):
                count += 1
                name = b"%s.%d" % (second, count)
            taken.add(name)
            renamed[number] = name
        self._renamed |= renamed

    def _has(self, order: "array[int]", name: bytes) -> bool:
        """Return whether an entry was added under an id."""
        at = bisect_left(order, (name, 0), key=self._key)
        return at < len(order) and self._key(order[at])[0] == name
