"""The words in which interfaces describe their addresses: parts of an OpenAPI document.

https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Content = Mapping[str, Json]
"""The schema of a body by media type; an empty one where the media type says all."""

TEXT: Json = {"type": "string"}
DATE: Json = {"type": "string", "format": "date"}
TRUTH: Json = {"type": "boolean"}
TRUE_OR_FALSE: Json = {"type": "string", "enum": ["true", "false"]}
"""A truth as a parameter has it."""
ERROR: Content = {"application/json": {"$ref": "#/components/schemas/Error"}, "text/html": {}}
"""The content of errors of all addresses outside the other interfaces: data, or a page for a browser."""


@dataclass(frozen=True)
class Operation:
    """What one method of one address takes and answers."""

    summary: str
    answers: Mapping[int, Json]
    """By status, the answers that are no errors."""
    parameters: tuple[Json, ...] = ()
    body: Content | None = None
    faults: tuple[int, ...] = ()
    """The statuses of errors, besides those that every address may answer."""


@dataclass(frozen=True)
class Described:
    """The addresses of one interface."""

    name: str
    text: str
    operations: Mapping[tuple[str, str], Operation]
    """By method, such as ``get``, and path, such as ``/organisations/{code}``."""
    errors: Content = field(default_factory=lambda: ERROR)
    schemas: Mapping[str, Json] = field(default_factory=dict)
    more: str = ""
    """The address of the standard, if it follows one."""


def parameter(name: str, text: str, schema: Json = TEXT, *, where: str = "query") -> Json:
    """Return a parameter that may be left out."""
    return {"name": name, "in": where, "description": text, "schema": schema}


def needed(name: str, text: str, example: str, schema: Json = TEXT, *, where: str = "path") -> Json:
    """Return a parameter that must be given, with an example of what many registers have."""
    return parameter(name, text, schema, where=where) | {"required": True, "example": example}


def whole(least: int, most: int | None = None) -> Json:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": least, **({} if most is None else {"maximum": most})}


def answer(text: str, content: Content, headers: Mapping[str, str] | None = None) -> Json:
    """Return an answer; `headers` are texts by name."""
    described = {name: {"description": said, "schema": TEXT} for name, said in (headers or {}).items()}
    return {
        "description": text,
        "content": written(content),
        **({"headers": described} if described else {}),
    }


def written(content: Content) -> Json:
    """Return content as the document has it."""
    return {name: {"schema": schema} if schema else {} for name, schema in content.items()}


def kept(answered: Json) -> dict[int, Json]:
    """Return the answers of an address whose answers have validators."""
    return {200: answered, 304: {"description": "What the client has is still true"}}


def one_of(values: Iterable[str]) -> Json:
    """Return the schema of a text that is one of some values."""
    return {"type": "string", "enum": list(values)}


def list_of(schema: Json) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def ref(name: str) -> Json:
    """Return a reference to one of the schemas that an interface names."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(members: Mapping[str, Json], text: str = "") -> Json:
    """Return the schema of an object; members whose names end in ``?`` may be absent."""
    return {
        "type": "object",
        **({"description": text} if text else {}),
        "required": [name for name in members if not name.endswith("?")],
        "properties": {name.removesuffix("?"): schema for name, schema in members.items()},
    }
