"""What walks over a generation have found, kept within a budget of bytes: a client turns many pages."""

from collections.abc import Callable, Hashable

from app.directory.related import Found, TooMany
from app.engine.shared import Shared, short
from app.register.query import Clause

BUDGET = 8 * 1024 * 1024
"""Bytes: some 2,000 walks of three steps."""
_ENTRY = 300
"""Bytes that a walk takes beside what it has found."""


class Walked:
    """What walks have found; what was not asked for longest goes first."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Keep so many bytes at most."""
        self._kept = Shared(budget, _size)

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return self._kept.size

    def get(self, asked: Hashable, walk: Callable[[], Found]) -> Found:
        """Return what a walk has found, codes in order; `walk` makes it if it is not kept; raises TooMany.

        `asked` tells the walk, and the generation, from all others by its `repr`. Threads that need the same
        walk at once make it once.
        """
        return _found(self._kept.get(short(asked), lambda: _kept(walk)))


_Kept = str | tuple[Clause, ...] | None
"""Codes line by line, or clauses, or None for a walk that has reached too much."""


def _kept(walk: Callable[[], Found]) -> _Kept:
    try:
        found = walk()
    except TooMany:
        return None
    return found if isinstance(found, tuple) else "\n".join(sorted(found))


def _found(kept: _Kept) -> Found:
    if kept is None:
        raise TooMany
    return kept if isinstance(kept, tuple) else kept.split("\n") if kept else []


def _size(kept: _Kept) -> int:
    return _ENTRY + len(repr(kept) if isinstance(kept, tuple) else kept or "")
