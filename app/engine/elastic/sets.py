"""Sets of entries of a kind, one bit for the rank of each id: with them references are followed.

Elasticsearch joins nothing, so what matches is read first and then asked for. A set of 370,000 entries is a
text of 62 kB, six bits a character. Its ids would be megabytes, which the cluster would sort for the answer
and look up one by one for the next search. One script collects the ranks of matches, another tests ranks.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import and_, or_

from app.engine.elastic.schema import Json

FEW = 1_000
"""Entries of a set up to which their ranks are looked up as terms: to test each entry takes longer then."""

_BITS = 6
"""Of a character: four characters are three bytes, as in Base64."""
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TEXT = bytes(range(64, 128))
"""The characters of a text, in ASCII: the lowest bits of each are its value."""
_FIRST = 1 << _BITS - 1
"""The highest bit of a character: that of the lowest rank."""
_NOT_EMPTY = re.compile(rb"[^\0]+")

_COLLECT = f"""
def held = doc[params.field];
if (held.size() != 0) {{
  int rank = (int) held.value;
  char[] bits = state.bits;
  bits[rank / {_BITS}] = (char) (bits[rank / {_BITS}] | {1 << _BITS} | {_FIRST} >> rank % {_BITS});
}}
"""
_TEST = f"""
def held = doc[params.field];
if (held.size() == 0) {{ return false }}
int rank = (int) held.value;
String bits = params.bits;
return (bits.charAt(rank / {_BITS}) & {_FIRST} >> rank % {_BITS}) != 0;
"""


def collecting(field: str, entries: int) -> Json:
    """Return the aggregation that collects the ranks that a field has in the matches, of so many entries."""
    return {
        "scripted_metric": {
            "params": {"field": field, "size": 4 * _quads(entries)},
            "init_script": "state.bits = new char[(int) params.size]",
            "map_script": _COLLECT,
            # JSON would write six characters for one that no match has set.
            "combine_script": "return String.copyValueOf(state.bits).replace(String.valueOf((char) 0), '@')",
            "reduce_script": "return states",
        }
    }


def collected(texts: Sequence[str]) -> bytes:
    """Return the set that shards have collected, each its part."""
    table = bytes.maketrans(_TEXT, _BASE64)
    return joined(b64decode(text.encode().translate(table)) for text in texts)


def joined(sets: Iterable[bytes]) -> bytes:
    """Return what is in one of some sets of entries of one kind, at least one set."""
    return _together(or_, list(sets))


def common(sets: Iterable[bytes]) -> bytes:
    """Return what is in all of some sets of entries of one kind, at least one set."""
    return _together(and_, list(sets))


def _together(of: Callable[[int, int], int], sets: Sequence[bytes]) -> bytes:
    numbers = (int.from_bytes(held, "big") for held in sets)
    return reduce(of, numbers).to_bytes(max(map(len, sets)), "big")


def without(held: bytes, others: bytes) -> bytes:
    """Return what is in one set and not in another of entries of the same kind."""
    return (int.from_bytes(held, "big") & ~int.from_bytes(others, "big")).to_bytes(len(held), "big")


def all_of(entries: int) -> bytes:
    """Return the set of all entries of a kind."""
    size = 3 * _quads(entries)
    return ((1 << entries) - 1 << 8 * size - entries).to_bytes(size, "big")


def count(held: bytes) -> int:
    """Return how many entries are in a set."""
    return int.from_bytes(held, "big").bit_count()


def having(field: str, held: bytes) -> Json:
    """Return the filter that passes the entries of which a field has a rank that is in a set."""
    if count(held) <= FEW:
        return {"terms": {field: _ranks(held)}}
    text = b64encode(held).translate(bytes.maketrans(_BASE64, _TEXT)).decode()
    return {"script": {"script": {"source": _TEST, "params": {"field": field, "bits": text}}}}


def _quads(entries: int) -> int:
    """Return how many times four characters, which are three bytes, hold a bit for each entry."""
    return -(-entries // (4 * _BITS))


def _ranks(held: bytes) -> list[int]:
    """Return the ranks in a set."""
    return [
        8 * at + bit
        for found in _NOT_EMPTY.finditer(held)
        for at, byte in enumerate(found[0], found.start())
        for bit in range(8)
        if byte & 128 >> bit
    ]
