"""Conditions and texts applied to concepts that are in memory (fhir-r4 10.4 and 15.4)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from app.clock import midnight
from app.r4.terminology.system import Both, Concept, Condition, Either, Filter, Not, OneOf
from app.r4.terminology.values import days, values, wanted
from app.register.text import fold

Holds = Callable[[Concept], bool]
_WORD = re.compile(r"(?:[^\W_]|')+")


def predicate(condition: Condition, types: Mapping[str, str], now: datetime) -> Holds:
    """Return what says whether a condition holds for a concept that has all properties it asks for.

    `types` are the types of the properties. Raises Rejected.
    """
    match condition:
        case OneOf(codes):
            return lambda concept: concept.code in codes
        case Not(negated):
            holds = predicate(negated, types, now)
            return lambda concept: not holds(concept)
        case Both(parts):
            all_hold = [predicate(part, types, now) for part in parts]
            return lambda concept: all(holds(concept) for holds in all_hold)
        case Either(parts):
            one_holds = [predicate(part, types, now) for part in parts]
            return lambda concept: any(holds(concept) for holds in one_holds)
        case Filter():
            return _filter(condition, types[condition.property], now)


def _filter(asked: Filter, type_: str, now: datetime) -> Holds:
    if asked.op == "exists":
        is_wanted = wanted(asked)
        return lambda concept: _any(concept, asked.property, lambda _value: True) == is_wanted
    found, is_wanted = values(asked), asked.op != "not-in"
    passes: Callable[[str], bool]
    if type_ == "dateTime":
        ranges = [each for value in found for each in days(asked, value, now)]

        def passes(value: str) -> bool:
            start = midnight(date.fromisoformat(value))
            return any(
                (low is None or low <= start) and (high is None or start < high) for low, high in ranges
            )
    elif type_ == "string":
        folded = frozenset(map(fold, found))

        def passes(value: str) -> bool:
            return fold(value) in folded
    else:
        exact = frozenset(found)

        def passes(value: str) -> bool:
            return value in exact

    return lambda concept: _any(concept, asked.property, passes) == is_wanted


def _any(concept: Concept, name: str, passes: Callable[[str], bool]) -> bool:
    return any(passes(_text(each.value)) for each in concept.properties if each.code == name)


def _text(value: str | bool) -> str:
    return value if isinstance(value, str) else str(value).lower()


def best(concepts: Iterable[Concept], text: str) -> list[Concept]:
    """Return the concepts whose display has the words of a text, or whose code starts with it.

    First those with that code or display, then those whose display starts with the text, then the others.
    Shorter displays come first, and then what came first.
    """
    folded = fold(text)
    asked = _words(folded)
    found = []
    for concept in concepts:
        display, code = fold(concept.display or concept.code), fold(concept.code)
        if folded in (display, code):
            tier = 0
        elif display.startswith(folded):
            tier = 1
        elif code.startswith(folded) or _has(display, asked):
            tier = 2
        else:
            continue
        found.append(((tier, len(display)), concept))
    return [concept for _, concept in sorted(found, key=lambda each: each[0])]


def _words(folded: str) -> Sequence[str]:
    """Return the words of a folded text: runs of letters, digits and apostrophes."""
    return _WORD.findall(folded)


def _has(display: str, asked: Sequence[str]) -> bool:
    words = _words(display)
    return bool(asked) and all(any(word.startswith(each) for word in words) for each in asked)
