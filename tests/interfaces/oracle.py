"""What the sample release says, read a second time and by other means: the right answers for tests.

Knows nothing of the product: the zip's XML, the merge of its two files, and FHIR's folding of text.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from tests.conftest import SAMPLE

SD = "https://fhir.nhs.uk/STU3/StructureDefinition"
ROLE_CS = "https://directory.spineservices.nhs.uk/STU3/CodeSystem/ODSAPI-OrganizationRole-1"
RECORD_CLASS_CS = "https://fhir.nhs.uk/STU3/CodeSystem/ODSAPI-OrganizationRecordClass-1"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
TELECOM = {"tel": "phone", "fax": "fax", "mailto": "email", "http": "url"}

Json = dict[str, Any]


@dataclass(frozen=True)
class Organisation:
    """One record of the merged register: what can be searched, and the resource it is served as."""

    code: str
    name: str
    town: str
    postcode: str
    active: bool
    roles: tuple[tuple[str, bool], ...]
    """Code without RO, and whether it is the primary role."""
    changed: str
    body: Json


@cache
def fold(text: str) -> str:
    """Leave case, combining marks, curly quotes and runs of white space out of account."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


@cache
def register() -> dict[str, Organisation]:
    """Return the organisations of the sample by code, in the order of codes."""
    records: dict[str, tuple[Any, etree._Element]] = {}
    for full, root in _files():
        for at, record in enumerate(root.iter("Organisation")):
            code = record.find("OrgId").get("extension")
            starts = [d.find("Start").get("value") for d in _dates(record, "Operational")]
            weight = (record.get("refOnly") != "true", full, starts, _value(record, "LastChangeDate"), at)
            if code not in records or weight > records[code][0]:
                records[code] = weight, record
    return {code: _organisation(records[code][1]) for code in sorted(records)}


@cache
def role_names() -> dict[str, str]:
    """Return the names of roles by code without RO: both files', the full one's first."""
    names: dict[str, str] = {}
    for _, root in _files():
        for concept in root.iterfind("CodeSystems/CodeSystem[@name='OrganisationRole']/concept"):
            names.setdefault(concept.get("id")[2:], concept.get("displayName"))
    return names


def codes(wanted: Callable[[Organisation], bool], *, key: Any = None, reverse: bool = False) -> list[str]:
    """Return the codes of the organisations that are wanted, in ascending order or that of a key."""
    found = sorted(filter(wanted, register().values()), key=lambda each: each.code)
    return [each.code for each in (sorted(found, key=key, reverse=reverse) if key else found)]


@cache
def _files() -> list[tuple[bool, etree._Element]]:
    found = []
    with zipfile.ZipFile(SAMPLE) as outer:
        for inner in ("fullfile.zip", "archive.zip"):
            with zipfile.ZipFile(io.BytesIO(outer.read(inner))) as members:
                (name,) = [each for each in members.namelist() if each.endswith(".xml")]
                found.append((inner == "fullfile.zip", etree.fromstring(members.read(name))))
    return found


def _organisation(record: etree._Element) -> Organisation:
    code, location = record.find("OrgId").get("extension"), record.find("GeoLoc/Location")
    roles = [
        (role.get("id")[2:], role.get("primaryRole") == "true") for role in record.iterfind("Roles/Role")
    ]
    primary = record.find("Roles/Role[@primaryRole='true']")
    active = (_value(record, "Status") or _value(primary, "Status")) == "Active"
    name, changed = record.findtext("Name").strip(), _value(record, "LastChangeDate")
    number = record.get("orgRecordClass")[2:]
    kind = {"system": RECORD_CLASS_CS, "code": number, "display": ["HSCOrg", "HSCSite"][int(number) - 1]}
    body = {
        "resourceType": "Organization",
        "id": code,
        "meta": {"lastUpdated": f"{changed}T00:00:00+00:00", "profile": [f"{SD}/ODSAPI-Organization-1"]},
        "extension": [*_periods(record), *map(_role, record.iterfind("Roles/Role"))],
        "identifier": [{"system": ODS_CODE, "value": code}],
        "active": active,
        "type": [{"coding": [kind]}],
        "name": name,
        "telecom": [
            {"system": TELECOM[each.get("type")], "value": each.get("value").strip()}
            for each in record.iterfind("Contacts/Contact")
        ],
        "address": [_address(location)],
    }
    town, postcode = ((location.findtext(tag) or "").strip() for tag in ("Town", "PostCode"))
    filled = {key: value for key, value in body.items() if value not in ([], [{}])}
    return Organisation(code, name, town, postcode, active, tuple(roles), changed, filled)


def _address(location: etree._Element) -> Json:
    def text(*tags: str) -> list[str]:
        return [value for tag in tags if (value := (location.findtext(tag) or "").strip())]

    address: Json = {"line": lines} if (lines := text("AddrLn1", "AddrLn2", "AddrLn3")) else {}
    for key, tag in {
        "city": "Town",
        "district": "County",
        "postalCode": "PostCode",
        "country": "Country",
    }.items():
        address.update((key, value) for value in text(tag))
    return address


def _role(role: etree._Element) -> Json:
    code = role.get("id")[2:]
    children: list[Json] = [
        {"url": "role", "valueCoding": {"system": ROLE_CS, "code": code, "display": role_names()[code]}},
        {"url": "primaryRole", "valueBoolean": role.get("primaryRole") == "true"},
        *({**period, "url": "activePeriod"} for period in _periods(role)),
        {"url": "status", "valueString": _value(role, "Status")},
    ]
    return {"url": f"{SD}/Extension-ODSAPI-OrganizationRole-1", "extension": children}


def _periods(component: etree._Element) -> Iterator[Json]:
    for kind in ("Operational", "Legal"):
        for date in _dates(component, kind):
            named = {"url": f"{SD}/Extension-ODSAPI-DateType-1", "valueString": kind}
            ends = {tag.lower(): value for tag in ("Start", "End") if (value := _value(date, tag))}
            yield {
                "url": f"{SD}/Extension-ODSAPI-ActivePeriod-1",
                "valuePeriod": {"extension": [named], **ends},
            }


def _dates(component: etree._Element, kind: str) -> Iterable[etree._Element]:
    return (date for date in component.iterfind("Date") if _value(date, "Type") == kind)


def _value(component: etree._Element, tag: str) -> str:
    child = component.find(tag)
    return "" if child is None else child.get("value")


# How the parameters compare


def starts(field: str, value: str) -> Callable[[Organisation], bool]:
    """Match a text that starts with the value, folded."""
    return lambda org: fold(getattr(org, field)).startswith(fold(value))


def contains(field: str, value: str) -> Callable[[Organisation], bool]:
    """Match a text that holds the value anywhere, folded."""
    return lambda org: fold(value) in fold(getattr(org, field))


def equals(field: str, value: Any) -> Callable[[Organisation], bool]:
    """Match the value as it stands."""
    return lambda org: getattr(org, field) == value


def has_role(code: str, primary: bool | None = None) -> Callable[[Organisation], bool]:
    """Match a role; with `primary`, one that is the primary role or is not."""
    return lambda org: any(each == code and primary in {None, is_primary} for each, is_primary in org.roles)


def spaced(postcode: str) -> str:
    """Give a whole postcode the space it lacks."""
    whole = re.fullmatch("([a-z]{1,2}[0-9][a-z0-9]?)([0-9][a-z]{2})", fold(postcode))
    return f"{whole[1]} {whole[2]}" if whole else postcode
