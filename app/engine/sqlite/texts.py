"""Finds what stands inside of texts: trigrams narrow the candidates, and only the doubtful are looked at."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import compress, repeat
from operator import contains
from typing import NamedTuple

from pyroaring import BitMap

from app.engine.sqlite.needles import Needles
from app.engine.sqlite.numbers import blocks_of, collected, rids_of
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.schema import BLOCK, GRAM, MARK
from app.register.fields import KINDS
from app.register.query import Operator, Test

_FEW, _FEW_OF_MANY = 4, 64
"""Candidates that are compared rather than narrowed down further: for one text, and at most for many.

A block is read once for all texts, so many texts share what costs most.
"""
_MANY = 4096
"""Candidates of a pattern that are looked at rather than narrowed down by what costs more."""
_SEVERAL = 4
"""Texts from which on all texts of the candidates are searched for all of them at once."""
_CHUNK = 128 * BLOCK
"""Entries whose texts are in memory at once."""
_POSTINGS = 256
"""Postings of trigrams that are kept while many texts are narrowed down: 12 MB at most."""

Holds = Callable[[list[str]], Iterable[object]]
"""Says of each text whether it holds what is looked for."""


class Look(NamedTuple):
    """Entries whose texts have to be looked at."""

    field: str
    entries: BitMap
    holds: Holds


class Found(NamedTuple):
    """What passes a test for certain, and what may pass it."""

    certain: BitMap
    looks: list[Look]


def inside(reader: Reader, kind: str, tests: list[Test], among: BitMap) -> Found:
    """Find texts (CONTAINS) or patterns (LIKE) inside of the texts that some entries have in one field.

    PREFIX, too, in a text of several parts: each part begins behind a mark.
    """
    field, operator, _ = tests[0]
    values = [str(test.value) for test in tests if MARK not in str(test.value)]
    few = min(max(len(values), _FEW), _FEW_OF_MANY)
    if operator is Operator.LIKE:
        return Found(BitMap(), [_like(reader, kind, field, value, among, few) for value in values])
    if operator is Operator.PREFIX:
        values = [value and f"{MARK}{value}" for value in values]
    return _any_inside(reader, kind, field, values, among, few)


def _any_inside(
    reader: Reader, kind: str, field: str, values: Collection[str], among: BitMap, few: int
) -> Found:
    """Find texts inside of those that some entries have in a field; `few` need no narrowing down."""
    certain, looks = BitMap(), list[Look]()
    several = [value for value in values if len(value) > GRAM]
    if len(several) < _SEVERAL:
        several = []
    for value in values:
        if value not in several:
            sure, doubtful = containing(reader, kind, field, value, among - certain, few)
            certain |= sure
            if doubtful:
                looks.append(Look(field, doubtful, contain(value)))
    if several:
        certain |= _several_inside(reader, kind, field, several, among - certain, few)
    return Found(certain, looks)


def _several_inside(
    reader: Reader, kind: str, field: str, values: Collection[str], among: BitMap, few: int
) -> BitMap:
    """Return those of some entries whose texts hold one of several texts, which trigrams can narrow down."""
    needles = Needles(values)
    phrases = reader.terms(f"{kind}.{field}.phrase")
    held = needles.rows("\n".join(phrases).encode()).tolist()
    found = among & reader.holders(f"{kind}.{field}.phrase", map(phrases.__getitem__, held))
    among = among - found
    posting = lru_cache(_POSTINGS)(partial(reader.posting, f"{kind}.{field}.gram"))
    doubtful = BitMap.union(*(_narrowed(posting, value, among, few) for value in values))
    for _, entries in _cut(doubtful, _CHUNK):
        blocks = reader.folded.blocks(kind, field, blocks_of(entries, BLOCK))
        held = needles.rows(b"\n".join(blocks.values()))
        found |= entries & collected(rids_of(held, [*blocks], BLOCK))
    return found


def contain(text: str) -> Holds:
    """Return what says of texts whether they contain one."""
    return lambda texts: map(contains, texts, repeat(text))


def _like(reader: Reader, kind: str, field: str, pattern: str, among: BitMap, few: int) -> Look:
    """Return what may match a pattern, in which `_` is any one character."""
    candidates = among & reader.present(kind, field)
    for part in dict.fromkeys(pattern.split("_")):
        if len(part) > 1 and len(candidates) > few:
            certain, doubtful = containing(reader, kind, field, part, candidates, few)
            candidates = certain | doubtful
    grams = f"{kind}.{field}.gram"
    for one, two in dict.fromkeys(re.findall(r"(?=([^_])_([^_]))", pattern)):
        if len(candidates) <= _MANY:
            break
        terms = (term for term in reader.terms(grams) if term[0] == one and term[2:] == two)
        candidates = candidates & reader.holders(grams, terms)
    return Look(field, candidates, partial(_match, pattern))


def _match(pattern: str, texts: list[str]) -> Iterable[object]:
    core = pattern.strip("_")
    if not core:
        return (len(text) >= len(pattern) for text in texts)
    before = len(pattern) - len(pattern.lstrip("_"))
    after = len(pattern) - len(pattern.rstrip("_"))
    search = re.compile(".".join(map(re.escape, core.split("_"))), re.DOTALL).search
    if core == pattern:
        return (search(text) for text in texts)
    return (search(text, before, len(text) - after) for text in texts)


def containing(
    reader: Reader, kind: str, field: str, text: str, among: BitMap, few: int
) -> tuple[BitMap, BitMap]:
    """Return the entries that hold a text for certain, and those that may; `few` need no narrowing down."""
    if not text:
        return among & reader.present(kind, field), BitMap()
    grams = f"{kind}.{field}.gram"
    if len(text) == 1 or (len(text) < GRAM and field in KINDS[kind].parted):
        return among & reader.holders(grams, reader.terms(grams, text)), BitMap()
    if len(text) <= GRAM:
        return among & reader.posting(grams, text), BitMap()
    candidates = _narrowed(partial(reader.posting, grams), text, among, few)
    if len(candidates) <= few:
        return BitMap(), candidates
    # What holds a frequent phrase that holds the text needs no look.
    phrases = f"{kind}.{field}.phrase"
    certain = candidates & reader.holders(phrases, reader.terms(phrases, text))
    return certain, candidates - certain


def _narrowed(posting: Callable[[str], BitMap], text: str, among: BitMap, few: int) -> BitMap:
    """Return which of some entries hold the trigrams of a text; `few` need no narrowing down."""
    for gram in _trigrams(text):
        among = among & posting(gram)
        if len(among) <= few:
            break
    return among


def _trigrams(text: str) -> Iterator[str]:
    """Yield the different trigrams of a text: first those that cover it, then those across their ends."""
    last = len(text) - GRAM
    starts = [*range(0, last, GRAM), last, *range(1, last, GRAM), *range(2, last, GRAM)]
    return iter(dict.fromkeys(text[at : at + GRAM] for at in starts))


# Looking


class Doubt(NamedTuple):
    """A clause that some entries pass for certain, and of which others have to be looked at."""

    certain: BitMap
    looks: list[Look]
    negated: bool


def settle(reader: Reader, kind: str, hits: BitMap, doubts: list[Doubt]) -> BitMap:
    """Return those of the hits that pass all clauses; each text is read once."""
    if not doubts:
        return hits
    doubtful = BitMap()
    for doubt in doubts:
        looked_at = BitMap()
        for look in doubt.looks:
            looked_at |= look.entries
        doubtful |= looked_at - doubt.certain
    settled = hits - doubtful
    for start, entries in _cut(hits & doubtful, _CHUNK):
        settled |= _settle_chunk(reader, kind, entries, start, doubts)
    return settled


def _settle_chunk(reader: Reader, kind: str, hits: BitMap, start: int, doubts: list[Doubt]) -> BitMap:
    texts: dict[str, Mapping[int, str] | list[str]] = {}
    for doubt in doubts:
        passing = hits & doubt.certain
        for look in doubt.looks:
            entries = (hits & look.entries) - passing
            if entries:
                if look.field not in texts:
                    texts[look.field] = _texts(reader, kind, look.field, hits, start)
                asked = list(map(texts[look.field].__getitem__, entries.shift(-start).to_array()))
                passing |= BitMap(array("I", compress(entries.to_array(), look.holds(asked))))
        hits = hits - passing if doubt.negated else passing
    return hits


def _texts(
    reader: Reader, kind: str, field: str, entries: BitMap, start: int
) -> Mapping[int, str] | list[str]:
    """Return the texts of a chunk from its first rid on; they are there for these entries, not for all."""
    blocks = {
        number: content.decode().split("\n")
        for number, content in reader.folded.blocks(kind, field, blocks_of(entries, BLOCK)).items()
    }
    if len(entries) <= _FEW_OF_MANY:
        return {rid - start: blocks[(rid - 1) // BLOCK][(rid - 1) % BLOCK] for rid in entries}
    found = [""] * _CHUNK
    for number, texts in blocks.items():
        at = number * BLOCK + 1 - start
        found[at : at + BLOCK] = texts
    return found


def _cut(entries: BitMap, size: int) -> Iterator[tuple[int, BitMap]]:
    """Yield entries in chunks of so many rids, each with its first rid; none is empty."""
    numbers, at = entries.to_array(), 0
    while at < len(numbers):
        start = (numbers[at] - 1) // size * size + 1
        end = bisect_left(numbers, start + size, at)
        yield start, BitMap(numbers[at:end])
        at = end
