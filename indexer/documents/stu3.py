"""The FHIR STU3 documents of a register (fhir-stu3 3 and 9), in the conformant shape."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from app.fhir import systems
from app.register.fields import Entry
from app.register.resources import of_type
from indexer.documents.codes import by_number, number
from indexer.organisation import Address, Contact, Organisation, Period, Role

_TELECOM = {"tel": "phone", "fax": "fax", "mailto": "email", "http": "url"}
_RECORD_CLASSES = {"RC1": "HSCOrg", "RC2": "HSCSite"}

Json = dict[str, Any]


def organization(record: Organisation, roles: Mapping[str, str], classes: Mapping[str, str]) -> bytes:
    """Return the Organization of a record; `roles` and `classes` are display names by id (RO…, RC…)."""
    body: Json = {"resourceType": "Organization", "id": record.code}
    meta: Json = {"profile": [systems.STU3_ORGANIZATION]}
    if record.last_change:
        meta = {"lastUpdated": f"{record.last_change}T00:00:00+00:00", **meta}
    body["meta"] = meta
    body["extension"] = [
        *_periods(systems.STU3_ACTIVE_PERIOD, record.periods),
        *(_role(role, roles) for role in record.roles),
    ]
    body["identifier"] = [{"system": systems.ODS_CODE, "value": record.code}]
    body["active"] = record.status == "Active"
    body["type"] = [{"coding": [_record_class(record.record_class, classes.get(record.record_class))]}]
    body["name"] = record.name
    if record.contacts:
        body["telecom"] = [_telecom(contact) for contact in record.contacts]
    address = _address(record.address)
    if address:
        body["address"] = [address]
    return orjson.dumps(body)


def _periods(url: str, periods: Iterable[Period]) -> list[Json]:
    """Return an extension for each period, Operational before Legal whatever the order of the data."""
    return [
        _period(url, period) for period in sorted(periods, key=lambda period: period.type != "Operational")
    ]


def _period(url: str, period: Period) -> Json:
    value: Json = {
        "extension": [{"url": systems.STU3_DATE_TYPE, "valueString": period.type}],
        "start": period.start,
    }
    if period.end:
        value["end"] = period.end
    return {"url": url, "valuePeriod": value}


def _role(role: Role, displays: Mapping[str, str]) -> Json:
    return {
        "url": systems.STU3_ORGANIZATION_ROLE,
        "extension": [
            {"url": "role", "valueCoding": _coding(systems.STU3_ROLE, role.id, displays.get(role.id))},
            {"url": "primaryRole", "valueBoolean": role.primary},
            *_periods("activePeriod", role.periods),
            {"url": "status", "valueString": role.status},
        ],
    }


@lru_cache(maxsize=4_096)
def _coding(system: str, code_id: str, display: str | None) -> Json:
    coding = {"system": system, "code": number(code_id)}
    return coding | {"display": display} if display else coding


def _record_class(class_id: str, display: str | None) -> Json:
    return _coding(systems.STU3_RECORD_CLASS, class_id, display or _RECORD_CLASSES.get(class_id))


def _telecom(contact: Contact) -> Json:
    return {"system": _TELECOM.get(contact.type, "other"), "value": contact.value}


def _address(address: Address | None) -> Json:
    if address is None:
        return {}
    parts = {
        "line": [line for line in (address.line1, address.line2, address.line3) if line],
        "city": address.town,
        "district": address.county,
        "postalCode": address.postcode,
        "country": address.country,
    }
    return {key: value for key, value in parts.items() if value}


def resources(published: str, roles: Mapping[str, str | None]) -> list[Entry]:
    """Return the CodeSystems and ValueSets: their frames, filled from a release.

    `published` is the release's date; `roles` are the display names of all its roles by id, None where
    no code system has the role.
    """
    concepts = [_concept(code_id, roles[code_id]) for code_id in sorted(roles, key=by_number)]
    entries = []
    for kind, resource_id in (
        ("CodeSystem", "ODSAPI-OrganizationRecordClass-1"),
        ("CodeSystem", "ODSAPI-OrganizationRole-1"),
        ("ValueSet", "ODSAPI-OrganizationRecordClass-1"),
        ("ValueSet", "ODSAPI-OrganizationRole-1"),
    ):
        frame = orjson.loads((files("capability") / "stu3" / kind / f"{resource_id}.json").read_bytes())
        if resource_id == "ODSAPI-OrganizationRole-1":
            frame |= {"version": published, "date": published}
            if kind == "CodeSystem":
                frame["concept"] = concepts
        entries.append(
            Entry(
                f"{kind}/{resource_id}",
                {"type": (of_type("stu3", kind),), "url": (frame["url"],)},
                {"stu3": orjson.dumps(frame)},
            )
        )
    return entries


def _concept(code_id: str, display: str | None) -> Json:
    return {"code": number(code_id)} | ({"display": display} if display else {})
