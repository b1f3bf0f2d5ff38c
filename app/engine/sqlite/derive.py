"""What is derived of one text or instant once all rows are written: its postings and its rankings.

Fields are derived apart from each other, each reading the rows again, so that every core has one.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pyroaring import BitMap

from app.engine.sqlite.schema import END, GRAM, START
from app.search.fields import KINDS, Type

PHRASE_HOLDERS = 500
"""A word, or pair of words, that at least so many texts of a field hold is kept as a phrase."""

Rids = defaultdict[str, "array[int]"]


class Derived(NamedTuple):
    """Rows for `posting` (list, term, rids) and for `ranking` (list, rids)."""

    postings: list[tuple[str, str, bytes]]
    rankings: list[tuple[str, bytes]]


def derive(path: Path, kind: str, field: str) -> Derived:
    """Read a field's values from the file at `path` and return what searches need of them."""
    name = f"{kind}.{field}"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA temp_store=MEMORY")
    try:
        missing = array(
            "I", (rid for (rid,) in connection.execute(f"SELECT rid FROM {kind} WHERE {field} IS NULL"))
        )
        postings = [(f"{name}.missing", "", bitmap(missing))] if missing else []
        rankings = [
            (f"{name} {direction}", _ranking(connection, kind, field, direction))
            for direction in ("asc", "desc")
        ]
        if any(text.name == field for text in KINDS[kind].of(Type.TEXT)):
            by_gram, by_word = _by_gram_and_word(_texts(connection, kind, field))
            postings += rows(f"{name}.gram", by_gram)
            postings += rows(f"{name}.phrase", _phrases(by_word, _texts(connection, kind, field)))
    finally:
        connection.close()
    return Derived(postings, rankings)


def rids() -> Rids:
    """Return an empty table of rids by term."""
    return defaultdict(lambda: array("I"))


def rows(name: str, postings: dict[str, "array[int]"]) -> Iterator[tuple[str, str, bytes]]:
    """Yield the rows of a list, in order of its terms."""
    return ((name, term, bitmap(postings[term])) for term in sorted(postings))


def bitmap(held: "array[int]") -> bytes:
    """Return rids as a serialised Roaring bitmap."""
    made = BitMap(held)
    made.run_optimize()
    return made.serialize()


def _ranking(connection: sqlite3.Connection, kind: str, field: str, direction: str) -> bytes:
    ranked = connection.execute(
        f"SELECT rid FROM {kind} WHERE {field} IS NOT NULL ORDER BY {field} {direction}, rid"
    )
    return array("I", (rid for (rid,) in ranked)).tobytes()


def _texts(connection: sqlite3.Connection, kind: str, field: str) -> Iterator[tuple[int, str]]:
    return connection.execute(f"SELECT rid, {field} FROM {kind} WHERE {field} IS NOT NULL ORDER BY rid")


def _by_gram_and_word(texts: Iterator[tuple[int, str]]) -> tuple[Rids, Rids]:
    """Return the trigrams and the words of folded texts, by which hold them; a rid may stand there twice.

    There are few words, and they are what is cut into trigrams: only those around a blank are of two.
    """
    by_gram, by_word, by_part = rids(), rids(), rids()
    for rid, text in texts:
        parts = f"{START}{text}{END}".split(" ")
        for part in parts:
            by_part[part].append(rid)
        for one, two in pairwise(parts):
            by_gram[f"{one[-1]} {two[0]}"].append(rid)
    for part, held in by_part.items():
        by_word[part.strip(START + END)].extend(held)
        padded = f"{'' if part[0] == START else ' '}{part}{'' if part[-1] == END else ' '}"
        for gram in {padded[at : at + GRAM] for at in range(len(padded) - GRAM + 1)}:
            by_gram[gram].extend(held)
    return by_gram, by_word


def _phrases(by_word: Rids, texts: Iterator[tuple[int, str]]) -> dict[str, "array[int]"]:
    """Return the words that very many texts hold, and the pairs made of such words."""
    frequent = {word: held for word, held in by_word.items() if len(set(held)) >= PHRASE_HOLDERS}
    by_pair = rids()
    for rid, text in texts:
        pairs = {(one, two) for one, two in pairwise(text.split()) if one in frequent and two in frequent}
        for one, two in pairs:
            by_pair[f"{one} {two}"].append(rid)
    return frequent | {pair: held for pair, held in by_pair.items() if len(held) >= PHRASE_HOLDERS}
