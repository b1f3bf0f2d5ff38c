"""What is derived once all rows are written: postings of terms; postings and rankings of texts and instants.

Texts and instants are derived apart from each other, each reading its values again, so that every core has
one.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pyroaring import BitMap

from app.engine.sqlite.schema import END, FENCE, GRAM, START
from app.register.fields import KINDS, Field, Type

PHRASE_HOLDERS = 500
"""A word, or pair of words, that at least so many texts of a field hold is kept as a phrase."""

Rids = defaultdict[str, "array[int]"]


class Posting(NamedTuple):
    """A row of `posting`: a term of a list, the number of its holders, and their rids."""

    list: str
    term: str
    holders: int
    rids: bytes


class Derived(NamedTuple):
    """Rows for `posting` and for `ranking`."""

    postings: list[Posting]
    rankings: list[tuple[str, bytes]]


def derive(path: Path, kind: str, field: str) -> Derived:
    """Read a field's values from the file at `path` and return what searches need of them."""
    name = f"{kind}.{field}"
    with closing(sqlite3.connect(path)) as connection:
        if any(text.name == field for text in KINDS[kind].of(Type.TEXT)):
            texts = dict(_texts(connection, kind, field))
            rankings = _rank(name, texts, _last(connection, kind))
            by_part, around_blanks = _parts(texts)
            postings = [
                *rows(f"{name}.phrase", _phrases(by_part, texts)),
                *rows(f"{name}.gram", around_blanks | _grams(by_part, GRAM)),
                *rows(f"{name}.gram", _grams(by_part, GRAM - 1)),
            ]
            return Derived(postings, rankings)
        instants = connection.execute(f"SELECT rid, {field} FROM {kind} WHERE {field} IS NOT NULL")
        return Derived([], _rank(name, dict(instants), _last(connection, kind)))


def rids() -> Rids:
    """Return an empty table of rids by term."""
    return defaultdict(lambda: array("I"))


def rows(name: str, postings: dict[str, "array[int]"]) -> Iterator[Posting]:
    """Yield the rows of a list, in order of its terms."""
    for term in sorted(postings):
        yield posting(name, term, BitMap(postings[term]))


def joined(name: str, field: Field, held: Mapping[str, Rids]) -> Iterator[Posting]:
    """Yield the rows of a token field, in order of its terms; `held` are rids by name and by value."""
    by_term: dict[str, list[array[int]]] = defaultdict(list)
    for value_name in field.values:
        for value, holders in held[value_name].items():
            for term in field.terms(value):
                by_term[term].append(holders)
    for term in sorted(by_term):
        together = array("I")
        for holders in by_term[term]:
            together.extend(holders)
        yield posting(name, term, BitMap(together))


def posting(name: str, term: str, holders: BitMap) -> Posting:
    """Return the row of a term."""
    return Posting(name, term, len(holders), _bytes(holders))


def _bytes(numbers: BitMap) -> bytes:
    numbers.run_optimize()
    return numbers.serialize()


def _texts(connection: sqlite3.Connection, kind: str, field: str) -> Iterator[tuple[int, str]]:
    """Yield the folded text of each entry that has one, in order of rid."""
    statement = "SELECT rids FROM posting WHERE list = ? AND term = ''"
    missing = connection.execute(statement, (f"{kind}.{field}.missing",)).fetchone()
    without = BitMap.deserialize(missing[0]) if missing else BitMap()
    blocks = connection.execute(f"SELECT texts FROM {kind}_{field}_text ORDER BY block")
    texts = (text for (block,) in blocks for text in block.split("\n"))
    return ((rid, text) for rid, text in enumerate(texts, 1) if rid not in without)


def _last(connection: sqlite3.Connection, kind: str) -> int:
    (last,) = connection.execute(f"SELECT coalesce(max(rid), 0) FROM {kind}").fetchone()
    return int(last)


def _rank(name: str, values: dict[int, str] | dict[int, int], last: int) -> list[tuple[str, bytes]]:
    """Return the rankings of a field from its values by rid, and the last rid of all."""
    order = array("I", sorted(values, key=values.__getitem__))  # in order of rid where values are equal
    places, firsts = array("I", bytes(4 * (last + 1))), array("I")
    before: str | int | None = None
    for place, rid in enumerate(order):
        places[rid] = place
        if values[rid] != before:
            firsts.append(place)
            before = values[rid]
    if isinstance(before, str):
        more = ("fence", "\n".join(str(values[rid]) for rid in order[::FENCE]).encode())
    else:
        more = ("value", array("q", (int(values[order[place]]) for place in firsts)).tobytes())
    made = (("order", order.tobytes()), ("place", places.tobytes()), ("first", _bytes(BitMap(firsts))), more)
    return [(f"{name} {word}", content) for word, content in made]


def _parts(texts: dict[int, str]) -> tuple[Rids, Rids]:
    """Return the parts that blanks cut folded texts into, and the trigrams around blanks, by holder.

    There are few different parts, so all other grams are cut out of them. A rid may stand there twice.
    """
    by_part, around_blanks = rids(), rids()
    for rid, text in texts.items():
        parts = f"{START}{text}{END}".split(" ")
        for part in parts:
            by_part[part].append(rid)
        for one, two in pairwise(parts):
            around_blanks[f"{one[-1]} {two[0]}"].append(rid)
    return by_part, around_blanks


def _grams(by_part: Rids, size: int) -> Rids:
    """Return what stands in the parts and beside them; the marks of a text's ends stand in trigrams alone."""
    by_gram = rids()
    for part, held in by_part.items():
        padded = f"{'' if part[0] == START else ' '}{part}{'' if part[-1] == END else ' '}"
        if size < GRAM:
            padded = padded.strip(START + END)
        for gram in {padded[at : at + size] for at in range(len(padded) - size + 1)}:
            by_gram[gram].extend(held)
    return by_gram


def _phrases(by_part: Rids, texts: dict[int, str]) -> dict[str, "array[int]"]:
    """Return the words that very many texts hold, and the pairs made of such words."""
    by_word, by_pair = rids(), rids()
    for part, held in by_part.items():
        by_word[part.strip(START + END)].extend(held)
    frequent = {word: held for word, held in by_word.items() if len(set(held)) >= PHRASE_HOLDERS}
    for rid, text in texts.items():
        pairs = {(one, two) for one, two in pairwise(text.split()) if one in frequent and two in frequent}
        for one, two in pairs:
            by_pair[f"{one} {two}"].append(rid)
    return frequent | {pair: held for pair, held in by_pair.items() if len(held) >= PHRASE_HOLDERS}
