"""The faults that were asked for, in the order in which they were added, and exact counts of them."""

import threading
from dataclasses import dataclass
from typing import Any

from app.controls.fault import Fault


@dataclass
class _Added:
    """A fault, its JSON object, and the numbers of requests that it let pass and failed."""

    fault: Fault
    given: dict[str, Any]
    passed: int = 0
    hits: int = 0

    @property
    def is_used_up(self) -> bool:
        return self.fault.times is not None and self.hits >= self.fault.times


class Faults:
    """The faults of a server; requests may be counted by many threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._added: dict[int, _Added] = {}
        self._last = 0

    def add(self, fault: Fault, given: dict[str, Any]) -> int:
        """Add a fault, and return its id; ids are never used twice."""
        with self._lock:
            self._last += 1
            self._added[self._last] = _Added(fault, given)
            return self._last

    def listed(self) -> list[dict[str, Any]]:
        """Return the faults with their ids and hits."""
        with self._lock:
            return [{"id": key, **added.given, "hits": added.hits} for key, added in self._added.items()]

    def remove(self, fault_id: int) -> bool:
        """Remove a fault; returns whether it was there."""
        with self._lock:
            return self._added.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._added.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Count a request, and return the fault it gets: the first that matches and is not used up.

        A fault that still lets requests pass counts this one and leaves it to the next fault.
        """
        with self._lock:
            for added in self._added.values():
                if added.is_used_up or not added.fault.matches(method, path):
                    continue
                if added.passed < added.fault.after:
                    added.passed += 1
                    continue
                added.hits += 1
                return added.fault
        return None
