"""Writes one generation into a file of its own, once, front to back."""

import gc
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard

from app.clock import Clock
from app.engine.history import RANKS, Remembered
from app.engine.port import NONE, Generation, Leftover, Unwritable, check_stamp
from app.engine.sqlite.derive import Derived, derive
from app.engine.sqlite.file import unwritable, writing
from app.engine.sqlite.pack import Packer, train
from app.engine.sqlite.rows import Rows, connect
from app.engine.sqlite.schema import APPLICATION_ID, INSERT_POSTING, LAYOUT, OF_LIST, statements
from app.engine.temporary import Spool
from app.engine.workers import pool
from app.register.fields import KINDS, Entry, Type
from app.register.query import Stamp

_FEW = 50_000
"""Rows up to which starting processes takes longer than it saves."""


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
        with closing(connect(path)) as connection:
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={LAYOUT}")
            for statement in statements(KINDS):
                connection.execute(statement)
        self._rows = Rows(path, apart=workers > 1)
        self._dictionaries: dict[str, bytes] = {}

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
            self._rows.add((kind, entry_id, packed, dict(terms), stamp and tuple(stamp)))
        except sqlite3.Error as error:
            raise unwritable(self._made.index, error) from error

    def remember(self, row: Remembered) -> None:
        """Write one row of the history."""
        try:
            self._rows.remember((RANKS[row.kind], *row[1:]))
        except sqlite3.Error as error:
            raise unwritable(self._made.index, error) from error

    def publish(self, report: Callable[[], dict[str, Any]], clock: Clock) -> Generation:
        """Check that all that was added can be read, and make it live in one step."""
        with writing(self._made.index):
            rows = self._rows.finish()
            self._finish(rows, report)
            return self._make_live(clock())

    def close(self) -> None:
        """Let go of the file, and end the processes."""
        self._rows.close()

    def _finish(self, rows: int, report: Callable[[], dict[str, Any]]) -> None:
        """Write what is derived from all rows, then the row that says the file is whole, and check it."""
        with closing(Spool(Unwritable)) as spool, closing(connect(self._path)) as connection:
            # All of it first: what reads the rows must not meet what is written of it.
            waiting = [(spool.add(content), len(content)) for content in self._derived(rows)]
            content = Derived([], list(_summaries(connection))).dump()
            waiting.append((spool.add(content), len(content)))
            connection.execute("BEGIN")
            for place, size in waiting:
                derived = Derived.load(spool.read(place, size))
                connection.executemany(INSERT_POSTING, derived.postings)
                rankings = ((name, zstandard.compress(content, 1)) for name, content in derived.rankings)
                connection.executemany("INSERT INTO ranking VALUES (?, ?)", rankings)
            connection.executemany("INSERT INTO dictionary VALUES (?, ?)", self._dictionaries.items())
            row = (self._made.name, self._made.release, self._made.loaded.isoformat(), json.dumps(report()))
            connection.execute("INSERT INTO generation VALUES (?, ?, ?, ?)", row)
            connection.execute("COMMIT")
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def _derived(self, rows: int) -> Iterator[bytes]:
        """Yield what `derive` returns of each field."""
        tasks = [
            (self._path, kind.name, field.name)
            for kind in KINDS.values()
            for field in kind.of(Type.TEXT, Type.INSTANT, Type.REFERENCE)
        ]
        if self._workers == 1 or rows < _FEW:
            for task in tasks:
                yield derive(*task)
            return
        with pool(min(self._workers, len(tasks)), gc.disable) as workers:  # lists and texts have no cycles
            futures = [workers.submit(derive, *task) for task in tasks]
            while futures:
                yield futures.pop(0).result()


def _summaries(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """Yield the summaries of each kind, of the postings of its tokens."""
    statement = f"SELECT term, holders FROM posting WHERE {OF_LIST}"
    for kind in KINDS.values():
        for summary in kind.summaries:
            counts = {
                field: dict(connection.execute(statement, (f"{kind.name}.{field}",))) for field in summary.of
            }
            yield f"{kind.name} {summary.name}", summary.make(counts)
