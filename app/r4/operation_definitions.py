"""The operations of R4 as OperationDefinitions, and as the CapabilityStatement names them (fhir-r4 11, 12.1).

They are made of the tables by which the operations read their parameters.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from app.fhir import systems
from app.r4 import operations, versions
from app.r4.terminology import definitions as terminology
from app.r4.terminology.definitions import Input, Use

TYPE = "OperationDefinition"
_HL7 = f"{systems.FHIR_NAMESPACE}/{TYPE}"

Json = dict[str, Any]


class Definition(NamedTuple):
    """What an OperationDefinition says of an operation."""

    id: str
    name: str
    text: str
    resource_type: str
    """The type that has it; none: the system has it."""
    on_type: bool
    on_instance: bool
    parameters: tuple[Json, ...]
    base: str = ""
    """The url of FHIR's definition of it, if it is one of FHIR's."""

    def declared(self, address: str) -> Json:
        """Return how the CapabilityStatement of the server at an address names it."""
        definition = self.base or f"{address}/{TYPE}/{self.id}"
        return {"name": self.name, "definition": definition, "documentation": self.text}

    def resource(self, version: str) -> Json:
        """Return the OperationDefinition of a version of the software, without its url."""
        body: Json = {
            "id": self.id,
            "version": version,
            "name": "".join(f"{word[0].upper()}{word[1:]}" for word in self.id.split("-")),
            "status": "active",
            "kind": "operation",
            "description": self.text,
            "affectsState": False,
            "code": self.name,
        }
        if self.base:
            body["base"] = self.base
        if self.resource_type:
            body["resource"] = [self.resource_type]
        body |= {"system": not self.resource_type, "type": self.on_type, "instance": self.on_instance}
        return body | {"parameter": list(self.parameters)}


def _in(name: str, kind: str, text: str, *, repeats: bool = False) -> Json:
    return _parameter(name, "in", (0, "*" if repeats else "1"), text) | {"type": kind}


def _out(name: str, kind: str, text: str, least: int = 0, most: str = "1") -> Json:
    return _parameter(name, "out", (least, most), text) | {"type": kind}


def _parts(name: str, text: str, least: int, *parts: Json) -> Json:
    return _parameter(name, "out", (least, "*"), text) | {"part": list(parts)}


def _parameter(name: str, use: str, times: tuple[int, str], text: str) -> Json:
    least, most = times
    return {"name": name, "use": use, "min": least, "max": most, "documentation": text}


# What the operations answer

_VERDICT = (
    _out("result", "boolean", "Whether it is so", 1),
    _out("message", "string", "Why it is not so"),
    _out("display", "string", "The display of the code"),
)
_OUT = {
    "CodeSystem-lookup": (
        _out("code", "code", "The code", 1),
        _out("display", "string", "Its display, or the code", 1),
        _out("name", "string", "The title of the code system", 1),
        _out("system", "uri", "The url of the code system", 1),
        _out("version", "string", "The version of the code system", 1),
        _parts(
            "designation",
            "The display once more",
            1,
            _out("use", "Coding", "That it is the display", 1),
            _out("value", "string", "The display", 1),
        ),
        _parts(
            "property",
            "One value of a property",
            0,
            _out("code", "code", "The property", 1),
            _out("value", "Element", "The value: code, Coding, string, boolean or dateTime", 1),
            _out("description", "string", "The display of a code or Coding, if it is known"),
        ),
    ),
    "CodeSystem-subsumes": (_out("outcome", "code", "equivalent or not-subsumed", 1),),
    "ValueSet-expand": (_out("return", "ValueSet", "The value set with its expansion", 1),),
    "CodeSystem-validate-code": _VERDICT,
    "ValueSet-validate-code": _VERDICT,
}
_FOUND = _out("return", "Bundle", "A page of the Organizations found", 1)
_VERSIONS = (
    _out("version", "code", "A version that is served", 1, "*"),
    _out("default", "code", "The version that a request without one gets", 1),
)


# The operations


def _input(found: Input) -> Json:
    ignored = "Accepted without effect. " if found.use is Use.IGNORED else ""
    return _in(found.name, found.type, f"{ignored}{found.text}", repeats=found.repeats)


def _all() -> Iterator[Definition]:
    for each in operations.OPERATIONS:
        inputs = [_in(name, stated.type, stated.text) for name, stated in each.parameters.items()]
        name = f"{operations.TYPE}-{each.name}"
        yield Definition(name, each.name, each.text, operations.TYPE, False, True, (*inputs, _FOUND))
    for told in terminology.DEFINITIONS:
        taken = [_input(each) for each in told.inputs if each.use is not Use.REFUSED]
        yield Definition(
            told.id,
            told.name,
            told.text,
            told.resource_type,
            on_type=True,
            on_instance=told.on_instance,
            parameters=(*taken, *_OUT[told.id]),
            base=f"{_HL7}/{told.id}",
        )
    yield Definition(
        versions.NAME,
        versions.NAME,
        versions.TEXT,
        "",
        on_type=False,
        on_instance=False,
        parameters=_VERSIONS,
        base=f"{_HL7}/CapabilityStatement-versions",
    )


DEFINITIONS = tuple(_all())
