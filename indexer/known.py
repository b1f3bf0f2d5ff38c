"""The plain records that an earlier load converted, as the processes that read a release find them again."""

import marshal
import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

import zstandard

from indexer.convert import Converted
from indexer.merge import Above, Precedence
from indexer.placing import Placing

DIGEST_BYTES = 16
NEW = -1
_HALF = 8
_FOREVER = 99_999_999
_DAY = re.compile(rb'<(?:Start|End) value="([0-9-]{10})"')
_LEVEL = -3
"""A level below zero compresses less, and faster: most of a record is compressed already."""


class Key(NamedTuple):
    """By what the next load finds a record that is converted now."""

    digest: bytes
    """Of its bytes; empty if it is not plain: others depend on more than their bytes."""
    until: int
    """The first day, as a number, of a release or load in which the record may have other values."""


class Done(NamedTuple):
    """What was made of a piece."""

    numbers: list[int]
    """For each record its number among the known ones, or NEW if it was converted now."""
    keys: list[Key]
    """Of those that were converted now."""
    block: bytes
    """The same, as `packed` returns them."""


class Known:
    """The known records, in order of the first halves of their digests as numbers of this machine."""

    def __init__(self, digests: bytes, until: "array[int]", day: str) -> None:
        """Prepare to look up records on a day, the later of the release's and the load's."""
        self._day = number_of(day)
        self._digests, self._halves = digests, array("Q", digests)[::2]
        self._until = until

    def find(self, digest: bytes) -> int:
        """Return the number of the record with a digest if it has the same values in this release, or NEW."""
        half = int.from_bytes(digest[:_HALF], sys.byteorder)
        number = bisect_left(self._halves, half)
        if number == len(self._halves) or self._halves[number] != half:
            return NEW
        same = self._digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES] == digest
        return number if same and self._day < self._until[number] else NEW


def digest_of(raw: bytes) -> bytes:
    """Return the digest of the bytes of a record."""
    return blake2b(raw, digest_size=DIGEST_BYTES).digest()


def until(raw: bytes, day: str) -> int:
    """Return the first Start or End in a record, as a number, of those from a day on.

    The day is the earlier of the release's and the load's. While both are before the one that is returned,
    comparing the dates with them tells the same (`indexer.belonging`, `indexer.placing`).
    """
    first = day.encode()
    days = [found for found in _DAY.findall(raw) if found >= first]
    return number_of(min(days).decode()) if days else _FOREVER


def number_of(day: str) -> int:
    """Return a ``YYYY-MM-DD`` day as a number that compares as the day does."""
    return int(day.replace("-", ""))


def packed(records: Iterable[Converted]) -> bytes:
    """Return converted records as bytes; to pickle named tuples takes twice as long."""
    plain = [
        (code, tuple(precedence), record, above.targets, tuple(above.placing))
        for code, precedence, record, above in records
    ]
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(marshal.dumps(plain))


def unpacked(block: bytes) -> list[Converted]:
    """Return the records that `packed` made bytes of; raises ZstdError if they are damaged."""
    plain = marshal.loads(zstandard.decompress(block))  # noqa: S302 - a load of this software made them
    return [
        Converted(code, Precedence(*precedence), record, Above(targets, Placing(*placing)))
        for code, precedence, record, targets, placing in plain
    ]
