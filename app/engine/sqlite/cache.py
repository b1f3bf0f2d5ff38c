"""What was read or worked out before, kept within one budget of bytes for the whole process.

All open generations share it. What was not used for longest goes first, and what is of a generation goes when
that is closed. Values belong to all threads: nobody changes them. They hold no connection, so none keeps the
file of a dropped generation open.
"""

import sys
import threading
from array import array
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from hashlib import blake2b
from typing import Any, TypeVar, cast

from cachetools import LRUCache
from pyroaring import BitMap

BUDGET = 48 * 1024 * 1024
"""Bytes: 12 MB for the orders of a full register's organisations, 20 MB for those of their relationships and
for references, the rest for some 400 searches that find very much.
"""

_ENTRY = 500
"""Bytes that an entry takes beside its value: its key, and its places in tables."""

T = TypeVar("T")


class Cache:
    """A table of values that knows their size; threads that need the same value at once make it once."""

    def __init__(self, budget: int) -> None:
        """Keep so many bytes at most."""
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[Hashable, ...], Any] = LRUCache(budget, getsizeof=size_of)
        self._making: dict[tuple[Hashable, ...], Future[Any]] = {}
        self._closed: deque[Hashable] = deque()

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return int(self._kept.currsize)

    def forget(self, generation: Hashable) -> None:
        """Let the next call drop what is kept of a generation that was closed: nobody asks for it again.

        Not this call: the garbage collector may make it at any moment, also while the lock is held.
        """
        self._closed.append(generation)

    def get(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return the value of a key, which `make` makes where it is not kept; raises what `make` raises.

        A key begins with the number of a generation.
        """
        with self._lock:
            self._drop_closed()
            if key in self._kept:
                return cast("T", self._kept[key])
            being_made = self._making.get(key)
            if being_made is None:
                mine = self._making[key] = Future[Any]()
        if being_made is not None:
            return cast("T", being_made.result())
        try:
            value = _compact(make())
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(value)
            with self._lock:
                if size_of(value) <= self._kept.maxsize:
                    self._kept[key] = value
            return value
        finally:
            with self._lock:
                del self._making[key]

    def _drop_closed(self) -> None:
        closed = {self._closed.popleft() for _ in range(len(self._closed))}
        if closed:
            for key in [key for key in self._kept if key[0] in closed]:
                del self._kept[key]


def _compact(value: T) -> T:
    """Write a set anew: one that was left of a larger set takes ten times what it counts."""
    return cast("T", BitMap.deserialize(value.serialize())) if isinstance(value, BitMap) else value


def size_of(value: object) -> int:
    """Return the bytes that a value takes in the cache."""
    match value:
        case BitMap():
            found = value.get_statistics()
            return (
                _ENTRY
                + found["n_bytes_array_containers"]
                + found["n_bytes_run_containers"]
                + found["n_bytes_bitset_containers"]
            )
        case array():
            return _ENTRY + sys.getsizeof(value)
        case list():
            return _ENTRY + sys.getsizeof(value) + sum(map(sys.getsizeof, value))
        case dict():
            return _ENTRY + sum(size_of(each) + sys.getsizeof(key) for key, each in value.items())
    raise TypeError(type(value))


def short(*chosen: object) -> str:
    """Return a key for what a client chose, of one length: clauses of 500 alternatives take 100 kB."""
    return blake2b(repr(chosen).encode(), digest_size=16).hexdigest()


CACHE = Cache(BUDGET)
"""The one cache of the process."""
