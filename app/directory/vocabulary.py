"""The words of a register: how many organisations hold each, which begin so, and which are spelt nearly so.

150,000 words take some 16 MB, so a process keeps those of one generation, the live one.
"""

import math
import threading
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import NamedTuple

from app.directory.spelling import Spelling
from app.engine.port import Generation, Register
from app.register.lexicon import starting, unpack
from app.register.words import forms

_KIND_WORDS = frozenset(
    (
        *("CENTRE", "CLINIC", "DENTAL", "DR", "GROUP", "HEALTH", "HOSPITAL", "LIMITED", "MEDICAL", "PARTNER"),
        *("PARTNERSHIP", "PHARMACY", "PRACTICE", "SERVICE", "SURGERY", "TRUST", "UNIT"),
    )
)
_KIND_WEIGHT = 0.3
"""Words that say the kind weigh so much of their rarity (lookup 2.3)."""

_WEIGHTS = 8_192
"""Weights that are kept: 1 MB. Organisations that are compared have many words in common."""

_EMPTY_WORDS = frozenset(
    ("A", "AND", "AT", "DR", "FOR", "IN", "LIMITED", "NHS", "OF", "ON", "PARTNER", "THE")
)
"""Words that say nothing; no organisation needs to have them."""


class Vocabulary:
    """The words of the names and addresses of one register."""

    def __init__(self, register: Register) -> None:
        """Read the words."""
        self._words, self._holders, self._organisations = unpack(register.summary("organisation", "words"))
        self._spelling = Spelling(self._words, self.holders)
        self.weight = lru_cache(_WEIGHTS)(self._weight)

    def holders(self, word: str) -> int:
        """Return how many organisations hold a word; those with it in name and address count twice."""
        at = bisect_left(self._words, word)
        return self._holders[at] if self._words[at : at + 1] == (word,) else 0

    def _weight(self, word: str) -> float:
        """Return how much a word says: the logarithm of its rarity, less if it says the kind."""
        rarity = math.log(1 + self._organisations / max(self.holders(word), 1))
        return rarity * _KIND_WEIGHT if word in _KIND_WORDS else rarity

    def says_nothing(self, word: str) -> bool:
        """Return whether an organisation is found without a word, though it is asked for."""
        return word in _EMPTY_WORDS

    def starting(self, beginning: str, most: int) -> Sequence[str]:
        """Return the words that start so; of more than `most`, those with the most holders."""
        low, high = starting(self._words, beginning)
        if high - low <= most:
            return self._words[low:high]
        places = sorted(range(low, high), key=self._holders.__getitem__, reverse=True)
        return [self._words[at] for at in places[:most]]

    def holders_starting(self, beginning: str) -> int:
        """Return how many organisations hold words that start so; each counts once for each of its words."""
        return sum(self._holders[slice(*starting(self._words, beginning))])

    def near(self, written: str) -> list[str]:
        """Return the forms of the words that a misspelt word may be, the likeliest first."""
        found = self._spelling.near(written)
        return list(dict.fromkeys(form for word in found for form in forms(word)))


class _Kept(NamedTuple):
    """The words of a generation, or the reading of them that is going on.

    Without the register, which would keep the file of a deleted generation open until the next lookup.
    """

    generation: Generation
    vocabulary: "Future[Vocabulary]"

    def is_of(self, other: Generation) -> bool:
        """Return whether this is that generation; those of two indexes may differ in their report alone."""
        return self.generation == other and self.generation.report == other.report


_lock = threading.Lock()
_kept: list[_Kept] = []


def vocabulary_of(register: Register) -> Vocabulary:
    """Return the words of a register, which are read once as long as no other register is asked for.

    Those who ask while they are read wait for them, and get the same error if they cannot be read.
    """
    with _lock:
        is_new = not _kept or not _kept[0].is_of(register.generation)
        if is_new:
            _kept[:] = [_Kept(register.generation, Future())]
        kept = _kept[0]
    if is_new:
        _read(kept, register)
    return kept.vocabulary.result()


def _read(kept: _Kept, register: Register) -> None:
    try:
        kept.vocabulary.set_result(Vocabulary(register))
    except BaseException as error:
        with _lock:
            if kept in _kept:
                _kept.remove(kept)
        kept.vocabulary.set_exception(error)
