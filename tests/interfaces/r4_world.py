"""A small register by hand of what the sample has not: versions, what was deleted, open ends of periods."""

from datetime import UTC, datetime
from typing import Any

import orjson

from app.clock import milliseconds
from app.engine import open_index
from app.register.fields import Entry
from app.register.query import Stamp
from app.register.resources import of_type
from tests.contract.organisations import DAY, fill, remembered, stamped
from tests.interfaces.r4_helpers import NHS_SYSTEMS, ODS_CODE, ODS_SYSTEMS

FIRST = Stamp(1, milliseconds(datetime(2026, 1, 15, 12, tzinfo=UTC)))
THIRD = Stamp(3, milliseconds(datetime(2026, 2, 1, 1, 10, 0, 123_000, tzinfo=UTC)))
CHANGED = "2026-02-01T01:10:00.123+00:00"

Json = dict[str, Any]


def day(text: str) -> int:
    """Return the start of a day, in milliseconds since 1970."""
    return milliseconds(datetime.fromisoformat(f"{text}T00:00:00+00:00"))


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def organisation(
    code: str,
    name: str,
    *,
    roles: tuple[str, ...] = ("RO177",),
    active_roles: tuple[str, ...] = (),
    record_class: str = "RC1",
    use: str = "Full",
    status: str = "Active",
    changed: str | None = None,
    lines: tuple[str, ...] = (),
    town: str | None = None,
    county: str | None = None,
    postcode: str | None = None,
    country: str | None = None,
    stamp: Stamp = FIRST,
) -> Entry:
    """Return an organisation."""
    fields = {
        "name": name,
        "town": town,
        "postcode": postcode,
        "country": country,
        "lines": (*lines, county) if county else lines or None,
        "status": (status,),
        "role": roles,
        "active_role": active_roles,
        "record_class": (record_class,),
        "record_use": (use,),
        "last_change": day(changed) if changed else None,
    }
    address = {
        "line": list(lines),
        "city": town,
        "district": county,
        "postalCode": postcode,
        "country": country,
    }
    body: Json = {
        "identifier": [{"use": "official", "system": ODS_CODE, "value": code}],
        "active": status == "Active",
        "type": [
            concept(f"{NHS_SYSTEMS}/England-ODSRecordUseType", use),
            concept(f"{ODS_SYSTEMS}/ODSRecordClass", record_class),
        ],
        "name": name,
    }
    if filled := {key: value for key, value in address.items() if value}:
        body["address"] = [filled]
    return stamped(Entry(code, fields, {"r4": orjson.dumps(body)}), stamp)


def affiliation(
    number: str,
    source: str,
    target: str,
    kind: str,
    start: str | None = None,
    end: str | None = None,
    status: str = "Active",
) -> Entry:
    """Return a relationship; `end` is its last day."""
    fields = {
        "status": (status,),
        "type": (kind,),
        "unnumbered": () if number.isdigit() else ("true",),
        "source": source,
        "target": target,
        "start": day(start) if start else None,
        "end": day(end) + DAY if end else None,
    }
    period = {key: value for key, value in (("start", start), ("end", end)) if value}
    body = {
        "active": status == "Active",
        **({"period": period} if period else {}),
        "organization": {
            "reference": f"Organization/{source}",
            "identifier": {"system": ODS_CODE, "value": source},
        },
        "participatingOrganization": {
            "reference": f"Organization/{target}",
            "identifier": {"system": ODS_CODE, "value": target},
        },
        "code": [concept(f"{ODS_SYSTEMS}/ODSRelationship", kind)],
    }
    return stamped(Entry(number, fields, {"r4": orjson.dumps(body)}), FIRST)


def deletions(name: str, what: str, date: str, stamp: Stamp) -> Entry:
    """Return a List of what was deleted."""
    title = f"List of {what} Deletions"
    fields = {"type": (of_type("r4", "List"),), "title": title, "status": ("current",), "date": day(date)}
    body = {"status": "current", "mode": "working", "title": title, "date": f"{date}T00:00:00+00:00"}
    return stamped(Entry(f"List/{name}-deletion", fields, {"r4": orjson.dumps(body)}), stamp)


ORGANISATIONS = (
    organisation(
        "A1",
        "ALPHA SURGERY",
        roles=("RO177", "RO76"),
        active_roles=("RO177",),
        changed="2023-05-03",
        lines=("1 HIGH STREET", "OLD TOWN"),
        town="LEEDS",
        county="WEST YORKSHIRE",
        postcode="LS1 4AP",
        country="ENGLAND",
    ),
    organisation(
        "A2",
        "THE ALPHA",
        record_class="RC2",
        use="RefOnly",
        status="Inactive",
        changed="2023-05-04",
        town="York",
        postcode="LS14 1AB",
        country="WALES",
        stamp=THIRD,
    ),
    organisation(
        "B1",
        "B\u00e9ta-Clinic",
        roles=("RO76", "RO197"),
        active_roles=("RO197", "RO76"),
        changed="2023-05-03",
    ),
    organisation("b1", "Alpha Surgery", roles=("RO98",), active_roles=("RO98",), town="LEEDS"),
    organisation("C1", "ALPHA, BETA|GAMMA", roles=("RO98",), lines=("LEEDS ROAD",), postcode="M1 1AA"),
)
AFFILIATIONS = (
    affiliation("100", "A1", "A2", "RE4", "2013-01-21"),
    affiliation("101", "B1", "A1", "RE6", "2012-01-01", "2013-01-20", "Inactive"),
    affiliation("102", "B1", "A2", "RE6"),
    affiliation("103", "A2", "B1", "RE4", None, "2013-01-21"),
    affiliation("104", "A1", "B1", "RE4", "2013-03-15", "2013-03-15"),
    affiliation("A1-RE8-ZZZ-2021-04-30", "A1", "ZZZ", "RE8", "2021-04-30"),
)
LISTS = (
    deletions("Organization", "Organization Resource", "2026-01-30", THIRD._replace(version=4)),
    deletions("OrganizationAffiliation", "OrganizationAffiliation Resource", "2026-01-30", FIRST),
    deletions("Organization-role", "Organization Role", "2026-01-30", FIRST),
    deletions("Organization-succession", "Organization Succession", "2025-12-31", FIRST),
)
HISTORY = (
    remembered("A1"),
    remembered("FVG57", 2, gone="2024-01-17"),
    remembered("OLD", gone=""),
    remembered("900", kind="affiliation", gone="2024-01-17"),
    remembered("CodeSystem/Gone", kind="resource", gone="2024-01-17"),
)


def load(url: str) -> str:
    """Load the register into the index at a URL, and return that."""
    contents = {"organisation": ORGANISATIONS, "affiliation": AFFILIATIONS, "resource": LISTS}
    fill(open_index(url), contents, history=HISTORY)
    return url
