"""Reads one generation: every test is a set of rids, every page a slice of one."""

import json
import re
import sqlite3
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from itertools import compress, islice
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakMethod, finalize

import zstandard
from pyroaring import BitMap

from app.engine.port import Unavailable
from app.engine.sqlite.file import open_generation
from app.engine.sqlite.schema import END, GRAM, START
from app.search.fields import KINDS, Type
from app.search.query import Clause, Key, Match, Operator, Page, Query, Range, Test

_PROBED = 16_384
"""Values kept that bisecting met: the first steps are the same for every search."""

_STEP = 16_384
"""Entries of a ranking that a range may have before sets of whole steps are taken; 1 MB of them a field."""

_AT_ONCE = 500
"""Rows asked for in one statement."""

_REMEMBERED = 256
"""Sets of matches kept for the next page and the next total; 48 kB each at most for a full register."""

Row = tuple[Any, ...]
Scalar = str | int
Part = Callable[[Any], Scalar]

P = ParamSpec("P")
T = TypeVar("T")


class SqliteRegister:
    """One generation's file, open for reading; threads take turns, since calls are short as a rule."""

    def __init__(self, path: Path, live_since: datetime) -> None:
        """Open the file at `path`; raises WrongIndex if it is no whole generation of this layout, OSError."""
        self.live_since = live_since
        self._turn = threading.Lock()
        self._connection, self.generation = open_generation(path)
        finalize(self, self._connection.close)
        self._dictionaries: dict[str, bytes] = dict(self._rows("SELECT document, content FROM dictionary"))
        self._decompressors: dict[str, zstandard.ZstdDecompressor] = {}
        self._hits = _cached(_REMEMBERED, self._evaluate)
        self._value = _cached(_PROBED, self._read_value)
        self._all = _cached(None, self._every)
        self._ranking = _cached(None, self._read_ranking)
        self._places = _cached(None, self._read_places)
        self._hits_in_order = _cached(_REMEMBERED, self._places_of_hits)
        self._steps = _cached(None, self._read_steps)
        self._phrases = _cached(None, self._read_phrases)

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        """Return a document of the entry with this id, or None; raises Unavailable."""
        with self._turn:
            row = self._one(
                f"SELECT body FROM {kind} JOIN {kind}_{document} USING (rid) WHERE id = ?",
                entry_id,
            )
            return self._decompress(kind, document, row[0]) if row else None

    def search(self, query: Query, document: str | None) -> Page:
        """Return a page of matches, with that document of theirs if one is named; raises Unavailable."""
        with self._turn:
            hits = self._hits(query.kind, query.clauses)
            end = len(hits) if query.size is None else min(query.offset + query.size, len(hits))
            rids = self._slice(query, hits, end) if query.offset < end else []
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
        rows = self._rows(f"SELECT rid, id, {body} FROM {kind} {joined} WHERE rid IN ({marks})", *rids)
        found = {
            rid: Match(entry_id, self._decompress(kind, document, body) if document else b"")
            for rid, entry_id, body in rows
        }
        return [found[rid] for rid in rids]

    # Order and slice

    def _slice(self, query: Query, hits: BitMap, end: int) -> list[int]:
        """Return the hits from the query's offset up to `end`, in its order."""
        first = query.order[0] if query.order else Key("id")
        if first.field == "id":
            if not first.descending:
                return list(hits[query.offset : end])
            return list(hits[len(hits) - end : len(hits) - query.offset])[::-1]
        if len(query.order) == 1:
            return self._in_order(query, first, hits, end)
        return self._sorted(query, hits, end - query.offset)

    def _in_order(self, query: Query, key: Key, hits: BitMap, end: int) -> list[int]:
        """Slice the hits in a stored order: by walking it where that ends soon, else by their places."""
        kind, start, wanted = query.kind, query.offset, end - query.offset
        ranked = self._ranking(kind, key.field, key.descending)
        if end * len(ranked) <= len(hits) ** 2:
            near = islice(ranked, len(hits))  # they may all stand at the end: then this was not the way
            found = list(islice(compress(near, map(hits.__contains__, ranked)), start, end))
            if len(found) == wanted:
                return found
        places = self._hits_in_order(kind, query.clauses, key)
        found = [ranked[place] for place in places[start:end]]
        if len(found) < wanted:  # what has no value stands last
            unranked = hits & self._posting(f"{kind}.{key.field}.missing", "")
            found += unranked[max(start - len(places), 0) : end - len(places)]
        return found

    def _places_of_hits(self, kind: str, clauses: tuple[Clause, ...], key: Key) -> BitMap:
        """Return the places that the hits which have a value have in a stored order."""
        places = self._places(kind, key)
        hits = self._hits(kind, clauses) - self._posting(f"{kind}.{key.field}.missing", "")
        return BitMap(array("I", map(places.__getitem__, hits.to_array())))

    def _read_places(self, kind: str, key: Key) -> "array[int]":
        """Return the place of each rid in a stored order."""
        places = array("I", bytes(4 * (len(self._all(kind)) + 1)))
        for place, rid in enumerate(self._ranking(kind, key.field, key.descending)):
            places[rid] = place
        return places

    def _sorted(self, query: Query, hits: BitMap, size: int) -> list[int]:
        keys = "".join(
            f"{key.field} IS NULL, {key.field} {'DESC' if key.descending else 'ASC'}, " for key in query.order
        )
        rows = self._rows(
            f"SELECT rid FROM {query.kind} WHERE rid IN (SELECT value FROM json_each(?)) "
            f"ORDER BY {keys}rid LIMIT ? OFFSET ?",
            json.dumps(list(hits)),
            size,
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
                return self._present(kind, field)
            case Test(field, Operator.PREFIX, str(value)):
                return self._between(kind, field, value, value, lambda text: text[: len(value)])
            case Test(field, Operator.CONTAINS, str(value)):
                return self._containing(kind, field, value)
            case Test(field, Operator.LIKE, str(value)):
                return self._like(kind, field, value)
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

    def _between(
        self, kind: str, field: str, low: Scalar | None, high: Scalar | None, part: Part = lambda value: value
    ) -> BitMap:
        """Return the entries of whose value a part lies from `low` to `high`, both included.

        None is an open end; parts are in the order of their values.
        """
        ranking = self._ranking(kind, field, False)

        def value(rid: int) -> Scalar:
            return part(self._value(kind, field, rid))

        start = 0 if low is None else bisect_left(ranking, low, key=value)
        end = len(ranking) if high is None else bisect_right(ranking, high, key=value)
        if end - start <= _STEP:
            return BitMap(ranking[start:end])
        return self._first(kind, field, end) - self._first(kind, field, start)

    def _first(self, kind: str, field: str, count: int) -> BitMap:
        """Return so many entries that come first by their value: a set that is kept, and the few beyond."""
        kept, beyond = divmod(count, _STEP)
        ranking = self._ranking(kind, field, False)
        return self._steps(kind, field)[kept] | BitMap(ranking[count - beyond : count])

    def _read_steps(self, kind: str, field: str) -> list[BitMap]:
        """Return the sets of the first 0, 1, 2 … steps of a ranking."""
        ranking = self._ranking(kind, field, False)
        steps = [BitMap()]
        for at in range(0, len(ranking) - _STEP + 1, _STEP):
            steps.append(steps[-1] | BitMap(ranking[at : at + _STEP]))
        return steps

    def _present(self, kind: str, field: str) -> BitMap:
        return self._all(kind) - self._posting(f"{kind}.{field}.missing", "")

    def _in_range(self, kind: str, field: str, value: Range) -> BitMap:
        low, high = value
        return self._between(kind, field, low, None if high is None else high - 1)

    def _containing(self, kind: str, field: str, text: str) -> BitMap:
        if START in text or END in text:
            return BitMap()
        grams = f"{kind}.{field}.gram"
        if len(text) < GRAM:  # whatever is shorter than a trigram stands inside one
            rows = self._rows("SELECT rids FROM posting WHERE list = ? AND instr(term, ?)", grams, text)
            return BitMap().union(*(_bitmap(rids) for (rids,) in rows))
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

    def _like(self, kind: str, field: str, pattern: str) -> BitMap:
        candidates = self._present(kind, field)
        for part in filter(None, pattern.split("_")):
            candidates = candidates & self._containing(kind, field, part)
        # Not SQL's LIKE, to which letters of either case are one.
        glob = re.sub(r"([*?[])", r"[\1]", pattern).replace("_", "?")
        return self._verified(kind, candidates, f"{field} GLOB ?", f"*{glob}*")

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

    def _read_value(self, kind: str, field: str, rid: int) -> Any:
        return (self._one(f"SELECT {field} FROM {kind} WHERE rid = ?", rid) or (None,))[0]

    def _posting(self, name: str, term: str) -> BitMap:
        row = self._one("SELECT rids FROM posting WHERE list = ? AND term = ?", name, term)
        return _bitmap(row[0]) if row else BitMap()

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
        try:
            return self._decompressors[name].decompress(body)
        except zstandard.ZstdError as error:
            raise Unavailable(f"The index cannot be read: {error}") from error

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


def _bitmap(rids: bytes) -> BitMap:
    try:
        return BitMap.deserialize(rids)
    except ValueError as error:
        raise Unavailable(f"The index cannot be read: {error}") from error


def _cached(size: int | None, method: Callable[P, T]) -> Callable[P, T]:
    """Return a bound method that remembers its answers, and does not keep its object alive.

    Otherwise only the garbage collector would close the file of a generation that was dropped.
    """
    weak = WeakMethod(method)

    @lru_cache(size)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        bound = weak()
        if bound is None:
            raise ReferenceError
        return bound(*args, **kwargs)

    return cast("Callable[P, T]", answer)
