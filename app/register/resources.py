"""The terms of entries of the kind `resource`: which type they are, and what their coded elements say.

A coded element is one that a search parameter compares without folding: a code, a url, true or false. All are
terms of one field, since there are many and each is of few types.
"""

from collections.abc import Iterator, Mapping
from typing import Any

ELEMENTS = (
    "version",
    "identifier.value",
    "content",
    "concept.code",
    "compose.include.system",
    "kind",
    "code",
    "base",
    "target",
    "type",
    "abstract",
    "experimental",
    "baseDefinition",
    "derivation",
)
"""The coded elements of R4's resources that can be searched, as paths."""


def of_type(version: str, resource_type: str) -> str:
    """Return the term of the field `type`; `version` is the name of the FHIR version, as of its documents."""
    return f"{version}/{resource_type}"


def element(path: str, value: str) -> str:
    """Return a term of the field `element`: an element has this value. The path alone: it has a value."""
    return f"{path}={value}"


def elements(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield the terms of the field `element` of a resource."""
    for path in ELEMENTS:
        values = dict.fromkeys(_values(resource, path.split(".")))
        if values:
            yield path
            yield from (element(path, value) for value in values)


def _values(found: Any, path: list[str]) -> Iterator[str]:
    if isinstance(found, list):
        for each in found:
            yield from _values(each, path)
    elif not path:
        yield str(found).lower() if isinstance(found, bool) else found
    elif path[0] in found:
        yield from _values(found[path[0]], path[1:])
