"""The readers of one generation: as many as are needed at once."""

import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from weakref import finalize

import zstandard

from app.engine.sqlite.cache import CACHE
from app.engine.sqlite.file import connect, open_generation
from app.engine.sqlite.reader import Reader

_IDLE = 4
"""Readers that are kept for the next call."""

_PAUSE_SECONDS = 0.001
_NUMBERS = count()


class Readers:
    """Lends each call a reader of its own: no call waits for another one."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`; raises WrongIndex if it is no whole generation of this layout, OSError."""
        self._path = path
        self._number = next(_NUMBERS)
        self._file = _identity(path)
        connection, self.generation = open_generation(path)
        self._idle: deque[Reader] = deque()
        finalize(self, _close, self._idle, self._number)
        self._dictionaries: dict[str, zstandard.ZstdCompressionDict] = {}
        first = self._reader(connection)
        self._idle.append(first)
        for document, content in first.rows("SELECT document, content FROM dictionary"):
            self._dictionaries[document] = zstandard.ZstdCompressionDict(content)

    @contextmanager
    def borrow(self) -> Iterator[Reader]:
        """Lend a reader to the calling thread."""
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = self._another() or self._awaited()
        try:
            yield reader
        finally:
            if len(self._idle) < _IDLE:
                self._idle.append(reader)
            else:
                reader.close()

    def _another(self) -> Reader | None:
        """Open the file again, if it is still the one at the path and can be opened."""
        with suppress(sqlite3.Error):
            connection = connect(self._path)
            if _identity(self._path) == self._file:
                return self._reader(connection)
            connection.close()
        return None

    def _awaited(self) -> Reader:
        """Wait for a reader that is lent: once the file has been dropped no other one can be made."""
        while True:
            with suppress(IndexError):
                return self._idle.pop()
            time.sleep(_PAUSE_SECONDS)

    def _reader(self, connection: sqlite3.Connection) -> Reader:
        return Reader(connection, self._number, self._dictionaries)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _close(idle: deque[Reader], number: int) -> None:
    CACHE.forget(number)
    while idle:
        idle.pop().close()
