"""Reads the inputs of an operation, from the address and from a Parameters resource (fhir-r4 10)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from app.fhir import names
from app.fhir.readers import boolean
from app.fhir.rejected import BOOLEAN, Problem, Rejected, Repeated, Unexpected, UnknownParameter
from app.r4 import bodies
from app.r4.terminology.definitions import Definition, Input, Use
from app.r4.words import Issue
from app.web.message import Request, quote, whole_number

_LARGEST = 2**31 - 1
"""FHIR's largest integer."""
_MOST_CODINGS = 50
"""Codings of a CodeableConcept: each may be looked up."""
FORMS = ("_format", "_pretty")
"""The parameters of an address that are no inputs: how the answer is written."""

Values = Mapping[str, Any]
"""Inputs by name, as their types are read; one that may repeat is a tuple, and always there."""


class Coding(NamedTuple):
    """A code of a code system, as it was sent; empty where it does not say."""

    system: str = ""
    code: str = ""
    version: str = ""
    display: str = ""


class _Sent(NamedTuple):
    """An input as it was sent: a text from the address, or any JSON value."""

    name: str
    value: Any
    in_address: bool


def read(request: Request, definition: Definition, fhir_version: str) -> Values:
    """Return the inputs of an operation; raises Rejected with all that is wrong with them."""
    names.limit(request)
    known = {each.name: each for each in definition.inputs}
    lenient = names.is_lenient(request)
    values: dict[str, Any] = {each.name: () for each in definition.inputs if each.repeats}
    problems: list[Problem] = []
    for sent in _all(request, definition, fhir_version):
        try:
            found = known.get(sent.name)
            if found is None:
                if not lenient:
                    raise Rejected(UnknownParameter(sent.name, known=_named(definition)))
            elif found.use is Use.REFUSED:
                text = f'The input "{found.name}" of ${definition.name} is not supported: {found.text}'
                raise Rejected(Issue("not-supported", text))
            elif found.use is Use.READ:
                value = _value(found, sent)
                if found.repeats:
                    values[found.name] += (value,)
                elif found.name in values:
                    raise Rejected(Repeated(found.name))
                else:
                    values[found.name] = value
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(*dict.fromkeys(problems))
    return values


def _named(definition: Definition) -> tuple[str, ...]:
    return tuple(each.name for each in definition.inputs if each.use is not Use.REFUSED)


def _all(request: Request, definition: Definition, fhir_version: str) -> Iterator[_Sent]:
    for name, value in request.query:
        if name not in FORMS and value.strip():
            yield _Sent(name, value, in_address=True)
    if request.method == "POST" and request.body.strip():
        body = bodies.resource(request, fhir_version, f"the inputs of ${definition.name} in Parameters")
        yield from _parameters(body, definition)


def _parameters(body: Mapping[str, Any], definition: Definition) -> Iterator[_Sent]:
    sent = body.get("parameter", [])
    if body.get("resourceType") != "Parameters" or not isinstance(sent, list):
        text = f"The body is no Parameters resource: send the inputs of ${definition.name} in one"
        raise Rejected(Issue("invalid", text))
    if len(sent) > names.MAX_PARAMETERS:
        text = f"The body has more than {names.MAX_PARAMETERS} parameters: send fewer"
        raise Rejected(Issue("too-long", text, 413))
    for each in sent:
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str) or not name:
            raise Rejected(Issue("invalid", 'A parameter in the body has no "name": name an input'))
        values = [value for key, value in each.items() if key == "resource" or key.startswith("value")]
        if len(values) != 1 or values[0] is None:
            text = f'The parameter "{quote(name)}" needs one value, such as valueString, or one resource'
            raise Rejected(Issue("invalid", text))
        if not (isinstance(values[0], str) and not values[0].strip()):
            yield _Sent(name, values[0], in_address=False)


# Values


def _value(found: Input, sent: _Sent) -> Any:
    """Return the value of an input; raises Rejected."""
    if sent.in_address and not found.is_primitive:
        text = f'"{found.name}" cannot be sent in the address: send it by POST in a Parameters resource'
        raise Rejected(Issue("invalid", text))
    return _READERS[found.type](found.name, sent.value)


def _wrong(name: str, value: Any, expected: str) -> Rejected:
    shown = value if isinstance(value, str) else orjson.dumps(value).decode()
    return Rejected(Unexpected(name, shown, expected))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, value, "a text")
    return value.strip()


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise _wrong(name, value, BOOLEAN)
    return boolean(name, value)


def _integer(name: str, value: Any) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    number = whole_number(str(value), 0, _LARGEST) if is_number or isinstance(value, str) else None
    if number is None:
        raise _wrong(name, value, f"a whole number from 0 to {_LARGEST}")
    return number


def _object(name: str, value: Any, expected: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, value, expected)
    return value


def _coding(name: str, value: Any) -> Coding:
    held = _object(name, value, "a Coding")
    return Coding(*(_text(f"{name}.{key}", held.get(key, "")) for key in Coding._fields))


def _concept(name: str, value: Any) -> tuple[Coding, ...]:
    codings = _object(name, value, "a CodeableConcept").get("coding", [])
    if not isinstance(codings, list):
        raise _wrong(f"{name}.coding", codings, "a list of Codings")
    if len(codings) > _MOST_CODINGS:
        text = f'"{name}" has more than {_MOST_CODINGS} codings: send fewer'
        raise Rejected(Issue("too-long", text, 413))
    return tuple(_coding(f"{name}.coding", each) for each in codings)


def _value_set(name: str, value: Any) -> Mapping[str, Any]:
    held = _object(name, value, "a ValueSet resource")
    if held.get("resourceType") != "ValueSet":
        raise _wrong(name, value, "a ValueSet resource")
    return held


def _resource(name: str, value: Any) -> Mapping[str, Any]:
    held = _object(name, value, "a resource")
    if not isinstance(held.get("resourceType"), str):
        raise _wrong(name, value, "a resource")
    return held


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "uri": _text,
    "canonical": _text,
    "code": _text,
    "string": _text,
    "boolean": _boolean,
    "integer": _integer,
    "Coding": _coding,
    "CodeableConcept": _concept,
    "ValueSet": _value_set,
    "Resource": _resource,
}
