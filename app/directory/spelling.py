"""Finds the words of a register that a misspelt word may be (lookup 2.3, step 6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST = 4
"""Letters of the shortest word that is corrected; it may be corrected to one of a letter less."""
_TWO_EDITS_FROM = 7
"""Letters from which on two edits are forgiven."""
_MOST = 8


class Spelling:
    """Words by length and first letter, since few misspell that.

    An edit is a letter dropped, added or changed, or two that changed places. A word is compared with some
    thousand others, in less than a millisecond.
    """

    def __init__(self, holders: Mapping[str, int]) -> None:
        """Correct to these words; of words as near as each other, that with more holders is likelier."""
        self._holders = holders
        self._alike: dict[tuple[int, str], list[str]] = defaultdict(list)
        for word in holders:
            if len(word) >= _SHORTEST - 1 and word.isalpha():
                self._alike[len(word), word[0]].append(word)
        self._letters = sorted({letter for _, letter in self._alike})

    def near(self, written: str) -> list[str]:
        """Return the words within one edit (two from seven letters on), the likeliest first."""
        edits = 2 if len(written) >= _TWO_EDITS_FROM else 1
        # Words of the register stand without their plural S.
        if len(written) < _SHORTEST or not written.isalpha():
            return []
        spellings = {written, written.removesuffix("S")}
        found = self._within(spellings, edits, written[0]) or self._within(spellings, 1, self._letters)
        return sorted(found, key=lambda word: (found[word], -self._holders[word], word))[:_MOST]

    def _within(self, spellings: Iterable[str], edits: int, letters: Iterable[str]) -> dict[str, int]:
        """Return the words that begin with one of these letters, with how many edits they need."""
        found: dict[str, int] = {}
        for spelling in spellings:
            for length in range(len(spelling) - edits, len(spelling) + edits + 1):
                for letter in letters:
                    for word, distance, _ in process.extract(
                        spelling,
                        self._alike.get((length, letter), ()),
                        scorer=OSA.distance,
                        score_cutoff=edits,
                        limit=None,
                    ):
                        found[word] = min(int(distance), found.get(word, edits))
        return found
