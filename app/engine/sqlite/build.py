"""Writes one generation into a file of its own, once, front to back."""

import gc
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from app.clock import Clock
from app.engine.history import RANKS, Remembered
from app.engine.port import NONE, Generation, Leftover, check_stamp
from app.engine.sqlite.derive import derive
from app.engine.sqlite.file import unwritable, writing
from app.engine.sqlite.handed import Ranking, ranking, read
from app.engine.sqlite.notes import UNFINISHED
from app.engine.sqlite.pack import Packer, train
from app.engine.sqlite.rows import Rows, connect
from app.engine.sqlite.schema import (
    APPLICATION_ID,
    INSERT_POSTING,
    INSERT_RANKING,
    LAYOUT,
    OF_LIST,
    statements,
)
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
        with ExitStack() as stack:
            connection = stack.enter_context(closing(connect(self._path)))
            # All of it first: what reads the rows must not meet what is written of it.
            made = self._derived(rows, stack)
            summaries = list(_summaries(connection))
            connection.execute("BEGIN")
            connection.execute("DROP TABLE given")
            for postings, rankings in chain.from_iterable(map(read, made)):
                connection.executemany(INSERT_POSTING, postings)
                connection.executemany(INSERT_RANKING, rankings)
            connection.executemany(INSERT_RANKING, summaries)
            connection.executemany("INSERT INTO dictionary VALUES (?, ?)", self._dictionaries.items())
            row = (self._made.name, self._made.release, self._made.loaded.isoformat(), json.dumps(report()))
            connection.execute("INSERT INTO generation VALUES (?, ?, ?, ?)", row)
            connection.execute("COMMIT")
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def _derived(self, rows: int, stack: ExitStack) -> list[Path]:
        """Derive what searches need of each field, into files that are deleted with the stack; name them."""
        fields = [
            (kind.name, field.name)
            for kind in KINDS.values()
            for field in kind.of(Type.TEXT, Type.INSTANT, Type.REFERENCE)
        ]
        targets = [self._path.with_suffix(f".{kind}.{field}{UNFINISHED}") for kind, field in fields]
        for target in targets:
            stack.callback(target.unlink, missing_ok=True)
        tasks = [(self._path, *field, target) for field, target in zip(fields, targets, strict=True)]
        if self._workers == 1 or rows < _FEW:
            for task in tasks:
                derive(*task)
        else:
            # Lists and texts have no reference cycles.
            with pool(min(self._workers, len(tasks)), gc.disable) as workers:
                for future in [workers.submit(derive, *task) for task in tasks]:
                    future.result()
        return targets


def _summaries(connection: sqlite3.Connection) -> Iterator[Ranking]:
    """Yield the summaries of each kind, of the postings of its tokens."""
    statement = f"SELECT term, holders FROM posting WHERE {OF_LIST}"
    for kind in KINDS.values():
        for summary in kind.summaries:
            counts = {
                field: dict(connection.execute(statement, (f"{kind.name}.{field}",))) for field in summary.of
            }
            yield ranking(f"{kind.name} {summary.name}", summary.make(counts))
