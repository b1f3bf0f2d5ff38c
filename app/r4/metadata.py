"""The CapabilityStatement of R4 (fhir-r4 12.1)."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.fhir import capability
from app.fhir.related import relations
from app.fhir.version import ResourceType, Served, references
from app.r4.operations import OPERATIONS, TYPE, Operation
from app.r4.parameters import FOLDER
from app.settings import DISTRIBUTION

ID = "ods-api-suite-r4"
_BEFORE = {"name": ("url", "version"), "kind": ("date",), "fhirVersion": ("software", "implementation")}

Json = dict[str, Any]


def statement(served: Served, types: Mapping[str, ResourceType]) -> Json:
    """Return the CapabilityStatement: the frame, with what the registry and the server say."""
    frame = orjson.loads((FOLDER / "CapabilityStatement.json").read_bytes())
    (rest,) = frame["rest"]
    rest["resource"] = [
        _with_operations(_documented(resource, types), served.base)
        for resource in capability.resources(rest["resource"], types, {})
    ]
    rest["interaction"] = [{"code": "batch"}]
    installed = served.installed.date().isoformat()
    release = f"ODS release {served.generation.release}" if served.generation else "No release is loaded"
    values = {
        "url": f"{served.base}/CapabilityStatement/{ID}",
        "version": served.software,
        "date": installed,
        "software": {"name": DISTRIBUTION, "version": served.software, "releaseDate": installed},
        "implementation": {"description": release, "url": served.base},
    }
    return capability.inserted(frame, _BEFORE, values)


def _documented(resource: Json, types: Mapping[str, ResourceType]) -> Json:
    """Return a resource with what FHIR has no element for: related resources, and the order of matches."""
    found = types.get(resource["type"])
    if found is None:
        return resource
    starts = [relation.start for relation in relations(references(types), found)]
    sentences = [f"_sort takes {', '.join(found.sort_keys)}, each with - before it to descend."]
    if starts:
        names = ", ".join(f"{start}PARAMETER" for start in starts)
        sentences.insert(0, f"Searched by parameters of related resources too: {names}.")
    return capability.inserted(
        resource, {"interaction": ("documentation",)}, {"documentation": " ".join(sentences)}
    )


def _with_operations(resource: Json, base: str) -> Json:
    if resource["type"] != TYPE:
        return resource
    return {**resource, "operation": [_operation(base, each) for each in OPERATIONS]}


def _operation(base: str, operation: Operation) -> Json:
    definition = f"{base}/OperationDefinition/{TYPE}-{operation.name}"
    return {"name": operation.name, "definition": definition, "documentation": operation.text}
