"""Checks documents before they are loaded: with fhir.resources, and for faults that it does not find."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

import orjson

from app.fhir import stored, systems
from app.register.fields import Entry
from app.register.query import Stamp
from indexer.report import printable

Mode = Literal["none", "sample", "all"]

_EVERY = 100
is_id = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
"""Returns a match if a text can be the id of a resource."""
_TELECOM_SYSTEMS = {"phone", "fax", "email", "pager", "url", "sms", "other"}
_MODELS = {"stu3": "fhir.resources.STU3", "r4": "fhir.resources.R4B"}
_R4_TYPES = {
    "organisation": ("Organization", systems.R4_ORGANIZATION),
    "affiliation": ("OrganizationAffiliation", systems.R4_ORGANIZATION_AFFILIATION),
}
"""Resource types and profiles of the kinds of entries whose id is that of the resource."""
_STAMP = Stamp(1, 0)
"""Stands for the stamp that a document is given when it is served."""


class Invalid(Exception):
    """A document is not valid; the text names its id, the fault and the place of the fault."""


@dataclass(frozen=True)
class Validate:
    """Checks no document, a sample (each hundredth, and those of records with a warning) or all."""

    mode: Mode

    def wants(self, nth: int, *, warned: bool) -> bool:
        """Return whether to check the `nth` record of a file; `warned`: it had a warning."""
        return self.mode == "all" or (self.mode == "sample" and (warned or nth % _EVERY == 0))

    def check(self, kind: str, entry: Entry, *, odd_id: bool = False) -> None:
        """Check every FHIR document of an entry of a kind; raises Invalid.

        Unusual ODS codes are accepted (hscorgrefdata 3), so `odd_id` turns off the check of the id.
        """
        for interface in filter(entry.documents.__contains__, _MODELS):
            for fault in _faults(interface, orjson.loads(_whole(interface, kind, entry)), odd_id=odd_id):
                raise Invalid(f"{entry.id}: its {interface.upper()} document is not valid FHIR: {fault}")


def _whole(interface: str, kind: str, entry: Entry) -> bytes:
    """Return a document of an entry as it is served."""
    document = entry.documents[interface]
    if interface != "r4":
        return document
    if kind in _R4_TYPES:
        resource_type, profiles = _R4_TYPES[kind]
        return stored.whole(resource_type, entry.id, _STAMP, profiles, document)
    resource_type, resource_id = entry.id.split("/", 1)
    return stored.whole(resource_type, resource_id, _STAMP, (), document)


def _faults(interface: str, document: dict[str, Any], *, odd_id: bool) -> Iterator[str]:
    yield from _empty(document, document["resourceType"])
    if odd_id:
        document = document | {"id": "odd"}
    if not is_id(document["id"]):
        yield f'the id "{printable(document["id"])}" is not a FHIR id'
    for telecom in document.get("telecom", ()):
        if telecom["system"] not in _TELECOM_SYSTEMS:
            yield f'telecom.system "{telecom["system"]}" is not in its required value set'
    try:
        _model(interface, document["resourceType"]).model_validate(document)
    except ValueError as error:
        yield str(error).replace("\n", " ")


def _empty(value: Any, path: str) -> Iterator[str]:
    """Yield the places of empty strings, arrays and objects and of nulls, which FHIR forbids."""
    if value in ("", [], {}, None) or (isinstance(value, str) and not value.strip()):
        yield f"{path} is empty"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _empty(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _empty(inner, path)


@cache
def _model(interface: str, resource_type: str) -> Any:
    # Imported at first use: a server never needs it.
    module = import_module(f"{_MODELS[interface]}.{resource_type.lower()}")
    return getattr(module, resource_type)
