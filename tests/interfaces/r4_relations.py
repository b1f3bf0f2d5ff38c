"""The relationships of the sample, from the second reading of its XML: the right answers about references."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from flask.testing import FlaskClient

from tests.interfaces.helpers import ask
from tests.interfaces.ord_release import Organisation, register
from tests.interfaces.r4_helpers import issue

R4 = "/R4/"
PRIMARY = "OrganizationAffiliation:primary-organization"
PARTICIPATING = "OrganizationAffiliation:participating-organization"

Json = dict[str, Any]


class Relationship(NamedTuple):
    """One relationship: its number, the code of the organisation that states it, and what it says."""

    id: str
    source: str
    target: str
    type: str
    status: str


@cache
def relationships() -> tuple[Relationship, ...]:
    """Return all relationships in the order of FHIR ids."""
    found = (
        Relationship(
            str(each["uniqueRelId"]),
            code,
            each["Target"]["OrgId"]["extension"],
            each["id"],
            each["Status"],
        )
        for code, organisation in register().items()
        for each in organisation.record.get("Rels", {}).get("Rel", ())
    )
    return tuple(sorted(found))


def organisations(wanted: Callable[[Organisation], bool]) -> set[str]:
    """Return the codes of the organisations that are wanted."""
    return {code for code, each in register().items() if wanted(each)}


def holds(organisation: Organisation, role: str, *, active: bool = False) -> bool:
    """Return whether an organisation has a role, or has it actively."""
    return any(
        each["id"] == role and (not active or each["Status"] == "Active")
        for each in organisation.record["Roles"]["Role"]
    )


def ids(found: Iterable[Relationship]) -> list[str]:
    """Return the ids of relationships in the order of answers."""
    return sorted(each.id for each in found)


def found(client: FlaskClient, target: str) -> Json:
    """Return the Bundle of a search that succeeds."""
    response = ask(client, f"{R4}{target}")
    assert response.status_code == 200, response.text
    body: Json = response.json or {}
    return body


def entries(bundle: Json, mode: str) -> list[str]:
    """Return what a Bundle holds for a reason, as type and id, in its order."""
    return [
        f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        for entry in bundle.get("entry", ())
        if entry["search"]["mode"] == mode
    ]


def matches(client: FlaskClient, target: str) -> list[str]:
    """Return the ids of all that a search finds, page by page."""
    all_found: list[str] = []
    while True:
        bundle = found(client, f"{target}&_count=1000&_offset={len(all_found)}")
        all_found += (each.partition("/")[2] for each in entries(bundle, "match"))
        if "next" not in {link["relation"] for link in bundle["link"]}:
            assert bundle["total"] == len(all_found)
            return all_found


def diagnostics(client: FlaskClient, target: str, status: int = 400, **headers: str) -> tuple[str, str]:
    """Return code and text of the one issue of a search that is refused."""
    return issue(ask(client, f"{R4}{target}", headers=headers), status)
