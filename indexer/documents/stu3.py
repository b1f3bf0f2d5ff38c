"""The FHIR STU3 documents of a register (fhir-stu3 3 and 9), in the conformant shape."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from json.encoder import encode_basestring as _quoted
from typing import Any

import orjson

from app.fhir import systems
from app.register.fields import Entry
from app.register.resources import of_type
from indexer.documents import address
from indexer.documents.codes import by_number, number
from indexer.organisation import Contact, Organisation, Period, Role

_TELECOM = {"tel": "phone", "fax": "fax", "mailto": "email", "http": "url"}
_RECORD_CLASSES = {"RC1": "HSCOrg", "RC2": "HSCSite"}

Json = dict[str, Any]


def organization(record: Organisation, roles: Mapping[str, str], classes: Mapping[str, str]) -> bytes:
    """Return the Organization of a record; `roles` and `classes` are display names by id (RO…, RC…)."""
    code, record_class = _quoted(record.code), record.record_class
    updated = f'"lastUpdated":"{record.last_change}T00:00:00+00:00",' if record.last_change else ""
    periods = _periods(systems.STU3_ACTIVE_PERIOD, record.periods)
    held = ",".join([_role(role, roles.get(role.id)) for role in record.roles])
    display = classes.get(record_class) or _RECORD_CLASSES.get(record_class)
    telecom = f',"telecom":[{",".join(map(_telecom, record.contacts))}]' if record.contacts else ""
    place = record.address and address.members(record.address, address.FHIR)
    return (
        f'{{"resourceType":"Organization","id":{code},"meta":{{{updated}{_PROFILE}}},'
        f'"extension":[{periods}{held}],"identifier":[{{{_CODE}{code}}}],'
        f'"active":{"true" if record.status == "Active" else "false"},'
        f'"type":[{{"coding":[{_coding(systems.STU3_RECORD_CLASS, record_class, display)}]}}],'
        f'"name":{_quoted(record.name)}{telecom}{f""","address":[{{{place}}}]""" if place else ""}}}'
    ).encode()


_PROFILE = f'"profile":["{systems.STU3_ORGANIZATION}"]'
_CODE = f'"system":"{systems.ODS_CODE}","value":'


def _periods(url: str, periods: Sequence[Period]) -> str:
    """Return an extension for each period, each with a comma.

    Operational stands before Legal whatever the order of the data. Dates need no quoting, since the reader
    has checked them.
    """
    if len(periods) > 1:
        periods = sorted(periods, key=lambda period: period.type != "Operational")
    extensions = ""
    for kind, start, end in periods:
        ended = f',"end":"{end}"' if end else ""
        extensions += f'{{"url":"{url}","valuePeriod":{{{_DATE_TYPE}"{kind}"}}],"start":"{start}"{ended}}}}},'
    return extensions


_DATE_TYPE = f'"extension":[{{"url":"{systems.STU3_DATE_TYPE}","valueString":'


def _role(role: Role, display: str | None) -> str:
    role_id, _, primary, periods, status = role
    return (
        f'{_ROLE}{{"url":"role","valueCoding":{_coding(systems.STU3_ROLE, role_id, display)}}},'
        f'{{"url":"primaryRole","valueBoolean":{"true" if primary else "false"}}},'
        f'{_periods("activePeriod", periods)}{{"url":"status","valueString":"{status}"}}]}}'
    )


_ROLE = f'{{"url":"{systems.STU3_ORGANIZATION_ROLE}","extension":['


@lru_cache(maxsize=4_096)
def _coding(system: str, code_id: str, display: str | None) -> str:
    shown = f',"display":{_quoted(display)}' if display else ""
    return f'{{"system":"{system}","code":{_quoted(number(code_id))}{shown}}}'


def _telecom(contact: Contact) -> str:
    return f'{{"system":"{_TELECOM.get(contact.type, "other")}","value":{_quoted(contact.value)}}}'


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
