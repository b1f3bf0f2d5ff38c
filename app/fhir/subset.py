"""`_summary` and `_elements`: which elements of a resource an answer contains (fhir-search 56 to 59)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

Resource = dict[str, Any]


@dataclass(frozen=True)
class Subset:
    """The elements that a request asks for; without either field, the whole resource."""

    summary: str | None = None
    """``true``, ``text``, ``data`` or ``false``; the Bundle deals with ``count``."""
    elements: frozenset[str] | None = None
    """Names of top-level elements; they win over `summary`."""

    @property
    def whole(self) -> bool:
        """Whether resources are sent whole."""
        return self.elements is None and self.summary not in {"true", "text", "data"}

    @property
    def of_included(self) -> "Subset":
        """The elements of included resources: names of elements are those of the matches."""
        return self if self.elements is None else Subset()


@dataclass(frozen=True)
class Definitions:
    """Facts of one FHIR version: elements by resource type, and the system of the SUBSETTED tag."""

    summary: Mapping[str, Mapping[str, Any]]
    """Summary elements by type and name; the value holds the element's own ones, or is empty for all."""
    mandatory: Mapping[str, frozenset[str]]
    tag_system: str

    @staticmethod
    def read(elements: bytes, tag_system: str) -> "Definitions":
        """Return the facts that a file `elements.json` states."""
        facts: dict[str, Any] = orjson.loads(elements)
        return Definitions(
            summary={name: each["summary"] for name, each in facts.items()},
            mandatory={name: frozenset(each["mandatory"]) for name, each in facts.items()},
            tag_system=tag_system,
        )

    def cut(self, resource: Resource, subset: Subset) -> Resource:
        """Return the resource cut to the subset and tagged SUBSETTED, or unchanged if the subset is whole."""
        if subset.whole:
            return resource
        kind = resource["resourceType"]
        always = {"resourceType", "id", "meta"} | self.mandatory.get(kind, frozenset())
        if subset.elements is not None:
            return self._tagged(_only(resource, always | subset.elements))
        if subset.summary == "text":
            return self._tagged(_only(resource, always | {"text"}))
        if subset.summary == "true":
            return self._tagged(_summary(resource, {**{name: {} for name in always}, **self.summary[kind]}))
        return {key: value for key, value in resource.items() if key != "text"}

    def _tagged(self, resource: Resource) -> Resource:
        tag = {"system": self.tag_system, "code": "SUBSETTED", "display": "subsetted"}
        cut: Resource = {"resourceType": resource["resourceType"]}
        if "id" in resource:
            cut["id"] = resource["id"]
        meta = resource.get("meta", {})
        cut["meta"] = {**meta, "tag": [*meta.get("tag", ()), tag]}
        return {**cut, **{key: value for key, value in resource.items() if key != "meta"}}


def _only(resource: Resource, names: set[str]) -> Resource:
    return {key: value for key, value in resource.items() if key in names}


def _summary(value: Any, elements: Mapping[str, Any]) -> Any:
    """Keep the summary elements of an object, or of each object of a list; no elements means all."""
    if not elements:
        return value
    if isinstance(value, list):
        return [_summary(item, elements) for item in value]
    return {key: _summary(inner, elements[key]) for key, inner in value.items() if key in elements}
