"""Finds the words of a register that a misspelt word may be (lookup 2.3, step 6)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from string import ascii_uppercase

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.register.lexicon import starting

_SHORTEST = 4
"""Letters of the shortest word that is corrected; it may be corrected to one of a letter less."""
_TWO_EDITS_FROM = 7
"""Letters from which on two edits are forgiven."""
_MOST = 8


class Spelling:
    """Words by first letter and length.

    An edit is a letter dropped, added or changed, or two that changed places. A word is compared with the
    thousands that begin like it, in a millisecond; two edits never change the first letter.
    """

    def __init__(self, words: Sequence[str], holders: Callable[[str], int]) -> None:
        """Correct to these words, in order; of equally near ones, that with more holders is likelier."""
        self._words, self._holders = words, holders
        self._alike: dict[str, dict[int, tuple[str, ...]]] = {}
        """By first letter and length; those of a letter are put there when it is first asked for."""

    def near(self, written: str) -> list[str]:
        """Return the words within one edit, else (from seven letters on) within two, the likeliest first."""
        # Words of the register stand without their plural S.
        if len(written) < _SHORTEST or not written.isalpha():
            return []
        spellings = {written, written.removesuffix("S")}
        found = self._within(spellings, 1) or set(self._begun_otherwise(spellings))
        if not found and len(written) >= _TWO_EDITS_FROM:
            found = self._within(spellings, 2)
        return sorted(found, key=lambda word: (-self._holders(word), word))[:_MOST]

    def _within(self, spellings: Iterable[str], edits: int) -> set[str]:
        """Return the words that begin with the same letter and need no more edits."""
        found: set[str] = set()
        for spelling in spellings:
            alike = self._beginning(spelling[0])
            for length in range(len(spelling) - edits, len(spelling) + edits + 1):
                words = alike.get(length, ())
                close = process.extract(spelling, words, scorer=OSA.distance, score_cutoff=edits, limit=None)
                found.update(word for word, _, _ in close)
        return found

    def _beginning(self, letter: str) -> dict[int, tuple[str, ...]]:
        """Return the words that begin with a letter, by length."""
        if letter not in self._alike:
            alike: dict[int, list[str]] = defaultdict(list)
            for word in self._words[slice(*starting(self._words, letter))]:
                if len(word) >= _SHORTEST - 1 and word.isalpha():
                    alike[len(word)].append(word)
            # The garbage collector visits each word of a list in every full collection, but none of a tuple.
            self._alike[letter] = {length: tuple(words) for length, words in alike.items()}
        return self._alike[letter]

    def _begun_otherwise(self, spellings: Iterable[str]) -> Iterator[str]:
        """Yield the words that one edit of the first letter gives."""
        for spelling in spellings:
            rest = spelling[1:]
            edited = {rest, rest[:1] + spelling[:1] + rest[1:]}
            edited |= {letter + ending for letter in ascii_uppercase for ending in (spelling, rest)}
            yield from (word for word in edited if word != spelling and self._holders(word))
