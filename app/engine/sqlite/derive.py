"""What is derived once all rows are written: postings of terms; postings and rankings of the other fields.

Those fields are derived apart from each other, each reading its values again, so that every core has one.
"""

import json
import marshal
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import zstandard
from pyroaring import BitMap

from app.engine.sqlite.numbers import packed
from app.engine.sqlite.schema import FENCE, GRAM, MARK, OF_LIST
from app.register.fields import KINDS, Field, Type

PHRASE_HOLDERS = 32
"""A word, or pair of frequent words, that at least so many texts of a field hold is kept as a phrase."""
FREQUENT = 500
"""Texts of a field that hold a frequent word, at least: there are very many pairs of others."""

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

    def dump(self) -> bytes:
        """Return the rows as bytes."""
        return marshal.dumps((list(map(tuple, self.postings)), self.rankings))

    @staticmethod
    def load(content: bytes) -> "Derived":
        """Return the rows that `dump` made bytes of."""
        return Derived(*marshal.loads(content))  # noqa: S302 - our own process made it


def derive(path: Path, kind: str, field: str) -> bytes:
    """Read a field's values from the file at `path`; return, as bytes, the `Derived` that searches need."""
    return _derived(path, kind, field).dump()


def _derived(path: Path, kind: str, field: str) -> Derived:
    found = KINDS[kind].field(field)
    with closing(sqlite3.connect(path)) as connection:
        match found.type:
            case Type.TEXT:
                return _text(connection, kind, found)
            case Type.REFERENCE:
                return _reference(connection, kind, found)
        instants = connection.execute(f"SELECT {field} FROM {kind} ORDER BY rid")
        return Derived([], _rank(f"{kind}.{field}", [None, *(value for (value,) in instants)]))


def _text(connection: sqlite3.Connection, kind: str, field: Field) -> Derived:
    name, texts = f"{kind}.{field.name}", [None, *_texts(connection, kind, field.name)]
    by_word, around_blanks = _words(_marked(texts, field))
    phrases = _phrases(by_word, _marked(texts, field))
    trigrams = around_blanks | _grams(by_word, GRAM)
    if field.parts:
        phrases |= _phrases(by_word, _marked(texts, field), strip="")
        return Derived([*rows(f"{name}.phrase", phrases), *rows(f"{name}.gram", trigrams)], [])
    postings = [
        *rows(f"{name}.phrase", phrases),
        *rows(f"{name}.gram", trigrams),
        *rows(f"{name}.gram", _grams(by_word, GRAM - 1)),
    ]
    return Derived(postings, _rank(name, texts))


def _marked(texts: Sequence[str | None], field: Field) -> Iterator[tuple[int, str]]:
    """Yield each text, or each part of it, between marks, with its rid."""
    for rid, text in enumerate(texts):
        if text is None:
            continue
        if not field.parts:
            yield rid, f"{MARK}{text}{MARK}"
        elif text:
            for part in text[1:-1].split(MARK):
                yield rid, f"{MARK}{part}{MARK}"


def _reference(connection: sqlite3.Connection, kind: str, field: Field) -> Derived:
    """Find the entries that a reference names; ids that no entry has become postings."""
    name, of = f"{kind}.{field.name}", field.of
    connection.execute(
        "PRAGMA cache_size=-16384"
    )  # the ids of all named entries are looked up again and again
    statement = (
        f"SELECT coalesce(named.rid, 0) FROM {kind} LEFT JOIN {of} named ON named.id = {kind}.{field.name} "
        f"ORDER BY {kind}.rid"
    )
    named = array("I", (0, *(rid for (rid,) in connection.execute(statement))))
    every = range(1, len(named))
    naming = array("I", sorted(filter(named.__getitem__, every), key=named.__getitem__))
    held = array("I", bytes(4 * (_last(connection, of) + 1)))
    for rid in naming:
        held[named[rid]] += 1
    begin = array("I", accumulate(held, initial=0))
    unknown = rids()
    others = json.dumps([rid for rid in every if not named[rid]])
    read = (
        f"SELECT rid, {field.name} FROM {kind} "
        f"WHERE rid IN (SELECT value FROM json_each(?)) AND {field.name} IS NOT NULL"
    )
    for rid, value in connection.execute(read, (others,)):
        unknown[value].append(rid)
    rankings = (("naming", naming), ("begin", begin))
    return Derived([*rows(name, unknown)], [(f"{name} {word}", packed(made)) for word, made in rankings])


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


def _texts(connection: sqlite3.Connection, kind: str, field: str) -> Iterator[str | None]:
    """Yield the folded text of each entry, None where it has none, in order of rid."""
    statement = f"SELECT rids FROM posting WHERE {OF_LIST} AND term = ''"
    missing = connection.execute(statement, (f"{kind}.{field}.missing",)).fetchone()
    without = BitMap.deserialize(missing[0]) if missing else BitMap()
    blocks = connection.execute(f"SELECT texts FROM {kind}_{field}_text ORDER BY block")
    decompress = zstandard.ZstdDecompressor().decompress
    texts = (text for (block,) in blocks for text in decompress(block).decode().split("\n"))
    return (None if rid in without else text for rid, text in enumerate(texts, 1))


def _last(connection: sqlite3.Connection, kind: str) -> int:
    (last,) = connection.execute(f"SELECT coalesce(max(rid), 0) FROM {kind}").fetchone()
    return int(last)


def _rank(name: str, values: Sequence[Any]) -> list[tuple[str, bytes]]:
    """Return the rankings of a field from its values by rid, texts or integers, None for none."""
    held = [rid for rid, value in enumerate(values) if value is not None]
    order = array("I", sorted(held, key=values.__getitem__))  # in order of rid where values are equal
    firsts = array("I")
    before: str | int | None = None
    for place, rid in enumerate(order):
        if values[rid] != before:
            firsts.append(place)
            before = values[rid]
    if isinstance(before, str):
        more = ("fence", "\n".join(str(values[rid]) for rid in order[::FENCE]).encode())
    else:
        more = ("value", array("q", (int(values[order[place]]) for place in firsts)).tobytes())
    made = (("order", packed(order)), ("first", _bytes(BitMap(firsts))), more)
    return [(f"{name} {word}", content) for word, content in made]


def _words(marked: Iterable[tuple[int, str]]) -> tuple[Rids, Rids]:
    """Return the words of texts that stand between marks, and the trigrams around blanks, by holder.

    There are few different words, so all other grams are cut out of them. A rid may stand there twice.
    """
    by_word, around_blanks = rids(), rids()
    for rid, text in marked:
        words = text.split(" ")
        for word in words:
            by_word[word].append(rid)
        for one, two in pairwise(words):
            around_blanks[f"{one[-1]} {two[0]}"].append(rid)
    return by_word, around_blanks


def _grams(by_word: Rids, size: int) -> Rids:
    """Return what stands in the words and beside them; the marks of a text's ends stand in trigrams alone."""
    by_gram = rids()
    for word, held in by_word.items():
        padded = f"{'' if word[0] == MARK else ' '}{word}{'' if word[-1] == MARK else ' '}"
        if size < GRAM:
            padded = padded.strip(MARK)
        for gram in {padded[at : at + size] for at in range(len(padded) - size + 1)}:
            by_gram[gram].extend(held)
    return by_gram


def _phrases(by_word: Rids, marked: Iterable[tuple[int, str]], strip: str = MARK) -> dict[str, "array[int]"]:
    """Return the words that many texts hold, and the pairs made of those that very many hold.

    Unless the marks are stripped, they belong to the words: so a frequent word at the start of a text is one.
    """
    by_form, by_pair = rids(), rids()
    for word, held in by_word.items():
        by_form[word.strip(strip)].extend(held)
    phrases = {word: held for word, held in by_form.items() if _has(held, PHRASE_HOLDERS)}
    frequent = {word for word, held in phrases.items() if _has(held, FREQUENT)}
    for rid, text in marked:
        words = text.strip(strip).split(" ")
        for one, two in pairwise(words):
            if one in frequent and two in frequent:  # a rid may stand there twice
                by_pair[f"{one} {two}"].append(rid)
    return phrases | {pair: held for pair, held in by_pair.items() if _has(held, PHRASE_HOLDERS)}


def _has(held: "array[int]", holders: int) -> bool:
    return len(held) >= holders and len(set(held)) >= holders
