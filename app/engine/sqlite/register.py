"""Answers from one generation: every test is a set of entries, every page a slice of one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from app.engine.history import Remembered
from app.engine.port import Counts
from app.engine.sqlite.ahead import read_ahead
from app.engine.sqlite.order import ordered
from app.engine.sqlite.readers import Readers
from app.engine.sqlite.score import scored
from app.engine.sqlite.sets import hits
from app.register.query import Clause, Match, Page, Query

_AT_ONCE = 1_000
"""Matches that are read in one statement."""


class SqliteRegister:
    """One generation's file, open for reading by any number of threads."""

    distant = False

    def __init__(self, path: Path, live_since: datetime) -> None:
        """Open the file at `path`; raises WrongIndex if it is no whole generation of this layout, OSError."""
        self._readers = Readers(path)
        self.live_since, self.generation = live_since, self._readers.generation

    def read_ahead(self, seconds: float) -> None:
        """Read what many searches need, in a thread of its own, and wait so many seconds for it at most."""
        read_ahead(self._readers, seconds)

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        """Return a document of the entry with this id, or None; raises Unavailable."""
        found = self.match(kind, entry_id, document)
        return found.document if found else None

    def match(self, kind: str, entry_id: str, document: str) -> Match | None:
        """Return the entry with this id, if it has that document; raises Unavailable."""
        with self._readers.borrow() as reader:
            return reader.match(kind, entry_id, document)

    def documents(self, kind: str, ids: Collection[str], document: str) -> dict[str, bytes]:
        """Return that document of each entry that has one of these ids; raises Unavailable."""
        with self._readers.borrow() as reader:
            return reader.documents(kind, ids, document)

    def search(self, query: Query, document: str | None) -> Page:
        """Return a page of matches, with that document of theirs if one is named; raises Unavailable."""
        kind = query.kind
        with self._readers.borrow() as reader:
            name, found = hits(reader, kind, query.clauses)
            end = len(found) if query.size is None else min(query.offset + query.size, len(found))
            if query.score and not (query.whole_unscored and end - query.offset == len(found)):
                rids = scored(reader, query, found, end)
            else:
                rids = ordered(reader, kind, found, query.order, query.offset, end, name)
            matches: list[Match] = []
            for at in range(0, len(rids), _AT_ONCE):
                matches += reader.matches(kind, document, rids[at : at + _AT_ONCE])
        return Page(matches, len(found) if query.total else None, max(query.offset, end) < len(found))

    def searches(
        self, queries: Sequence[Query], document: str | None, _ahead: Collection[str] = ()
    ) -> list[Page]:
        """Return the page of each query; raises Unavailable."""
        return [self.search(query, document) for query in queries]

    def counts(self, kind: str, clauses: tuple[Clause, ...], fields: Sequence[str]) -> dict[str, Counts]:
        """Return for each token field how many matches hold each term; raises Unavailable."""
        with self._readers.borrow() as reader:
            _, found = hits(reader, kind, clauses)
            return {field: reader.counts(kind, field, found) for field in fields}

    def totals(self, kind: str, asked: Sequence[tuple[Clause, ...]]) -> list[int]:
        """Return how many entries match all clauses of each of these; raises Unavailable."""
        with self._readers.borrow() as reader:
            return [len(hits(reader, kind, clauses)[1]) for clauses in asked]

    def summary(self, kind: str, name: str) -> bytes:
        """Return a summary of the entries of a kind; raises Unavailable."""
        with self._readers.borrow() as reader:
            return reader.ranking(f"{kind} {name}")

    def remembered(self, kind: str, entry_id: str) -> Remembered | None:
        """Return the row of the history for an entry, or None; raises Unavailable."""
        with self._readers.borrow() as reader:
            return reader.remembered(kind, entry_id)
