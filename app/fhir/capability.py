"""CapabilityStatements: a frame, the registry of parameters and the routes make them (fhir-search K)."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.fhir.parameters import SearchParameter

Json = dict[str, Any]


def resources(
    frame: Iterable[Json],
    interactions: Mapping[str, Iterable[str]],
    search: Mapping[str, Mapping[str, SearchParameter]],
    result: Mapping[str, tuple[str, str]],
) -> list[Json]:
    """Return `rest.resource`: each frame with its interactions and with what its search parameters are.

    `interactions` are the codes that the routes of a type carry out. Raises ValueError where the frame
    names a parameter that nothing runs, or leaves out a search parameter that works.
    """
    filled = []
    for resource in frame:
        kind = resource["type"]
        names = [each["name"] for each in resource["searchParam"]]
        if unknown := [name for name in names if name not in search[kind] and name not in result]:
            raise ValueError(f"{kind}: the CapabilityStatement names {unknown}, which nothing runs")
        if unsaid := set(search[kind]) - set(names):
            raise ValueError(f"{kind}: the CapabilityStatement leaves out {sorted(unsaid)}")
        filled.append(
            _with_interactions(resource, interactions[kind])
            | {"searchParam": [_parameter(name, search[kind], result) for name in names]}
        )
    return filled


def _with_interactions(resource: Json, codes: Iterable[str]) -> Json:
    """Put the interactions where the order of elements has them: before `versioning`."""
    filled: Json = {}
    for key, value in resource.items():
        if key == "versioning":
            filled["interaction"] = [{"code": code} for code in codes]
        filled[key] = value
    return filled


def _parameter(
    name: str, search: Mapping[str, SearchParameter], result: Mapping[str, tuple[str, str]]
) -> Json:
    if name in search:
        parameter = search[name]
        said: Json = {"name": name, "definition": parameter.definition, "type": parameter.type}
        documentation = parameter.documentation
    else:
        kind, documentation = result[name]
        said = {"name": name, "type": kind}
    return said | ({"documentation": documentation} if documentation else {})
