"""What every engine is to those above it: an index keeps generations, a register is one of them.

EngineError
├── NotLoaded      nothing was loaded into this index yet
├── Gone           the generation asked for is not kept
├── Unavailable    the index does not answer now; asking again later may help
│   └── Dropped    the generation was deleted while it was read; asked again, the live one answers
├── WrongIndex     the URL, file or layout is not one this engine can serve: a person has to act
├── Busy           another load is filling this index
└── Unwritable     the disk is full, or nothing may be written there

Every text is a sentence for the person who runs the program.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from app.clock import Clock
from app.search.fields import Entry
from app.search.query import Page, Query


class EngineError(Exception):
    """Something an index could not do."""


class NotLoaded(EngineError):
    """Nothing was loaded yet into the index at an address."""

    def __init__(self, where: object) -> None:
        super().__init__(f'Nothing is loaded into {where}: run "ods-indexer load RELEASE"')


class Gone(EngineError):
    """The generation asked for is not kept."""


class Unavailable(EngineError):
    """The index does not answer now."""


class Dropped(Unavailable):
    """The generation was deleted while it was read."""


class WrongIndex(EngineError):
    """This is not an index, or not one of this version."""


class WrongLayout(WrongIndex):
    """The index at an address was made by a version whose index layout is another one."""

    def __init__(self, where: object, found: object, read: int) -> None:
        super().__init__(
            f"{where} has index layout {found} and this version reads {read}: "
            'load the release again with "ods-indexer load"'
        )


class Busy(EngineError):
    """Another load is filling this index."""


class Unwritable(EngineError):
    """Nothing can be written where the index is kept."""


GENERATION_NAME = re.compile(r"\d{4}-\d\d-\d\d\.(?:\d{1,9})", re.ASCII)
"""Publication date and counter; names of files and indices are made of it."""

NOTICED_WITHIN = 1.0
"""Seconds after a swap or rollback in which a process may still answer from the generation before."""

asked_at: ContextVar[float] = ContextVar("asked_at")
"""When the request came that is being answered (`time.monotonic`): what it asks shares one time-out."""


def number_of(generation: str) -> int:
    """Return the counter in a generation's name, 0 for what is no such name."""
    return int(generation.rpartition(".")[2]) if GENERATION_NAME.fullmatch(generation) else 0


def to_delete(others: Sequence[str], before: str, keep: int) -> list[str]:
    """Name the generations to delete after a load so that `keep` remain, the new live one included.

    First go those that a rollback abandoned, then the oldest. `others` are all generations but the new one;
    `before` is the one that was live until now, empty at a first load.
    """
    newest = number_of(before)
    ranked = sorted(others, key=lambda name: (number_of(name) <= newest, number_of(name)), reverse=True)
    return ranked[keep - 1 :]


@dataclass(frozen=True)
class Generation:
    """What is known of one generation: its name, its release's date, and what its load reported.

    `report` holds JSON values: files, counts and warnings, as `ods-indexer status` shows them.
    """

    name: str
    release: str
    loaded: datetime
    report: dict[str, Any] = field(default_factory=dict, compare=False)
    size: int = 0
    """Bytes the generation takes."""


P = ParamSpec("P")
T = TypeVar("T")


def again_if_dropped(answer: Callable[P, T]) -> Callable[P, T]:
    """Let a function that answers from a register begin again, once, if that generation is deleted meanwhile.

    An answer is then of one generation as a whole: what was made of the deleted one is not used.
    """

    @wraps(answer)
    def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return answer(*args, **kwargs)
        except Dropped:
            return answer(*args, **kwargs)

    return answered


class Register(Protocol):
    """One generation, ready to answer; every answer comes from it alone, or raises Unavailable or Dropped."""

    @property
    def generation(self) -> Generation:
        """What this is a register of."""
        ...

    @property
    def live_since(self) -> datetime:
        """When it was made live, in whole seconds; moves forward at every swap and rollback."""
        ...

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        """Return a document of the entry with this id, or None."""
        ...

    def search(self, query: Query, document: str | None) -> Page:
        """Return a page of matches, with that document of theirs if one is named."""
        ...


Packer = Callable[[str, Entry], bytes]
"""Makes an entry of a kind ready to be written; it can be pickled, and runs where the record is."""


class Build(Protocol):
    """A generation being made; it is not seen by anyone before `publish`."""

    def packer(self, samples: Sequence[Entry]) -> Packer:
        """Return the packer for this build, fitted to sample entries."""
        ...

    def add(self, kind: str, packed: bytes) -> None:
        """Write one packed entry; those of a kind come in order of id, each id once."""
        ...

    def publish(self, report: Callable[[], dict[str, Any]], clock: Clock) -> Generation:
        """Check that all that was added can be read, and make it live in one step; raises Unwritable.

        `report` is asked for when all is written, `clock` when it is made live.
        """
        ...


class Index(Protocol):
    """The place where generations are kept."""

    def live(self) -> Register:
        """Return the generation that is live, or was less than NOTICED_WITHIN ago.

        Raises NotLoaded, WrongIndex, Unavailable.
        """
        ...

    def read(self, kind: str, entry_id: str, document: str) -> tuple[Register, bytes | None]:
        """Return a document of the live generation's entry with this id, or None, and that generation.

        Raises what `live` raises, and Dropped.
        """
        ...

    def kept(self, name: str) -> Register:
        """Return a generation by its name; raises Gone and what `live` raises."""
        ...

    def generations(self) -> list[Generation]:
        """Return what is kept, the live one first, then the newest first; raises as `live`."""
        ...

    def ledger(self) -> list[bytes]:
        """Return ORD's documents of the live generation's deletions, of whatever layout that is.

        Their layout is fixed, so that no version loses what only earlier ones have seen. Raises WrongIndex,
        Unavailable.
        """
        ...

    def build(self, release: str, loaded: datetime, workers: int = 1) -> AbstractContextManager[Build]:
        """Start a generation of a release; on any exception, nothing of it is left.

        `workers` processes may be used to finish it.

        Clears away what a killed load left. Raises Busy, Unwritable, WrongIndex.
        """
        ...

    def rollback(self, now: datetime) -> Generation:
        """Make the newest generation older than the live one live again; raises Gone, Busy, Unwritable."""
        ...
