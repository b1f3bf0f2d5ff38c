"""The registry of search parameters, read from SearchParameter resources."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.abc import Traversable
from typing import Any

from app.fhir.readers import Reader

_MODIFIERS = {
    "string": {"contains", "exact", "missing"},
    "token": {"not", "missing"},
    "date": {"missing"},
    "uri": {"missing"},
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
        kind, expression = resource["type"], resource["expression"]
        modifiers = tuple(resource.get("modifier", ()))
        if kind not in _MODIFIERS or expression not in readers or set(modifiers) - _MODIFIERS[kind]:
            raise ValueError(
                f"{file.name} cannot be used: its type, expression or a modifier is not supported"
            )
        parameter = SearchParameter(
            resource["code"],
            kind,
            readers[expression],
            modifiers,
            resource["description"],
            resource["url"],
        )
        for base in resource["base"]:
            registry.setdefault(base, {})[parameter.name] = parameter
    return registry
