"""What the code systems of a register hold, and what a value set takes of them: a plain reading of its XML.

Nothing of the server is used: each concept is looked at by itself.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
SYSTEMS = "https://digital.nhs.uk/services/organisation-data-service/CodeSystem"
ROLE = f"{SYSTEMS}/organization-role-instance"
RELATIONSHIP = f"{SYSTEMS}/organization-relationship-instance"
SUCCESSION = f"{SYSTEMS}/succession"

Json = dict[str, Any]
Values = dict[str, list[str]]


class Concept(NamedTuple):
    """A code; of a boolean property the values are `true` and `false`."""

    code: str
    display: str
    values: Values


Contents = dict[str, dict[str, Concept]]
"""The concepts of each code system by code, in order."""

STRINGS = {
    "name": "Name",
    "address1": "GeoLoc/Location/AddrLn1",
    "address2": "GeoLoc/Location/AddrLn2",
    "address3": "GeoLoc/Location/AddrLn3",
    "town": "GeoLoc/Location/Town",
    "county": "GeoLoc/Location/County",
    "postcode": "GeoLoc/Location/PostCode",
    "country": "GeoLoc/Location/Country",
    "uprn": "GeoLoc/Location/UPRN",
}
DATES = ("opStartDate", "opEndDate", "legStartDate", "legEndDate")
DAYS = {*DATES, "lastChangeDate"}
BOOLEANS = {"inactive", "refOnly", "primaryRole of a role", "forwardSuccession"}
FOLDED = {*STRINGS, "telephone", "website", "assigningAuth"}


def read(paths: Iterable[Path]) -> Contents:
    """Read the files of a release, which have no organisation in common."""
    found = [each for path in paths for each in etree.parse(path).getroot().iter("Organisation")]
    found.sort(key=_code)
    primary = {_code(each): _primary(each).get("id") for each in found}
    relationships = {each.get("id"): each.get("displayName") for path in paths for each in _concepts(path, "OrganisationRelationship")}
    roles = {each.get("id"): each.get("displayName") for path in paths for each in _concepts(path, "OrganisationRole")}
    contents: Contents = {ODS: {}, ROLE: {}, RELATIONSHIP: {}, SUCCESSION: {}}
    for each in found:
        code = _code(each)
        contents[ODS][code] = Concept(code, each.findtext("Name"), _organisation(each))
        for role in each.iterfind("Roles/Role"):
            values = {**_status(role), "orgCode": [code], "role": [role.get("id")], **_dates(role)}
            values["primaryRole"] = [role.get("primaryRole", "false")]
            number = role.get("uniqueRoleId")
            contents[ROLE].setdefault(number, Concept(number, roles.get(role.get("id")) or number, values))
        for rel in each.iterfind("Rels/Rel"):
            target, kind = rel.find("Target/OrgId").get("extension"), rel.get("id")
            values = {**_status(rel), "relationshipTypeCode": [kind], "sourceOrgCode": [code]}
            values |= {"targetOrgCode": [target], "sourceOrgRole": [primary[code]], **_dates(rel)}
            values["targetOrgRole"] = [primary[target]] if target in primary else []
            number = rel.get("uniqueRelId") or f"{code}-{kind}-{target}-{rel.findtext('Date/Start') or rel.find('Date/Start').get('value')}"
            display = f"{code} {relationships.get(kind) or kind} {target}"
            contents[RELATIONSHIP][number] = Concept(number, display, values)
        for succ in each.iterfind("Succs/Succ"):
            parties = [code, succ.find("Target/OrgId").get("extension")]
            old, new = parties if succ.findtext("Type") == "Successor" else reversed(parties)
            contents[ODS].get(old, Concept("", "", {})).values.setdefault("successor", []).append(new)
            number = succ.get("uniqueSuccId")
            before = contents[SUCCESSION].get(number)
            forward = succ.get("forwardSuccession") == "true" or (before and before.values["forwardSuccession"] == ["true"])
            values = {"predecessor": [old], "successor": [new], "legStartDate": [succ.find("Date/Start").get("value")]}
            values["forwardSuccession"] = ["true" if forward else "false"]
            contents[SUCCESSION][number] = Concept(number, f"{old} TO {new}", values)
    for succession in contents[SUCCESSION].values():
        (old,), (new,) = succession.values["predecessor"], succession.values["successor"]
        for party, name, other in ((old, "successor", new), (new, "predecessor", old)):
            if party in contents[ODS]:
                held = contents[ODS][party].values.setdefault(name, [])
                if other not in held:
                    held.append(other)
    return {url: dict(sorted(concepts.items())) for url, concepts in contents.items()}


def _code(each: Any) -> str:
    return str(each.find("OrgId").get("extension"))


def _concepts(path: Path, name: str) -> Iterable[Any]:
    return etree.parse(path).getroot().iterfind(f"CodeSystems/CodeSystem[@name='{name}']/concept")


def _primary(each: Any) -> Any:
    return each.find("Roles/Role[@primaryRole='true']")


def _status(each: Any) -> Values:
    active = each.find("Status").get("value") == "Active"
    return {"status": ["active" if active else "inactive"], "inactive": ["false" if active else "true"]}


def _dates(each: Any) -> Values:
    stated = {one.find("Type").get("value"): one for one in each.iterfind("Date")}
    found: Values = {}
    for prefix, kind in (("op", "Operational"), ("leg", "Legal")):
        one = stated.get(kind)
        if one is None and stated:
            (one,) = stated.values()
        for name in ("Start", "End"):
            day = one.find(name) if one is not None else None
            found[f"{prefix}{name}Date"] = [] if day is None else [day.get("value")]
    return found


def _organisation(each: Any) -> Values:
    primary = _primary(each)
    others = [role for role in each.iterfind("Roles/Role") if role is not primary]
    if each.find("Status").get("value") == "Active":
        others = [role for role in others if role.find("Status").get("value") == "Active"]
    else:
        ends = {role.get("uniqueRoleId"): (_dates(role)["opEndDate"] or ["9999"])[0] for role in others}
        others = [role for role in others if ends[role.get("uniqueRoleId")] == max(ends.values())]
    texts = {name: [text] if (text := each.findtext(path)) else [] for name, path in STRINGS.items()}
    contacts = {
        name: [one.get("value") for one in each.iterfind(f"Contacts/Contact[@type='{kind}']")]
        for name, kind in (("telephone", "tel"), ("website", "http"))
    }
    changed = each.find("LastChangeDate")
    values = {
        **_status(each),
        **texts,
        **contacts,
        "assigningAuth": [each.find("OrgId").get("assigningAuthorityName")],
        **_dates(each),
        "lastChangeDate": [] if changed is None else [changed.get("value")],
        "primaryRole": [primary.get("id")],
        "role": sorted({role.get("id") for role in [primary, *others]}),
        "orgRecordClass": [each.get("orgRecordClass")],
        "refOnly": [each.get("refOnly", "false")],
    }
    for rel in each.iterfind("Rels/Rel"):
        if rel.find("Status").get("value") == "Active":
            values.setdefault(rel.get("id"), []).append(rel.find("Target/OrgId").get("extension"))
    return values


# Value sets


def taken(contents: Contents, compose: Json) -> list[tuple[str, str]]:
    """Return what a definition takes, as pairs of code system and code, in order."""
    found = _any(contents, compose["include"]) - _any(contents, compose.get("exclude", []))
    if compose.get("inactive") is False:
        found = {pair for pair in found if is_active(contents, *pair)}
    systems = list(dict.fromkeys(url for part in compose["include"] for url in _urls(contents, part)))
    return [(url, code) for url in systems for code in contents[url] if (url, code) in found]


def is_active(contents: Contents, url: str, code: str) -> bool:
    """Return whether a code is not inactive."""
    return contents[url][code].values.get("inactive") != ["true"]


def _urls(contents: Contents, part: Json) -> list[str]:
    named = [part["system"]] if "system" in part else []
    return [*named, *(url.removesuffix("/vs") for url in part.get("valueSet", ()) if not named)]


def _any(contents: Contents, parts: Iterable[Json]) -> set[tuple[str, str]]:
    return {pair for part in parts for pair in _part(contents, part)}


def _part(contents: Contents, part: Json) -> set[tuple[str, str]]:
    sets = [{(url, code) for code in contents[url]} for url in (each.removesuffix("/vs") for each in part.get("valueSet", ()))]
    if "system" in part:
        url = part["system"]
        listed = {each["code"] for each in part["concept"]} if "concept" in part else None
        sets.append(
            {
                (url, code)
                for code, concept in contents[url].items()
                if (listed is None or code in listed)
                and all(passes(concept.values, **each) for each in part.get("filter", ()))
            }
        )
    return set.intersection(*sets)


def passes(values: Mapping[str, list[str]], property: str, op: str, value: str) -> bool:  # noqa: A002
    """Return whether a concept passes a filter."""
    held = values.get(property, [])
    match op:
        case "exists":
            return bool(held) == (value == "true")
        case "=":
            return any(_equal(property, each, value) for each in held)
    found = any(_equal(property, each, one) for each in held for one in value.split(","))
    return found == (op == "in")


def _equal(name: str, held: str, asked: str) -> bool:
    if name in DAYS:
        return _dated(held, asked)
    if name in FOLDED:
        return " ".join(held.upper().split()) == " ".join(asked.upper().split())
    return held == asked.strip()


def _dated(held: str, asked: str) -> bool:
    prefix, day = (asked[:2], asked[2:]) if asked[0].isalpha() else ("eq", asked)
    start, end = _span(day)
    own = date.fromisoformat(held)
    return {
        "eq": start <= own < end,
        "ne": not start <= own < end,
        "gt": own >= end,
        "sa": own >= end,
        "lt": own < start,
        "eb": own < start,
        "ge": own >= start,
        "le": own < end,
    }[prefix]


def _span(day: str) -> tuple[date, date]:
    """Return the first day of a year, a month or a day, and the first after it."""
    year, month, of_month = ([*map(int, day.split("-"))] + [None, None])[:3]
    if of_month:
        start = date(year, month, of_month)
        return start, start + timedelta(days=1)
    if month:
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    return date(year, 1, 1), date(year + 1, 1, 1)
