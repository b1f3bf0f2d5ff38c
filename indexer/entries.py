"""The entries of a kind that records make beside their organisation's, until all are there (fhir-r4 5, "Id").

They are written in order of id, and only when all are there are their ids known to be unique. Until then the
packed entries stay in the spool file of the merge. Memory holds ids and places, as numbers: there are twice
as many as organisations.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from heapq import merge
from itertools import pairwise
from typing import NamedTuple

from app.engine.temporary import Spool

_DIGITS = 15
"""Digits of an id up to which it is kept as a number."""


class Stored(NamedTuple):
    """A packed entry in the spool file; its second id stands before it."""

    kind: str
    id: str
    place: int
    size: int
    second_size: int
    """Bytes of the second id."""


class _Ids:
    """Ids by number. Those of digits are kept as integers that compare as they do, others as they are."""

    def __init__(self) -> None:
        self._keys = array("q")
        """The digits, with zeros behind them up to so many, and how many they are; 0 for another id."""
        self._others: dict[int, str] = {}

    def append(self, entry_id: str) -> None:
        self._keys.append(0)
        self[len(self._keys) - 1] = entry_id

    def __getitem__(self, number: int) -> str:
        key = self._keys[number]
        return f"{key >> 4:0{_DIGITS}}"[: key & 15] if key else self._others[number]

    def __setitem__(self, number: int, entry_id: str) -> None:
        self._others.pop(number, None)
        if len(entry_id) <= _DIGITS and entry_id.isascii() and entry_id.isdigit():
            self._keys[number] = int(entry_id.ljust(_DIGITS, "0")) << 4 | len(entry_id)
        else:
            self._keys[number] = 0
            self._others[number] = entry_id

    def order(self) -> "array[int]":
        """Return the numbers in order of the ids, by code point; of equal ids in order."""
        keys = self._keys.__getitem__
        digits = sorted(filter(keys, range(len(self._keys))), key=keys)
        others = sorted(sorted(self._others), key=self._others.__getitem__)
        return array("I", merge(digits, others, key=self.__getitem__) if others else digits)

    def alike(self, one: int, two: int) -> bool:
        """Return whether two ids are equal."""
        return self._keys[one] == self._keys[two] and (self._keys[one] != 0 or self[one] == self[two])


class Entries:
    """Entries of one kind, in any order; `spool` holds what they are packed into."""

    def __init__(self, spool: Spool) -> None:
        """Start empty."""
        self._spool = spool
        self._ids = _Ids()
        self._places, self._sizes, self._second_sizes = array("Q"), array("I"), array("H")
        self.repeated: list[tuple[str, str]] = []
        """Set by `in_order`: ids that another entry had before, each with the id given instead of it."""

    def add(self, entry: Stored) -> None:
        """Add an entry."""
        _, entry_id, place, size, second_size = entry
        self._ids.append(entry_id)
        self._places.append(place)
        self._sizes.append(size)
        self._second_sizes.append(second_size)

    def in_order(self) -> Iterator[tuple[str, bytes]]:
        """Yield id and packed entry in order of id, by code point, each id once; call it once.

        Of entries with one id the first in the spool keeps it. The others get their second id; where that is
        taken, the first of `{second id}.2`, `.3` … that is not.
        """
        ids, read = self._ids, self._spool.read
        order = ids.order()
        renamed = self._renamed(order)
        if renamed:
            for number, name in renamed.items():
                ids[number] = name
            order = ids.order()
        for number in order:
            yield ids[number], read(self._places[number], self._sizes[number])

    def _renamed(self, order: "array[int]") -> dict[int, str]:
        """Return, by number, other ids for entries whose id an entry before them has."""
        ids = self._ids
        alike: dict[str, set[int]] = {}
        for one, two in pairwise(order):
            if ids.alike(one, two):
                alike.setdefault(ids[one], set()).update((one, two))
        again = [
            number for each in alike.values() for number in sorted(each, key=self._places.__getitem__)[1:]
        ]
        renamed: dict[int, str] = {}
        taken: set[str] = set()
        for number in sorted(again, key=self._places.__getitem__):
            size = self._second_sizes[number]
            second = name = self._spool.read(self._places[number] - size, size).decode()
            count = 1
            while name in taken or self._has(order, name):
                count += 1
                name = f"{second}.{count}"
            taken.add(name)
            if second != ids[number]:
                self.repeated.append((ids[number], name))
            renamed[number] = name
        return renamed

    def _has(self, order: "array[int]", name: str) -> bool:
        """Return whether an entry was added under an id."""
        at = bisect_left(order, name, key=self._ids.__getitem__)
        return at < len(order) and self._ids[order[at]] == name
