"""The role instances of a register as a table of numbers, which is stored in parts (fhir-r4 9.3).

A full register has half a million roles with a number, and hardly anyone asks for one. As entries with fields
they took ten times the space. A row has the number of a role, the place of its organisation among those that
have such roles, and the place of its mark among all marks. The decimal numbers are in code point order. A
part is a JSON object of rows, codes of organisations and marks; each of these goes on in the next part.
"""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

_PART = 8_192
"""Rows of a part: an index that stores objects takes no very large ones."""
_DIGITS = 18
"""Digits of the longest number."""
_POWERS = 10 ** np.arange(_DIGITS, dtype=np.uint64)

Numbers = NDArray[np.uint64]
Places = NDArray[np.uint32]
Rows = NDArray[np.bool_]
"""For each row whether it is meant."""


class Mark(NamedTuple):
    """What many roles have in common."""

    role: str
    primary: bool
    active: bool

    @staticmethod
    def of(text: str) -> "Mark":
        """Return the mark that is stored as this text."""
        role, primary, status = text.rsplit("/", 2)
        return Mark(role, primary == "true", status == "Active")


class Role(NamedTuple):
    """A role instance."""

    holder: str
    """The code of its organisation."""
    mark: Mark


class Columns(NamedTuple):
    """The rows of a table, in their order."""

    numbers: Numbers
    sources: Places
    marks: Places


def ordered(numbers: "array[int]", sources: "array[int]", marks: "array[int]") -> Columns:
    """Return rows in their order; of those with one number the first."""
    plain = np.asarray(numbers, np.uint64)
    keys = _keys(plain)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    order = order[np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint64(1)))]
    return Columns(plain[order], np.asarray(sources, np.uint32)[order], np.asarray(marks, np.uint32)[order])


def parts(codes: Sequence[str], marks: Sequence[str], rows: Columns) -> Iterator[bytes]:
    """Yield the parts of a table; `codes` of organisations are in order."""
    for at in range(0, max(len(codes), len(marks), len(rows.numbers)), _PART):
        here = slice(at, at + _PART)
        numbers = rows.numbers[here].astype(np.int64)
        part = {
            "codes": codes[here],
            "marks": marks[here],
            "steps": np.diff(numbers, prepend=0).tolist(),  # small numbers, which compress well
            "sources": rows.sources[here].tolist(),
            "marked": rows.marks[here].tolist(),
        }
        yield orjson.dumps(part)


class Roles:
    """The role instances of a register, in code point order of their numbers."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        """Read the parts of a table, in order."""
        marks: list[str] = []
        codes: list[bytes] = []
        # An empty array at the start: there may be no part.
        keys, sources, marked = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
        for part in map(orjson.loads, parts):
            marks += part["marks"]
            codes.append("\0".join([*part["codes"], ""]).encode())
            keys.append(_keys(np.cumsum(np.array(part["steps"], np.int64)).astype(np.uint64)))
            sources.append(np.array(part["sources"], np.uint32))
            marked.append(np.array(part["marked"], np.uint32))
        self.marks = tuple(map(Mark.of, marks))
        self._keys: Numbers = np.concatenate(keys)
        self._sources: Places = np.concatenate(sources)
        self._marked: Places = np.concatenate(marked)
        # As objects the codes would take ten times the memory.
        self._codes = b"".join(codes)
        self._ends = np.flatnonzero(np.frombuffer(self._codes, np.uint8) == 0).astype(np.uint32)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        columns = (self._keys, self._sources, self._marked, self._ends)
        return len(self._codes) + sum(column.nbytes for column in columns)

    def all(self) -> Rows:
        """Return every row."""
        return np.ones(len(self._keys), np.bool_)

    def numbered(self, codes: Collection[str]) -> Rows:
        """Return the rows of these numbers."""
        found = np.zeros(len(self._keys), np.bool_)
        found[[*self._rows(codes).values()]] = True
        return found

    def held(self, holders: Collection[str]) -> Rows:
        """Return the rows of these organisations."""
        meant = np.zeros(len(self._ends), np.bool_)
        for code in map(str.encode, holders):
            place = bisect_left(range(len(self._ends)), code, key=self._code)
            if place < len(self._ends) and self._code(place) == code:
                meant[place] = True
        rows: Rows = meant[self._sources]
        return rows

    def marked(self, meant: Sequence[bool]) -> Rows:
        """Return the rows of some marks: for each of `marks` whether it is meant."""
        rows: Rows = np.array(meant, np.bool_)[self._marked]
        return rows

    def codes(self, rows: Rows, offset: int, size: int) -> list[str]:
        """Return the numbers of a slice of some rows."""
        keys = self._keys[np.flatnonzero(rows)[offset : offset + size]]
        return list(map(str, _numbers(keys).tolist()))

    def roles(self, codes: Collection[str]) -> dict[str, Role]:
        """Return those of these roles that exist, by number."""
        return {
            code: Role(self._code(self._sources[row]).decode(), self.marks[self._marked[row]])
            for code, row in self._rows(codes).items()
        }

    def _rows(self, codes: Collection[str]) -> dict[str, int]:
        """Return the row of each of these numbers that exist."""
        known = [code for code in codes if _is_number(code)]
        keys = _keys(np.array(list(map(int, known)), np.uint64))
        rows = np.searchsorted(self._keys, keys)
        places = zip(known, rows.tolist(), keys.tolist(), strict=True)
        return {code: row for code, row, key in places if row < len(self._keys) and self._keys[row] == key}

    def _code(self, place: int) -> bytes:
        start = int(self._ends[place - 1]) + 1 if place else 0
        return self._codes[start : self._ends[place]]


def _is_number(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) <= _DIGITS and (code[0] != "0" or code == "0")


def _keys(numbers: Numbers) -> Numbers:
    """Return keys in whose order the decimal numbers are in code point order.

    A key is the number with zeros after it up to 18 digits, and how many digits it had. 64 bits hold both.
    """
    left = _DIGITS - np.maximum(np.searchsorted(_POWERS, numbers, side="right"), 1)
    powers: Numbers = _POWERS[left]
    return numbers * powers * np.uint64(_DIGITS) + (_DIGITS - 1 - left).astype(np.uint64)


def _numbers(keys: Numbers) -> Numbers:
    """Return the numbers that `_keys` made keys of."""
    left = _DIGITS - 1 - (keys % np.uint64(_DIGITS)).astype(np.int64)
    numbers: Numbers = keys // (_POWERS[left] * np.uint64(_DIGITS))
    return numbers
