"""Values that threads share, kept within a budget of bytes."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from hashlib import blake2b
from typing import Any, TypeVar, cast

from cachetools import LRUCache

T = TypeVar("T")


class Shared:
    """A table of values; what was not used for longest goes first. Nobody changes a value.

    Threads that need the same value at once make it once.
    """

    def __init__(self, budget: int, size_of: Callable[[Any], int]) -> None:
        """Keep so many bytes at most; `size_of` returns those of a value."""
        self.lock = threading.Lock()
        self.kept: LRUCache[Hashable, Any] = LRUCache(budget, getsizeof=size_of)
        self._size_of = size_of
        self._making: dict[Hashable, Future[Any]] = {}

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return int(self.kept.currsize)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, which `make` makes where it is not kept; raises what `make` raises."""
        with self.lock:
            if key in self.kept:
                return cast("T", self.kept[key])
            being_made = self._making.get(key)
            if being_made is None:
                mine = self._making[key] = Future[Any]()
        if being_made is not None:
            return cast("T", being_made.result())
        try:
            value = make()
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(value)
            with self.lock:
                if self._size_of(value) <= self.kept.maxsize:
                    self.kept[key] = value
            return value
        finally:
            with self.lock:
                del self._making[key]


def short(*chosen: object) -> str:
    """Return a key for what a client chose, of one length: clauses of 500 alternatives take 100 kB."""
    return blake2b(repr(chosen).encode(), digest_size=16).hexdigest()
