"""Writes one generation into a file of its own, once, front to back."""

import json
import marshal
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import zstandard
from pyroaring import BitMap

from app.engine.sqlite.schema import APPLICATION_ID, LAYOUT, columns, grams, statements
from app.search.fields import KINDS, Entry, Kind, Type

PHRASE_HOLDERS = 500
"""A word, or pair of words, that at least so many texts of a field hold is kept as a phrase."""

_DICTIONARY_BYTES = 32_768
_LEVEL = 9


class Packer:
    """Turns entries into rows with compressed documents; it travels to worker processes by pickle."""

    def __init__(self, dictionaries: dict[str, bytes]) -> None:
        """Compress the documents of `kind.document` with the dictionary under that name, if there is one."""
        self.dictionaries = dictionaries
        self._compressors: dict[str, zstandard.ZstdCompressor] = {}

    def __reduce__(self) -> tuple[type, tuple[dict[str, bytes]]]:
        """Leave the compressors behind: they belong to their process."""
        return Packer, (self.dictionaries,)

    def __call__(self, kind_name: str, entry: Entry) -> bytes:
        """Return the entry's row, its terms and its documents, marshalled."""
        kind = KINDS[kind_name]
        values: list[str | int | None] = [entry.id]
        for field in kind.of(Type.TEXT):
            raw = entry.fields.get(field.name)
            folded = field.form(raw) if isinstance(raw, str) else None
            # A text that is its own folding, as nearly all are, is kept once.
            values += [folded, None if raw == folded else raw]  # type: ignore[list-item]
        values += [entry.fields.get(field.name) for field in kind.of(Type.INSTANT)]  # type: ignore[misc]
        terms = [tuple(entry.fields.get(field.name) or ()) for field in kind.of(Type.TOKEN)]  # type: ignore[arg-type]
        bodies = [self._compress(f"{kind_name}.{name}", entry.documents[name]) for name in kind.documents]
        return marshal.dumps((values, terms, bodies))

    def _compress(self, document: str, body: bytes) -> bytes:
        compressor = self._compressors.get(document)
        if compressor is None:
            content = self.dictionaries.get(document)
            trained = zstandard.ZstdCompressionDict(content) if content else None
            compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=trained, write_content_size=True)
            self._compressors[document] = compressor
        return compressor.compress(body)


def train(samples: Sequence[Entry]) -> dict[str, bytes]:
    """Return a dictionary for each document of the kind `organisation` that the samples suffice for."""
    dictionaries = {}
    for document in KINDS["organisation"].documents:
        try:
            trained = zstandard.train_dictionary(
                _DICTIONARY_BYTES, [sample.documents[document] for sample in samples], level=_LEVEL
            )
        except zstandard.ZstdError:
            continue  # too few or too small: a register of that size goes without
        dictionaries[f"organisation.{document}"] = trained.as_bytes()
    return dictionaries


class Writer:
    """The file while it is filled. Postings gather in memory, some 100 MB for a full register."""

    def __init__(self, path: Path) -> None:
        """Make the file at `path`; raises sqlite3.Error."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "temp_store=MEMORY"):
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

    def finish(self, name: str, release: str, loaded: datetime, report: dict[str, Any]) -> None:
        """Write what is derived from all rows, then the row that says the file is whole, and check it."""
        execute = self._connection.execute
        for writer in self._kinds.values():
            writer.finish()
        for document, content in self._dictionaries.items():
            execute("INSERT INTO dictionary VALUES (?, ?)", (document, content))
        row = (name, release, loaded.isoformat(), json.dumps(report))
        execute("INSERT INTO generation VALUES (?, ?, ?, ?)", row)
        execute("COMMIT")
        (verdict,) = execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class _KindWriter:
    """The rows, postings and rankings of one kind."""

    def __init__(self, connection: sqlite3.Connection, kind: Kind) -> None:
        self._connection = connection
        self._kind = kind
        self._rid = 0
        self._texts = [field.name for field in kind.of(Type.TEXT)]
        self._tokens = [field.name for field in kind.of(Type.TOKEN)]
        self._instants = [field.name for field in kind.of(Type.INSTANT)]
        self._postings: dict[str, defaultdict[str, array[int]]] = {}
        for text in self._texts:
            self._postings[f"{text}.gram"] = defaultdict(_rids)
            self._postings[f"{text}.phrase"] = defaultdict(_rids)
        for field in kind.fields:
            self._postings[f"{field.name}.missing"] = defaultdict(_rids)
        for token in self._tokens:
            self._postings[token] = defaultdict(_rids)
        self._insert = f"INSERT INTO {kind.name} VALUES (?, ?{', ?' * len(columns(kind))})"
        self._insert_body = [f"INSERT INTO {kind.name}_{name} VALUES (?, ?)" for name in kind.documents]

    def add(self, packed: bytes) -> None:
        values, terms, bodies = marshal.loads(packed)  # noqa: S302 - what the packer of this build made
        self._rid = rid = self._rid + 1
        self._connection.execute(self._insert, (rid, *values))
        for statement, body in zip(self._insert_body, bodies, strict=True):
            self._connection.execute(statement, (rid, body))
        postings = self._postings
        for at, name in enumerate(self._texts):
            text = values[1 + 2 * at]
            if text is None:
                postings[f"{name}.missing"][""].append(rid)
                continue
            by_gram = postings[f"{name}.gram"]
            for gram in grams(text):
                by_gram[gram].append(rid)
            by_word = postings[f"{name}.phrase"]
            for word in set(text.split()):
                by_word[word].append(rid)
        for at, name in enumerate(self._instants, start=1 + 2 * len(self._texts)):
            if values[at] is None:
                postings[f"{name}.missing"][""].append(rid)
        for name, held in zip(self._tokens, terms, strict=True):
            for term in set(held):
                postings[name][term].append(rid)
            if not held:
                postings[f"{name}.missing"][""].append(rid)

    def finish(self) -> None:
        kind, execute = self._kind.name, self._connection.execute
        execute(f"CREATE UNIQUE INDEX {kind}_id ON {kind} (id)")
        for name in self._texts:
            self._postings[f"{name}.phrase"] = self._phrases(name)
        while self._postings:
            name, postings = self._postings.popitem()
            rows = ((f"{kind}.{name}", term, _bitmap(postings[term])) for term in sorted(postings))
            self._connection.executemany("INSERT INTO posting VALUES (?, ?, ?)", rows)
        for name in (*self._texts, *self._instants):
            for direction in ("asc", "desc"):
                ranked = execute(
                    f"SELECT rid FROM {kind} WHERE {name} IS NOT NULL ORDER BY {name} {direction}, rid"
                )
                ranking = array("I", (rid for (rid,) in ranked))
                execute(
                    "INSERT INTO ranking VALUES (?, ?)", (f"{kind}.{name} {direction}", ranking.tobytes())
                )

    def _phrases(self, field: str) -> "defaultdict[str, array[int]]":
        """Return the words that very many texts of a field hold, and the pairs made of such words."""
        words = self._postings[f"{field}.phrase"]
        frequent = {word: rids for word, rids in words.items() if len(rids) >= PHRASE_HOLDERS}
        words.clear()
        pairs: defaultdict[str, array[int]] = defaultdict(_rids)
        for rid, text in self._texts_of(field, BitMap().union(*map(BitMap, frequent.values()))):
            for pair in {
                f"{first} {second}"
                for first, second in pairwise(text.split())
                if first in frequent and second in frequent
            }:
                pairs[pair].append(rid)
        frequent |= {pair: rids for pair, rids in pairs.items() if len(rids) >= PHRASE_HOLDERS}
        return defaultdict(_rids, frequent)

    def _texts_of(self, field: str, rids: BitMap) -> Iterator[tuple[int, str]]:
        rows: Iterable[tuple[int, str]] = self._connection.execute(
            f"SELECT rid, {field} FROM {self._kind.name} WHERE {field} LIKE '% %'"
        )
        return (row for row in rows if row[0] in rids)


def _rids() -> "array[int]":
    return array("I")


def _bitmap(rids: "array[int]") -> bytes:
    bitmap = BitMap(rids)
    bitmap.run_optimize()
    return bitmap.serialize()
