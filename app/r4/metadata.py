"""The statements of R4 about itself: its CapabilityStatement and TerminologyCapabilities (fhir-r4 12)."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.fhir import capability
from app.fhir.related import relations
from app.fhir.version import ResourceType, Served, references
from app.r4.operation_definitions import DEFINITIONS
from app.r4.parameters import FOLDER, RESULT
from app.r4.terminology.definitions import EXPAND, Use
from app.r4.terminology.vocabulary import CODE_SYSTEMS, COMMON
from app.settings import DISTRIBUTION

ID = "ods-api-suite-r4"
TERMINOLOGY_ID = "ods-api-suite-r4-terminology"
_BEFORE = {"name": ("url", "version"), "kind": ("date",)}
_SOFTWARE = ("software", "implementation")
_COUNT = {"_count": RESULT["_count"]}

Json = dict[str, Any]


def capability_statement(served: Served, types: Mapping[str, ResourceType]) -> Json:
    """Return the CapabilityStatement: the frame, with what the registry and the server say."""
    frame = _frame("CapabilityStatement")
    (rest,) = frame["rest"]
    named = [_named(resource, types) for resource in rest["resource"]]
    rest["resource"] = [
        _with_operations(_documented(resource, types), served.base)
        for resource in capability.resources(named, types, _COUNT)
    ]
    rest |= {"interaction": [{"code": "batch"}], "operation": _operations("", served.base)}
    values = _values(served, ID, frame)
    values["software"]["releaseDate"] = values["date"]
    return capability.inserted(frame, {**_BEFORE, "fhirVersion": _SOFTWARE}, values)


def terminology_capabilities(served: Served) -> Json:
    """Return the TerminologyCapabilities: the frame, with the code systems of the register."""
    frame = _frame("TerminologyCapabilities")
    found = served.register.search(CODE_SYSTEMS, "r4").matches if served.register else ()
    inputs = [{"name": each.name} for each in EXPAND.inputs if each.use is not Use.REFUSED]
    expansion = frame["expansion"]
    frame["expansion"] = capability.inserted(expansion, {"textFilter": ("parameter",)}, {"parameter": inputs})
    code_systems = [_code_system(orjson.loads(match.document)) for match in found]
    values = _values(served, TERMINOLOGY_ID, frame)
    if code_systems:  # an array is never empty
        values["codeSystem"] = code_systems
    before = (*_SOFTWARE, "codeSystem") if code_systems else _SOFTWARE
    return capability.inserted(frame, {**_BEFORE, "expansion": before}, values)


def _frame(resource_type: str) -> Json:
    frame: Json = orjson.loads((FOLDER / f"{resource_type}.json").read_bytes())
    return frame


def _values(served: Served, resource_id: str, frame: Json) -> Json:
    """Return what both statements say of the server."""
    release = (
        f"ODS release {served.register.generation.release}" if served.register else "No release is loaded"
    )
    return {
        "url": f"{served.base}/{frame['resourceType']}/{resource_id}",
        "version": served.software,
        "date": served.installed.date().isoformat(),
        "software": {"name": DISTRIBUTION, "version": served.software},
        "implementation": {"description": release, "url": served.base},
    }


def _code_system(resource: Json) -> Json:
    properties = [each["code"] for each in resource.get("property", ())]
    if resource["content"] == "complete":
        properties = [*COMMON, *properties]
    version = {"code": resource["version"], "isDefault": True, "property": properties}
    return {"uri": resource["url"], "version": [version]}


def _named(resource: Json, types: Mapping[str, ResourceType]) -> Json:
    """Return a resource that names parameters beside those of its searches with both."""
    if "searchParam" not in resource:
        return resource
    others = [{"name": name} for name in types[resource["type"]].search]
    return {**resource, "searchParam": [*resource["searchParam"], *others]}


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
    operations = _operations(resource["type"], base)
    return {**resource, "operation": operations} if operations else resource


def _operations(resource_type: str, base: str) -> list[Json]:
    """Return the operations of a type; without one, those of the system."""
    return [each.declared(base) for each in DEFINITIONS if each.resource_type == resource_type]
