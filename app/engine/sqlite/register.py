"""Answers from one generation: every test is a set of rids, every page a slice of one."""

import threading
from datetime import datetime
from pathlib import Path

from app.engine.sqlite.contents import Contents
from app.engine.sqlite.order import Order
from app.engine.sqlite.sets import Sets
from app.search.query import Match, Page, Query

_AT_ONCE = 500
"""Rows asked for in one statement."""


class SqliteRegister:
    """One generation's file, open for reading; threads take turns, since calls are short as a rule."""

    def __init__(self, path: Path, live_since: datetime) -> None:
        """Open the file at `path`; raises WrongIndex if it is no whole generation of this layout, OSError."""
        self._turn = threading.Lock()
        self._contents = Contents(path)
        self._sets = Sets(self._contents)
        self._order = Order(self._contents, self._sets)
        self.live_since, self.generation = live_since, self._contents.generation

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        """Return a document of the entry with this id, or None; raises Unavailable."""
        with self._turn:
            row = self._contents.one(
                f"SELECT body FROM {kind} JOIN {kind}_{document} USING (rid) WHERE id = ?",
                entry_id,
            )
            return self._contents.decompress(kind, document, row[0]) if row else None

    def search(self, query: Query, document: str | None) -> Page:
        """Return a page of matches, with that document of theirs if one is named; raises Unavailable."""
        with self._turn:
            hits = self._sets.hits(query.kind, query.clauses)
            end = len(hits) if query.size is None else min(query.offset + query.size, len(hits))
            rids = self._order.slice(query, hits, end) if query.offset < end else []
        matches: list[Match] = []
        for at in range(0, len(rids), _AT_ONCE):
            with self._turn:  # one after another: what reads very many lets others in between
                matches += self._matches(query.kind, document, rids[at : at + _AT_ONCE])
        total = len(hits) if query.total else None
        return Page(matches, total, max(query.offset, end) < len(hits))

    def _matches(self, kind: str, document: str | None, rids: list[int]) -> list[Match]:
        """Return what stands at these rids, in their order."""
        body, joined = ("body", f"JOIN {kind}_{document} USING (rid)") if document else ("NULL", "")
        marks = ", ".join("?" * len(rids))
        rows = self._contents.rows(
            f"SELECT rid, id, {body} FROM {kind} {joined} WHERE rid IN ({marks})", *rids
        )
        found = {
            rid: Match(entry_id, self._contents.decompress(kind, document, body) if document else b"")
            for rid, entry_id, body in rows
        }
        return [found[rid] for rid in rids]
