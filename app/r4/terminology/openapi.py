"""What the OpenAPI document says of the terminology operations."""

from collections.abc import Iterator, Mapping

from app.fhir import systems
from app.fhir.negotiation import JSON_TYPES, XML_TYPES
from app.fhir.openapi import PREFER, Addresses
from app.r4.terminology.definitions import Definition, Input, Use
from app.r4.terminology.inputs import FORMS
from app.r4.terminology.operations import OPERATIONS
from app.web.openapi import (
    TEXT,
    TRUE_OR_FALSE,
    Content,
    Json,
    Operation,
    answer,
    list_of,
    needed,
    one_of,
    parameter,
    record,
    whole,
)

_CODES = {"code": "RR8", "codeA": "RR8", "codeB": "RR8", "system": systems.ODS_CODE}
_EXAMPLES = {
    "CodeSystem": {**_CODES, "url": systems.ODS_CODE},
    "ValueSet": {**_CODES, "url": f"{systems.ODS_CODE}/vs"},
}
_IDS = {"CodeSystem": "ods-organization-code", "ValueSet": "ods-organization-code-vs"}
_SCHEMAS = {"boolean": TRUE_OR_FALSE, "integer": whole(0)}
_FAULTS = (404, 406, 422)


def operations(addresses: Addresses) -> Iterator[tuple[tuple[str, str], Operation]]:
    """Yield each operation under its method and path."""
    for definition, _ in OPERATIONS:
        name = f"{addresses.version.prefix}/{definition.resource_type}"
        yield from _described(addresses, definition, f"{name}/${definition.name}")
        if definition.on_instance:
            one = needed("id", "The id", _IDS[definition.resource_type])
            yield from _described(addresses, definition, f"{name}/{{id}}/${definition.name}", one)


def _described(
    addresses: Addresses, definition: Definition, path: str, *one: Json
) -> Iterator[tuple[tuple[str, str], Operation]]:
    """Yield the operation by GET and by POST; `one` is the parameter of the path that names a resource."""
    made = "ValueSet" if definition.name == "expand" else "Parameters"
    answers = {200: answer(f"{made} with the answer", addresses.resource(made))}
    forms = (*map(addresses.result, FORMS), PREFER)
    sent = [each for each in definition.inputs if each.use is not Use.REFUSED]
    # The resource of the path is the code system or value set.
    examples = {
        name: code
        for name, code in _EXAMPLES[definition.resource_type].items()
        if not (one and name in {"url", "system"})
    }
    own = (_parameter(each, examples) for each in sent if each.is_primitive)
    yield ("get", path), Operation(definition.text, answers, (*one, *own, *forms), faults=_FAULTS)
    yield (
        ("post", path),
        Operation(
            f"{definition.text}: the inputs in Parameters",
            answers,
            (*one, *forms),
            _body(sent),
            faults=(*_FAULTS, 413, 415),
        ),
    )


def _parameter(found: Input, examples: Mapping[str, str]) -> Json:
    said = parameter(found.name, found.text, _SCHEMAS.get(found.type, TEXT))
    return said | ({"example": examples[found.name]} if found.name in examples else {})


def _body(inputs: list[Input]) -> Content:
    sent = record({"name": one_of(each.name for each in inputs)})
    parameters = record({"resourceType": {"const": "Parameters"}, "parameter?": list_of(sent)})
    return dict.fromkeys(JSON_TYPES, parameters) | {name: {} for name in XML_TYPES}
