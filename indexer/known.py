"""The plain records that an earlier load converted, as the processes that read a release find them again."""

import marshal
import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

from indexer.convert import Converted
from indexer.merge import Above, Precedence
from indexer.placing import Placing

DIGEST_BYTES = 16
NEW = -1
_HALF = 8
_FOREVER = 99_999_999
_DAY = re.compile(rb'<(?:Start|End) value="([0-9-]{10})"')


class Key(NamedTuple):
    """A record that is converted now: by what the next load finds it, and its parts."""

    digest: bytes
    """Of its bytes; empty if it is not plain: others depend on more than their bytes."""
    until: int
    """The first day, as a number, of a release or load in which the record may have other values."""
    head_size: int
    """Bytes of its head."""
    size: int
    """Bytes of what `Facts.dump` returned, which stand behind the head."""
    checksum: int
    """CRC-32 of both."""


class Done(NamedTuple):
    """What was made of a piece."""

    numbers: list[int]
    """For each record its number among the known ones, or NEW if it was converted now."""
    keys: list[Key]
    """Of those that were converted now."""
    block: bytes
    """The same: each head, and what it is the head of."""


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


def head_of(converted: Converted) -> bytes:
    """Return what the merge compares of a converted record, as bytes; to pickle it takes twice as long."""
    code, precedence, _, above = converted
    return marshal.dumps((code, tuple(precedence), above.targets, tuple(above.placing)))


def read_head(head: bytes) -> tuple[str, Precedence, Above]:
    """Return what `head_of` made bytes of."""
    code, precedence, targets, placing = marshal.loads(head)  # noqa: S302 - a load of this software made it
    return code, Precedence(*precedence), Above(targets, Placing(*placing))


def converted_now(records: Iterable[tuple[bytes, int, Converted]]) -> tuple[list[Key], bytes]:
    """Return the keys and the block of converted records, each with its digest and the day it holds until."""
    keys, parts = list[Key](), list[bytes]()
    for digest, until_day, converted in records:
        head, record = head_of(converted), converted.record
        keys.append(Key(digest, until_day, len(head), len(record), crc32(record, crc32(head))))
        parts += (head, record)
    return keys, b"".join(parts)
