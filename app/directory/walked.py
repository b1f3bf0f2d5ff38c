"""What walks over a generation have found, kept within a budget of bytes: a client turns many pages."""

from collections.abc import Callable, Hashable

from app.directory.related import TooMany
from app.engine.shared import Shared, short

BUDGET = 8 * 1024 * 1024
"""Bytes: some 500 walks that find 2,000 organisations each."""
_ENTRY = 300
"""Bytes that a walk takes beside its codes."""


class Walked:
    """The codes that walks have found; what was not asked for longest goes first."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Keep so many bytes at most."""
        self._kept = Shared(budget, _size)

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return self._kept.size

    def get(self, asked: Hashable, walk: Callable[[], list[str]]) -> list[str]:
        """Return what a walk has found, in order of code; `walk` makes it if it is not kept; raises TooMany.

        `asked` tells the walk, and the generation, from all others by its `repr`. Threads that need the same
        walk at once make it once.
        """
        return _codes(self._kept.get(short(asked), lambda: _found(walk)))


def _found(walk: Callable[[], list[str]]) -> str | None:
    """Return the codes line by line, or None for a walk that has reached too much."""
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
