"""Writes the rows of a generation, in a process of its own where there are many.

So the load can go on with the next entries: to prepare them takes as long as to write them.
"""

import gc
import marshal
import sqlite3
from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import zstandard
from pyroaring import BitMap

from app.engine.sqlite.handed import Posting, posting
from app.engine.sqlite.schema import BLOCK, INSERT_GIVEN, INSERT_HISTORY, INSERT_POSTING, columns, stamped
from app.engine.sqlite.tokens import Tokens
from app.engine.workers import Slots, killed, pool
from app.register.fields import KINDS, Kind, Type

_FEW = 50_000
"""Entries of a kind up to which starting a process takes longer than it saves."""
_AT_ONCE = 16 * BLOCK
_AHEAD = 3
"""Batches on their way to the other process."""
_SLOT = 2 << 20
"""Bytes of memory for a batch: that of a batch of organisations, and a third more."""


Row = tuple[str, str, bytes, dict[str, Sequence[str]], tuple[int, ...] | None]
"""An entry to be written: as `Build.add` is given it, in types that can be marshalled."""


def connect(path: Path) -> sqlite3.Connection:
    """Connect to the file of a generation that nobody reads yet; raises sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None)
    # Without the last, sorting ids takes a file in SQLite's own temporary folder, which may be full.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class Rows:
    """The rows of a generation whose tables are empty; methods raise sqlite3.Error and NoWorkers."""

    def __init__(self, path: Path, *, apart: bool) -> None:
        """Name the file; `apart`: write it in a process of its own."""
        self._path, self._apart = path, apart
        self._entries: list[Row] = []
        self._history: list[tuple[Any, ...]] = []
        self._stack = ExitStack()
        self._process: Executor | None = None
        self._slots: Slots | None = None
        self._batches = 0
        self._sent: deque[Future[None]] = deque()
        self._writer: _Writer | None = None

    def add(self, row: Row) -> None:
        """Write an entry."""
        self._entries.append(row)
        if len(self._entries) == _AT_ONCE:
            self._pass_on()

    def remember(self, row: tuple[Any, ...]) -> None:
        """Write a row of the history."""
        self._history.append(row)
        if len(self._history) == _AT_ONCE:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._apart:
            if self._process is None or self._slots is None:
                self._slots = Slots(_AHEAD + 1, _SLOT)
                self._process = self._stack.enter_context(pool(1, _begin, self._path, self._slots))
            batch = self._slots.put(self._batches, marshal.dumps((self._entries, self._history)))
            with killed():
                self._sent.append(self._process.submit(_take, self._batches, batch))
                while len(self._sent) > _AHEAD:
                    self._sent.popleft().result()
            self._batches += 1
        else:
            if self._writer is None:
                self._writer = self._stack.enter_context(_Writer(self._path, None))
            self._writer.take(self._entries, self._history)
        self._entries.clear()
        self._history.clear()

    def finish(self) -> int:
        """Write what waits, the indices and the postings of tokens; return the number of entries."""
        self._pass_on()
        if self._writer:
            rows = self._writer.finish()
        elif self._process:
            with killed():
                while self._sent:
                    self._sent.popleft().result()
                rows = self._process.submit(_finish).result()
        self.close()
        return rows

    def close(self) -> None:
        """Let go of the file, and end the processes."""
        self._stack.close()


# In the process that writes


class _Writer:
    """The one connection through which rows are written."""

    def __init__(self, path: Path, few: int | None) -> None:
        """Open the file; postings are made in a process of their own from `few` entries on, None: never."""
        self._connection = connect(path)
        self._connection.execute("BEGIN")
        self._kinds = {kind.name: _KindWriter(self._connection, kind, few) for kind in KINDS.values()}

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._kinds.values():
            writer.tokens.close()
        self._connection.close()

    def take(self, entries: Sequence[Row], history: Sequence[tuple[Any, ...]]) -> None:
        """Write entries, and rows of the history."""
        for kind, entry_id, packed, further, stamp in entries:
            self._kinds[kind].add(entry_id, packed, further, stamp)
        self._connection.executemany(INSERT_HISTORY, history)

    def finish(self) -> int:
        """Write what is known when all entries are there, and return their number."""
        for writer in self._kinds.values():
            writer.finish()
        self._connection.execute("COMMIT")
        return sum(writer.rows for writer in self._kinds.values())


class _Waiting(NamedTuple):
    """An entry that is to be written, but for its texts and terms."""

    key: tuple[int, str]
    """Its rid and id."""
    raws: list[str | None]
    others: list[Any]
    """Its instants and references."""
    stamp: tuple[int, ...]
    bodies: list[bytes | None]


class _KindWriter:
    """The rows of one kind, and the postings that need no second look at them."""

    def __init__(self, connection: sqlite3.Connection, kind: Kind, few: int | None) -> None:
        self.rows = 0
        self.tokens = Tokens(kind, few)
        self._connection = connection
        self._kind = kind
        self._waiting: list[_Waiting] = []
        self._texts: dict[str, list[str]] = {field.name: [] for field in kind.of(Type.TEXT)}
        self._others = [field.name for of in (Type.INSTANT, Type.REFERENCE) for field in kind.of(of)]
        self._updated = self._others.index("updated") if kind.versioned else -1
        self._missing = {name: array("I") for name in (*self._texts, *self._others)}
        self._unfolded = {name: array("I") for name in self._texts}
        self._compress = zstandard.ZstdCompressor(level=1).compress
        self._insert = f"INSERT INTO {kind.name} VALUES (?, ?{', ?' * len(columns(kind))})"
        self._insert_body = [
            (f"INSERT INTO {kind.name}_{document.name} VALUES (?, ?{', ?' * len(stamp)}, ?)", len(stamp))
            for document in kind.documents
            for stamp in (stamped(kind, document),)
        ]
        """The statement for each document, and how many columns of the stamp it has."""

    def add(
        self,
        entry_id: str,
        packed: bytes,
        further: Mapping[str, Sequence[str]],
        stamp: tuple[int, ...] | None,
    ) -> None:
        values, texts, held, bodies = marshal.loads(packed)  # noqa: S302 - what the packer of this build made
        raws, others = values[: len(texts)], values[len(texts) :]
        if stamp:
            _, others[self._updated] = stamp
        self.rows = rid = self.rows + 1
        for at, (name, text) in enumerate(zip(self._texts, texts, strict=True)):
            self._texts[name].append(text or "")
            if text is None:
                self._missing[name].append(rid)
            elif raws[at] is not None:
                self._unfolded[name].append(rid)
        if None in others:
            for name, value in zip(self._others, others, strict=True):
                if value is None:
                    self._missing[name].append(rid)
        self.tokens.add(held, further)
        self._waiting.append(_Waiting((rid, entry_id), raws, others, stamp or (), bodies))
        if len(self._waiting) == _AT_ONCE:
            self._write()

    def _write(self) -> None:
        """Write the rows that wait: many at once take half the time."""
        kind, execute = self._kind.name, self._connection.executemany
        execute(self._insert, ((*each.key, *each.raws) for each in self._waiting))
        for at, (statement, size) in enumerate(self._insert_body):
            held = ((each, body) for each in self._waiting if (body := each.bodies[at]))
            execute(statement, ((*each.key, *each.stamp[:size], body) for each, body in held))
        for at, name in enumerate(self._others):
            given = marshal.dumps([each.others[at] for each in self._waiting])
            execute(INSERT_GIVEN, [(f"{kind}.{name}", self._compress(given))])
        first = (self.rows - len(self._waiting)) // BLOCK
        for name, texts in self._texts.items():
            joined = ("\n".join(texts[at : at + BLOCK]).encode() for at in range(0, len(texts), BLOCK))
            blocks = map(self._compress, joined)
            execute(f"INSERT INTO {kind}_{name}_text VALUES (?, ?)", enumerate(blocks, first))
            texts.clear()
        self._waiting.clear()

    def finish(self) -> None:
        self._write()
        kind = self._kind.name
        self._connection.execute(f"CREATE UNIQUE INDEX {kind}_id ON {kind} (id)")
        self._connection.executemany(INSERT_POSTING, self.tokens.postings())
        self._connection.executemany(INSERT_POSTING, self._marks())

    def _marks(self) -> Iterator[Posting]:
        """Yield the entries that lack a text, instant or reference, and those whose raw text is kept."""
        for word, lists in (("missing", self._missing), ("unfolded", self._unfolded)):
            for name, held in lists.items():
                if held:
                    yield posting(f"{self._kind.name}.{name}.{word}", "", BitMap(held))


_open: list[tuple[_Writer, Slots]] = []


def _begin(path: Path, slots: Slots) -> None:
    gc.disable()  # there are no reference cycles
    _open.append((_Writer(path, _FEW), slots))


def _take(number: int, batch: bytes | int) -> None:
    ((writer, slots),) = _open
    writer.take(*marshal.loads(slots.take(number, batch)))  # noqa: S302 - our own process made it


def _finish() -> int:
    with _open[0][0] as writer:
        return writer.finish()
