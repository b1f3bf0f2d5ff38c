"""The words of a register: how many organisations hold each, which begin so, and which are spelt nearly so.

150,000 words take some 30 MB, so a process keeps those of one generation, the live one.
"""

import math
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from app.directory.spelling import Spelling
from app.engine.port import Generation, Register
from app.register.words import known

_KIND_WORDS = frozenset(
    (
        *("CENTRE", "CLINIC", "DENTAL", "DR", "GROUP", "HEALTH", "HOSPITAL", "LIMITED", "MEDICAL", "PARTNER"),
        *("PARTNERSHIP", "PHARMACY", "PRACTICE", "SERVICE", "SURGERY", "TRUST", "UNIT"),
    )
)
_KIND_WEIGHT = 0.3
"""Words that say the kind weigh so much of their rarity (lookup 2.3)."""

_EMPTY_WORDS = frozenset(
    ("A", "AND", "AT", "DR", "FOR", "IN", "LIMITED", "NHS", "OF", "ON", "PARTNER", "THE")
)
"""Words that say nothing; no organisation needs to have them."""


class Vocabulary:
    """The words of the names and addresses of one register."""

    def __init__(self, register: Register) -> None:
        """Read the words."""
        holders = Counter(register.terms("organisation", "name_word"))
        holders.update(register.terms("organisation", "place_word"))
        self._holders = dict(holders)
        # The garbage collector visits each word of a list in every full collection, but none of a tuple.
        self._sorted = tuple(sorted(holders))
        self._organisations = sum(register.terms("organisation", "status").values())
        self._spelling = Spelling(self._holders)

    def holders(self, word: str) -> int:
        """Return how many organisations hold a word; those with it in name and address count twice."""
        return self._holders.get(word, 0)

    def weight(self, word: str) -> float:
        """Return how much a word says: the logarithm of its rarity, less if it says the kind."""
        rarity = math.log(1 + self._organisations / max(self.holders(word), 1))
        return rarity * _KIND_WEIGHT if word in _KIND_WORDS else rarity

    def says_nothing(self, word: str) -> bool:
        """Return whether an organisation is found without a word, though it is asked for."""
        return word in _EMPTY_WORDS

    def starting(self, beginning: str, most: int) -> Sequence[str]:
        """Return the words that start so; of more than `most`, those with the most holders."""
        low = bisect_left(self._sorted, beginning)
        found = self._sorted[low : bisect_left(self._sorted, f"{beginning}\U0010ffff", low)]
        return sorted(found, key=self.holders, reverse=True)[:most] if len(found) > most else found

    def near(self, written: str) -> list[str]:
        """Return the forms of the words that a misspelt word may be, the likeliest first."""
        found = self._spelling.near(written)
        return list(dict.fromkeys(form for word in found for form in known(word).forms))


_reading = threading.Lock()
_kept: list[tuple[Generation, Vocabulary]] = []
"""Without the register, which would keep the file of a deleted generation open until the next lookup."""


def vocabulary_of(register: Register) -> Vocabulary:
    """Return the words of a register, which are read once as long as no other register is asked for."""
    with _reading:
        if not _kept or not _is_same(_kept[0][0], register.generation):
            _kept[:] = [(register.generation, Vocabulary(register))]
        return _kept[0][1]


def _is_same(one: Generation, other: Generation) -> bool:
    """Return whether two generations are the same; those of two indexes may differ in their report alone."""
    return one == other and one.report == other.report
