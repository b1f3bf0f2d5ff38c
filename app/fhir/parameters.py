"""The registry of search parameters, read from SearchParameter resources, and clauses they have in common."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.abc import Traversable
from typing import Any

from app.register.query import Clause, Operator, Test

_TYPES = {"string", "token", "date", "uri"}
_MODIFIERS = {
    "string": {"contains", "exact", "missing"},
    "token": {"not", "missing"},
    "date": {"missing"},
    "uri": {"missing"},
}


@dataclass(frozen=True)
class SearchParameter:
    """One search parameter of one resource type, and the field it reads."""

    name: str
    type: str
    field: str
    modifiers: tuple[str, ...]
    description: str
    definition: str
    """The canonical URL of its SearchParameter."""

    @property
    def documentation(self) -> str | None:
        """The documentation in a CapabilityStatement: the supported modifiers, or None."""
        return f"Modifiers: {', '.join(f':{name}' for name in self.modifiers)}" if self.modifiers else None


def read(folder: Traversable, expressions: Mapping[str, str]) -> dict[str, dict[str, SearchParameter]]:
    """Return the parameters by base type and name; `expressions` maps FHIRPath expressions to fields.

    Raises ValueError for an unsupported type, expression or modifier: the server must not start with it.
    """
    registry: dict[str, dict[str, SearchParameter]] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        resource: dict[str, Any] = json.loads(file.read_bytes())
        kind, expression = resource["type"], resource["expression"]
        modifiers = tuple(resource.get("modifier", ()))
        if kind not in _TYPES or expression not in expressions or set(modifiers) - _MODIFIERS[kind]:
            raise ValueError(
                f"{file.name} cannot be used: its type, expression or a modifier is not supported"
            )
        parameter = SearchParameter(
            resource["code"],
            kind,
            expressions[expression],
            modifiers,
            resource["description"],
            resource["url"],
        )
        for base in resource["base"]:
            registry.setdefault(base, {})[parameter.name] = parameter
    return registry


STRING_OPERATORS = {"": Operator.PREFIX, "contains": Operator.CONTAINS, "exact": Operator.EQ}
"""The operator of a string parameter by its modifier; "" is no modifier (fhir-search 17, 20)."""


def missing(field: str, *, is_missing: bool) -> Clause:
    """Return the clause for `:missing=true` or `:missing=false` (fhir-search 21)."""
    return Clause((Test(field, Operator.PRESENT),), negated=is_missing)
