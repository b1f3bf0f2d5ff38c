"""`CodeSystem/$lookup`: what is known of a code (fhir-r4 10.1)."""

from collections.abc import Iterator
from typing import Any

from app.fhir.rejected import Rejected
from app.r4.terminology import words
from app.r4.terminology.asked import Asked
from app.r4.terminology.inputs import Coding
from app.r4.terminology.system import Concept, Property, System

_NEEDED = '$lookup needs "code" and "system", or "coding"'
_EVERY = "*"
_DISPLAY = {"system": "http://terminology.hl7.org/CodeSystem/designation-usage", "code": "display"}

Json = dict[str, Any]


def lookup(asked: Asked) -> Json:
    """Return the Parameters that describe a code; raises Rejected."""
    coding = _coding(asked)
    system = asked.systems.find(coding.system, coding.version)
    wanted = frozenset(asked.inputs["property"])
    found = system.concepts([coding.code], None if not wanted or _EVERY in wanted else wanted)
    if coding.code not in found:
        raise Rejected(words.unknown_code(coding.code, system.url))
    return {"resourceType": "Parameters", "parameter": list(_parameters(system, found[coding.code]))}


def _coding(asked: Asked) -> Coding:
    """Return the code that is asked about; raises Rejected."""
    inputs = asked.inputs
    coding = inputs.get("coding")
    if coding is None:
        coding = Coding(inputs.get("system", ""), inputs.get("code", ""))
    elif "code" in inputs:
        raise Rejected(words.contradiction('Send "code" and "system", or "coding", not both'))
    if not (coding.system and coding.code):
        raise Rejected(words.missing(_NEEDED))
    return coding._replace(version=inputs.get("version") or coding.version)


def _parameters(system: System, concept: Concept) -> Iterator[Json]:
    display = concept.display or concept.code
    yield {"name": "code", "valueCode": concept.code}
    yield {"name": "display", "valueString": display}
    yield {"name": "name", "valueString": system.title}
    yield {"name": "system", "valueUri": system.url}
    yield {"name": "version", "valueString": system.version}
    use, value = {"name": "use", "valueCoding": _DISPLAY}, {"name": "value", "valueString": display}
    yield {"name": "designation", "part": [use, value]}
    for each in concept.properties:
        yield {"name": "property", "part": list(_parts(each))}


def _parts(found: Property) -> Iterator[Json]:
    """Yield code and value in this order, by which clients take them, and what the value stands for."""
    yield {"name": "code", "valueCode": found.code}
    yield {"name": "value", **value_of(found)}
    if found.description:
        yield {"name": "description", "valueString": found.description}


def value_of(found: Property) -> Json:
    """Return the element with the value of a property, by its name."""
    is_coding = found.type == "Coding"
    value = {"system": found.system, "code": found.value} if is_coding else found.value
    return {f"value{found.type[0].upper()}{found.type[1:]}": value}
