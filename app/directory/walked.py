"""What walks over a generation have found, kept within a budget of bytes: a client turns many pages."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from hashlib import blake2b

from app.directory.related import TooMany

BUDGET = 8 * 1024 * 1024
"""Bytes: some 500 walks that find 2,000 organisations each."""
_ENTRY = 300
"""Bytes that a walk takes beside its codes."""


class Walked:
    """The codes that walks have found; what was not asked for longest goes first."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Keep so many bytes at most."""
        self._lock = threading.Lock()
        self._budget, self._size = budget, 0
        self._kept: OrderedDict[bytes, str | None] = OrderedDict()
        """The codes line by line; None for a walk that has reached too much."""
        self._making: dict[bytes, Future[str | None]] = {}

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return self._size

    def get(self, asked: Hashable, walk: Callable[[], list[str]]) -> list[str]:
        """Return what a walk has found, in order of code; `walk` makes it if it is not kept; raises TooMany.

        `asked` tells the walk, and the generation, from all others by its `repr`. Threads that need the same
        walk at once make it once.
        """
        key = blake2b(repr(asked).encode(), digest_size=16).digest()  # clients choose how long it is
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return _codes(self._kept[key])
            being_made = self._making.get(key)
            if being_made is None:
                mine = self._making[key] = Future[str | None]()
        if being_made is not None:
            return _codes(being_made.result())
        try:
            found = _found(walk)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(found)
            self._keep(key, found)
            return _codes(found)
        finally:
            with self._lock:
                del self._making[key]

    def _keep(self, key: bytes, found: str | None) -> None:
        with self._lock:
            self._kept[key] = found
            self._size += _size(found)
            while self._size > self._budget:
                _, dropped = self._kept.popitem(last=False)
                self._size -= _size(dropped)


def _found(walk: Callable[[], list[str]]) -> str | None:
    try:
        return "\n".join(sorted(walk()))
    except TooMany:
        return None


def _codes(found: str | None) -> list[str]:
    if found is None:
        raise TooMany
    return found.split("\n") if found else []


def _size(found: str | None) -> int:
    return _ENTRY + len(found or "")
