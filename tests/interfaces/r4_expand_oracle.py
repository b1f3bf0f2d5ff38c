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
    "town": "GeoLoc/Location/Town",
    "county": "GeoLoc/Location/County",
    "postcode": "GeoLoc/Location/PostCode",
    "country": "GeoLoc/Location/Country",
    "uprn": "GeoLoc/Location/UPRN",
}
LINES = ("address1", "address2", "address3")
DATES = ("opStartDate", "opEndDate", "legStartDate", "legEndDate")
DAYS = {*DATES, "lastChangeDate"}
FOLDED = {*STRINGS, *LINES, "telephone", "website", "assigningAuth"}


def read(path: Path) -> Contents:
    """Read the one file of a release."""
    root = etree.parse(path).getroot()
    # Of two records of one organisation the last counts.
    found = [*{_code(each): each for each in root.iter("Organisation")}.values()]
    found.sort(key=_code)
    contents: Contents = {ODS: {}, ROLE: {}, RELATIONSHIP: {}, SUCCESSION: {}}
    names = {
        each.get("id"): each.get("displayName") for each in root.iterfind("CodeSystems/CodeSystem/concept")
    }
    primary = {_code(each): _primary(each).get("id") for each in found}
    for each in found:
        code = _code(each)
        contents[ODS][code] = Concept(code, each.findtext("Name"), _organisation(each))
        for role in each.iterfind("Roles/Role"):
            concept = _role(code, role, names)
            contents[ROLE].setdefault(concept.code, concept)
        for rel in each.iterfind("Rels/Rel"):
            concept = _relationship(code, rel, names, primary)
            contents[RELATIONSHIP][concept.code] = concept
        for succ in each.iterfind("Succs/Succ"):
            concept = _succession(code, succ)
            before = contents[SUCCESSION].get(concept.code)
            if before and before.values["forwardSuccession"] == ["true"]:
                concept.values["forwardSuccession"] = ["true"]
            contents[SUCCESSION][concept.code] = concept
    for succession in contents[SUCCESSION].values():
        (old,), (new,) = succession.values["predecessor"], succession.values["successor"]
        for party, name, other in ((old, "successor", new), (new, "predecessor", old)):
            held = contents[ODS][party].values.setdefault(name, []) if party in contents[ODS] else []
            if other not in held:
                held.append(other)
    return {url: dict(sorted(concepts.items())) for url, concepts in contents.items()}


def _role(code: str, role: Any, names: Mapping[str, str]) -> Concept:
    number, kind = role.get("uniqueRoleId"), role.get("id")
    values = {**_status(role), "orgCode": [code], "role": [kind], **_dates(role)}
    values["primaryRole"] = [role.get("primaryRole", "false")]
    return Concept(number, names.get(kind, number), values)


def _relationship(code: str, rel: Any, names: Mapping[str, str], primary: Mapping[str, str]) -> Concept:
    kind, target = rel.get("id"), rel.find("Target/OrgId").get("extension")
    values = {
        **_status(rel),
        "relationshipTypeCode": [kind],
        "sourceOrgCode": [code],
        "targetOrgCode": [target],
        "sourceOrgRole": [primary[code]],
        "targetOrgRole": [primary[target]] if target in primary else [],
        **_dates(rel),
    }
    number = rel.get("uniqueRelId") or f"{code}-{kind}-{target}-{values['opStartDate'][0]}"
    return Concept(number, f"{code} {names.get(kind, kind)} {target}", values)


def _succession(code: str, succ: Any) -> Concept:
    old, new = code, succ.find("Target/OrgId").get("extension")
    if succ.findtext("Type") == "Predecessor":
        old, new = new, old
    values = {
        "predecessor": [old],
        "successor": [new],
        "legStartDate": [succ.find("Date/Start").get("value")],
        "forwardSuccession": [succ.get("forwardSuccession", "false")],
    }
    return Concept(succ.get("uniqueSuccId"), f"{old} TO {new}", values)


def _code(each: Any) -> str:
    return str(each.find("OrgId").get("extension"))


def _primary(each: Any) -> Any:
    return each.find("Roles/Role[@primaryRole='true']")


def _status(each: Any) -> Values:
    stated = each.find("Status")
    if stated is None:
        stated = _primary(each).find("Status")
    active = stated.get("value") == "Active"
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
    if _status(each)["status"] == ["active"]:
        others = [role for role in others if role.find("Status").get("value") == "Active"]
    else:
        ends = {role.get("uniqueRoleId"): (_dates(role)["opEndDate"] or ["9999"])[0] for role in others}
        others = [role for role in others if ends[role.get("uniqueRoleId")] == max(ends.values())]
    texts = {name: [text] if (text := each.findtext(path)) else [] for name, path in STRINGS.items()}
    lines = filter(None, (each.findtext(f"GeoLoc/Location/AddrLn{number}") for number in (1, 2, 3)))
    texts |= {name: [line] for name, line in zip(LINES, lines, strict=False)}  # they are closed up
    contacts = {
        name: [one.get("value") for one in each.iterfind(f"Contacts/Contact[@type='{kind}']")]
        for name, kind in (("telephone", "tel"), ("website", "http"))
    }
    changed = each.find("LastChangeDate")
    values = {
        **_status(each),
        **dict.fromkeys(LINES, ()),
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
    systems = list(dict.fromkeys(url for part in compose["include"] for url in _urls(part)))
    return [(url, code) for url in systems for code in contents[url] if (url, code) in found]


def is_active(contents: Contents, url: str, code: str) -> bool:
    """Return whether a code is not inactive."""
    return contents[url][code].values.get("inactive") != ["true"]


def _urls(part: Json) -> list[str]:
    """Return the code systems of an include: those that all it says is about."""
    named = [[part["system"]]] if "system" in part else []
    named += [[url.removesuffix("/vs")] for url in part.get("valueSet", ())]
    return [url for url in named[0] if all(url in each for each in named)]


def _any(contents: Contents, parts: Iterable[Json]) -> set[tuple[str, str]]:
    return {pair for part in parts for pair in _part(contents, part)}


def _part(contents: Contents, part: Json) -> set[tuple[str, str]]:
    imported = [url.removesuffix("/vs") for url in part.get("valueSet", ())]
    sets = [{(url, code) for code in contents[url]} for url in imported]
    if "system" in part:
        url = part["system"]
        listed = {each["code"] for each in part.get("concept", ())}
        sets.append(
            {
                (url, code)
                for code, concept in contents[url].items()
                if ("concept" not in part or code in listed)
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
    match [*map(int, day.split("-"))]:
        case [year]:
            return date(year, 1, 1), date(year + 1, 1, 1)
        case [year, month]:
            return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    start = date.fromisoformat(day)
    return start, start + timedelta(days=1)
