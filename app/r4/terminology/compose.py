"""What a value set is made of: for each code system the condition of its codes (fhir-r4 10.4).

A client may send any definition, so its parts are counted: no request takes much longer than others.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from app.fhir.rejected import Rejected
from app.r4.terminology.system import Both, Condition, Either, Filter, Not, OneOf, System
from app.r4.terminology.systems import Systems
from app.r4.terminology.value_sets import ValueSet, ValueSets
from app.r4.terminology.values import OPERATORS, check
from app.r4.terminology.words import named
from app.r4.words import Issue
from app.web.message import quote

MOST_PARTS = 200
"""Includes, excludes, imports and filters."""
MOST_VALUES = 1_000
"""Values of filters."""
MOST_CODES = 10_000
"""Codes that are listed."""
DEEPEST = 5
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


class _Imported(NamedTuple):
    """The conditions of a value set that another imports, and what it has of each limit."""

    conditions: Conditions
    counted: Mapping[Limit, int]


class Composer:
    """Reads definitions of value sets, for the time of one request."""

    def __init__(self, systems: Systems, value_sets: ValueSets, now: datetime) -> None:
        self._systems, self._value_sets, self._now = systems, value_sets, now
        self._counted: dict[Limit, int] = {}
        self._imported: dict[str, _Imported] = {}

    def conditions(self, value_set: ValueSet, above: tuple[str, ...] = ()) -> Conditions:
        """Return what a value set takes of each code system; `above` are the urls of those that import it.

        Raises Rejected.
        """
        if value_set.url:
            above = (*above, value_set.url)
        compose = value_set.compose
        included, excluded = (self._joined(compose.get(name, ()), above) for name in ("include", "exclude"))
        found = {
            url: Both((condition, Not(excluded[url]))) if url in excluded else condition
            for url, condition in included.items()
        }
        return found if compose.get("inactive", True) else self.active(found)

    def active(self, found: Conditions) -> Conditions:
        """Return conditions without inactive codes."""
        return {
            url: Both((condition, ACTIVE))
            if ACTIVE.property in self._systems.find(url).property_types
            else condition
            for url, condition in found.items()
        }

    def _joined(self, parts: Iterable[Json], above: tuple[str, ...]) -> Conditions:
        """Return what any of the parts includes or excludes."""
        found: dict[str, list[Condition]] = {}
        for part in parts:
            self._count(_PARTS)
            for url, condition in self._part(part, above).items():
                found.setdefault(url, []).append(condition)
        return {url: Either(tuple(some)) if len(some) > 1 else some[0] for url, some in found.items()}

    def _part(self, part: Json, above: tuple[str, ...]) -> Conditions:
        """Return what one include or exclude names: all of what it says must hold."""
        found: Conditions | None = None
        if "system" in part:
            system = self._systems.find(part["system"], part.get("version", ""))
            found = {system.url: Both(tuple(self._of_system(system, part)))}
        for canonical in part.get("valueSet", ()):
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

    def _of_system(self, system: System, part: Json) -> Iterator[Condition]:
        if concepts := part.get("concept"):
            self._count(_CODES, len(concepts))
            yield OneOf(frozenset(each["code"] for each in concepts))
        for each in part.get("filter", ()):
            self._count(_PARTS)
            yield self._filter(system, Filter(each["property"], each["op"], each["value"]))

    def _filter(self, system: System, asked: Filter) -> Filter:
        type_ = system.property_types.get(asked.property)
        if type_ is None:
            raise Rejected(_undeclared(asked.property, system.url))
        if asked.op not in OPERATORS:
            text = f'The filter operator "{quote(asked.op)}" is not supported on code system {system.url}'
            raise Rejected(Issue("processing", text, 422))
        self._count(_VALUES, check(asked, type_, self._now))
        return asked

    def _import(self, canonical: str, above: tuple[str, ...]) -> Conditions:
        value_set = self._value_sets.find(canonical)
        url = value_set.url or ""
        if url in above:
            text = f"The value set {named(url)} imports itself: it cannot be expanded"
            raise Rejected(Issue("processing", text, 422))
        if len(above) == DEEPEST:
            raise Rejected(Issue("too-costly", f"More than {DEEPEST} value sets import each other", 422))
        if known := self._imported.get(url):
            # Each import makes the whole condition larger, though its text was read before.
            for limit, number in known.counted.items():
                self._count(limit, number)
            return known.conditions
        before = dict(self._counted)
        found = self.conditions(value_set, above)
        counted = {limit: number - before.get(limit, 0) for limit, number in self._counted.items()}
        self._imported[url] = _Imported(found, counted)
        return found

    def _count(self, limit: Limit, number: int = 1) -> None:
        self._counted[limit] = self._counted.get(limit, 0) + number
        if self._counted[limit] > limit.most:
            text = f"The value set has more than {limit.most} {limit.what}: {limit.advice}"
            raise Rejected(Issue("too-costly", text, 422))


def _undeclared(name: str, url: str) -> Issue:
    text = f"There is no declared filter called {quote(name)} on code system {url}"
    return Issue("processing", text, 422)
