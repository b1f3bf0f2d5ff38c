"""What an engine is asked for a question: the clauses of what is found, and the weights of a coarse score."""

import re
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from app.directory.recognise import POSTCODE_WEIGHT, Asked, Question
from app.register.query import MAX_POINTS, Clause, Operator, Test, Weight

_POINTS = 6
"""Points of a word, for each unit of its weight: few, since each bit of a score costs time."""
_IN_NAME = 0.2
"""Share of its points that a word gains only in a name."""

_MOST = 0.5
"""How much of what was asked an organisation must have where none has all of it."""
_ANY = 0.3
"""How much it may have at least, so that it can be among the results."""
_DECIDING = 6
"""Words that decide what is most of a question: the heaviest. Each subset of them may become a clause."""


def _tests(asked: Asked, fields: Iterable[str]) -> tuple[Test, ...]:
    terms = sorted(asked.terms)
    begun = (Test("beginning", Operator.EQ, asked.beginning),) if asked.beginning else ()
    # BOOTS LS may be the start of BOOTS LS26.
    area = (Test("postcode", Operator.PREFIX, asked.start),) if re.fullmatch("[A-Z]{2}", asked.start) else ()
    return (*(Test(field, Operator.EQ, term) for field in fields for term in terms), *begun, *area)


def with_ids(codes: Iterable[str]) -> tuple[Test, ...]:
    """Return the tests of being one of these organisations."""
    return tuple(Test("id", Operator.EQ, code) for code in codes)


class _Part(NamedTuple):
    """A word or the postcode: how much it weighs, and the tests of which one must hold."""

    weight: float
    tests: tuple[Test, ...]
    required: bool
    held: bool


def _parts(question: Question) -> list[_Part]:
    """Return what an organisation may have of a question, the heaviest first."""
    found = []
    for asked in question.asked:
        codes = (*question.codes, *(code for code in question.word_codes if code == asked.written))
        tests = _tests(asked, ("name_word", "place_word")) + with_ids(codes)
        found.append(_Part(asked.weight, tests, asked.required, asked.held or bool(codes)))
    if postcode := question.postcode:
        tests = (Test("postcode", Operator.PREFIX, postcode.steps[-1]),)
        if postcode.word:
            tests += (Test("name_word", Operator.EQ, postcode.word),)
        weight = (question.weight or 1) * POSTCODE_WEIGHT
        found.append(_Part(weight, tests + with_ids(question.codes), required=True, held=True))
    if not found:
        found.append(_Part(1, with_ids(question.codes), required=True, held=True))
    return sorted(found, key=lambda part: -part.weight)


def with_every(question: Question) -> list[Clause]:
    """Return the clauses of having every word, but for those that say nothing."""
    parts = _parts(question)
    return [Clause(part.tests) for part in parts if part.required] or [Clause(part.tests) for part in parts]


def with_most(question: Question) -> list[Clause]:
    """Return the clauses of having most of what was asked, of the heaviest words that any has.

    Without a set of words that weighs more than half, most cannot be had: one of each such set must be there.
    """
    parts = [part for part in _parts(question) if part.held][:_DECIDING]
    half = _MOST * sum(part.weight for part in parts)
    needed: list[tuple[int, ...]] = []
    for size in range(1, len(parts) + 1):
        for some in combinations(range(len(parts)), size):
            if sum(parts[at].weight for at in some) > half and not any(
                set(fewer) <= set(some) for fewer in needed
            ):
                needed.append(some)
    found = [Clause(tuple(test for at in some for test in parts[at].tests)) for some in needed]
    return found or with_any(question)  # without a clause everything would match


def with_any(question: Question) -> list[Clause]:
    """Return a clause that holds of what may be among the results: it has one of the heaviest words."""
    parts = [part for part in _parts(question) if part.held] or _parts(question)
    left = least = sum(part.weight for part in parts)
    tests: list[Test] = []
    for part in parts:
        if left < _ANY * least:
            break
        tests += part.tests
        left -= part.weight
    return [Clause(tuple(tests))]


def weights(question: Question, *, named: bool = False) -> tuple[Weight, ...]:
    """Return the coarse score: the weights of the words, more in a name, and of each step of the postcode.

    `named`: also whether the name is the question, or starts with it, and whether the organisation is active.
    """
    found = []
    for asked in question.asked:
        points = asked.weight * _POINTS
        found.append(Weight(_tests(asked, ("name_word", "place_word")), _points(points * (1 - _IN_NAME))))
        found.append(Weight(_tests(asked._replace(start=""), ("name_word",)), _points(points * _IN_NAME)))
    total = question.weight * _POINTS
    if question.postcode:
        for step in question.postcode.steps:
            test = Test("postcode", Operator.PREFIX, step)
            points = total * POSTCODE_WEIGHT / len(question.postcode.steps)
            found.append(Weight((test,), _points(points)))
    if named and question.words:
        found.append(Weight((Test("name", Operator.EQ, question.words),), _points(total)))
        found.append(Weight((Test("name", Operator.PREFIX, question.words),), _points(total / 2)))
        found.append(Weight((Test("status", Operator.EQ, "Active"),), 1))
    if question.codes:
        found.append(Weight(with_ids(question.codes), MAX_POINTS))
    if question.word_codes:
        found.append(Weight(with_ids(question.word_codes), _points(total)))
    return tuple(found)


def _points(points: float) -> int:
    return min(max(round(points), 1), MAX_POINTS)
