"""The rows of `posting` and `ranking`: how they are made, and how one process hands them to another.

They go through a file, in chunks: so no process holds all of them.
"""

import marshal
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import zstandard
from pyroaring import BitMap

_CHUNK = 1 << 20
"""Bytes of rows that are written, and read again, at once."""
_SIZE = 4
"""Bytes of the size of a chunk."""


class Posting(NamedTuple):
    """A row of `posting`: a term of a list, the number of its holders, and their rids."""

    list: str
    term: str
    holders: int
    rids: bytes


class Ranking(NamedTuple):
    """A row of `ranking`: its name, and what is ranked, compressed."""

    list: str
    content: bytes


class Derived(NamedTuple):
    """Rows for `posting` and for `ranking`."""

    postings: list[Posting]
    rankings: list[Ranking]


def posting(name: str, term: str, holders: BitMap) -> Posting:
    """Return the row of a term."""
    return Posting(name, term, len(holders), serialized(holders))


def ranking(name: str, content: bytes) -> Ranking:
    """Return the row of a ranking."""
    return Ranking(name, zstandard.compress(content, 1))


def serialized(numbers: BitMap) -> bytes:
    """Return a set as it is stored."""
    numbers.run_optimize()
    return numbers.serialize()


def write(rows: Iterable[Posting | Ranking], target: Path) -> None:
    """Write rows to a file; raises OSError."""
    made = iter(rows)
    with target.open("wb") as file:
        for first in made:
            content = marshal.dumps(_chunk(chain((first,), made)))
            file.write(len(content).to_bytes(_SIZE) + content)


def _chunk(rows: Iterator[Posting | Ranking]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return the next rows, as `Derived` has them."""
    postings, rankings = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    size = 0
    for row in rows:
        (postings if isinstance(row, Posting) else rankings).append(tuple(row))
        size += len(row[-1])
        if size >= _CHUNK:
            break
    return postings, rankings


def read(target: Path) -> Iterator[Derived]:
    """Yield, in chunks, the rows that `write` wrote; raises OSError."""
    with target.open("rb") as file:
        while size := file.read(_SIZE):
            yield Derived(*marshal.loads(file.read(int.from_bytes(size))))  # noqa: S302 - our own process made it
