"""Puts matches in order, and takes a slice of them.

An order is stored as places. The matches' places are a set, so a slice of a set is a page. Where more keys
follow, only the groups of equal values that the page touches are put in order by them.
"""

from collections.abc import Sequence
from itertools import compress, islice

from pyroaring import BitMap

from app.engine.sqlite.numbers import mapped, standing
from app.engine.sqlite.reader import Reader
from app.register.query import Key

_NEAR = 8_192
"""Entries of an order that are walked to find the page, before all matches are placed."""


def ordered(
    reader: Reader, kind: str, hits: BitMap, keys: Sequence[Key], start: int, end: int, name: str = ""
) -> list[int]:
    """Return the hits from `start` up to `end`, which lies within them, in the order of the keys.

    The places of the hits are kept for the next page under their `name`, if they have one.
    """
    if start >= end:
        return []
    if not keys or keys[0].field == "id":
        if keys and keys[0].descending:
            return hits[len(hits) - end : len(hits) - start].to_array().tolist()[::-1]
        return hits[start:end].to_array().tolist()
    key, *rest = keys
    order = reader.order(kind, key.field)
    if not rest and not key.descending and 2 * end * len(order) <= len(hits) * _NEAR:
        near = order[:_NEAR]
        found = list(islice(compress(near, map(hits.__contains__, near)), start, end))
        if len(found) == end - start:
            return found
    if name:
        places = reader.kept(("places", name, key.field), lambda: _places(reader, kind, key.field, hits))
    else:
        places = _places(reader, kind, key.field, hits)
    found, at = [], start
    while at < min(end, len(places)):
        low, high = _group(reader, kind, key, places, at) if rest or key.descending else (0, len(places))
        before = len(places) - high if key.descending else low
        until = min(end, before + high - low)
        if rest and high - low > 1:
            group = mapped(places[low:high], order)
            found += ordered(reader, kind, group, rest, at - before, until - before)
        else:  # equal values stand in order of id
            found += standing(places[low + at - before : low + until - before], order)
        at = until
    if at < end:  # what has no value stands last
        without = hits - reader.present(kind, key.field)
        found += ordered(reader, kind, without, rest, at - len(places), end - len(places))
    return found


def _group(reader: Reader, kind: str, key: Key, places: BitMap, at: int) -> tuple[int, int]:
    """Return from where to where in a set of places the value is that of the match at `at`."""
    firsts = reader.firsts(kind, key.field)
    place = places[len(places) - 1 - at if key.descending else at]
    begun = firsts.rank(place)
    first = firsts[begun - 1]
    low = places.rank(first - 1) if first else 0
    return low, places.rank(firsts[begun] - 1) if begun < len(firsts) else len(places)


def _places(reader: Reader, kind: str, field: str, hits: BitMap) -> BitMap:
    """Return the places that the hits which have a value have in the order of a field."""
    places, present = reader.places(kind, field), reader.present(kind, field)
    having = hits & present
    if 2 * len(having) <= len(present):
        return mapped(having, places)
    return BitMap(range(len(present))) - mapped(present - having, places)
