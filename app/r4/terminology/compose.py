"""What a value set is made of: for each code system the condition of its codes (fhir-r4 10.4).

A client may send any definition, so its parts are counted: no request takes much longer than others.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from app.fhir.rejected import Rejected
from app.r4.terminology import words
from app.r4.terminology.system import Both, Condition, Either, Filter, Not, OneOf, System
from app.r4.terminology.systems import Systems
from app.r4.terminology.value_sets import ValueSet, ValueSets
from app.r4.terminology.values import OPERATORS, check
from app.r4.words import Issue
from app.web.message import quote

MOST_PARTS = 200
"""Includes, excludes, imports and filters."""
MOST_VALUES = 1_000
"""Values of filters."""
MOST_CODES = 10_000
"""Codes that are listed."""
DEEPEST = 8
"""Value sets that import each other."""
ACTIVE = Filter("inactive", "=", "false")

Json = Mapping[str, Any]
Conditions = dict[str, Condition]
"""The condition of each code system by its url, in the order in which the definition names them."""


class Limit(NamedTuple):
    """How many of one kind of thing a definition may have, its imports included."""

    most: int
    what: str
    advice: str


_PARTS = Limit(
    MOST_PARTS, "includes, excludes, imports and filters", 'join filters of one property with the op "in"'
)
_VALUES = Limit(MOST_VALUES, "values of filters", "ask in parts")
_CODES = Limit(MOST_CODES, "listed codes", "ask in parts")


class Composer:
    """Reads definitions of value sets, for the time of one request."""

    def __init__(self, systems: Systems, value_sets: ValueSets, now: datetime) -> None:
        self._systems, self._value_sets, self._now = systems, value_sets, now
        self._counted: dict[Limit, int] = {}
        self._imported: dict[str, Conditions] = {}

    def conditions(self, value_set: ValueSet, above: tuple[str, ...] = ()) -> Conditions:
        """Return what a value set takes of each code system; `above` are the urls of those that import it.

        Raises Rejected.
        """
        compose = value_set.compose
        included, excluded = (
            self._joined(_objects(compose, name, name), f"compose.{name}", above)
            for name in ("include", "exclude")
        )
        if not included and "include" not in compose:
            raise Rejected(words.missing('The "compose" of the value set needs an "include"'))
        found = {
            url: Both((condition, Not(excluded[url]))) if url in excluded else condition
            for url, condition in included.items()
        }
        return self.active(found) if compose.get("inactive") in (False, "false") else found

    def active(self, found: Conditions) -> Conditions:
        """Return conditions without inactive codes."""
        return {
            url: Both((condition, ACTIVE))
            if ACTIVE.property in self._systems.find(url).property_types
            else condition
            for url, condition in found.items()
        }

    def _joined(self, parts: Iterable[Json], where: str, above: tuple[str, ...]) -> Conditions:
        """Return what any of the parts includes or excludes."""
        found: dict[str, list[Condition]] = {}
        for part in parts:
            self._count(_PARTS)
            for url, condition in self._part(part, where, above).items():
                found.setdefault(url, []).append(condition)
        return {url: Either(tuple(some)) if len(some) > 1 else some[0] for url, some in found.items()}

    def _part(self, part: Json, where: str, above: tuple[str, ...]) -> Conditions:
        """Return what one include or exclude names: all of what it says must hold."""
        url, version = _text(part, "system", where), _text(part, "version", where)
        imports = _texts(part, "valueSet", where)
        found: Conditions | None = None
        if url:
            system = self._systems.find(url, version)
            found = {system.url: Both(tuple(self._of_system(system, part, where)))}
        elif "concept" in part or "filter" in part:
            raise Rejected(words.missing(f'A {where} with "concept" or "filter" needs a "system"'))
        elif not imports:
            raise Rejected(words.missing(f'Each {where} needs a "system" or a "valueSet"'))
        for canonical in imports:
            self._count(_PARTS)
            imported = self._import(canonical, above)
            if found is None:
                found = dict(imported)
            else:
                found = {
                    each: Both((condition, imported[each]))
                    for each, condition in found.items()
                    if each in imported
                }
        return found or {}

    def _of_system(self, system: System, part: Json, where: str) -> Iterator[Condition]:
        concepts = _objects(part, "concept", f"{where}.concept")
        filters = _objects(part, "filter", f"{where}.filter")
        if concepts and filters:
            raise Rejected(words.contradiction(f'A {where} has "concept" and "filter": send two, or one of them'))
        if concepts:
            self._count(_CODES, len(concepts))
            codes = (_needed(each, "code", f"{where}.concept") for each in concepts)
            yield OneOf(frozenset(codes))
        for each in filters:
            self._count(_PARTS)
            yield self._filter(system, each, f"{where}.filter")

    def _filter(self, system: System, stated: Json, where: str) -> Filter:
        asked = Filter(*(_needed(stated, name, where) for name in ("property", "op", "value")))
        type_ = system.property_types.get(asked.property)
        if type_ is None:
            raise Rejected(_undeclared(asked.property, system.url))
        if asked.op not in OPERATORS:
            text = f'The filter operator "{quote(asked.op)}" is not supported on code system {system.url}'
            raise Rejected(Issue("not-supported", text, 422))
        self._count(_VALUES, check(asked, type_, self._now))
        return asked

    def _import(self, canonical: str, above: tuple[str, ...]) -> Conditions:
        value_set = self._value_sets.find(canonical)
        url = value_set.head["url"]
        if url in above:
            text = f"The value set {url} imports itself: it cannot be expanded"
            raise Rejected(Issue("processing", text, 422))
        if len(above) == DEEPEST:
            raise Rejected(Issue("too-costly", f"More than {DEEPEST} value sets import each other", 422))
        if url not in self._imported:
            self._imported[url] = self.conditions(value_set, (*above, url))
        return self._imported[url]

    def _count(self, limit: Limit, number: int = 1) -> None:
        self._counted[limit] = self._counted.get(limit, 0) + number
        if self._counted[limit] > limit.most:
            text = f"The value set has more than {limit.most} {limit.what}: {limit.advice}"
            raise Rejected(Issue("too-costly", text, 422))


def _undeclared(name: str, url: str) -> Issue:
    return Issue(
        "processing", f"There is no declared filter called {quote(name)} on code system {quote(url)}", 422
    )


# Members of a definition that a client sent


def _objects(held: Json, name: str, where: str) -> list[Json]:
    found = held.get(name, [])
    if not (isinstance(found, list) and all(isinstance(each, dict) for each in found)):
        raise Rejected(words.contradiction(f'"{where}" of the value set is no list of objects'))
    return found


def _texts(held: Json, name: str, where: str) -> list[str]:
    found = held.get(name, [])
    if not (isinstance(found, list) and all(isinstance(each, str) for each in found)):
        raise Rejected(words.contradiction(f'"{name}" of a {where} is no list of texts'))
    return [each.strip() for each in found if each.strip()]


def _text(held: Json, name: str, where: str) -> str:
    found = held.get(name, "")
    if isinstance(found, bool):  # some clients send the value of a filter as it is
        return str(found).lower()
    if not isinstance(found, str):
        raise Rejected(words.contradiction(f'"{name}" of a {where} is no text'))
    return found.strip()


def _needed(held: Json, name: str, where: str) -> str:
    found = _text(held, name, where)
    if not found:
        raise Rejected(words.missing(f'A {where} needs a "{name}"'))
    return found
