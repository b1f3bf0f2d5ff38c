"""An index that measures how long the engine takes."""

import time
from collections.abc import Callable
from typing import Any, cast

from app.engine.port import Index, Register
from app.register.query import Match

Observe = Callable[[float], None]

_OPERATIONS = {
    **dict.fromkeys(("get", "documents", "remembered", "summary"), "get"),
    **dict.fromkeys(("search", "searches"), "search"),
    **dict.fromkeys(("counts", "totals"), "count"),
}
"""By method of a register, the operation it is counted as."""


def timed(index: Index, operation: Callable[[str], Observe]) -> Index:
    """Return the index, whose calls are counted by what `operation` returns for a name."""
    return cast("Index", _TimedIndex(index, operation))


class _Timed:
    """An index or register, of which some methods are measured; all else is that of the one behind it."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)


class _TimedIndex(_Timed):
    def __init__(self, index: Index, operation: Callable[[str], Observe]) -> None:
        super().__init__(index)
        self._observers = {method: operation(name) for method, name in _OPERATIONS.items()}
        self._read = _measured(index.read, operation("get"))
        self._live: tuple[Register, Register] | None = None

    def live(self) -> Register:
        """Return the live generation."""
        return self._seen(self._behind.live())

    def kept(self, name: str) -> Register:
        """Return a generation by its name."""
        return self._seen(self._behind.kept(name))

    def read(self, kind: str, entry_id: str, document: str) -> tuple[Register, Match | None]:
        """Read an entry of the live generation."""
        register, found = self._read(kind, entry_id, document)
        return self._seen(register), found

    def _seen(self, register: Register) -> Register:
        known = self._live
        if known is None or known[0] is not register:
            made = _Timed(register)
            for method, observe in self._observers.items():
                setattr(made, method, _measured(getattr(register, method), observe))
            known = self._live = register, cast("Register", made)
        return known[1]


def _measured(method: Callable[..., Any], observe: Observe) -> Callable[..., Any]:
    def measured(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return method(*given, **named)
        finally:
            observe(time.perf_counter() - began)

    return measured
