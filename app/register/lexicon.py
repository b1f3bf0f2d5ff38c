"""The words of a register's organisations, and how many organisations hold each, as one value.

A load makes it once. A server reads it in a few milliseconds; counting the holders takes Elasticsearch a
second.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

OF = ("name_word", "place_word", "status")
"""The token fields that it is made of."""


class Lexicon(NamedTuple):
    """Words in order, the number of holders of each, and how many organisations there are.

    An organisation that holds a word in its name and in its address counts twice.
    """

    words: tuple[str, ...]
    holders: list[int]
    organisations: int


def pack(counts: Mapping[str, Mapping[str, int]]) -> bytes:
    """Return the value, of how many organisations hold each term of the fields."""
    holders = Counter(counts["name_word"])
    holders.update(counts["place_word"])
    words = sorted(holders)
    return orjson.dumps([words, [holders[word] for word in words], sum(counts["status"].values())])


def unpack(packed: bytes) -> Lexicon:
    """Return what `pack` was given."""
    words, holders, organisations = orjson.loads(packed)
    # The garbage collector visits each word of a list in every full collection, but none of a tuple.
    return Lexicon(tuple(words), holders, organisations)


def starting(words: Sequence[str], beginning: str) -> tuple[int, int]:
    """Return where the words that start so begin among words in order, and where they end."""
    low = bisect_left(words, beginning)
    return low, bisect_left(words, f"{beginning}\U0010ffff", low)
