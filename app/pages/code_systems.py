"""The code systems of the register as pages show them, read from its CodeSystem resources (fhir-r4 9)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from app.engine.port import Index, Register
from app.pages import about
from app.register.query import Clause, Operator, Query, Test
from app.register.resources import of_type
from app.web.message import Fault, FaultKind, quote

ROLES, RELATIONSHIPS, RECORD_CLASSES = "ODSOrganisationRole", "ODSRelationship", "ODSRecordClass"
"""The ids of the code systems whose codes organisations have (fhir-r4 9.1)."""
_ORGANISATIONS = "ods-organization-code"
_INSTANCES = {
    "organization-role-instance": Query(
        "instance", (Clause((Test("type", Operator.EQ, "role"),)),), size=1, total=False
    ),
    "organization-relationship-instance": Query("affiliation", size=1, total=False),
    "succession": Query(
        "instance", (Clause((Test("type", Operator.EQ, "succession"),)),), size=1, total=False
    ),
}
"""What finds one of the codes that are made of the register, by the id of the code system (fhir-r4 9.3)."""
_ALL = Query(
    "resource", (Clause((Test("type", Operator.EQ, of_type("r4", "CodeSystem")),)),), size=None, total=False
)
_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")

Json = Mapping[str, Any]


class Part(NamedTuple):
    """A part of a text; `link` is an address, or empty."""

    text: str
    link: str = ""


class Property(NamedTuple):
    """A property that the codes of a code system may have."""

    code: str
    description: str
    type: str


class Concept(NamedTuple):
    """A code, what it means, and its properties as people read them; display and definition may be empty."""

    code: str
    display: str
    definition: str
    properties: Mapping[str, str]


class CodeSystem(NamedTuple):
    """A code system; `concepts` is empty where its codes are made of the register."""

    id: str
    url: str
    version: str
    title: str
    number: int
    """How many codes it has."""
    description: list[list[Part]]
    """By paragraph."""
    properties: list[Property]
    concepts: list[Concept]
    is_listed: bool
    """Whether `concepts` are all of its codes."""

    @property
    def of_organisations(self) -> bool:
        """Whether its codes are those of organisations (ODS codes)."""
        return self.id == _ORGANISATIONS

    def concept(self, code: str) -> Concept:
        """Return a code, whatever its case; raises Fault."""
        for same in (code, code.upper()):
            for concept in self.concepts:
                if concept.code == same:
                    return concept
        raise Fault(FaultKind.NOT_FOUND, f'{self.title} lists no code "{quote(code)}"')


def every(register: Register) -> list[CodeSystem]:
    """Return all code systems: those that list their codes first, each kind by title."""
    found = [_code_system(match.id, match.document) for match in register.search(_ALL, "r4").matches]
    return sorted(found, key=lambda each: (not each.is_listed, each.title))


def read(index: Index, system_id: str) -> tuple[Register, CodeSystem]:
    """Return the live register and one of its code systems; raises Fault."""
    register, match = index.read("resource", f"CodeSystem/{system_id}", "r4")
    if match is None:
        raise Fault(FaultKind.NOT_FOUND, f'No code system has the id "{quote(system_id)}"')
    return register, _code_system(match.id, match.document)


def _code_system(entry_id: str, document: bytes) -> CodeSystem:
    resource = orjson.loads(document)
    concepts = [_concept(each) for each in resource.get("concept", ())]
    return CodeSystem(
        entry_id.partition("/")[2],
        resource["url"],
        resource["version"],
        resource["title"],
        resource.get("count", len(concepts)),
        [_parts(each) for each in re.split(r"[\r\n]{2,}", resource["description"]) if each.strip()],
        [
            Property(each["code"], each.get("description", ""), each["type"])
            for each in resource.get("property", ())
        ],
        concepts,
        resource["content"] == "complete",
    )


def _concept(concept: Json) -> Concept:
    properties = {each["code"]: _shown(each) for each in concept.get("property", ())}
    return Concept(concept["code"], concept.get("display", ""), concept.get("definition", ""), properties)


def _shown(stated: Json) -> str:
    (value,) = (value for name, value in stated.items() if name.startswith("value"))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _parts(text: str) -> list[Part]:
    """Return the parts of a paragraph; of Markdown only links are read."""
    pieces = _LINK.split(text)
    found = [Part(piece) for piece in pieces]
    found[1::3] = [Part(*pair) for pair in zip(pieces[1::3], pieces[2::3], strict=True)]
    return [part for at, part in enumerate(found) if at % 3 != 2]


def examples(register: Register, found: CodeSystem, base: str) -> Iterator[about.Example]:
    """Yield requests about a code system; `base` is the server's public address."""
    if code := _some_code(register, found):
        yield about.to_try(base, f"What {code} is", lookup(found.url, code))
    asked = {"url": f"{found.url}/vs", "filter": "leeds" if found.of_organisations else "", "count": "5"}
    what = "Organisations that fit a text" if found.of_organisations else "Its first codes"
    yield about.to_try(base, what, f"/R4/ValueSet/$expand?{_written(asked)}")


def lookup(url: str, code: str) -> str:
    """Return the path that asks what a code is."""
    return f"/R4/CodeSystem/$lookup?{_written({'system': url, 'code': code})}"


def _some_code(register: Register, found: CodeSystem) -> str:
    """Return a code of a code system, or an empty text if it has none."""
    if found.is_listed:
        return found.concepts[0].code if found.concepts else ""
    if found.of_organisations:
        return about.example(register)
    matches = register.search(_INSTANCES[found.id], None).matches
    return matches[0].id.rpartition("/")[2] if matches else ""


def _written(asked: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value}, safe=":/")
