"""Writes one generation into a file of its own, once, front to back."""

import json
import marshal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.engine.sqlite.derive import Derived, derive, rids, rows
from app.engine.sqlite.pack import Packer, train
from app.engine.sqlite.schema import APPLICATION_ID, LAYOUT, columns, statements
from app.engine.workers import pool
from app.search.fields import KINDS, Entry, Kind, Type

_FEW = 50_000
"""Rows up to which starting processes takes longer than it saves."""
_AT_ONCE = 1_000


class Writer:
    """The file while it is filled."""

    def __init__(self, path: Path, workers: int) -> None:
        """Make the file at `path`, to be finished by so many processes; raises sqlite3.Error."""
        self._path, self._workers = path, workers
        self._connection = sqlite3.connect(path, isolation_level=None)
        # Without the last, sorting ids takes a file in SQLite's own temporary folder, which may be full.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version={LAYOUT}")
        self._connection.execute("BEGIN")
        for statement in statements(KINDS):
            self._connection.execute(statement)
        self._kinds = {kind.name: _KindWriter(self._connection, kind) for kind in KINDS.values()}
        self._dictionaries: dict[str, bytes] = {}

    def packer(self, samples: Sequence[Entry]) -> Packer:
        """Return a packer whose dictionaries are trained on the samples."""
        self._dictionaries = train(samples)
        return Packer(self._dictionaries)

    def add(self, kind: str, packed: bytes) -> None:
        """Write one row, its documents and its terms."""
        self._kinds[kind].add(packed)

    def finish(self, name: str, release: str, loaded: datetime, report: Callable[[], dict[str, Any]]) -> None:
        """Write what is derived from all rows, then the row that says the file is whole, and check it."""
        execute = self._connection.execute
        for writer in self._kinds.values():
            writer.finish()
        execute("COMMIT")
        # All of it first: what reads the rows must not meet what is written of it.
        everything = list(self._derived())
        execute("BEGIN")
        for derived in everything:
            self._connection.executemany("INSERT INTO posting VALUES (?, ?, ?)", derived.postings)
            self._connection.executemany("INSERT INTO ranking VALUES (?, ?)", derived.rankings)
        self._connection.executemany("INSERT INTO dictionary VALUES (?, ?)", self._dictionaries.items())
        row = (name, release, loaded.isoformat(), json.dumps(report()))
        execute("INSERT INTO generation VALUES (?, ?, ?, ?)", row)
        execute("COMMIT")
        (verdict,) = execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _derived(self) -> Iterator[Derived]:
        tasks = [
            (self._path, kind.name, field.name)
            for kind in KINDS.values()
            for field in kind.of(Type.TEXT, Type.INSTANT)
        ]
        if self._workers == 1 or sum(writer.rows for writer in self._kinds.values()) < _FEW:
            for task in tasks:
                yield derive(*task)
            return
        with pool(min(self._workers, len(tasks))) as workers:
            futures = [workers.submit(derive, *task) for task in tasks]
            while futures:
                yield futures.pop(0).result()


class _KindWriter:
    """The rows of one kind, and the postings of its tokens."""

    def __init__(self, connection: sqlite3.Connection, kind: Kind) -> None:
        self.rows = 0
        self._waiting: list[tuple[int, list[Any], list[bytes]]] = []
        self._connection = connection
        self._kind = kind
        self._tokens = [field.name for field in kind.of(Type.TOKEN)]
        self._postings = {name: rids() for token in self._tokens for name in (token, f"{token}.missing")}
        self._insert = f"INSERT INTO {kind.name} VALUES (?, ?{', ?' * len(columns(kind))})"
        self._insert_body = [
            f"INSERT INTO {kind.name}_{document.name} VALUES (?, ?)" for document in kind.documents
        ]

    def add(self, packed: bytes) -> None:
        values, terms, bodies = marshal.loads(packed)  # noqa: S302 - what the packer of this build made
        self.rows = rid = self.rows + 1
        self._waiting.append((rid, values, bodies))
        if len(self._waiting) == _AT_ONCE:
            self._write()
        for name, held in zip(self._tokens, terms, strict=True):
            for term in set(held):
                self._postings[name][term].append(rid)
            if not held:
                self._postings[f"{name}.missing"][""].append(rid)

    def _write(self) -> None:
        """Write the rows that wait: many at once take half the time."""
        self._connection.executemany(self._insert, ((rid, *values) for rid, values, _ in self._waiting))
        for at, statement in enumerate(self._insert_body):
            self._connection.executemany(statement, ((rid, bodies[at]) for rid, _, bodies in self._waiting))
        self._waiting.clear()

    def finish(self) -> None:
        self._write()
        kind = self._kind.name
        self._connection.execute(f"CREATE UNIQUE INDEX {kind}_id ON {kind} (id)")
        for name, postings in self._postings.items():
            self._connection.executemany(
                "INSERT INTO posting VALUES (?, ?, ?)", rows(f"{kind}.{name}", postings)
            )
