"""The registry of search parameters, read from SearchParameter resources."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from app.fhir.readers import Reader

_TYPE = "type"
"""Stands for the modifiers of a reference that are names of types."""
_MODIFIERS = {
    "string": {"contains", "exact", "missing"},
    "token": {"not", "missing"},
    "date": {"missing"},
    "uri": {"missing"},
    "reference": {"identifier", "missing", _TYPE},
    "composite": set(),
}
"""The modifiers that can be supported, by type of parameter."""


@dataclass(frozen=True)
class SearchParameter:
    """One search parameter of one resource type, and how its values are read."""

    name: str
    type: str
    reader: Reader
    modifiers: tuple[str, ...]
    description: str
    definition: str
    """The canonical URL of its SearchParameter."""
    expression: str
    """Where its values are, in FHIRPath."""

    @property
    def documentation(self) -> str | None:
        """The documentation in a CapabilityStatement: the supported modifiers, or None."""
        return f"Modifiers: {', '.join(f':{name}' for name in self.modifiers)}" if self.modifiers else None


def read(folder: Traversable, readers: Mapping[str, Reader]) -> dict[str, dict[str, SearchParameter]]:
    """Return the parameters by base type and name; `readers` holds a reader for each FHIRPath expression.

    Raises ValueError for an unsupported type, expression or modifier: the server must not start with it.
    """
    registry: dict[str, dict[str, SearchParameter]] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        resource: dict[str, Any] = json.loads(file.read_bytes())
        kind, modifiers = resource["type"], resource.get("modifier", ())
        for base in resource["base"]:
            expression = _of(base, resource["expression"])
            if kind not in _MODIFIERS or expression not in readers or set(modifiers) - _MODIFIERS[kind]:
                raise ValueError(
                    f"{file.name} cannot be used: its type, expression or a modifier is not supported"
                )
            named = [
                name
                for modifier in modifiers
                for name in (resource["target"] if modifier == _TYPE else (modifier,))
            ]
            registry.setdefault(base, {})[resource["code"]] = SearchParameter(
                resource["code"],
                kind,
                readers[expression],
                tuple(named),
                resource["description"],
                resource["url"],
                expression,
            )
    return registry


def _of(base: str, expression: str) -> str:
    """Return the parts of an expression that are of a type."""
    starts = (f"{base}.", f"({base}.")
    return " | ".join(part for part in expression.split(" | ") if part.startswith(starts))
