"""Reads one generation: every test is a set of rids, every page a slice of one."""

import json
import sqlite3
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress, islice
from pathlib import Path
from typing import Any

import zstandard
from pyroaring import BitMap

from app.engine.port import Generation, Unavailable, WrongIndex
from app.engine.sqlite.schema import APPLICATION_ID, END, GRAM, LAYOUT, START
from app.search.fields import KINDS, Type
from app.search.query import Clause, Key, Match, Operator, Page, Query, Range, Test

_REMEMBERED = 256
"""Sets of matches kept for the next page and the next total; 48 kB each at most for a full register."""

_LAST = "\U0010ffff"

Row = tuple[Any, ...]


class SqliteRegister:
    """One generation's file, open for reading; threads take turns, each call being short."""

    def __init__(self, path: Path, live_since: datetime) -> None:
        """Open the file at `path`; raises WrongIndex if it is not a whole generation of this layout."""
        self.live_since = live_since
        self._turn = threading.Lock()
        self._connection = _open(path)
        name, release, loaded, report = self._connection.execute("SELECT * FROM generation").fetchone()
        self.generation = Generation(
            name, release, datetime.fromisoformat(loaded), json.loads(report), path.stat().st_size
        )
        self._dictionaries = dict(self._connection.execute("SELECT document, content FROM dictionary"))
        self._decompressors: dict[str, zstandard.ZstdDecompressor] = {}
        self._hits = lru_cache(_REMEMBERED)(self._evaluate)
        self._all = lru_cache(None)(self._every)
        self._ranking = lru_cache(None)(self._read_ranking)
        self._phrases = lru_cache(None)(self._read_phrases)

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        """Return a document of the entry with this id, or None; raises Unavailable."""
        with self._turn:
            row = self._one(
                f"SELECT body FROM {kind} JOIN {kind}_{document} USING (rid) WHERE id = ?",
                entry_id,
            )
            return self._decompress(kind, document, row[0]) if row else None

    def search(self, query: Query, document: str) -> Page:
        """Return a page of matches with that document of theirs; raises Unavailable."""
        with self._turn:
            hits = self._hits(query.kind, query.clauses)
            wanted = self._slice(query, hits)
            sql = f"SELECT id, body FROM {query.kind} JOIN {query.kind}_{document} USING (rid) WHERE rid = ?"
            rows = [self._one(sql, rid) or ("", b"") for rid in wanted]
            return Page(
                [Match(entry_id, self._decompress(query.kind, document, body)) for entry_id, body in rows],
                len(hits) if query.total else None,
                query.offset + query.size < len(hits),
            )

    # Order and slice

    def _slice(self, query: Query, hits: BitMap) -> list[int]:
        start, end = query.offset, query.offset + query.size
        if start >= len(hits) or not query.size:
            return []
        if not query.order:
            return list(hits[start : min(end, len(hits))])
        first = query.order[0]
        if first.field == "id":
            if not first.descending:
                return list(hits[start : min(end, len(hits))])
            return list(hits[max(len(hits) - end, 0) : len(hits) - start])[::-1]
        # Walking a stored order is quick while many of those walked are hits; sorting, while they are few.
        if len(query.order) == 1 and len(hits) * 50 >= len(self._all(query.kind)):
            ranked = self._ranking(query.kind, first.field, first.descending)
            walk = chain(
                compress(ranked, map(hits.__contains__, ranked)), self._unranked(query.kind, first, hits)
            )
            return list(islice(walk, start, end))
        return self._sorted(query, hits)

    def _unranked(self, kind: str, key: Key, hits: BitMap) -> Iterator[int]:
        """Return the hits that have no value for the key; they stand last, and are looked for last."""
        yield from hits & self._posting(f"{kind}.{key.field}.missing", "")

    def _sorted(self, query: Query, hits: BitMap) -> list[int]:
        keys = "".join(
            f"{key.field} IS NULL, {key.field} {'DESC' if key.descending else 'ASC'}, " for key in query.order
        )
        rows = self._rows(
            f"SELECT rid FROM {query.kind} WHERE rid IN (SELECT value FROM json_each(?)) "
            f"ORDER BY {keys}rid LIMIT ? OFFSET ?",
            json.dumps(list(hits)),
            query.size,
            query.offset,
        )
        return [rid for (rid,) in rows]

    # Sets

    def _evaluate(self, kind: str, clauses: tuple[Clause, ...]) -> BitMap:
        hits = self._all(kind)
        for clause in clauses:
            found = BitMap().union(*(self._test(kind, test) for test in clause.tests))
            hits = hits - found if clause.negated else hits & found
        return hits

    def _test(self, kind: str, test: Test) -> BitMap:
        match test:
            case Test("id", Operator.EQ, str(value)):
                return BitMap(rid for (rid,) in self._rows(f"SELECT rid FROM {kind} WHERE id = ?", value))
            case Test("id", Operator.PRESENT):
                return self._all(kind)
            case Test(field, Operator.PRESENT):
                return self._all(kind) - self._posting(f"{kind}.{field}.missing", "")
            case Test(field, Operator.PREFIX, str(value)):
                return self._between(kind, field, value, value + _LAST)
            case Test(field, Operator.CONTAINS, str(value)):
                return self._containing(kind, field, value)
            case Test(field, Operator.RANGE, (low, high)):
                return self._in_range(kind, field, (low, high))
            case Test(field, Operator.EQ, str(value)):
                return self._equal(kind, field, value)
        raise ValueError(test)

    def _equal(self, kind: str, field: str, value: str) -> BitMap:
        form = next((text.form for text in KINDS[kind].of(Type.TEXT) if text.name == field), None)
        if form is None:
            return self._posting(f"{kind}.{field}", value)
        folded = form(value)
        return self._verified(
            kind, self._between(kind, field, folded, folded), f"coalesce({field}_raw, {field}) = ?", value
        )

    def _between(self, kind: str, field: str, low: str | int | None, high: str | int | None) -> BitMap:
        """Return the entries whose value lies from `low` to `high`, both included; None is an open end."""
        ranking = self._ranking(kind, field, False)
        sql = f"SELECT {field} FROM {kind} WHERE rid = ?"

        def value(rid: int) -> str | int:
            found: str | int = (self._one(sql, rid) or (None,))[0]
            return found

        start = 0 if low is None else bisect_left(ranking, low, key=value)
        end = len(ranking) if high is None else bisect_right(ranking, high, key=value)
        return BitMap(ranking[start:end])

    def _in_range(self, kind: str, field: str, value: Range) -> BitMap:
        low, high = value
        return self._between(kind, field, low, None if high is None else high - 1)

    def _containing(self, kind: str, field: str, text: str) -> BitMap:
        if START in text or END in text:
            return BitMap()
        grams = f"{kind}.{field}.gram"
        if len(text) < GRAM:  # whatever is shorter than a trigram stands inside one
            rows = self._rows("SELECT rids FROM posting WHERE list = ? AND instr(term, ?)", grams, text)
            return BitMap().union(*(BitMap.deserialize(rids) for (rids,) in rows))
        candidates = self._all(kind)
        for at in range(len(text) - GRAM + 1):
            candidates = candidates & self._posting(grams, text[at : at + GRAM])
            if not candidates:
                return candidates
        if len(text) == GRAM:
            return candidates
        # What holds a frequent phrase that holds the text needs no second look: the others are few.
        phrases = f"{kind}.{field}.phrase"
        sure = BitMap().union(
            *(self._posting(phrases, phrase) for phrase in self._phrases(phrases) if text in phrase)
        )
        return sure | self._verified(kind, candidates - sure, f"instr({field}, ?)", text)

    def _verified(self, kind: str, candidates: BitMap, condition: str, value: str) -> BitMap:
        rows = self._rows(
            f"SELECT rid FROM {kind} WHERE rid IN (SELECT value FROM json_each(?)) AND {condition}",
            json.dumps(list(candidates)),
            value,
        )
        return BitMap([rid for (rid,) in rows])

    # What the file holds

    def _every(self, kind: str) -> BitMap:
        (last,) = self._one(f"SELECT coalesce(max(rid), 0) FROM {kind}") or (0,)
        return BitMap(range(1, last + 1))

    def _posting(self, name: str, term: str) -> BitMap:
        row = self._one("SELECT rids FROM posting WHERE list = ? AND term = ?", name, term)
        return BitMap.deserialize(row[0]) if row else BitMap()

    def _read_ranking(self, kind: str, field: str, descending: bool) -> "array[int]":
        name = f"{kind}.{field} {'desc' if descending else 'asc'}"
        ranking = array("I")
        ranking.frombytes((self._one("SELECT rids FROM ranking WHERE list = ?", name) or (b"",))[0])
        return ranking

    def _read_phrases(self, name: str) -> list[str]:
        return [term for (term,) in self._rows("SELECT term FROM posting WHERE list = ?", name)]

    def _decompress(self, kind: str, document: str, body: bytes) -> bytes:
        name = f"{kind}.{document}"
        if name not in self._decompressors:
            content = self._dictionaries.get(name)
            trained = zstandard.ZstdCompressionDict(content) if content else None
            self._decompressors[name] = zstandard.ZstdDecompressor(dict_data=trained)
        return self._decompressors[name].decompress(body)

    def _one(self, sql: str, *values: str | int) -> Row | None:
        try:
            row: Row | None = self._connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"The index cannot be read: {error}") from error
        return row

    def _rows(self, sql: str, *values: str | int) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"The index cannot be read: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    """Connect to a whole generation of this layout, or raise WrongIndex saying what is wrong with it."""
    try:
        # Serialised by the register's lock: one connection serves all threads of a process.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        application, layout, pages, page_size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "page_count", "page_size")
        )
    except sqlite3.Error as error:
        raise WrongIndex(f"{path} is not an index of ods-api-suite ({error}): name another one") from error
    again = 'load the release again with "ods-indexer load"'
    if application != APPLICATION_ID:
        raise WrongIndex(f"{path} is not an index of ods-api-suite: name another one")
    if layout != LAYOUT:
        raise WrongIndex(f"{path} has index layout {layout} and this version reads {LAYOUT}: {again}")
    try:
        whole = connection.execute("SELECT count(*) FROM generation").fetchone() == (1,)
    except sqlite3.Error:
        whole = False
    if not whole or pages * page_size != path.stat().st_size:
        raise WrongIndex(f"{path} is damaged or not whole: {again}")
    return connection
