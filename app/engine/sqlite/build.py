"""Writes one generation into a file of its own, once, front to back."""

import gc
import json
import marshal
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard
from pyroaring import BitMap

from app.clock import Clock
from app.engine.history import RANKS, Remembered
from app.engine.port import NONE, Generation, Leftover, check_stamp
from app.engine.sqlite.derive import Derived, Posting, derive, posting
from app.engine.sqlite.file import unwritable, writing
from app.engine.sqlite.pack import Packer, train
from app.engine.sqlite.schema import (
    APPLICATION_ID,
    BLOCK,
    INSERT_HISTORY,
    INSERT_POSTING,
    LAYOUT,
    columns,
    statements,
)
from app.engine.sqlite.tokens import Tokens
from app.engine.workers import pool
from app.register.fields import KINDS, Entry, Kind, Type
from app.register.query import Stamp

_FEW = 50_000
"""Rows up to which starting processes takes longer than it saves."""
_AT_ONCE = 4 * BLOCK


@dataclass(frozen=True)
class Made:
    """What is known of a generation before anything is written."""

    index: Path
    """Where the index is, for sentences."""
    name: str
    release: str
    loaded: datetime


class SqliteBuild:
    """A generation being made: its file while it is filled."""

    def __init__(
        self,
        path: Path,
        made: Made,
        workers: int,
        make_live: Callable[[datetime], Generation],
        leftover: Leftover,
    ) -> None:
        """Make the file at `path`, to be finished by so many processes; raises sqlite3.Error.

        `make_live` is given the time at which the finished file shall become the live generation.
        """
        self._path, self._made, self._workers, self._make_live = path, made, workers, make_live
        self.leftover = leftover
        self._connection = sqlite3.connect(path, isolation_level=None)
        # Without the last, sorting ids takes a file in SQLite's own temporary folder, which may be full.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version={LAYOUT}")
        self._connection.execute("BEGIN")
        for statement in statements(KINDS):
            self._connection.execute(statement)
        few = None if workers == 1 else _FEW
        self._kinds = {kind.name: _KindWriter(self._connection, kind, few) for kind in KINDS.values()}
        self._dictionaries: dict[str, bytes] = {}
        self._history: list[Remembered] = []
        """Rows that wait to be written."""

    def train(self, samples: Mapping[str, Sequence[Entry]]) -> dict[str, bytes]:
        """Return dictionaries that are trained on the samples."""
        return train(samples)

    def packer(self, trained: dict[str, bytes]) -> Packer:
        """Return a packer with these dictionaries."""
        self._dictionaries = trained
        return Packer(trained)

    def add(
        self,
        kind: str,
        entry_id: str,
        packed: bytes,
        terms: Mapping[str, Sequence[str]] = NONE,
        stamp: Stamp | None = None,
    ) -> None:
        """Write one row, its documents and its terms."""
        check_stamp(kind, stamp)
        try:
            self._kinds[kind].add(entry_id, packed, terms, stamp)
        except sqlite3.Error as error:
            raise unwritable(self._made.index, error) from error

    def remember(self, row: Remembered) -> None:
        """Write one row of the history."""
        self._history.append(row)
        if len(self._history) == _AT_ONCE:
            with writing(self._made.index):
                self._write_history()

    def publish(self, report: Callable[[], dict[str, Any]], clock: Clock) -> Generation:
        """Check that all that was added can be read, and make it live in one step."""
        with writing(self._made.index):
            self._finish(report)
            self.close()
            return self._make_live(clock())

    def close(self) -> None:
        """Let go of the file, and end the processes."""
        for writer in self._kinds.values():
            writer.tokens.close()
        self._connection.close()

    def _finish(self, report: Callable[[], dict[str, Any]]) -> None:
        """Write what is derived from all rows, then the row that says the file is whole, and check it."""
        execute = self._connection.execute
        for writer in self._kinds.values():
            writer.finish()
        self._write_history()
        execute("COMMIT")
        # All of it first: what reads the rows must not meet what is written of it.
        everything = list(self._derived())
        execute("BEGIN")
        for derived in everything:
            self._connection.executemany(INSERT_POSTING, derived.postings)
            rankings = ((name, zstandard.compress(content, 1)) for name, content in derived.rankings)
            self._connection.executemany("INSERT INTO ranking VALUES (?, ?)", rankings)
        self._connection.executemany("INSERT INTO dictionary VALUES (?, ?)", self._dictionaries.items())
        row = (self._made.name, self._made.release, self._made.loaded.isoformat(), json.dumps(report()))
        execute("INSERT INTO generation VALUES (?, ?, ?, ?)", row)
        execute("COMMIT")
        (verdict,) = execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def _write_history(self) -> None:
        rows = ((RANKS[row.kind], *row[1:]) for row in self._history)
        self._connection.executemany(INSERT_HISTORY, rows)
        self._history.clear()

    def _derived(self) -> Iterator[Derived]:
        tasks = [
            (self._path, kind.name, field.name)
            for kind in KINDS.values()
            for field in kind.of(Type.TEXT, Type.INSTANT, Type.REFERENCE)
        ]
        if self._workers == 1 or sum(writer.rows for writer in self._kinds.values()) < _FEW:
            for task in tasks:
                yield derive(*task)
            return
        with pool(min(self._workers, len(tasks)), gc.disable) as workers:  # lists and texts have no cycles
            futures = [workers.submit(derive, *task) for task in tasks]
            while futures:
                yield futures.pop(0).result()


class _KindWriter:
    """The rows of one kind, and the postings that need no second look at them."""

    def __init__(self, connection: sqlite3.Connection, kind: Kind, few: int | None) -> None:
        self.rows = 0
        self.tokens = Tokens(kind, few)
        self._connection = connection
        self._kind = kind
        self._waiting: list[tuple[tuple[Any, ...], list[bytes | None]]] = []
        self._texts: dict[str, list[str]] = {field.name: [] for field in kind.of(Type.TEXT)}
        self._others = [field.name for of in (Type.INSTANT, Type.REFERENCE) for field in kind.of(of)]
        self._updated = columns(kind).index("updated") if kind.versioned else -1
        self._missing = {name: array("I") for name in (*self._texts, *self._others)}
        self._unfolded = {name: array("I") for name in self._texts}
        self._insert = f"INSERT INTO {kind.name} VALUES (?, ?{', ?' * len(columns(kind))})"
        self._insert_body = [
            f"INSERT INTO {kind.name}_{document.name} VALUES (?, ?)" for document in kind.documents
        ]

    def add(
        self, entry_id: str, packed: bytes, further: Mapping[str, Sequence[str]], stamp: Stamp | None
    ) -> None:
        values, texts, held, bodies = marshal.loads(packed)  # noqa: S302 - what the packer of this build made
        if stamp:
            values[self._updated] = stamp.updated
        self.rows = rid = self.rows + 1
        for at, (name, text) in enumerate(zip(self._texts, texts, strict=True)):
            self._texts[name].append(text or "")
            if text is None:
                self._missing[name].append(rid)
            elif values[at] is not None:
                self._unfolded[name].append(rid)
        others = values[len(texts) :]
        if None in others:
            for name, value in zip(self._others, others, strict=True):
                if value is None:
                    self._missing[name].append(rid)
        if stamp:
            values.append(stamp.version)
        self.tokens.add(held, further)
        self._waiting.append(((rid, entry_id, *values), bodies))
        if len(self._waiting) == _AT_ONCE:
            self._write()

    def _write(self) -> None:
        """Write the rows that wait: many at once take half the time."""
        kind, execute = self._kind.name, self._connection.executemany
        execute(self._insert, (row for row, _ in self._waiting))
        for at, statement in enumerate(self._insert_body):
            held = ((row[0], body) for row, bodies in self._waiting if (body := bodies[at]))
            execute(statement, held)
        first = (self.rows - len(self._waiting)) // BLOCK
        for name, texts in self._texts.items():
            blocks = ("\n".join(texts[at : at + BLOCK]) for at in range(0, len(texts), BLOCK))
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
