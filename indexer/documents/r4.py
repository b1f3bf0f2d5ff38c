"""The FHIR R4 documents of a register (fhir-r4 3 and 5), as `app.fhir.stored` completes them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from app.fhir import systems
from indexer.organisation import Address, Contact, Organisation, Period, Relationship, Role

_TELECOM = {"tel": "phone", "mailto": "email", "mail": "email", "email": "email", "fax": "fax", "http": "url"}
_TELECOM_ORDER = ("phone", "fax", "email", "url", "other")
_RECORD_CLASSES = {"RC1": "HSCOrg", "RC2": "HSCSite"}
_LARGEST_INTEGER = 2**31 - 1

Json = dict[str, Any]


def organization(record: Organisation, roles: Mapping[str, str], classes: Mapping[str, str]) -> bytes:
    """Return the Organization of a record; `roles` and `classes` are display names by id (RO…, RC…)."""
    extensions = [_role(role, roles.get(role.id)) for role in _in_order(record.roles)]
    if record.last_change:
        extensions.append(_last_change(record.last_change))
    identifier: Json = {"use": "official", "system": systems.ODS_CODE, "value": record.code}
    if record.assigning_authority:
        identifier["assigner"] = {"display": record.assigning_authority}
    record_class = classes.get(record.record_class) or _RECORD_CLASSES.get(record.record_class)
    use = "RefOnly" if record.ref_only else "Full"
    body: Json = {
        "extension": extensions,
        "identifier": [identifier],
        "active": record.status == "Active",
        "type": [
            _concept(systems.R4_RECORD_USE, use, use),
            _concept(systems.R4_RECORD_CLASS, record.record_class, record_class),
        ],
        "name": record.name,
    }
    if record.contacts:
        body["telecom"] = _telecoms(record.contacts)
    if record.address and (address := _address(record.address)):
        body["address"] = [address]
    return orjson.dumps(body)


def affiliation(source: str, relationship: Relationship, relationships: Mapping[str, str]) -> bytes:
    """Return the OrganizationAffiliation of a relationship; `relationships` are display names by id (RE…)."""
    body: Json = {}
    if typed := _typed_periods(relationship.periods):
        body["extension"] = typed
    if relationship.unique_id is not None:
        instance = str(relationship.unique_id)
        body["identifier"] = [{"system": systems.R4_RELATIONSHIP_INSTANCE, "value": instance}]
    body["active"] = relationship.status == "Active"
    if period := period_of(relationship.periods):
        body["period"] = _period(period)
    body["organization"] = _reference(source)
    body["participatingOrganization"] = _reference(relationship.target.code)
    display = relationships.get(relationship.id)
    body["code"] = [_concept(systems.R4_RELATIONSHIP, relationship.id, display)]
    return orjson.dumps(body)


def period_of(periods: Sequence[Period]) -> Period | None:
    """Return the Operational period, else the Legal one, else None."""
    return min(periods, key=lambda each: each.type != "Operational", default=None)


def _in_order(roles: Sequence[Role]) -> Sequence[Role]:
    """Return the primary role first, then the others by their number; clients rely on it."""
    if len(roles) == 1:
        return roles
    return sorted(roles, key=lambda role: (not role.primary, role.unique_id is None, role.unique_id or 0))


def _role(role: Role, display: str | None) -> Json:
    parts: list[Json] = []
    if role.unique_id is not None and -_LARGEST_INTEGER <= role.unique_id + 1 <= _LARGEST_INTEGER + 1:
        parts.append({"url": "instanceID", "valueInteger": role.unique_id})
    parts.append({"url": "roleCode", "valueCodeableConcept": _concept(systems.R4_ROLE, role.id, display)})
    parts += _typed_periods(role.periods)
    parts.append({"url": "active", "valueBoolean": role.status == "Active"})
    return {"url": systems.R4_ORGANISATION_ROLE, "extension": parts}


def _typed_periods(periods: Sequence[Period]) -> list[Json]:
    """Return the Legal and the Operational period; where the data has one, it stands for both (3.1)."""
    by_type = {period.type: period for period in reversed(periods)}
    either = period_of(periods)
    return [_typed_period(name, by_type.get(name, either)) for name in ("Legal", "Operational") if either]


def _typed_period(name: str, period: Period) -> Json:
    return {
        "url": systems.R4_TYPED_PERIOD,
        "extension": [_date_type(name), {"url": "period", "valuePeriod": _period(period)}],
    }


@lru_cache
def _date_type(name: str) -> Json:
    coding = {"system": systems.R4_PERIOD_TYPE, "code": name, "display": name}
    return {"url": "dateType", "valueCoding": coding}


def _period(period: Period) -> Json:
    return {"start": period.start, "end": period.end} if period.end else {"start": period.start}


def _last_change(day: str) -> Json:
    return {
        "url": systems.R4_TYPED_DATE_TIME,
        "extension": [_LAST_CHANGE, {"url": "dateTime", "valueDateTime": day}],
    }


_LAST_CHANGE = {
    "url": "type",
    "valueCoding": {
        "system": systems.R4_DATE_TIME,
        "code": "LastChangeDate",
        "display": "Last Change Date",
    },
}


@lru_cache(maxsize=4_096)
def _concept(system: str, code: str, display: str | None) -> Json:
    coding = {"system": system, "code": code}
    return {"coding": [coding | {"display": display} if display else coding]}


def _telecoms(contacts: Sequence[Contact]) -> list[Json]:
    found = [{"system": _TELECOM.get(each.type, "other"), "value": each.value} for each in contacts]
    return sorted(found, key=lambda each: _TELECOM_ORDER.index(each["system"]))


def _address(address: Address) -> Json:
    parts = {
        "extension": [_uprn(address.uprn)] if address.uprn else None,
        "line": [line for line in (address.line1, address.line2, address.line3) if line],
        "city": address.town,
        "district": address.county,
        "postalCode": address.postcode,
        "country": address.country,
    }
    return {key: value for key, value in parts.items() if value}


def _uprn(value: str) -> Json:
    return {"url": systems.R4_ADDRESS_KEY, "extension": [_UPRN, {"url": "value", "valueString": value}]}


_UPRN = {
    "url": "type",
    "valueCodeableConcept": _concept(systems.R4_ADDRESS_KEY_TYPE, "UPRN", "Unique Property Reference Number"),
}


def _reference(code: str) -> Json:
    return {
        "reference": f"Organization/{code}",
        "identifier": {"system": systems.ODS_CODE, "value": code},
    }
