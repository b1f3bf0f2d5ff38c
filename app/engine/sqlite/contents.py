"""What the file of one generation holds, and what was made of it before."""

import sqlite3
from array import array
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakMethod, finalize

import zstandard
from pyroaring import BitMap

from app.engine.port import Unavailable
from app.engine.sqlite.file import open_generation

_PROBED = 16_384
"""Values kept that bisecting met: the first steps are the same for every search."""

STEP = 16_384
"""Entries of a ranking that a range may have before sets of whole steps are taken; 1 MB of them a field."""

Row = tuple[Any, ...]

P = ParamSpec("P")
T = TypeVar("T")


class Contents:
    """One generation's file, open for reading by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`; raises WrongIndex if it is no whole generation of this layout, OSError."""
        self.connection, self.generation = open_generation(path)
        finalize(self, self.connection.close)
        self._dictionaries: dict[str, bytes] = dict(self.rows("SELECT document, content FROM dictionary"))
        self._decompressors: dict[str, zstandard.ZstdDecompressor] = {}
        self.value = cached(_PROBED, self._read_value)
        self.every = cached(None, self._read_every)
        self.ranking = cached(None, self._read_ranking)
        self.places = cached(None, self._read_places)
        self.steps = cached(None, self._read_steps)
        self.phrases = cached(None, self._read_phrases)

    def posting(self, name: str, term: str) -> BitMap:
        """Return the entries that hold a term of a list."""
        row = self.one("SELECT rids FROM posting WHERE list = ? AND term = ?", name, term)
        return bitmap(row[0]) if row else BitMap()

    def decompress(self, kind: str, document: str, body: bytes) -> bytes:
        """Return a document as it was given; raises Unavailable."""
        name = f"{kind}.{document}"
        if name not in self._decompressors:
            content = self._dictionaries.get(name)
            trained = zstandard.ZstdCompressionDict(content) if content else None
            self._decompressors[name] = zstandard.ZstdDecompressor(dict_data=trained)
        try:
            return self._decompressors[name].decompress(body)
        except zstandard.ZstdError as error:
            raise Unavailable(f"The index cannot be read: {error}") from error

    def one(self, sql: str, *values: str | int) -> Row | None:
        """Return the first row of a statement; raises Unavailable."""
        try:
            row: Row | None = self.connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"The index cannot be read: {error}") from error
        return row

    def rows(self, sql: str, *values: str | int) -> list[Row]:
        """Return all rows of a statement; raises Unavailable."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"The index cannot be read: {error}") from error

    def _read_every(self, kind: str) -> BitMap:
        (last,) = self.one(f"SELECT coalesce(max(rid), 0) FROM {kind}") or (0,)
        return BitMap(range(1, last + 1))

    def _read_value(self, kind: str, field: str, rid: int) -> Any:
        return (self.one(f"SELECT {field} FROM {kind} WHERE rid = ?", rid) or (None,))[0]

    def _read_ranking(self, kind: str, field: str, descending: bool) -> "array[int]":
        name = f"{kind}.{field} {'desc' if descending else 'asc'}"
        ranking = array("I")
        ranking.frombytes((self.one("SELECT rids FROM ranking WHERE list = ?", name) or (b"",))[0])
        return ranking

    def _read_places(self, kind: str, field: str, descending: bool) -> "array[int]":
        """Return the place of each rid in a stored order."""
        places = array("I", bytes(4 * (len(self.every(kind)) + 1)))
        for place, rid in enumerate(self.ranking(kind, field, descending)):
            places[rid] = place
        return places

    def _read_steps(self, kind: str, field: str) -> list[BitMap]:
        """Return the sets of the first 0, 1, 2 … steps of a ranking."""
        ranking = self.ranking(kind, field, False)
        steps = [BitMap()]
        for at in range(0, len(ranking) - STEP + 1, STEP):
            steps.append(steps[-1] | BitMap(ranking[at : at + STEP]))
        return steps

    def _read_phrases(self, name: str) -> list[str]:
        return [term for (term,) in self.rows("SELECT term FROM posting WHERE list = ?", name)]


def bitmap(rids: bytes) -> BitMap:
    """Return the set that was stored; raises Unavailable."""
    try:
        return BitMap.deserialize(rids)
    except ValueError as error:
        raise Unavailable(f"The index cannot be read: {error}") from error


def cached(size: int | None, method: Callable[P, T]) -> Callable[P, T]:
    """Return a bound method that remembers its answers, and does not keep its object alive.

    Otherwise only the garbage collector would close the file of a generation that was dropped.
    """
    weak = WeakMethod(method)

    @lru_cache(size)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        bound = weak()
        if bound is None:
            raise ReferenceError
        return bound(*args, **kwargs)

    return cast("Callable[P, T]", answer)
