"""The code systems whose concepts stand in their resources: roles, relationships … (fhir-r4 9.1 and 9.2)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from app.engine.port import Register
from app.engine.shared import Shared
from app.r4.terminology.memory import best, predicate
from app.r4.terminology.system import Concept, Found, Property, Selection
from app.register.query import Clause, Operator, Query, Test
from app.register.resources import of_type

BUDGET = 4 * 1024 * 1024
"""Bytes: the code systems of some ten generations."""
_TIMES = 10
"""How much larger a parsed document is, roughly."""
CODE_SYSTEMS = Query(
    "resource", (Clause((Test("type", Operator.EQ, of_type("r4", "CodeSystem")),)),), size=None, total=False
)
"""The query for the CodeSystem resources."""
COMMON = {"status": "code", "inactive": "boolean"}
"""The properties that the concepts of every code system have, but for successions."""

Json = Mapping[str, Any]


def common(*, active: bool) -> Iterator[Property]:
    """Yield the values of these properties."""
    yield Property("status", "code", "active" if active else "inactive")
    yield Property("inactive", "boolean", not active)


@dataclass(frozen=True)
class Vocabulary:
    """A code system whose concepts are all in memory, in their order."""

    url: str
    version: str
    title: str
    property_types: Mapping[str, str]
    stated: Sequence[Json]
    """The concepts as the resource states them."""

    @cached_property
    def known(self) -> Mapping[str, Concept]:
        """The concepts with all their properties, by code; made when they are first asked for."""
        types = self.property_types
        concepts = (
            Concept(each["code"], each.get("display"), properties=tuple(_properties(each, types)))
            for each in self.stated
        )
        return {concept.code: concept for concept in concepts}

    def concepts(self, codes: Sequence[str], properties: Collection[str] | None) -> dict[str, Concept]:
        """Return those of these codes that exist, with these properties; None: all."""
        found = {code: self.known[code] for code in codes if code in self.known}
        if properties is None:
            return found
        return {
            code: concept._replace(
                properties=[each for each in concept.properties if each.code in properties]
            )
            for code, concept in found.items()
        }

    def select(self, selection: Selection, offset: int, count: int, properties: Collection[str]) -> Found:
        """Return a slice of the concepts of a selection, in order or the best first; raises Rejected."""
        holds = predicate(selection.condition, self.property_types, selection.now)
        found = [concept for concept in self.known.values() if holds(concept)]
        if selection.text:
            found = best(found, selection.text)
        page = self.concepts([concept.code for concept in found[offset : offset + count]], properties)
        return Found([*page.values()], len(found))

    def display(self, code: str) -> str | None:
        """Return the display of a code, if it has one."""
        return self.known[code].display if code in self.known else None


class Vocabularies:
    """The vocabularies of generations; what was not asked for longest goes first."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Keep so many bytes at most."""
        self._kept = Shared(budget, lambda found: found.size)

    def of(self, register: Register) -> Mapping[str, Vocabulary]:
        """Return the vocabularies of a register by url."""
        generation = register.generation
        kept = self._kept.get((generation.name, generation.loaded), lambda: _read(register))
        return kept.by_url


@dataclass(frozen=True)
class _Kept:
    by_url: Mapping[str, Vocabulary]
    size: int


def _read(register: Register) -> _Kept:
    documents = [match.document for match in register.search(CODE_SYSTEMS, "r4").matches]
    resources = [each for each in map(orjson.loads, documents) if each["content"] == "complete"]
    size = _TIMES * sum(map(len, documents))
    return _Kept({each["url"]: _vocabulary(each) for each in resources}, size)


def _vocabulary(resource: Json) -> Vocabulary:
    types = {each["code"]: each["type"] for each in resource.get("property", ())}
    return Vocabulary(
        resource["url"], resource["version"], resource["title"], COMMON | types, resource.get("concept", ())
    )


def _properties(concept: Json, types: Mapping[str, str]) -> Iterator[Property]:
    yield from common(active=True)
    for each in concept.get("property", ()):
        (value,) = (value for key, value in each.items() if key.startswith("value"))
        yield Property(each["code"], types[each["code"]], value)
