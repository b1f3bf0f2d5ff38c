"""R4's conformance resources of a register: its code systems and their value sets, and what describes R4.

Rules: fhir-r4 9 and 11. Titles, descriptions and properties of code systems are in
`capability/r4/code-systems.json`. Published resources are files of their own, and so are search parameters.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

import orjson

from app.clock import midnight
from app.fhir import systems
from app.r4.operation_definitions import DEFINITIONS
from app.r4.operation_definitions import TYPE as DEFINED
from app.register.fields import Entry, Value
from app.register.resources import elements, of_type
from indexer.documents.codes import by_number
from indexer.documents.ord import ROOT
from indexer.release import CodeSystem
from indexer.validate import is_id

FOLDER = files("capability") / "r4"
_PUBLISHED = ("CodeSystem", "ValueSet", "StructureDefinition", "SearchParameter")
"""The types of the resources that are files."""
_PUBLISHER = "NHS England"
_OID = "urn:oid:"
_TEXTS = ("name", "title", "publisher", "description")

Json = dict[str, Any]


@dataclass(frozen=True)
class Register:
    """What the conformance resources say of the register of a release."""

    published: str
    """The PublicationDate of the release."""
    code_systems: Mapping[str, CodeSystem]
    """The code systems of the release by name, with the codes that only records have."""
    primary_roles: Collection[str]
    software: str
    """The version of the software."""
    counts: Mapping[str, int]
    """How many codes the code systems have that are made of the register, by id."""


def resources(register: Register) -> Iterator[Entry]:
    """Yield the conformance resources of a register."""
    of_release, of_register = list(_of_release(register)), list(_of_register(register))
    found = {name: list(_files(name)) for name in _PUBLISHED}
    found["CodeSystem"] += [*of_release, *of_register]
    found["ValueSet"] += [_value_set(each, register.published) for each in found["CodeSystem"]]
    found["NamingSystem"] = [_naming_system(each, "codesystem", _oid(each)) for each in of_release]
    (ods_codes,) = (each for each in of_register if each["url"] == systems.ODS_CODE)
    found["NamingSystem"].append(_naming_system(ods_codes, "identifier", ROOT))
    found[DEFINED] = [each.resource(register.software) for each in DEFINITIONS]
    for name, bodies in found.items():
        for body in bodies:
            yield _entry(name, body)


def _files(resource_type: str) -> Iterator[Json]:
    for file in sorted((FOLDER / resource_type).iterdir(), key=lambda file: file.name):
        yield orjson.loads(file.read_bytes())


def _entry(resource_type: str, body: Json) -> Entry:
    """Return the entry of a resource; its document lacks what is added when it is served."""
    fields: dict[str, Value] = {
        "type": (of_type("r4", resource_type),),
        "status": (body["status"],),
        "element": tuple(elements(body)),
        **{name: body.get(name) for name in _TEXTS},
    }
    # An OperationDefinition has its address as its url, of which the base is not known yet.
    url = f"/{DEFINED}/{body['id']}" if resource_type == DEFINED else body.get("url")
    if url:
        fields["url"] = (url, *([f"{url}|{body['version']}"] if "version" in body else ()))
    if "date" in body:
        fields["date"] = midnight(date.fromisoformat(body["date"]))
    if "uniqueId" in body:
        fields["unique"] = tuple(each["value"] for each in body["uniqueId"])
    document = {key: value for key, value in body.items() if key not in {"resourceType", "id"}}
    return Entry(f"{resource_type}/{body['id']}", fields, {"r4": orjson.dumps(document)})


# Code systems


def _described() -> Any:
    return orjson.loads((FOLDER / "code-systems.json").read_bytes())


def _of_release(register: Register) -> Iterator[Json]:
    """Yield the code systems that the release states; one whose name can be no id is left out."""
    known = {each["name"]: each for each in _described()["release"]}
    for system in register.code_systems.values():
        name = system.name
        told = known.get(name, {"id": name, "title": name, "description": f"The codes of {name}."})
        if is_id(_value_set_id(told)):
            is_primary = register.primary_roles if name == "OrganisationRole" else None
            concepts = [
                _concept(code, system.concepts[code], is_primary)
                for code in sorted(system.concepts, key=by_number)
            ]
            url = f"{systems.R4_ODS_SYSTEMS}/{told['id']}"
            yield _code_system(register, {**told, "url": url}, system.oid, concepts)


def _concept(code: str, display: str, primary: Collection[str] | None) -> Json:
    """Return a concept; `primary` are the primary roles, if it is a role."""
    concept: Json = {"code": code}
    if display:
        concept["display"] = display
    if primary is not None:
        concept["property"] = [{"code": "primaryRole", "valueBoolean": code in primary}]
    return concept


def _of_register(register: Register) -> Iterator[Json]:
    """Yield the code systems whose codes are in the register itself."""
    for told in _described()["register"]:
        properties = [each for stated in told["property"] for each in _properties(register, stated)]
        yield _code_system(register, {**told, "property": properties})


def _properties(register: Register, stated: Json) -> Iterator[Json]:
    """Yield a property, or one for each code of the code system of the release that it names."""
    if "each" not in stated:
        yield stated
        return
    concepts = register.code_systems[stated["each"]].concepts
    for code in sorted(concepts, key=by_number):
        told = stated["description"].format(concepts[code] or code)
        yield {"code": code, "description": told, "type": stated["type"]}


def _code_system(
    register: Register, told: Json, oid: str = "", concepts: Iterable[Json] | None = None
) -> Json:
    """Return a code system; without concepts its content is not present (fhir-r4 9.3)."""
    listed = list(concepts or ())
    count = register.counts[told["id"]] if concepts is None else len(listed)
    return {
        "id": told["id"],
        "url": told["url"],
        **({"identifier": [{"system": "urn:ietf:rfc:3986", "value": f"{_OID}{oid}"}]} if oid else {}),
        "version": register.published,
        "name": told["title"].replace(" ", ""),
        "title": told["title"],
        "status": "active",
        "date": register.published,
        "publisher": _PUBLISHER,
        "description": told["description"],
        "caseSensitive": True,
        "valueSet": f"{told['url']}/vs",
        "content": "not-present" if concepts is None else "complete",
        "count": count,
        **({"property": told["property"]} if "property" in told else {}),
        **({"concept": listed} if listed else {}),
    }


# Value sets and naming systems


def _value_set_id(code_system: Json) -> str:
    return f"{code_system['id']}-vs"


def _value_set(code_system: Json, published: str) -> Json:
    """Return the value set of all codes of a code system (fhir-r4 11)."""
    return {
        "id": _value_set_id(code_system),
        "url": f"{code_system['url']}/vs",
        "version": published,
        "name": f"{code_system['name']}All",
        "title": f"All codes of {code_system['title']}",
        "status": "active",
        "date": published,
        "publisher": _PUBLISHER,
        "description": f"All codes of the code system {code_system['title']}.",
        "compose": {"include": [{"system": code_system["url"]}]},
    }


def _oid(code_system: Json) -> str:
    """Return the OID of a code system, or nothing if it has none."""
    return "".join(each["value"].removeprefix(_OID) for each in code_system.get("identifier", ()))


def _naming_system(named: Json, kind: str, oid: str) -> Json:
    """Return the naming system of a code system (fhir-r4 11)."""
    return {
        "id": named["id"],
        "name": named["name"],
        "status": "active",
        "kind": kind,
        "date": named["date"],
        "publisher": _PUBLISHER,
        "description": named["description"],
        "uniqueId": [
            {"type": "uri", "value": named["url"], "preferred": True},
            *([{"type": "oid", "value": oid}] if oid else ()),
        ],
    }
