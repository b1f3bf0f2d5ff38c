"""Recognises codes, postcodes and words in what a person typed (lookup 2.2)."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.directory.vocabulary import Vocabulary
from app.engine.port import Register
from app.register.query import Clause, Operator, Query, Test
from app.register.text import fold
from app.register.words import LONGEST_BEGINNING, forms, words, written

KIND = "organisation"

_OUTWARD = r"(?<![A-Z0-9])(?P<outward>[A-Z]{1,2}[0-9][A-Z0-9]?)"
_WHOLE = re.compile(_OUTWARD + r" ?(?P<sector>[0-9])(?P<unit>[A-Z]{2})(?![A-Z0-9])")
_PARTS = (
    re.compile(_OUTWARD + r" (?P<sector>[0-9])(?P<unit>[A-Z]?)(?![A-Z0-9])"),
    re.compile(_OUTWARD + r"(?P<sector>)(?P<unit>)(?![A-Z0-9])"),
    re.compile(_OUTWARD + r"(?P<sector>[0-9])(?P<unit>[A-Z]?)(?![A-Z0-9])"),
)
"""A postcode that is begun: with its blank, the outward code alone, without its blank."""

POSTCODE_WEIGHT = 1.3
"""How much a postcode counts, or the part that was typed, where all words count 1: what lies there comes
before what has the name elsewhere."""

_COMPLETIONS = 100
"""Words that are looked for where a word is begun."""
_RARE = 300
"""Holders of a word up to which a frequent word is looked for that it may be a misspelling of."""
_FREQUENT = 50
"""How many times as many holders that word must have."""


class Asked(NamedTuple):
    """A word that was asked for: the words of the register that satisfy it, and how much it says."""

    written: str
    same: tuple[str, ...]
    """Its form, or forms: ST is SAINT or STREET, and NEW CASTLE may be written NEWCASTLE."""
    start: str
    """What words may begin with instead; empty for all but the last word of a question."""
    completions: tuple[str, ...]
    near: tuple[str, ...]
    """The words that it may be a misspelling of."""
    weight: float
    required: bool
    """False for a word that says nothing."""
    held: bool
    """Whether any organisation has a word that satisfies it."""

    @property
    def beginning(self) -> str:
        """The beginning to look for, if that is a term of the index."""
        return self.start if len(self.start) <= LONGEST_BEGINNING else ""

    @property
    def terms(self) -> frozenset[str]:
        """All words to look for."""
        return frozenset((*self.same, *self.completions, *self.near))


class Postcode(NamedTuple):
    """A postcode: prefixes of stored ones, from its district to what was typed (LS1, LS1 3, LS1 3EX)."""

    steps: tuple[str, ...]
    word: str = ""
    """The outward code, where it stands alone and may be a word as well."""

    def matched(self, postcode: str) -> float:
        """Return how much of it is the same in a stored postcode, from 0 to 1."""
        return sum(map(postcode.startswith, self.steps)) / len(self.steps)


@dataclass(frozen=True)
class Question:
    """What was recognised."""

    words: str
    """The folded question, without the postcode."""
    text: tuple[str, ...]
    """Its words in their forms, in order."""
    asked: tuple[Asked, ...]
    """Each different word of `text`, and of what abbreviations stand for."""
    codes: tuple[str, ...]
    """Codes that stand for themselves: the whole question, or a word that holds a digit."""
    word_codes: tuple[str, ...]
    """Other words that are codes: they count as much as a rare word."""
    postcode: Postcode | None

    @property
    def weight(self) -> float:
        """How much all words say."""
        return sum(word.weight for word in self.asked)


class Guess(NamedTuple):
    """A question that was recognised before the register was asked.

    It holds if no organisation has one of the codes, and if there is one with the start of a postcode.
    """

    question: Question
    codes: Query
    start: Query | None
    """What looks for the start of the postcode, where that may also be a word."""


def guess(vocabulary: Vocabulary, text: str) -> Guess:
    """Return what a text asks for if none of its words is a code, and what may be a postcode is one.

    Most texts are so, and what finds out can be asked for together with what the question asks for.
    """
    folded = fold(text)
    question = _question(vocabulary, text, (), lambda _prefix: True)
    codes = tuple(Test("id", Operator.EQ, code) for code in dict.fromkeys((folded, *folded.split())))
    doubtful = question.postcode and not _WHOLE.search(folded)
    start = _starting(question.postcode.steps[0]) if question.postcode and doubtful else None
    return Guess(question, Query(KIND, (Clause(codes),), size=len(codes), total=False), start)


def recognise(register: Register, vocabulary: Vocabulary, text: str, codes: Sequence[str]) -> Question:
    """Return what a text asks for; `codes` are its words that are codes, in order."""
    return _question(
        vocabulary, text, codes, lambda prefix: bool(register.search(_starting(prefix), None).matches)
    )


def _question(
    vocabulary: Vocabulary, text: str, codes: Sequence[str], is_held: Callable[[str], bool]
) -> Question:
    folded = fold(text)
    postcode, rest = _postcode(folded, is_held)
    # The last word is still being typed, unless a blank or the postcode ends the question.
    is_open = rest == folded and text[-1:].isalnum()
    own = tuple(code for code in codes if code == folded or any(map(str.isdigit, code)))
    asked = list(_asked(vocabulary, written(rest), is_open=is_open, right=frozenset(codes)))
    distinct = {word.same: word for word in asked}
    return Question(
        " ".join(rest.split()),
        tuple(words(rest)),
        tuple(distinct.values()),
        own,
        tuple(code for code in codes if code not in own),
        postcode,
    )


def corrected(vocabulary: Vocabulary, question: Question) -> Question:
    """Return a question in which rare words may be misspellings of frequent ones, too."""
    codes = question.codes + question.word_codes
    return Question(
        question.words,
        question.text,
        tuple(word if word.written in codes else _corrected(vocabulary, word) for word in question.asked),
        question.codes,
        question.word_codes,
        question.postcode,
    )


def _postcode(folded: str, is_held: Callable[[str], bool]) -> tuple[Postcode | None, str]:
    """Return the first postcode in a folded text, and the text without it."""
    if found := _WHOLE.search(folded):
        outward, sector, unit = found.group("outward", "sector", "unit")
        whole = (f"{outward} ", f"{outward} {sector}", f"{outward} {sector}{unit}")
        return Postcode(whole), _without(folded, found)
    for pattern in _PARTS:
        for found in pattern.finditer(folded):
            outward, sector, unit = found.group("outward", "sector", "unit")
            parts = [f"{outward} ", f"{outward} {sector}", f"{outward} {sector}{unit}"]
            steps = tuple(dict.fromkeys(parts)) if sector else (parts[0],)
            if is_held(steps[0]):
                return Postcode(steps, "" if sector else outward), _without(folded, found)
    return None, folded


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _starting(prefix: str) -> Query:
    """Return the query of an organisation whose postcode starts so."""
    return Query(KIND, (Clause((Test("postcode", Operator.PREFIX, prefix),)),), size=1, total=False)


def _asked(
    vocabulary: Vocabulary, spoken: list[str], *, is_open: bool, right: frozenset[str]
) -> Iterator[Asked]:
    """Yield the words that are asked for, abbreviations written out; codes are `right` as they are."""
    for place, word in enumerate(spoken):
        start = word if is_open and place == len(spoken) - 1 else ""
        pairs = "".join(spoken[max(place - 1, 0) : place + 1]), "".join(spoken[place : place + 2])
        together = {
            form
            for joined in pairs
            if joined != word and len(forms(joined)) == 1
            for form in forms(joined)
            if vocabulary.holders(form)
        }
        meanings = [("SAINT", "STREET")] if word == "ST" else [(form,) for form in forms(word)]
        for meaning in meanings:
            found = _word(vocabulary, word, meaning, together, start)
            yield found._replace(near=()) if word in right else found


def _word(
    vocabulary: Vocabulary, word: str, meaning: tuple[str, ...], together: set[str], start: str
) -> Asked:
    completions = tuple(vocabulary.starting(start, _COMPLETIONS)) if start else ()
    same = (*meaning, *sorted(together.difference(meaning)))
    is_whole = any(map(vocabulary.holders, same))
    near = [] if is_whole or completions else vocabulary.near(word)
    # A word that nothing holds weighs as much as what it is likeliest to become.
    likely = meaning if is_whole else near[:1] or completions or meaning
    return Asked(
        word,
        same,
        start,
        completions if len(start) > LONGEST_BEGINNING else (),
        tuple(near),
        min(map(vocabulary.weight, likely)),
        required=not any(map(vocabulary.says_nothing, meaning)),
        held=is_whole or bool(completions or near),
    )


def _corrected(vocabulary: Vocabulary, word: Asked) -> Asked:
    holders = sum(map(vocabulary.holders, word.same))
    if word.near or holders > _RARE:
        return word
    frequent = max(holders, 1) * _FREQUENT
    near = [each for each in vocabulary.near(word.written) if vocabulary.holders(each) >= frequent]
    if not near:
        return word
    weight = min(word.weight, vocabulary.weight(near[0]) + 1)
    return word._replace(near=tuple(near), weight=weight, held=True)
