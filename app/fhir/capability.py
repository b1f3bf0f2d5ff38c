"""Fills a CapabilityStatement from the registry of search parameters and the routes (fhir-search K)."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.fhir.parameters import SearchParameter
from app.fhir.version import ResourceType

Json = dict[str, Any]


def resources(
    frame: Iterable[Json], types: Mapping[str, ResourceType], result: Mapping[str, tuple[str, str]]
) -> list[Json]:
    """Return `rest.resource`: add interactions and search parameters to each resource of `frame`.

    A resource that names no parameters has all; one whose type is not among `types` is complete. `result`
    holds type and documentation of the result parameters. Raises ValueError if the frame names an unknown
    parameter or leaves out a search parameter.
    """
    filled = []
    for resource in frame:
        found = types.get(resource["type"])
        if found is None:
            filled.append(resource)
            continue
        names = (
            [each["name"] for each in resource["searchParam"]] if "searchParam" in resource else found.search
        )
        if unknown := [name for name in names if name not in found.search and name not in result]:
            raise ValueError(f"{found.name}: the CapabilityStatement names {unknown}, no parameters")
        if missing := set(found.search) - set(names):
            raise ValueError(f"{found.name}: the CapabilityStatement leaves out {sorted(missing)}")
        filled.append(
            _with_interactions(resource, found.interactions)
            | {"searchParam": [_parameter(name, found.search, result) for name in names]}
        )
    return filled


def inserted(frame: Json, before: Mapping[str, Iterable[str]], values: Json) -> Json:
    """Return a frame with further values, each `before` the key that FHIR's order of elements demands."""
    filled: Json = {}
    for key, value in frame.items():
        filled |= {name: values[name] for name in before.get(key, ())}
        filled[key] = value
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
