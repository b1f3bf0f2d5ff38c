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
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import zstandard
from pyroaring import BitMap

from app.engine.sqlite.handed import Posting, Ranking, posting, ranking, serialized, write
from app.engine.sqlite.numbers import grouped, packed, ranked
from app.engine.sqlite.schema import GRAM, MARK, OF_LIST, VALUES
from app.register.fields import KINDS, Field, Type

PHRASE_HOLDERS = 32
"""A word, or pair of frequent words, that at least so many texts of a field hold is kept as a phrase."""
FREQUENT = 500
"""Texts of a field that hold a frequent word, at least: there are very many pairs of others."""

Rids = defaultdict[str, "array[int]"]
Sets = dict[str, BitMap]


def derive(path: Path, kind: str, field: str, target: Path) -> None:
    """Read a field's values from the file at `path`; write the rows that searches need to `target`."""
    with closing(sqlite3.connect(path)) as connection:
        write(_derived(connection, kind, KINDS[kind].field(field)), target)


def _derived(connection: sqlite3.Connection, kind: str, field: Field) -> Iterator[Posting | Ranking]:
    match field.type:
        case Type.TEXT:
            return _text(connection, kind, field)
        case Type.REFERENCE:
            return _reference(connection, kind, field)
    return _instants(connection, kind, field.name)


def _text(connection: sqlite3.Connection, kind: str, field: Field) -> Iterator[Posting | Ranking]:
    """Yield the rows of a text. Its texts are read three times: kept, they would take most of the memory."""
    name = f"{kind}.{field.name}"
    texts = partial(_texts, connection, kind, field.name)
    if not field.parts:
        yield from _ranks(name, [None, *texts()])
    by_word, around_blanks = _words(_marked(texts(), field))
    phrases = _phrases(by_word, _marked(texts(), field))
    if field.parts:
        phrases |= _phrases(by_word, _marked(texts(), field), strip="")
    yield from _rows(f"{name}.phrase", phrases)
    yield from _gram_rows(f"{name}.gram", _grams(by_word, GRAM), around_blanks)
    if not field.parts:
        yield from _gram_rows(f"{name}.gram", _grams(by_word, GRAM - 1), {})


def _marked(texts: Iterable[str | None], field: Field) -> Iterator[tuple[int, str]]:
    """Yield each text, or each part of it, between marks, with its rid."""
    for rid, text in enumerate(texts, 1):
        if text is None:
            continue
        if not field.parts:
            yield rid, f"{MARK}{text}{MARK}"
        elif text:
            for part in text[1:-1].split(MARK):
                yield rid, f"{MARK}{part}{MARK}"


def _reference(connection: sqlite3.Connection, kind: str, field: Field) -> Iterator[Posting | Ranking]:
    """Find the entries that a reference names; ids that no entry has become postings."""
    name, of = f"{kind}.{field.name}", field.of
    connection.execute(
        "PRAGMA cache_size=-16384"
    )  # the ids of all named entries are looked up again and again
    statement = (
        f"SELECT coalesce(rid, 0) FROM json_each(?) asked LEFT JOIN {of} named ON named.id = asked.value "
        "ORDER BY asked.key"
    )
    named, unknown = array("I", (0,)), rids()
    for ids in _given(connection, name):
        found = [rid for (rid,) in connection.execute(statement, (json.dumps(ids),))]
        for rid, (value, known) in enumerate(zip(ids, found, strict=True), len(named)):
            if not known and value is not None:
                unknown[value].append(rid)
        named.extend(found)
    naming, begin = grouped(named, _last(connection, of) + 1)
    yield from _rows(name, _sets(unknown))
    yield ranking(f"{name} naming", packed(naming))
    yield ranking(f"{name} begin", packed(begin))


def rids() -> Rids:
    """Return an empty table of rids by term."""
    return defaultdict(lambda: array("I"))


def _rows(name: str, postings: Sets) -> Iterator[Posting]:
    """Yield the rows of a list, in order of its terms."""
    for term in sorted(postings):
        yield posting(name, term, postings[term])


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


def _texts(connection: sqlite3.Connection, kind: str, field: str) -> Iterator[str | None]:
    """Yield the folded text of each entry, None where it has none, in order of rid."""
    statement = f"SELECT rids FROM posting WHERE {OF_LIST} AND term = ''"
    missing = connection.execute(statement, (f"{kind}.{field}.missing",)).fetchone()
    without = BitMap.deserialize(missing[0]) if missing else BitMap()
    blocks = connection.execute(f"SELECT texts FROM {kind}_{field}_text ORDER BY block")
    decompress = zstandard.ZstdDecompressor().decompress
    texts = (text for (block,) in blocks for text in decompress(block).decode().split("\n"))
    return (None if rid in without else text for rid, text in enumerate(texts, 1))


def _given(connection: sqlite3.Connection, name: str) -> Iterator[list[Any]]:
    """Yield what entries have in an instant or a reference, None for nothing, in lists in order of rid."""
    decompress = zstandard.ZstdDecompressor().decompress
    for (content,) in connection.execute("SELECT content FROM given WHERE list = ? ORDER BY rowid", (name,)):
        yield marshal.loads(decompress(content))  # noqa: S302 - our own process made it


def _last(connection: sqlite3.Connection, kind: str) -> int:
    (last,) = connection.execute(f"SELECT coalesce(max(rid), 0) FROM {kind}").fetchone()
    return int(last)


def _instants(connection: sqlite3.Connection, kind: str, field: str) -> Iterator[Ranking]:
    """Yield the rankings of an instant."""
    held, values = array("I"), array("q")
    for rid, value in enumerate(chain.from_iterable(_given(connection, f"{kind}.{field}")), 1):
        if value is not None:
            held.append(rid)
            values.append(value)
    order, firsts, different = ranked(held, values)
    yield ranking(f"{kind}.{field} order", packed(order))
    yield ranking(f"{kind}.{field} first", serialized(BitMap(firsts)))
    yield ranking(f"{kind}.{field} value", different.tobytes())


def _ranks(name: str, texts: Sequence[str | None]) -> Iterator[Ranking]:
    """Yield the rankings of a text from its values by rid, None for none."""
    held = [rid for rid, text in enumerate(texts) if text is not None]
    order = array("I", sorted(held, key=texts.__getitem__))  # type: ignore[arg-type]  # of rid where texts are equal
    firsts, values = array("I"), list[str]()
    before: str | None = None
    for place, rid in enumerate(order):
        if (text := texts[rid]) != before:
            firsts.append(place)
            values.append(str(text))
            before = text
    yield ranking(f"{name} order", packed(order))
    yield ranking(f"{name} first", serialized(BitMap(firsts)))
    for number, at in enumerate(range(0, len(values), VALUES)):
        yield ranking(f"{name} value {number}", "\n".join(values[at : at + VALUES]).encode())
    yield ranking(f"{name} fence", "\n".join(values[::VALUES]).encode())


def _words(marked: Iterable[tuple[int, str]]) -> tuple[Sets, Sets]:
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
    return _sets(by_word), _sets(around_blanks)


def _sets(found: Rids) -> Sets:
    """Return the rids as sets. They keep no runs: else the runs of a union of them could take more room."""
    return {term: BitMap(held, optimize=False) for term, held in found.items()}


def _grams(by_word: Sets, size: int) -> dict[str, list[BitMap]]:
    """Return what stands in the words and beside them; the marks of a text's ends stand in trigrams alone."""
    by_gram = defaultdict[str, list[BitMap]](list)
    for word, held in by_word.items():
        padded = f"{'' if word[0] == MARK else ' '}{word}{'' if word[-1] == MARK else ' '}"
        if size < GRAM:
            padded = padded.strip(MARK)
        for gram in {padded[at : at + size] for at in range(len(padded) - size + 1)}:
            by_gram[gram].append(held)
    return by_gram


def _gram_rows(name: str, by_gram: Mapping[str, list[BitMap]], others: Sets) -> Iterator[Posting]:
    """Yield the rows of grams, those in words and others, in order."""
    for gram in sorted({*by_gram, *others}):
        yield posting(name, gram, others[gram] if gram in others else BitMap.union(*by_gram[gram]))


def _phrases(by_word: Sets, marked: Iterable[tuple[int, str]], strip: str = MARK) -> Sets:
    """Return the words that many texts hold, and the pairs made of those that very many hold.

    Unless the marks are stripped, they belong to the words: so a frequent word at the start of a text is one.
    """
    by_form = defaultdict[str, BitMap](BitMap)
    for word, held in by_word.items():
        by_form[word.strip(strip)] |= held
    phrases = {form: held for form, held in by_form.items() if len(held) >= PHRASE_HOLDERS}
    frequent = {form for form, held in phrases.items() if len(held) >= FREQUENT}
    by_pair = rids()
    for rid, text in marked:
        words = text.strip(strip).split(" ")
        for one, two in pairwise(words):
            if one in frequent and two in frequent:  # a rid may stand there twice
                by_pair[f"{one} {two}"].append(rid)
    pairs = ((pair, BitMap(held)) for pair, held in by_pair.items() if len(held) >= PHRASE_HOLDERS)
    return phrases | {pair: held for pair, held in pairs if len(held) >= PHRASE_HOLDERS}
