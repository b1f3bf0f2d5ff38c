"""What the file of one generation holds, read by one thread at a time.

Lists that searches need again and again are kept in the cache of the process.
"""

import json
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import TypeVar

import orjson
import zstandard
from pyroaring import BitMap

from app.engine.history import RANKS, Remembered
from app.engine.port import Unavailable
from app.engine.shared import short
from app.engine.sqlite.cache import CACHE
from app.engine.sqlite.folded import Folded
from app.engine.sqlite.numbers import Table, groups_of, places_of, unpacked
from app.engine.sqlite.schema import OF_LIST, stamped
from app.engine.sqlite.statements import Statements, decompressed, parted
from app.register.fields import KINDS
from app.register.query import Match, Stamp

Dictionaries = Mapping[str, zstandard.ZstdCompressionDict]
"""By `kind.document`; a document without one is compressed without."""

T = TypeVar("T")

_AT_ONCE = 256
"""Sets that are in memory at once until they are joined."""
_SHORT = 64
"""Characters of terms that are a key as they are."""
_STEP = 8_192
"""Entries that are written or read as JSON in one call, which no other thread interrupts."""


class Reader(Statements):
    """A connection to the file of a generation, and what decompresses its documents."""

    def __init__(
        self, connection: sqlite3.Connection, generation: Hashable, dictionaries: Dictionaries
    ) -> None:
        """Read through a connection; `generation` tells what it reads from what others read."""
        super().__init__(connection)
        self._generation, self._dictionaries = generation, dictionaries
        self._decompressors: dict[str, zstandard.ZstdDecompressor] = {}
        self.folded = Folded(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def kept(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return what the cache has for this generation under a key, or what `make` makes."""
        return CACHE.get((self._generation, *key), make)

    # Documents

    def match(self, kind: str, entry_id: str, document: str) -> Match | None:
        """Return the entry with this id, if it has that document."""
        columns = ", ".join(("body", *self._stamped(kind, document)))
        statement = (
            f"SELECT {columns} FROM {kind}_{document} WHERE rid = (SELECT rid FROM {kind} WHERE id = ?)"
        )
        row = self.one(statement, entry_id)
        if not row:
            return None
        (body,) = self._decompress(kind, document, [row[0]])
        return Match(entry_id, body, Stamp(*row[1:]) if row[1:] else None)

    def documents(self, kind: str, ids: Iterable[str], document: str) -> dict[str, bytes]:
        """Return that document of each entry that has one of these ids."""
        statement = (
            f"SELECT id, body FROM {kind}_{document} "
            f"WHERE rid IN (SELECT rid FROM {kind} WHERE id IN (SELECT value FROM json_each(?)))"
        )
        rows = self.rows(statement, orjson.dumps(list(ids)).decode())
        bodies = self._decompress(kind, document, [body for _, body in rows])
        return {entry_id: body for (entry_id, _), body in zip(rows, bodies, strict=True)}

    def matches(self, kind: str, document: str | None, rids: list[int]) -> list[Match]:
        """Return what stands at these rids, in their order, with that document if one is named.

        An entry without the document has an empty one.
        """
        matches = self._documented(kind, document, rids) if document else {}
        if len(matches) < len(rids):
            others = orjson.dumps([rid for rid in rids if rid not in matches]).decode()
            statement = (
                f"SELECT json_group_array(rid), json_group_array(id) FROM {kind} "
                "WHERE rid IN (SELECT value FROM json_each(?))"
            )
            ((found, ids),) = self.rows(statement, others)
            matches |= zip(orjson.loads(found), (Match(each, b"") for each in orjson.loads(ids)), strict=True)
        return [matches[rid] for rid in rids]

    def _documented(self, kind: str, document: str, rids: list[int]) -> dict[int, Match]:
        """Return, by rid, those of some entries that have a document."""
        # One row, and one call to decompress all: each would wait for the GIL while another thread computes.
        columns = ("rid", "id", "length(body)", *self._stamped(kind, document))
        # As text the bodies would have to be in hexadecimal: they are joined, which keeps their bytes.
        statement = (
            "SELECT CAST(group_concat(body, '') AS BLOB), "
            f"{', '.join(f'json_group_array({column})' for column in columns)} "
            f"FROM {kind}_{document} WHERE rid IN (SELECT value FROM json_each(?))"
        )
        ((packed, *row),) = self.rows(statement, orjson.dumps(rids).decode())
        found, ids, lengths, *parts = map(orjson.loads, row)
        bodies = self._decompress(kind, document, parted(packed or b"", lengths))
        stamps = map(Stamp, *parts) if parts else repeat(None)
        return dict(zip(found, map(Match, ids, bodies, stamps), strict=True))

    def _stamped(self, kind: str, document: str) -> tuple[str, ...]:
        return stamped(KINDS[kind], KINDS[kind].document(document))

    def _decompress(self, kind: str, document: str, bodies: list[bytes]) -> list[bytes]:
        name = f"{kind}.{document}"
        if name not in self._decompressors:
            dictionary = self._dictionaries.get(name)
            self._decompressors[name] = zstandard.ZstdDecompressor(dict_data=dictionary)
        return decompressed(self._decompressors[name], bodies)

    def remembered(self, kind: str, entry_id: str) -> Remembered | None:
        """Return the row of the history for an entry, or None."""
        # In their order the rows have the numbers 1, 2 …: bisecting takes 40 us and no index.
        before = "(kind, id) < (?1, ?2)"
        statement = f"""
            WITH RECURSIVE part (low, high) AS (
                SELECT 1, max(rowid) FROM history
                UNION ALL
                SELECT iif({before}, rowid + 1, low), iif({before}, high, rowid)
                FROM part JOIN history ON rowid = (low + high) / 2 WHERE low < high
            )
            SELECT history.* FROM part JOIN history ON rowid = low
            WHERE low = high AND (kind, id) = (?1, ?2)
        """
        row = self.one(statement, RANKS[kind], entry_id)
        return Remembered(kind, *row[1:]) if row else None

    # Sets of entries

    def every(self, kind: str) -> BitMap:
        """Return all entries of a kind."""
        statement = f"SELECT coalesce(max(rid), 0) FROM {kind}"
        return self.kept(("every", kind), lambda: BitMap(range(1, self.scalar(statement) + 1)))

    def end(self, kind: str) -> int:
        """Return the number after the last entry of a kind."""
        return len(self.every(kind)) + 1

    def present(self, kind: str, field: str) -> BitMap:
        """Return the entries that have a value."""
        return self.every(kind) - self.missing(kind, field)

    def missing(self, kind: str, field: str) -> BitMap:
        """Return the entries that have no value."""
        name = f"{kind}.{field}.missing"
        return self.kept((name,), lambda: self.posting(name, ""))

    def posting(self, name: str, term: str) -> BitMap:
        """Return the entries that hold a term of a list."""
        row = self.one(f"SELECT rids FROM posting WHERE {OF_LIST} AND term = ?", name, term)
        return _bitmap(row[0]) if row else BitMap()

    def holders(self, name: str, terms: Iterable[str]) -> BitMap:
        """Return the entries that hold one of the terms of a list."""
        asked = tuple(terms)
        if len(asked) > _AT_ONCE:
            return self._holders(name, asked)
        # The weights of a lookup ask for what its clauses ask for, and so do those of the next letter typed.
        key = (name, *asked) if sum(map(len, asked)) <= _SHORT else (short(name, asked),)
        return self.kept(("holders", *key), lambda: self._holders(name, asked))

    def _holders(self, name: str, terms: Sequence[str]) -> BitMap:
        found = BitMap()
        statement = f"SELECT rids FROM posting WHERE {OF_LIST} AND term IN (SELECT value FROM json_each(?))"
        for at in range(0, len(terms), _AT_ONCE):
            for (rids,) in self.rows(statement, name, json.dumps(terms[at : at + _AT_ONCE])):
                found |= _bitmap(rids)
        return found

    def with_ids(self, kind: str, ids: Iterable[str]) -> BitMap:
        """Return the entries that have one of these ids."""
        statement = f"SELECT json_group_array(rid) FROM {kind} WHERE id IN (SELECT value FROM json_each(?))"
        return BitMap(json.loads(self.scalar(statement, json.dumps(list(ids)))))

    def by_raw(self, kind: str, field: str, rids: BitMap) -> dict[str, BitMap]:
        """Return entries by their raw text, of those in which it is not its own folding."""
        found: dict[str, BitMap] = defaultdict(BitMap)
        statement = (
            f"SELECT {field}_raw, json_group_array(rid) FROM {kind} "
            f"WHERE rid IN (SELECT value FROM json_each(?)) GROUP BY {field}_raw"
        )
        numbers = rids.to_array()
        for at in range(0, len(numbers), _STEP):
            for raw, held in self.rows(statement, json.dumps(numbers[at : at + _STEP].tolist())):
                found[raw] |= BitMap(json.loads(held))
        return found

    def with_part(self, kind: str, field: str, rids: BitMap, raws: Iterable[str]) -> BitMap:
        """Return those of some entries with raw parts of which one is among some texts."""
        found = BitMap()
        statement = (
            f"SELECT json_group_array(DISTINCT rid) FROM {kind}, json_each({field}_raw) part "
            "WHERE rid IN (SELECT value FROM json_each(?)) "
            "AND part.value IN (SELECT value FROM json_each(?))"
        )
        numbers, asked = rids.to_array(), json.dumps(list(raws))
        for at in range(0, len(numbers), _STEP):
            some = json.dumps(numbers[at : at + _STEP].tolist())
            found |= BitMap(json.loads(self.scalar(statement, some, asked)))
        return found

    def terms(self, name: str, holding: str = "") -> list[str]:
        """Return the terms of a list that hold a text, or all of them."""
        every = self.kept(("terms", name), lambda: self._terms(name))
        if not holding:
            return every.split("\n")[1:-1]
        found: list[str] = []
        # All are one text, so that one call looks for the next.
        at = every.find(holding)
        while at >= 0:
            end = every.index("\n", at)
            found.append(every[every.rindex("\n", 0, at) + 1 : end])
            at = every.find(holding, end)
        return found

    def _terms(self, name: str) -> str:
        """Return all terms of a list between line feeds, which no term holds."""
        statement = f"SELECT json_group_array(term) FROM posting WHERE {OF_LIST}"
        return "\n".join(("", *json.loads(self.scalar(statement, name)), ""))

    def counts(self, kind: str, field: str, hits: BitMap) -> dict[str, int]:
        """Return how many of some entries hold each term of a token field."""
        rows = self.rows(f"SELECT term, rids FROM posting WHERE {OF_LIST}", f"{kind}.{field}")
        numbers = {term: hits.intersection_cardinality(_bitmap(rids)) for term, rids in rows}
        return {term: number for term, number in numbers.items() if number}

    # Values in order

    def order(self, kind: str, field: str) -> Table:
        """Return the entries that have a value, in order of value and rid."""
        return self._table(f"{kind}.{field} order")

    def places(self, kind: str, field: str) -> Table:
        """Return the place in `order` of each entry, by rid; without a value it is behind all others."""
        return self.kept(
            (f"{kind}.{field} place",), lambda: places_of(self.order(kind, field), self.end(kind))
        )

    def firsts(self, kind: str, field: str) -> BitMap:
        """Return the places at which another value begins."""
        name = f"{kind}.{field} first"
        return self.kept((name,), lambda: _bitmap(self.ranking(name)))

    def instants(self, kind: str, field: str) -> "array[int]":
        """Return the different values of an instant, in order."""
        name = f"{kind}.{field} value"
        return self.kept((name,), lambda: array("q", self.ranking(name)))

    def fence(self, kind: str, field: str) -> list[str]:
        """Return the first value of each block of the different values of a text."""
        name = f"{kind}.{field} fence"
        return self.kept((name,), lambda: self.ranking(name).decode().split("\n"))

    # References

    def named(self, kind: str, field: str) -> Table:
        """Return the entry that each entry's reference names, 0 for none, by rid."""

        def made() -> Table:
            return groups_of(self.naming(kind, field), self.begin(kind, field), self.end(kind))

        return self.kept((f"{kind}.{field} named",), made)

    def naming(self, kind: str, field: str) -> Table:
        """Return the entries whose reference names one, in order of the entry that it names."""
        return self._table(f"{kind}.{field} naming")

    def begin(self, kind: str, field: str) -> Table:
        """Return where in `naming` those of each named entry begin, by its rid, and at last their end."""
        return self._table(f"{kind}.{field} begin")

    # Rankings

    def _table(self, name: str) -> Table:
        return self.kept((name,), lambda: unpacked(self.ranking(name)))


def _bitmap(rids: bytes) -> BitMap:
    try:
        return BitMap.deserialize(rids)
    except ValueError as error:
        raise Unavailable(f"The index cannot be read: {error}") from error
