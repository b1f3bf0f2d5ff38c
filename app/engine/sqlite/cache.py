"""What was read or worked out before, kept within one budget of bytes for the whole process.

All open generations share it. What was not used for longest goes first, and what is of a generation goes when
that is closed. Values belong to all threads: nobody changes them. They hold no connection, so none keeps the
file of a dropped generation open.
"""

import sys
from array import array
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import TypeVar, cast

from pyroaring import BitMap

from app.engine.shared import Shared

BUDGET = 48 * 1024 * 1024
"""Bytes: 12 MB for the orders of a full register's organisations, 20 MB for those of their relationships and
for references, the rest for some 400 searches that find very much.
"""

_ENTRY = 500
"""Bytes that an entry takes beside its value: its key, and its places in tables."""

T = TypeVar("T")


class Cache:
    """A table of values that knows their size, and of which generation each is."""

    def __init__(self, budget: int) -> None:
        """Keep so many bytes at most."""
        self._shared = Shared(budget, size_of)
        self._closed: deque[Hashable] = deque()

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return self._shared.size

    def forget(self, generation: Hashable) -> None:
        """Let the next call drop what is kept of a generation that was closed: nobody asks for it again.

        Not this call: the garbage collector may make it at any moment, also while the lock is held.
        """
        self._closed.append(generation)

    def get(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return the value of a key, which `make` makes where it is not kept; raises what `make` raises.

        A key begins with the number of a generation.
        """
        if self._closed:
            self._drop_closed()
        return self._shared.get(key, lambda: _compact(make()))

    def _drop_closed(self) -> None:
        closed: set[Hashable] = set()
        with suppress(IndexError):  # another thread may take some of them
            while True:
                closed.add(self._closed.popleft())
        self._shared.drop(lambda key: isinstance(key, tuple) and key[0] in closed)


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
        case array() | str():
            return _ENTRY + sys.getsizeof(value)
        case memoryview():
            return _ENTRY + value.nbytes
        case list():
            return _ENTRY + sys.getsizeof(value) + sum(map(sys.getsizeof, value))
        case dict():
            return _ENTRY + sum(size_of(each) + sys.getsizeof(key) for key, each in value.items())
    raise TypeError(type(value))


CACHE = Cache(BUDGET)
"""The one cache of the process."""
