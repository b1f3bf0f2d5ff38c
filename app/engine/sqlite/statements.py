"""Asks the file of one generation: statements, whose errors are all Unavailable, and decompression."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import zstandard

from app.engine.port import Unavailable

Row = tuple[Any, ...]


class Statements:
    """What one thread at a time asks of a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Ask this connection."""
        self._connection = connection
        self._decompressor = zstandard.ZstdDecompressor()

    def one(self, sql: str, *values: str | int) -> Row | None:
        """Return the first row of a statement; raises Unavailable."""
        try:
            row: Row | None = self._connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"The index cannot be read: {error}") from error
        return row

    def scalar(self, sql: str, *values: str | int) -> Any:
        """Return the one value that a statement returns; raises Unavailable."""
        return (self.one(sql, *values) or (None,))[0]

    def rows(self, sql: str, *values: str | int) -> list[Row]:
        """Return all rows of a statement; raises Unavailable."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"The index cannot be read: {error}") from error

    def decompressed(self, content: bytes) -> bytes:
        """Return what was compressed without a dictionary; raises Unavailable."""
        try:
            return self._decompressor.decompress(content)
        except zstandard.ZstdError as error:
            raise Unavailable(f"The index cannot be read: {error}") from error

    def ranking(self, name: str) -> bytes:
        """Return a ranking or summary, empty if there is none; raises Unavailable."""
        row = self.one("SELECT content FROM ranking WHERE list = ?", name)
        return self.decompressed(row[0]) if row else b""


def decompressed(decompressor: zstandard.ZstdDecompressor, bodies: list[bytes]) -> list[bytes]:
    """Decompress bodies, of which some may be empty, in one call; raises Unavailable."""
    try:
        sizes = [zstandard.frame_content_size(body) if body else 0 for body in bodies]
        stream = decompressor.decompressobj(max(sum(sizes), 1), read_across_frames=True)
        whole = stream.decompress(b"".join(bodies))
    except zstandard.ZstdError as error:
        raise Unavailable(f"The index cannot be read: {error}") from error
    return parted(whole, sizes)


def parted(whole: bytes, sizes: Iterable[int]) -> list[bytes]:
    """Return the parts of joined bytes, of these sizes."""
    found, start = [], 0
    for size in sizes:
        found.append(whole[start : start + size])
        start += size
    return found
