"""The ORD documents of a register (ord 4.7, 5, 7, 8): records, summaries, code systems, deletions."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from app.clock import midnight
from app.ord.systems import SYSTEMS
from app.search.fields import Entry, spaced
from indexer.documents.codes import by_number, number
from indexer.organisation import Address, Organisation, Period, Relationship, Role, Succession, Target

_ROOT = "2.16.840.1.113883.2.1.3.2.4.18.48"
_AUTHORITY = "HSCIC"
_LINES = ("AddrLn1", "AddrLn2", "AddrLn3", "Town", "County", "PostCode", "Country")
_UPRN_DIGITS = 12

Json = dict[str, Any]
Scheme = tuple[str, str]
"""Root and assigning authority of ODS codes."""


def record(organisation: Organisation) -> bytes:
    """Return the whole record of an organisation."""
    scheme = (organisation.root or _ROOT, organisation.assigning_authority or _AUTHORITY)
    body = {
        "Name": organisation.name,
        "Date": _dates(organisation.periods),
        "OrgId": _org_id(organisation.code, scheme),
        "Status": organisation.status,
        "LastChangeDate": organisation.last_change,
        "orgRecordClass": organisation.record_class,
        "refOnly": organisation.ref_only,
        "GeoLoc": organisation.address and {"Location": _location(organisation.address)},
        "Contacts": _list("Contact", [contact._asdict() for contact in organisation.contacts]),
        "Roles": _list("Role", [_role(role) for role in organisation.roles]),
        "Rels": _list("Rel", [_relationship(each, scheme) for each in organisation.relationships]),
        "Succs": _list("Succ", [_succession(each, scheme) for each in organisation.successions]),
    }
    return spaced({"Organisation": _held(body)})


def summary(organisation: Organisation, roles: Mapping[str, str]) -> bytes:
    """Return what a list says of an organisation, but for its link; `roles` are display names by id."""
    primary = next(role.id for role in organisation.roles if role.primary)
    body = {
        "Name": organisation.name,
        "OrgId": organisation.code,
        "Status": organisation.status,
        "OrgRecordClass": organisation.record_class,
        "PostCode": organisation.address and organisation.address.postcode,
        "LastChangeDate": organisation.last_change,
        "PrimaryRoleId": primary,
        "PrimaryRoleDescription": roles.get(primary),
    }
    return spaced(_held(body))


def code_lists(concepts: Mapping[str, Mapping[str, str]], primary_roles: Collection[str]) -> Iterator[Entry]:
    """Yield the code systems, whole and by code; `concepts` are display names by code, by system."""
    for path, system in SYSTEMS.items():
        rows = {}
        for code_id in sorted(concepts[system.name], key=by_number):
            named = {"id": code_id, "code": number(code_id), "displayName": concepts[system.name][code_id]}
            if path == "roles":
                named["primaryRole"] = "true" if code_id in primary_roles else "false"
            rows[code_id] = _held(named)
        yield _code_list(path, system.container, rows.values())
        for code_id, each in rows.items():
            yield _code_list(f"{path}/{code_id.upper()}", system.container, [each])


def deletion(code: str, primary_role: str | None, missed: str) -> Entry:
    """Return the entry of an organisation that was there and is no more from the release of a date on."""
    body = {
        "OrgID": code,
        "PrimaryRoleId": primary_role,
        "time": f"{missed} 00:00:00",
        "type": {"code": 1, "description": "Machine"},
    }
    return Entry(code, {"missed": midnight(date.fromisoformat(missed))}, {"ord": spaced(_held(body))})


def _code_list(entry_id: str, container: str, rows: Iterable[Json]) -> Entry:
    return Entry(entry_id, {}, {"ord": spaced({container: list(rows)})})


def _held(body: Json) -> Json:
    """Leave out what has no value: absent, empty, or a mark that is not set."""
    return {key: value for key, value in body.items() if value or type(value) is int}


def _list(name: str, items: list[Json]) -> Json:
    return {name: items} if items else {}


@lru_cache(maxsize=16_384)  # very many parts have the same ones
def _dates(periods: tuple[Period, ...]) -> list[Json]:
    """Return Operational before Legal, whatever the order of the data."""
    ordered = sorted(periods, key=lambda period: period.type != "Operational")
    return [_held({"Type": period.type, "Start": period.start, "End": period.end}) for period in ordered]


def _location(address: Address) -> Json:
    *lines, uprn = address
    return _held({**dict(zip(_LINES, lines, strict=True)), "UPRN": uprn and _uprn(uprn)})


def _uprn(text: str) -> int | str:
    """Return a number where it can be told from the text and back."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _UPRN_DIGITS and text[0] != "0"
    return int(text) if is_number else text


def _role(role: Role) -> Json:
    return _held(
        {
            "id": role.id,
            "uniqueRoleId": role.unique_id,
            "primaryRole": role.primary,
            "Date": _dates(role.periods),
            "Status": role.status,
        }
    )


def _relationship(relationship: Relationship, scheme: Scheme) -> Json:
    return _held(
        {
            "Date": _dates(relationship.periods),
            "Status": relationship.status,
            "Target": _target(relationship.target, scheme),
            "id": relationship.id,
            "uniqueRelId": relationship.unique_id,
        }
    )


def _succession(succession: Succession, scheme: Scheme) -> Json:
    return _held(
        {
            "uniqueSuccId": succession.unique_id,
            "Date": _dates(succession.periods),
            "Type": succession.type,
            "Target": _target(succession.target, scheme),
            "forwardSuccession": succession.forward,
        }
    )


@lru_cache(maxsize=65_536)
def _target(target: Target, scheme: Scheme) -> Json:
    primary = _held({"id": target.primary_role, "uniqueRoleId": target.unique_role_id})
    return _held({"OrgId": _org_id(target.code, scheme), "PrimaryRoleId": primary})


def _org_id(code: str, scheme: Scheme) -> Json:
    root, authority = scheme
    return {"root": root, "assigningAuthorityName": authority, "extension": code}
