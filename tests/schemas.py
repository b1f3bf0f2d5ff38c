"""Validation by JSON Schema and of OpenAPI, for tests.

What it needs takes over a second to import, since it compiles the grammar of addresses: it is imported by the
process that validates, not by each one that only collects the tests.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Json = dict[str, Any]


def validator(schema: Json) -> "Draft202012Validator":
    """Return what validates against a schema, formats too."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    return Draft202012Validator(schema, format_checker=FormatChecker())


def validate_openapi(document: Json) -> None:
    """Demand that a document is OpenAPI."""
    from openapi_spec_validator import validate  # noqa: PLC0415

    validate(document)
