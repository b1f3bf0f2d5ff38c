"""`ValueSet/$expand`: the codes of a value set (fhir-r4 10.4)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from app.fhir.rejected import Rejected, Unexpected
from app.fhir.values import instant
from app.r4.terminology.asked import Asked
from app.r4.terminology.compose import Composer, Conditions
from app.r4.terminology.lookup import value_of
from app.r4.terminology.system import Concept, Property, Selection, System
from app.r4.terminology.value_sets import ValueSets
from app.r4.terminology.words import named
from app.r4.words import Issue
from app.web.parameters import LONGEST_QUESTION

MOST = 50_000
"""Codes of one answer."""
_PROPERTY = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property"
_SHOWN = {
    "activeOnly": "valueBoolean",
    "count": "valueInteger",
    "exclude-system": "valueUri",
    "filter": "valueString",
    "offset": "valueInteger",
}
"""The inputs that the answer repeats, in this order, and the element for each."""
_VERSIONS = ("system-version", "check-system-version", "force-system-version")

Json = dict[str, Any]


class _Part(NamedTuple):
    """What a page takes of one code system, and how many codes the value set has of it."""

    system: System
    concepts: Iterable[Concept]
    returned: int
    total: int


def expand(asked: Asked) -> Json:
    """Return the ValueSet with its expansion; raises Rejected."""
    inputs = asked.inputs
    value_sets = ValueSets(asked.systems.register, inputs)
    value_set = value_sets.asked(asked.resource_id, "expand")
    composer = Composer(asked.systems, value_sets, asked.systems.now)
    conditions = _without(asked, composer.conditions(value_set))
    if inputs.get("activeOnly"):
        conditions = composer.active(conditions)
    properties = tuple(dict.fromkeys(inputs["property"]))
    parts = list(_parts(asked, conditions, properties))
    if sum(part.returned for part in parts) > MOST:
        raise Rejected(_too_costly(value_set.url))
    expansion: Json = {
        "identifier": f"urn:uuid:{uuid4()}",
        "timestamp": instant(asked.systems.now),
        "total": sum(part.total for part in parts),
        "offset": inputs.get("offset", 0),
    }
    if parameters := list(_parameters(asked, parts)):
        expansion["parameter"] = parameters
    contains, size = [], 0
    for each in (each for part in parts for each in _contained(part, properties)):
        contains.append(each)
        size += len(orjson.dumps(each))
        asked.check(size)
    if contains:
        expansion["contains"] = contains
    definition = {"compose": value_set.compose} if inputs.get("includeDefinition") else {}
    return {
        "resourceType": "ValueSet",
        **value_set.head,
        "status": "active",
        **definition,
        "expansion": expansion,
    }


def _without(asked: Asked, conditions: Conditions) -> Conditions:
    """Leave out the code systems that are not wanted, and check the versions of the others."""
    excluded: set[str] = set()
    for canonical in asked.inputs["exclude-system"]:
        url, _, version = canonical.partition("|")
        if url in conditions and (not version or version == asked.systems.find(url).version):
            excluded.add(url)
    for name in _VERSIONS:
        for canonical in asked.inputs[name]:
            if canonical.partition("|")[0] in conditions:
                asked.systems.find(canonical)
    return {url: condition for url, condition in conditions.items() if url not in excluded}


def _parts(asked: Asked, conditions: Conditions, properties: Sequence[str]) -> Iterator[_Part]:
    """Yield what the page takes of each code system, which goes on from one to the next."""
    text = asked.inputs.get("filter", "")
    if len(text) > LONGEST_QUESTION:
        raise Rejected(Unexpected("filter", text, f"at most {LONGEST_QUESTION} characters"))
    offset, count = asked.inputs.get("offset", 0), asked.inputs.get("count", MOST + 1)
    for url, condition in conditions.items():
        system = asked.systems.find(url)
        selection = Selection(condition, asked.systems.now, text)
        found = system.select(selection, offset, count, properties)
        returned = max(min(count, found.total - offset), 0)
        yield _Part(system, found.concepts, returned, found.total)
        offset, count = max(offset - found.total, 0), count - returned


def _too_costly(url: str | None) -> Issue:
    said = f"[{uuid4()}]: The expansion of value set {named(url) if url else 'null'} was too big (>{MOST})."
    return Issue("too-costly", said, 422)


def _parameters(asked: Asked, parts: Iterable[_Part]) -> Iterator[Json]:
    for part in parts:
        versioned = f"{part.system.url}|{part.system.version}"
        yield {"name": "version", "valueUri": versioned}
        yield {"name": "used-codesystem", "valueUri": versioned}
    for name, element in _SHOWN.items():
        sent = asked.inputs.get(name)
        for value in sent if isinstance(sent, tuple) else [sent]:
            if value not in (None, ""):
                yield {"name": name, element: value}


def _contained(found: _Part, properties: Sequence[str]) -> Iterator[Json]:
    for concept in found.concepts:
        by_name: dict[str, list[Property]] = {}
        for each in concept.properties:
            by_name.setdefault(each.code, []).append(each)
        shown = [_extension(each) for name in properties for each in by_name.get(name, ())]
        yield {
            **({"extension": shown} if shown else {}),
            "system": found.system.url,
            **({} if concept.active else {"inactive": True}),
            "code": concept.code,
            "display": concept.display or concept.code,
        }


def _extension(found: Property) -> Json:
    """Return a property that is shown, as ODT writes it."""
    code = {"url": "code", "valueCode": found.code}
    return {"url": _PROPERTY, "extension": [code, {"url": "value", **value_of(found)}]}
