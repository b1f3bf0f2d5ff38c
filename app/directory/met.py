"""What walks of many requests meet, such as PCNs and ICBs, kept for the next request of the process."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar
from weakref import ref

from app.engine.port import Register

T = TypeVar("T")


class Met(Generic[T]):
    """Values by register and code; what was not asked for longest goes first. Nobody changes a value."""

    def __init__(self, most: int) -> None:
        """Keep so many values at most."""
        self._most = most
        self._lock = threading.Lock()
        # Generations of two indexes may have one name, so the register itself tells whose a value is.
        self._kept: OrderedDict[tuple[ref[Register], str], T] = OrderedDict()

    def known(self, register: Register, codes: Iterable[str]) -> dict[str, T]:
        """Return the values of those of the codes that are kept."""
        of, kept, found = ref(register), self._kept, dict[str, T]()
        with self._lock:
            for code in codes:
                if (of, code) in kept:
                    kept.move_to_end((of, code))
                    found[code] = kept[of, code]
        return found

    def keep(self, register: Register, values: Mapping[str, T]) -> None:
        """Keep values by code."""
        of = ref(register)
        with self._lock:
            self._kept.update(((of, code), value) for code, value in values.items())
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
