"""The interface of the engines (SQLite, Elasticsearch) to the code above them, and the errors they raise.

An index stores generations: each is the content of one load of a release. One generation is live. A register
is one generation, opened for reading.

EngineError
├── NotLoaded      nothing was loaded into this index yet
├── Gone           the requested generation is not kept
├── Unavailable    the index does not answer now; asking again later may help
│   └── Dropped    the generation was deleted while it was read; a second try reads the live one
├── WrongIndex     the engine cannot serve this URL, file or layout: a person has to act
├── Busy           another load is filling this index
└── Unwritable     the disk is full, or this user may not write there

The text of each error is a sentence for the person who runs the program.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

from app.clock import Clock
from app.engine.history import Remembered
from app.register.fields import KINDS, Entry
from app.register.query import Clause, Match, Page, Query, Stamp


class EngineError(Exception):
    """An operation on an index failed."""


class NotLoaded(EngineError):
    """Nothing was loaded yet into the index at `where`."""

    def __init__(self, where: object) -> None:
        commands = '"ods-indexer load RELEASE" or "ods-indexer load --demo"'
        super().__init__(f"Nothing is loaded into {where}: run {commands}")


class Gone(EngineError):
    """The requested generation is not kept."""


class Unavailable(EngineError):
    """The index does not answer now."""


class Dropped(Unavailable):
    """The generation was deleted while it was read."""


class WrongIndex(EngineError):
    """The address holds no index, or one that this version cannot read."""


class WrongLayout(WrongIndex):
    """The index at `where` has layout `found`; this version reads layout `read`."""

    def __init__(self, where: object, found: object, read: int) -> None:
        super().__init__(
            f"{where} has index layout {found} and this version reads {read}: "
            'load the release again with "ods-indexer load"'
        )


class Busy(EngineError):
    """Another load is filling this index."""


class Unwritable(EngineError):
    """The index cannot be written to."""


GENERATION_NAME = re.compile(r"\d{4}-\d\d-\d\d\.(?:\d{1,9})", re.ASCII)
"""Publication date and counter; it becomes part of the names of files and Elasticsearch indices."""

NOTICED_WITHIN = 1.0
"""Seconds after a swap or rollback in which a process may still answer from the generation before."""

asked_at: ContextVar[float] = ContextVar("asked_at")
"""When the current request came (`time.monotonic`): all its calls to an engine share one time-out."""


@contextmanager
def not_counted() -> Iterator[None]:
    """Leave the time that a block takes out of the time-out of the current request."""
    began = time.monotonic()
    try:
        yield
    finally:
        if asked := asked_at.get(None):
            asked_at.set(asked + time.monotonic() - began)


def number_of(generation: str) -> int:
    """Return the counter in a generation's name, or 0 for any other text."""
    return int(generation.rpartition(".")[2]) if GENERATION_NAME.fullmatch(generation) else 0


def to_delete(others: Sequence[str], before: str, keep: int) -> list[str]:
    """Name the generations to delete after a load so that `keep` remain, the new live one included.

    First those that a rollback abandoned, then the oldest. `others` are all generations except the new one;
    `before` is the one that was live until now, or "" at a first load.
    """
    newest = number_of(before)
    ranked = sorted(others, key=lambda name: (number_of(name) <= newest, number_of(name)), reverse=True)
    return ranked[keep - 1 :]


@dataclass(frozen=True)
class Generation:
    """One generation: its name, its release's date, when it was loaded, and the report of that load.

    `report` holds JSON values: files, counts and warnings, as `ods-indexer status` shows them. Its `made_by`
    is `sample`, `synthesise` or `organisations` where the release is the bundled sample, was synthesised, or
    was made from a list; others have none. Its `archive` is the SHA-256 of the one file that was loaded.
    """

    name: str
    release: str
    loaded: datetime
    report: dict[str, Any] = field(default_factory=dict, compare=False)
    size: int = 0
    """Size in bytes."""


P = ParamSpec("P")
T = TypeVar("T")


def again_if_dropped(answer: Callable[P, T]) -> Callable[P, T]:
    """Make a function try once more if the generation that it reads is deleted meanwhile (Dropped).

    The second try starts from the beginning, so that no answer mixes two generations.
    """

    @wraps(answer)
    def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return answer(*args, **kwargs)
        except Dropped:
            return answer(*args, **kwargs)

    return answered


Counts = dict[str, int]
"""Numbers of entries by term; terms that none holds are left out."""

MAX_IDS = 10_000
"""Documents that one call may ask for by id."""

NONE: Mapping[str, Sequence[str]] = MappingProxyType({})
"""No further terms."""


class Register(Protocol):
    """One generation, opened for reading; its methods read no other, and raise Unavailable or Dropped."""

    @property
    def generation(self) -> Generation:
        """The generation that this register reads."""
        ...

    @property
    def distant(self) -> bool:
        """Whether a request takes so long that what may not be needed is better asked for in the same one."""
        ...

    @property
    def live_since(self) -> datetime:
        """When it was made live, in whole seconds; each swap or rollback gives a later time."""
        ...

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        """Return the named document of the entry with this id, or None if there is none."""
        ...

    def documents(self, kind: str, ids: Collection[str], document: str) -> dict[str, bytes]:
        """Return the named document of each entry that has it and one of these ids, at most MAX_IDS."""
        ...

    def search(self, query: Query, document: str | None) -> Page:
        """Return a page of matches, each with the named document; None leaves documents out.

        An entry matches whether or not it has the document: without it, the match has an empty one.
        """
        ...

    def searches(
        self, queries: Sequence[Query], document: str | None, ahead: Collection[str] = ()
    ) -> list[Page]:
        """Return the page of each query; an engine that is reached over a network is asked once for all.

        The queries are of one kind, and each is for a few matches near the start of its order. `ahead` are
        entries whose document will be asked for next: such an engine reads a few of them on the way.
        """
        ...

    def counts(self, kind: str, clauses: tuple[Clause, ...], fields: Sequence[str]) -> dict[str, Counts]:
        """Return, for each of these token fields, how many matches of the clauses hold each term."""
        ...

    def totals(self, kind: str, asked: Sequence[tuple[Clause, ...]]) -> list[int]:
        """Return how many entries match all clauses of each of these, in their order."""
        ...

    def summary(self, kind: str, name: str) -> bytes:
        """Return a summary of the entries of a kind."""
        ...

    def remembered(self, kind: str, entry_id: str) -> Remembered | None:
        """Return the row of this generation's history for an entry, or None if no load ever saw it."""
        ...


def check_stamp(kind: str, stamp: Stamp | None) -> None:
    """Raise ValueError unless an entry that is added has a stamp exactly if its kind is versioned."""
    if KINDS[kind].versioned != (stamp is not None):
        raise ValueError(f"{kind}: {stamp}")


Packer = Callable[[str, Entry], bytes]
"""Packs an entry of a kind for `Build.add`; it can be pickled, and runs in the worker processes."""


class Sink(Protocol):
    """What a load writes entries to."""

    def train(self, samples: Mapping[str, Sequence[Entry]]) -> dict[str, bytes]:
        """Return what the packer's compression can be trained to by samples of entries, by kind."""
        ...

    def packer(self, trained: dict[str, bytes]) -> Packer:
        """Return the packer for this build; `trained` is what `train` returned, of this build or another."""
        ...

    def add(
        self,
        kind: str,
        entry_id: str,
        packed: bytes,
        terms: Mapping[str, Sequence[str]] = NONE,
        stamp: Stamp | None = None,
    ) -> None:
        """Write one packed entry; the caller adds the entries of a kind in order of id, each id once.

        The id may differ from that of the entry when it was packed: some are known only when all are read.
        `terms` are further terms of token fields, by field: those that depend on other entries. `stamp` is
        given for the kinds that are versioned, and only for those; it also fills their field `updated`.
        """
        ...

    def remember(self, row: Remembered) -> None:
        """Write one row of the history; the caller gives them in their order (`history.key`), each once.

        Raises Unwritable.
        """
        ...


class Leftover(NamedTuple):
    """Two files beside the generations; `publish` puts the second, if it is there, in place of the first."""

    before: Path
    """What the load before left, if it is there: deleting it only makes the next load slower."""
    after: Path
    """Where this load may leave something for the next one."""


class Build(Sink, Protocol):
    """A generation that is being written; no reader sees it before `publish`."""

    @property
    def leftover(self) -> Leftover | None:
        """Where a load may leave something for the next one; None: nowhere."""
        ...

    def publish(self, report: Callable[[], dict[str, Any]], clock: Clock) -> Generation:
        """Check that every added entry can be read, then make the generation live in one step.

        Calls `report` after the last write, and `clock` when the generation becomes live. Raises Unwritable.
        """
        ...


@dataclass(frozen=True)
class Failure:
    """A load that was refused or broke off: when, and the sentence that said why."""

    time: datetime
    sentence: str


BROKE_OFF = "The load broke off: its process was killed, or the machine stopped"
"""The sentence of a load that could not say why."""


class Notes(Protocol):
    """What an index remembers of loads beside the generations; raises Unavailable and Unwritable."""

    def failure(self) -> Failure | None:
        """Return the newest load since the live generation was made live that was refused or broke off."""
        ...

    def note_failure(self, failure: Failure) -> None:
        """Remember a load that was refused, where something is live."""
        ...

    def seen(self) -> frozenset[str]:
        """Return the SHA-256 of the release files that were loaded or passed over (see `watch`)."""
        ...

    def note_seen(self, sha256: str) -> None:
        """Remember a release file."""
        ...


class Index(Protocol):
    """The place where generations are kept."""

    engine: str
    """`sqlite` or `elasticsearch`."""
    layout: int
    """The layout of the generations that it reads."""

    @property
    def cached(self) -> int:
        """Bytes that this process keeps in memory of what it read."""
        ...

    @property
    def notes(self) -> Notes:
        """What is remembered of loads."""
        ...

    def live(self) -> Register:
        """Return the live generation, or one that was live less than NOTICED_WITHIN seconds ago.

        Raises NotLoaded, WrongIndex, Unavailable.
        """
        ...

    def read(self, kind: str, entry_id: str, document: str) -> tuple[Register, Match | None]:
        """Read an entry of the live generation: return that register, and the entry if it has the document.

        Raises the errors of `live`, and Dropped.
        """
        ...

    def kept(self, name: str) -> Register:
        """Return a generation by its name; raises Gone and the errors of `live`."""
        ...

    def generations(self) -> list[Generation]:
        """Return all generations, first the live one, then the others from the newest; raises as `live`."""
        ...

    def history(self) -> Iterator[Remembered]:
        """Yield the history of the live generation in its order (`history.key`), whatever its layout.

        `highest` counts the versions of generations that a rollback left, too. Yields nothing where nothing
        was loaded. Raises WrongIndex where the history is missing or damaged, and Unavailable; both may come
        after some rows.
        """
        ...

    def build(self, release: str, loaded: datetime, workers: int = 1) -> AbstractContextManager[Build]:
        """Start a generation for a release; deletes it again on any exception.

        May use `workers` processes to finish it. First deletes what a killed load left behind. Raises Busy,
        Unwritable, WrongIndex.
        """
        ...

    def rollback(self, now: datetime) -> Generation:
        """Make the newest generation older than the live one live again; raises Gone, Busy, Unwritable."""
        ...
