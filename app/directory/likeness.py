"""How well an organisation fits a question: its tier, and its place within the tier (lookup 2.3)."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache
from itertools import chain
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


class _Text(NamedTuple):
    """The words of a text, in order and as a set."""

    words: tuple[str, ...]
    held: frozenset[str]


class _Found(NamedTuple):
    """How much of the words was found."""

    share: float
    every: bool
    placed: bool
    misspelt: bool


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
        name = _words(document["name"])
        lines = [_words(line) for line in address.get("lines", ())]
        county, town = _words(address.get("county", "")), _words(address.get("town", ""))
        postcode = address.get("postcode", "")
        places = [(_TOWN, town), (_PLACE, _joined((*lines, county, _words(postcode.partition(" ")[0]))))]
        if operator:
            places.append((_OPERATOR, _words(operator)))
        found = self._found(document["code"], name, places, 1)
        # A site is often named by the first line of its address.
        if lines and any(_best(asked, lines[0])[0] for asked in self._question.asked):
            title = self._found(document["code"], lines[0], [*places, (_PLACE, name)], _SECOND_NAME)
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

    def _found(self, code: str, name: _Text, places: list[tuple[float, _Text]], factor: float) -> _Found:
        """Return how much of the question is found in a name and in what else stands there."""
        got, every, placed, misspelt = 0.0, True, False, False
        used: list[str] = []
        for asked in self._question.asked:
            if code == asked.written:  # a code without a digit counts as a rare word
                got += asked.weight
                continue
            worth, word = _best(asked, name)
            if word:
                used.append(word)
                worth *= factor
            for most, text in places:
                if worth < most:
                    elsewhere, other = _best(asked, text)
                    if elsewhere * most > worth:
                        worth, word, placed = elsewhere * most, other, True
            if word:
                got += asked.weight * worth
                misspelt = misspelt or word in asked.near
                every = every and worth > _OPERATOR and not (misspelt and self._exactly)
            elif asked.required or self._always_required:
                every = False
        loss = _UNASKED * self._unasked(name, used)
        return _Found((got / self._weight if self._weight else 1) - loss, every, placed, misspelt)

    def _unasked(self, name: _Text, used: list[str]) -> float:
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


def _best(asked: Asked, text: _Text) -> tuple[float, str]:
    """Return how much a word counts that is found in a text, and which word of it it is."""
    for word in asked.same:
        if word in text.held:
            return 1.0, word
    if asked.start:
        for word in text.words:
            if word.startswith(asked.start):
                return _BEGUN, word
    for word in asked.near:
        if word in text.held:
            return _NEAR, word
    return 0.0, ""


def _joined(texts: Iterable[_Text]) -> _Text:
    found = tuple(chain.from_iterable(text.words for text in texts))
    return _Text(found, frozenset(found))


@lru_cache(maxsize=8_192)  # 8 MB; towns, streets and names repeat
def _words(text: str) -> _Text:
    found = tuple(words(text))
    return _Text(found, frozenset(found))
