"""How well an organisation fits a question: its tier, and its place within the tier (lookup 2.3)."""

from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

from app.directory.recognise import POSTCODE_WEIGHT, Asked, Question
from app.directory.vocabulary import Vocabulary
from app.register.words import words

Document = Mapping[str, Any]

_BEGUN = 0.8
_TOWN = 0.9
_PLACE = 0.8
_OPERATOR = 0.6
_NEAR = 0.85
_SECOND_NAME = 0.9
"""Share of what a word counts that is the start of a word, the town, elsewhere in the address, in the name of
the operator, misspelt, or in a second name (the first line of the address, or the name of a branch)."""
_UNASKED = 0.15
"""What a name loses whose words were not asked for."""


class Tier(IntEnum):
    """How an organisation was found, the best first."""

    CODE = 1
    NAME = 2
    NAME_BEGINS = 3
    EVERY_WORD = 4
    MOST = 5


class Fit(NamedTuple):
    """The tier, a share of 0 to 1 that compares within the tier, and what matched."""

    tier: Tier
    share: float
    matched: str

    @property
    def score(self) -> float:
        """The fit as one number from 0 to 1, which falls from tier to tier."""
        low, span = _SCORES[self.tier]
        return round(low + span * min(max(self.share, 0), 1), 3)

    def second(self) -> "Fit":
        """Return the fit of an organisation that has this one by a second name."""
        return Fit(max(self.tier, Tier.EVERY_WORD), _SECOND_NAME * self.share, "address")


_SCORES = {
    Tier.CODE: (1.0, 0.0),
    Tier.NAME: (0.95, 0.05),
    Tier.NAME_BEGINS: (0.9, 0.05),
    Tier.EVERY_WORD: (0.7, 0.2),
    Tier.MOST: (0.0, 0.7),
}


class Text(NamedTuple):
    """The words of a text, in order and as a set."""

    words: tuple[str, ...]
    held: frozenset[str]


class _Found(NamedTuple):
    """How much of the words was found."""

    share: float
    every: bool
    placed: bool
    misspelt: bool


class _Best(NamedTuple):
    """How much a word counts that was found, and which word it is."""

    worth: float
    word: str


class Likeness:
    """Compares organisations with one question."""

    def __init__(self, vocabulary: Vocabulary, question: Question, *, exactly: bool) -> None:
        """Compare with this question; `exactly`: what has a word misspelt does not have every word."""
        self._vocabulary, self._question, self._exactly = vocabulary, question, exactly
        self._weight = question.weight
        self._weights: dict[str, float] = {}
        self._always_required = not any(word.required for word in question.asked)

    def fit(self, document: Document, operator: str = "") -> Fit:
        """Return how well the organisation of a document (`lookup`) fits; its operator's name helps."""
        if document["code"] in self._question.codes:
            return Fit(Tier.CODE, 1, "code")
        address = document.get("address", {})
        name = words_of(document["name"])
        lines = [words_of(line) for line in address.get("lines", ())]
        postcode = address.get("postcode", "")
        # How much each word counts that stands somewhere else than in the name.
        places = dict.fromkeys(words_of(operator).words, _OPERATOR) if operator else {}
        for part in (*lines, words_of(address.get("county", "")), words_of(postcode.partition(" ")[0])):
            places |= dict.fromkeys(part.words, _PLACE)
        places |= dict.fromkeys(words_of(address.get("town", "")).words, _TOWN)
        found = self._found(document["code"], name, places, 1)
        # A site is often named by the first line of its address.
        if lines and self._is_in(lines[0]):
            in_name = dict.fromkeys(name.words, _PLACE)
            title = self._found(document["code"], lines[0], in_name | places, _SECOND_NAME)
            if title.share > found.share:
                found = title._replace(placed=True, every=title.every or found.every)
        return self._placed(found, name.words, postcode)

    def _placed(self, found: _Found, name: tuple[str, ...], postcode: str) -> Fit:
        """Return the fit, the postcode taken into account."""
        asked, share, matched = self._question.postcode, found.share, "most"
        if asked:
            part = 1 if asked.word in name else asked.matched(postcode)
            words = 1 if self._weight else 0
            share = (share * words + POSTCODE_WEIGHT * part) / (words + POSTCODE_WEIGHT)
            if part < 1:
                return Fit(Tier.MOST, share, "spelling" if found.misspelt else "most")
        if found.misspelt:
            matched = "spelling"
        elif found.every:
            matched = "address" if found.placed or not self._weight else "name"
        text = self._question.text
        if text and name == text:
            return Fit(Tier.NAME, share, "name")
        if text and self._begins(name, text):
            return Fit(Tier.NAME_BEGINS, share, "name")
        return Fit(Tier.EVERY_WORD if found.every else Tier.MOST, share, matched)

    def _begins(self, name: tuple[str, ...], text: tuple[str, ...]) -> bool:
        """Return whether a name starts with the question, whose last word may be begun."""
        *whole, last = text
        if len(name) < len(text) or name[: len(whole)] != tuple(whole):
            return False
        start = self._question.asked[-1].start
        return name[len(whole)] == last or bool(start and name[len(whole)].startswith(start))

    def _is_in(self, text: Text) -> bool:
        """Return whether any word of the question is found in a text."""
        held = dict.fromkeys(text.words, 1.0)
        return any(_best(asked, held) for asked in self._question.asked)

    def _found(self, code: str, name: Text, places: Mapping[str, float], factor: float) -> _Found:
        """Return how much of the question is found in a name, whose words count `factor`, and elsewhere."""
        held = {**places, **dict.fromkeys(name.words, factor)}
        got, every, placed, misspelt = 0.0, True, False, False
        used: list[str] = []
        for asked in self._question.asked:
            if code == asked.written:  # a code without a digit counts as a rare word
                got += asked.weight
                continue
            if best := _best(asked, held):
                got += asked.weight * best.worth
                if best.word in name.held:
                    used.append(best.word)
                else:
                    placed = True
                misspelt = misspelt or best.word in asked.near
                every = every and best.worth > _OPERATOR and not (misspelt and self._exactly)
            elif asked.required or self._always_required:
                every = False
        loss = _UNASKED * self._unasked(name, used)
        return _Found((got / self._weight if self._weight else 1) - loss, every, placed, misspelt)

    def _unasked(self, name: Text, used: list[str]) -> float:
        """Return how much of a name was not asked for."""
        whole = unasked = 0.0
        for word in name.words:
            weight = self._weights.get(word)
            if weight is None:
                weight = self._weights[word] = self._vocabulary.weight(word)
            whole += weight
            if word not in used:
                unasked += weight
        return unasked / whole if whole else 0


def _best(asked: Asked, held: Mapping[str, float]) -> _Best | None:
    """Return the best of the words that stand there and satisfy what was asked, None if there is none.

    `held` says how much each counts. A misspelling counts only where nothing else is there.
    """
    found = [_Best(held[word], word) for word in asked.same if word in held]
    if asked.start and not found:
        found = [_Best(_BEGUN * worth, word) for word, worth in held.items() if word.startswith(asked.start)]
    if asked.near and not found:
        found = [_Best(_NEAR * held[word], word) for word in asked.near if word in held]
    return max(found, default=None)


@lru_cache(maxsize=8_192)  # 8 MB; towns, streets and names repeat
def words_of(text: str) -> Text:
    """Return the words of a text."""
    found = tuple(words(text))
    return Text(found, frozenset(found))
