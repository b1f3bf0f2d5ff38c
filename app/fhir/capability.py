"""Fills a CapabilityStatement from the registry of search parameters and the routes (fhir-search K)."""

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
    """Return `rest.resource`: add interactions and search parameters to each resource of `frame`.

    `interactions` holds the codes of the interactions that have a route, by resource type. Raises ValueError
    if the frame names an unknown parameter or leaves out a search parameter.
    """
    filled = []
    for resource in frame:
        kind = resource["type"]
        names = [each["name"] for each in resource["searchParam"]]
        if unknown := [name for name in names if name not in search[kind] and name not in result]:
            raise ValueError(f"{kind}: the CapabilityStatement names {unknown}, which are no parameters")
        if missing := set(search[kind]) - set(names):
            raise ValueError(f"{kind}: the CapabilityStatement leaves out {sorted(missing)}")
        filled.append(
            _with_interactions(resource, interactions[kind])
            | {"searchParam": [_parameter(name, search[kind], result) for name in names]}
        )
    return filled


def _with_interactions(resource: Json, codes: Iterable[str]) -> Json:
    """Insert the interactions before `versioning`, as FHIR's order of elements demands."""
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
        described: Json = {"name": name, "definition": parameter.definition, "type": parameter.type}
        documentation = parameter.documentation
    else:
        kind, documentation = result[name]
        described = {"name": name, "type": kind}
    return described | ({"documentation": documentation} if documentation else {})
