"""Compares organisations with a question: how well each fits it (lookup 2.3)."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import orjson

from app.directory.fit import SECOND_NAME, Fit, Tier
from app.directory.recognise import POSTCODE_WEIGHT, Asked, Question
from app.directory.vocabulary import Vocabulary
from app.register.words import words_of_each

Document = Mapping[str, Any]
T = TypeVar("T")

_BEGUN = 0.8
_TOWN = 0.9
_PLACE = 0.8
_OPERATOR = 0.6
_NEAR = 0.85
"""Share of what a word counts that is the start of a word, the town, elsewhere in the address, in the name of
the operator, or misspelt."""
_UNASKED = 0.15
"""What a name loses whose words were not asked for."""


class Organisation(NamedTuple):
    """The document `lookup` of an organisation, and the words of its parts in order."""

    document: Document
    name: tuple[str, ...]
    title: tuple[str, ...]
    """The first line of the address: a site is often named by it."""
    places: dict[str, float]
    """How much each word of the address counts."""
    postcode: str
    precedence: int
    """The place of its kind among others (`app.directory.precedence`)."""


class _Found(NamedTuple):
    """How much of the words was found."""

    share: float
    every: bool
    placed: bool
    misspelt: bool


class _Cover(NamedTuple):
    """How much of the question some words have, and which of them count."""

    share: float
    every: bool
    misspelt: bool
    words: list[str]


class _Sense(NamedTuple):
    """What a word of an organisation is to a word of the question.

    `kind`: the same word (2), one that starts so (1), or one that it may be a misspelling of (0). A better
    kind counts whatever the others are worth.
    """

    asked: int
    kind: int
    worth: float


class Likeness:
    """Compares organisations with one question."""

    def __init__(self, vocabulary: Vocabulary, question: Question, *, exactly: bool) -> None:
        """Compare with this question; `exactly`: what has a word misspelt does not have every word."""
        self._question, self._exactly = question, exactly
        self._weight = question.weight
        self._always_required = not any(word.required for word in question.asked)
        self._start = next((word.start for word in question.asked if word.start), "")
        self._written = {word for asked in question.asked for word in (*asked.same, *asked.near)}
        self._codes = {asked.written for asked in question.asked}
        self._whole = question.text[:-1]
        # Organisations that are compared with one question have many words in common. None of these refers
        # to the likeness itself: a reference cycle would wait for the garbage collector.
        self._weights = _Memo(vocabulary.weight)
        self._senses: _Memo[tuple[_Sense, ...]]
        self._senses = _Memo(lambda word: tuple(_senses(question.asked, word)))
        self._covered: dict[tuple[tuple[str, float], ...], _Cover] = {}

    def fit(self, organisation: Organisation, operator: Organisation | None = None) -> Fit:
        """Return how well an organisation fits; the name of its operator helps."""
        code = organisation.document["code"]
        if code in self._question.codes:
            return Fit(Tier.CODE, 1, "code")
        name, title, places = organisation.name, organisation.title, organisation.places
        if operator:
            places = dict.fromkeys(operator.name, _OPERATOR) | places
        in_name = self._satisfying(name)
        elsewhere = {word: places[word] for word in self._satisfying(places)}
        found = self._found(code, name, elsewhere | dict.fromkeys(in_name, 1))
        # A title is worth at most SECOND_NAME.
        if found.share < SECOND_NAME and (in_title := self._satisfying(title)):
            worth = dict.fromkeys(in_name, _PLACE) | elsewhere | dict.fromkeys(in_title, SECOND_NAME)
            titled = self._found(code, title, worth)
            if titled.share > found.share:
                found = titled._replace(placed=True, every=titled.every or found.every)
        return self._placed(found, name, organisation.postcode)

    def is_named(self, organisation: Organisation) -> bool:
        """Return whether the question has the whole name of an organisation."""
        return len(self._satisfying(organisation.name)) == len(organisation.name)

    def _satisfying(self, words: Iterable[str]) -> list[str]:
        """Return those of some words that satisfy a word of the question."""
        written, start = self._written, self._start
        if start:
            return [word for word in words if word in written or word.startswith(start)]
        return [word for word in words if word in written]

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
        if self._begins(name):
            equal = name == self._question.text
            return Fit(Tier.NAME if equal else Tier.NAME_BEGINS, share, "name")
        return Fit(Tier.EVERY_WORD if found.every else Tier.MOST, share, matched)

    def _begins(self, name: tuple[str, ...]) -> bool:
        """Return whether a name starts with the question, whose last word may be begun."""
        text, at = self._question.text, len(self._whole)
        if not text or name[:at] != self._whole or len(name) <= at:
            return False
        start = self._question.asked[-1].start
        return name[at] == text[-1] or bool(start and name[at].startswith(start))

    def _found(self, code: str, name: tuple[str, ...], worth: Mapping[str, float]) -> _Found:
        """Return how much of the question is found in a name and elsewhere.

        `worth` says how much each word counts that satisfies one of the question.
        """
        of_words = tuple(worth.items())
        if code in self._codes:
            best = self._cover(code, of_words)
        elif of_words in self._covered:
            best = self._covered[of_words]
        else:
            best = self._covered[of_words] = self._cover("", of_words)
        used = [word for word in best.words if word in name]
        share = best.share - _UNASKED * self._unasked(name, used)
        return _Found(share, best.every, len(used) < len(best.words), best.misspelt)

    def _cover(self, code: str, worth: Iterable[tuple[str, float]]) -> "_Cover":
        """Return how much of the question some words have, and the code."""
        best: dict[int, tuple[int, float, str]] = {}
        for word, factor in worth:
            for at, kind, share in self._senses[word]:
                this = kind, share * factor, word
                if at not in best or this > best[at]:
                    best[at] = this
        got, every, misspelt = 0.0, True, False
        words: list[str] = []
        for at, asked in enumerate(self._question.asked):
            if code == asked.written:  # a code without a digit counts as a rare word
                got += asked.weight
            elif at in best:
                _, share, word = best[at]
                got += asked.weight * share
                words.append(word)
                misspelt = misspelt or word in asked.near
                every = every and share > _OPERATOR and not (misspelt and self._exactly)
            elif asked.required or self._always_required:
                every = False
        return _Cover(got / self._weight if self._weight else 1, every, misspelt, words)

    def _unasked(self, name: tuple[str, ...], used: list[str]) -> float:
        """Return how much of a name was not asked for."""
        weights = self._weights
        whole = sum([weights[word] for word in name])
        return sum([weights[word] for word in name if word not in used]) / whole if whole else 0


class _Memo(dict[str, T]):
    """What a function returns for words."""

    def __init__(self, make: Callable[[str], T]) -> None:
        self._make = make

    def __missing__(self, word: str) -> T:
        found = self[word] = self._make(word)
        return found


def _senses(asked: Iterable[Asked], word: str) -> Iterable[_Sense]:
    for at, each in enumerate(asked):
        if word in each.same:
            yield _Sense(at, 2, 1)
        elif each.start and word.startswith(each.start):
            yield _Sense(at, 1, _BEGUN)
        elif word in each.near:
            yield _Sense(at, 0, _NEAR)


@lru_cache(maxsize=1_024)  # 4 MB; a person who types is given the same organisations letter by letter
def organisation(document: bytes) -> Organisation:
    """Return the organisation of a document `lookup`, from which its precedence is taken out."""
    read = orjson.loads(document)
    precedence = read.pop("precedence")
    address = read.get("address", {})
    postcode = address.get("postcode", "")
    texts = address.get("county", ""), postcode.partition(" ")[0], address.get("town", "")
    name, *parts, town = words_of_each((read["name"], *address.get("lines", ()), *texts))
    places: dict[str, float] = dict.fromkeys(chain.from_iterable(parts), _PLACE)
    places |= dict.fromkeys(town, _TOWN)
    title = tuple(parts[0]) if "lines" in address else ()
    return Organisation(read, tuple(name), title, places, postcode, precedence)
