"""Values that threads share, kept within a budget of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Shared:
    """A table of values; what was not used for longest goes first. Nobody changes a value.

    Threads that need the same value at once make it once. A lookup asks for forty values, so this does
    without the calls of a library.
    """

    def __init__(self, budget: int, size_of: Callable[[Any], int]) -> None:
        """Keep so many bytes at most; `size_of` returns those of a value."""
        self.lock = threading.Lock()
        self.size = 0
        """Bytes that are kept now."""
        self._budget, self._size_of = budget, size_of
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, which `make` makes where it is not kept; raises what `make` raises."""
        with self.lock:
            if kept := self._kept.get(key):
                self._kept.move_to_end(key)
                return cast("T", kept[0])
            being_made = self._making.get(key)
            if being_made is None:
                mine = self._making[key] = _Making()
        if being_made is not None:
            return cast("T", being_made.result())
        try:
            value = mine.value = make()
        except BaseException as error:
            mine.error = error
            raise
        else:
            size = self._size_of(value)
            with self.lock:
                self._keep(key, value, size)
            return value
        finally:
            with self.lock:
                del self._making[key]
            mine.done.release()

    def _keep(self, key: Hashable, value: object, size: int) -> None:
        if size > self._budget:
            return
        self.size += size
        while self.size > self._budget:
            self.size -= self._kept.popitem(last=False)[1][1]
        self._kept[key] = value, size

    def drop(self, is_gone: Callable[[Any], bool]) -> None:
        """Drop the values of the keys of which a function says that they are gone."""
        with self.lock:
            for key in [key for key in self._kept if is_gone(key)]:
                self.size -= self._kept.pop(key)[1]


class _Making:
    """A value that a thread makes; others wait for it."""

    __slots__ = ("done", "error", "value")

    def __init__(self) -> None:
        self.done = threading.Lock()
        self.done.acquire()
        self.value: Any = None
        self.error: BaseException | None = None

    def result(self) -> Any:
        """Wait for the value and return it; raises what the thread that makes it raised."""
        with self.done:
            pass
        if self.error:
            raise self.error
        return self.value


def short(*chosen: object) -> str:
    """Return a key for what a client chose, of one length: clauses of 500 alternatives take 100 kB."""
    return blake2b(repr(chosen).encode(), digest_size=16).hexdigest()
