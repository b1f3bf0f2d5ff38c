"""The sample release in ORD's words, read from its XML a second time and by other means than the product's.

Knows the zip, the merge of its two files, and the layouts of ORD's records, rows and code systems, each of
them written out element by element. It imports nothing of the product.
"""

import io
import json
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

ORD = "/ORD/2-0-0/"
BASE = f"https://ods.example.org{ORD}"
DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>"
OID = "2.16.840.1.113883.2.1.3.2.4.18.48"
LOCATION = ["AddrLn1", "AddrLn2", "AddrLn3", "Town", "County", "PostCode", "Country"]
SYSTEMS = {
    "roles": ("2.16.840.1.113883.2.1.3.2.4.17.507", "OrganisationRole", "Roles", "Role"),
    "rels": (
        "2.16.840.1.113883.2.1.3.2.4.17.508",
        "OrganisationRelationship",
        "Relationships",
        "Relationship",
    ),
    "recordclasses": (
        "2.16.840.1.113883.2.1.3.2.4.23",
        "OrganisationRecordClass",
        "RecordClasses",
        "RecordClass",
    ),
}
"""By path: OID, name, container and row."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Organisation:
    """One record of the merged register, as it is served, and what it is found by."""

    code: str
    name: str
    """Folded."""
    postcode: str
    record: Json
    row: Json
    """A summary, without its link."""
    roles: tuple[tuple[str, bool], ...]
    """Id, and whether it is the primary role."""
    relationships: tuple[tuple[str, str, str], ...]
    """Type, target, status."""


def fold(text: str) -> str:
    """Leave case, combining marks and curly quotes out of account, and take runs of blanks for one."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    bare = "".join(char for char in plain if not unicodedata.combining(char)).casefold().upper()
    return " ".join(bare.split())


@cache
def register() -> dict[str, Organisation]:
    """Return the organisations of the sample by code, in the order of lists: folded name, then code."""
    best: dict[str, tuple[Any, etree._Element]] = {}
    for is_full, root in _files():
        for at, element in enumerate(root.iter("Organisation")):
            code = element.find("OrgId").get("extension")
            starts = [d["Start"] for d in _dates(element) if d["Type"] == "Operational"]
            is_whole = element.get("refOnly") != "true"
            weight = (is_whole, is_full, starts, _value(element, "LastChangeDate"), at)
            if code not in best or weight > best[code][0]:
                best[code] = weight, element
    found = [_organisation(element) for _, element in best.values()]
    return {each.code: each for each in sorted(found, key=lambda each: (each.name, each.code))}


@cache
def code_system(path: str) -> list[Json]:
    """Return the rows of a code system: both files' codes, the full one's names, by number."""
    concepts = _concepts(SYSTEMS[path][1])
    numbers = {each: each.lstrip("ROEC") for each in concepts}
    rows = [
        {"id": each, "code": numbers[each], "displayName": concepts[each]}
        for each in sorted(concepts, key=lambda each: int(numbers[each]))
    ]
    if path == "roles":
        for row in rows:
            row["primaryRole"] = "true" if row["id"] in _primary_roles() else "false"
    return rows


def xml_of_record(record: Json) -> bytes:
    """Return a record in XML."""
    only = ' refOnly="true"' if "refOnly" in record else ""
    parts = [
        f'{DECLARATION}<Organisation orgRecordClass="{record["orgRecordClass"]}"{only}>',
        _texts(record, "Name"),
        _xml_dates(record),
        _xml_id(record),
        f'<Status value="{record["Status"]}"/><LastChangeDate value="{record["LastChangeDate"]}"/>',
    ]
    if location := record.get("GeoLoc", {}).get("Location"):
        parts.append(f"<GeoLoc><Location>{_texts(location, *LOCATION, 'UPRN')}</Location></GeoLoc>")
    contacts = [
        f'<Contact type="{each["type"]}" value="{escape(each["value"], {chr(34): "&quot;"})}"/>'
        for each in record.get("Contacts", {}).get("Contact", ())
    ]
    roles = [
        f'<Role id="{each["id"]}" uniqueRoleId="{each["uniqueRoleId"]}"'
        f"{' primaryRole=' + chr(34) + 'true' + chr(34) if 'primaryRole' in each else ''}>"
        f'{_xml_dates(each)}<Status value="{each["Status"]}"/></Role>'
        for each in record["Roles"]["Role"]
    ]
    rels = [
        f'<Rel id="{each["id"]}" uniqueRelId="{each["uniqueRelId"]}">{_xml_dates(each)}'
        f'<Status value="{each["Status"]}"/>{_xml_target(each)}</Rel>'
        for each in record.get("Rels", {}).get("Rel", ())
    ]
    succs = [
        f'<Succ uniqueSuccId="{each["uniqueSuccId"]}"'
        f"{' forwardSuccession=' + chr(34) + 'true' + chr(34) if 'forwardSuccession' in each else ''}>"
        f"{_xml_dates(each)}{_texts(each, 'Type')}{_xml_target(each)}</Succ>"
        for each in record.get("Succs", {}).get("Succ", ())
    ]
    for name, items in {"Contacts": contacts, "Roles": roles, "Rels": rels, "Succs": succs}.items():
        parts.append(f"<{name}>{''.join(items)}</{name}>" if items else "")
    return f"{''.join(parts)}</Organisation>".encode()


def xml_of_rows(container: str, row_name: str, rows: list[Json]) -> str:
    """Return a list in XML, every key an element."""
    each = "".join(f"<{row_name}>{_texts(row, *row)}</{row_name}>" for row in rows)
    return f"<{container}>{each}</{container}>"


# Reading


@cache
def _files() -> list[tuple[bool, etree._Element]]:
    """Return the two files, the full one first, each with whether it is that."""
    (sample,) = (Path(__file__).parents[2] / "indexer" / "demo").glob("*.zip")
    found = []
    with zipfile.ZipFile(sample) as outer:
        for name in ("fullfile.zip", "archive.zip"):
            with zipfile.ZipFile(io.BytesIO(outer.read(name))) as inner:
                (member,) = [each for each in inner.namelist() if each.endswith(".xml")]
                found.append((name == "fullfile.zip", etree.fromstring(inner.read(member))))
    return found


@cache
def _primary_roles() -> set[str]:
    scoped = {each.get("id") for _, root in _files() for each in root.iter("PrimaryRole")}
    held = {role for each in register().values() for role, is_primary in each.roles if is_primary}
    return scoped | held


def _organisation(element: etree._Element) -> Organisation:
    code = element.find("OrgId").get("extension")
    primary = element.find("Roles/Role[@primaryRole='true']")
    location = element.find("GeoLoc/Location")
    texts = {tag: text for tag in LOCATION if (text := (location.findtext(tag) or "").strip())}
    lines = [text for tag, text in texts.items() if tag.startswith("AddrLn")]
    address: Json = {f"AddrLn{number}": text for number, text in enumerate(lines, 1)}
    address |= {tag: text for tag, text in texts.items() if not tag.startswith("AddrLn")}
    if uprn := location.findtext("UPRN"):
        address["UPRN"] = int(uprn)
    record: Json = {
        "Name": element.findtext("Name").strip(),
        "Date": _dates(element),
        "OrgId": _org_id(code),
        "Status": _value(element, "Status") or _value(primary, "Status"),
        "LastChangeDate": _value(element, "LastChangeDate"),
        "orgRecordClass": element.get("orgRecordClass"),
    }
    if element.get("refOnly") == "true":
        record["refOnly"] = True
    record["GeoLoc"] = {"Location": address}
    lists = {"Contact": _contacts, "Role": _roles, "Rel": _relationships, "Succ": _successions}
    for name, read in lists.items():
        if items := list(read(element)):
            record[f"{name}s"] = {name: items}
    row = {"Name": record["Name"], "OrgId": code, "Status": record["Status"]}
    row["OrgRecordClass"] = record["orgRecordClass"]
    if postcode := address.get("PostCode", ""):
        row["PostCode"] = postcode
    row["LastChangeDate"], row["PrimaryRoleId"] = record["LastChangeDate"], primary.get("id")
    row["PrimaryRoleDescription"] = _concepts("OrganisationRole")[primary.get("id")]
    roles = ((each["id"], "primaryRole" in each) for each in record["Roles"]["Role"])
    relationships = (
        (each["id"], each["Target"]["OrgId"]["extension"], each["Status"])
        for each in record.get("Rels", {}).get("Rel", ())
    )
    return Organisation(code, fold(record["Name"]), postcode, record, row, tuple(roles), tuple(relationships))


@cache
def _concepts(name: str) -> dict[str, str]:
    """Return a code system's display names by id: both files', the full one's first."""
    concepts: dict[str, str] = {}
    for _, root in _files():
        for concept in root.iterfind(f"CodeSystems/CodeSystem[@name='{name}']/concept"):
            concepts.setdefault(concept.get("id"), concept.get("displayName"))
    return concepts


def _contacts(element: etree._Element) -> Iterator[Json]:
    for each in element.iterfind("Contacts/Contact"):
        yield {"type": each.get("type"), "value": each.get("value").strip()}


def _roles(element: etree._Element) -> Iterator[Json]:
    for each in element.iterfind("Roles/Role"):
        mark = {"primaryRole": True} if each.get("primaryRole") == "true" else {}
        named = {"id": each.get("id"), "uniqueRoleId": int(each.get("uniqueRoleId"))}
        yield {**named, **mark, "Date": _dates(each), "Status": _value(each, "Status")}


def _relationships(element: etree._Element) -> Iterator[Json]:
    for each in element.iterfind("Rels/Rel"):
        named = {"id": each.get("id"), "uniqueRelId": int(each.get("uniqueRelId"))}
        yield {"Date": _dates(each), "Status": _value(each, "Status"), "Target": _target(each), **named}


def _successions(element: etree._Element) -> Iterator[Json]:
    for each in element.iterfind("Succs/Succ"):
        mark = {"forwardSuccession": True} if each.get("forwardSuccession") == "true" else {}
        named = {"uniqueSuccId": int(each.get("uniqueSuccId")), "Date": _dates(each)}
        yield {**named, "Type": each.findtext("Type").strip(), "Target": _target(each), **mark}


def _target(element: etree._Element) -> Json:
    role = element.find("Target/PrimaryRoleId")
    primary = {"id": role.get("id"), "uniqueRoleId": int(role.get("uniqueRoleId"))}
    return {"OrgId": _org_id(element.find("Target/OrgId").get("extension")), "PrimaryRoleId": primary}


def _org_id(code: str) -> Json:
    return {"root": OID, "assigningAuthorityName": "HSCIC", "extension": code}


def _dates(element: etree._Element) -> list[Json]:
    found = []
    for kind in ("Operational", "Legal"):
        for date in element.iterfind("Date"):
            if _value(date, "Type") == kind:
                end = {"End": _value(date, "End")} if date.find("End") is not None else {}
                found.append({"Type": kind, "Start": _value(date, "Start"), **end})
    return found


def _value(element: etree._Element, tag: str) -> str:
    child = element.find(tag)
    return "" if child is None else child.get("value").strip()


# Writing


def _texts(content: Json, *tags: str) -> str:
    return "".join(f"<{tag}>{escape(str(content[tag]))}</{tag}>" for tag in tags if tag in content)


def _xml_dates(content: Json) -> str:
    def values(date: Json) -> str:
        return "".join(f'<{tag} value="{date[tag]}"/>' for tag in ("Type", "Start", "End") if tag in date)

    return "".join(f"<Date>{values(date)}</Date>" for date in content["Date"])


def _xml_id(content: Json) -> str:
    code = content["OrgId"]["extension"]
    return f'<OrgId root="{OID}" assigningAuthorityName="HSCIC" extension="{code}"/>'


def _xml_target(content: Json) -> str:
    target = content["Target"]
    role = target["PrimaryRoleId"]
    primary = f'<PrimaryRoleId id="{role["id"]}" uniqueRoleId="{role["uniqueRoleId"]}"/>'
    return f"<Target>{_xml_id(target)}{primary}</Target>"


def json_of(document: Json) -> bytes:
    """Return JSON as ORD writes it."""
    return json.dumps(document).encode()
