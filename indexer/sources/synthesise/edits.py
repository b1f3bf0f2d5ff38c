"""Changes to the XML of one record, for `mutate`: each leaves everything else as it was."""

from collections.abc import Iterable, Mapping
from copy import deepcopy

from lxml import etree

from indexer.header import PARSER
from indexer.organisation import Organisation
from indexer.report import Refused
from indexer.sources.synthesise.survey import Link

Record = etree._Element
_ORDER = ("Name", "Date", "OrgId", "Status", "LastChangeDate", "GeoLoc", "Contacts", "Roles", "Rels", "Succs")
_ID = {"root": "2.16.840.1.113883.2.1.3.2.4.18.48", "assigningAuthorityName": "HSCIC"}


def parse(block: bytes, organisation: Organisation) -> Record:
    """Read the XML of a record; raises Refused for one that leans on namespaces of its document."""
    try:
        return etree.fromstring(block.strip(), etree.XMLParser(**PARSER))
    except etree.XMLSyntaxError as error:
        raise Refused(f"The record of {organisation.code} cannot be changed: {error}") from error


def written(record: Record) -> bytes:
    """Return a record as XML, indented as one of a release."""
    etree.indent(record, "  ", level=2)
    return etree.tostring(record, encoding="unicode").encode() + b"\n    "


def stamp(record: Record, day: str) -> None:
    """Set the day of the last change."""
    _child(record, "LastChangeDate").set("value", day)


def rename(record: Record, name: str) -> None:
    """Give an organisation another name."""
    _child(record, "Name").text = name


def move(record: Record, postcode: str) -> None:
    """Give an address another postcode."""
    for found in record.iterfind("GeoLoc/Location/PostCode"):
        found.text = postcode


def end(part: Record, day: str) -> None:
    """End an organisation, a role or a relationship: its open periods, and its status."""
    for period in part.iterfind("Date"):
        if period.find("End") is None:
            etree.SubElement(period, "End", value=day)
    status = part.find("Status")
    if status is None:
        status = etree.Element("Status")
        after = [child for child in part if child.tag in {"Date", "OrgId"}]
        after[-1].addnext(status)
    status.set("value", "Inactive")


def part_of(record: Record, path: str, unique: str, number: int | None, nth: int) -> Record:
    """Return a role or relationship by its unique id, else the nth one."""
    parts = record.findall(path)
    return next((part for part in parts if number and part.get(unique) == str(number)), parts[nth])


def add_role(record: Record, role: str, number: int, day: str) -> None:
    """Add a role that begins on a day."""
    added = etree.SubElement(_child(record, "Roles"), "Role", id=role, uniqueRoleId=str(number))
    _begin(added, "Operational", day)
    etree.SubElement(added, "Status", value="Active")


def add_relationship(record: Record, link: Link, number: int, day: str) -> None:
    """Add a relationship that begins on a day."""
    added = etree.SubElement(_child(record, "Rels"), "Rel", id=link.type, uniqueRelId=str(number))
    _begin(added, "Operational", day)
    etree.SubElement(added, "Status", value="Active")
    _target(added, link)


def add_succession(record: Record, side: str, other: Link, number: int, day: str) -> None:
    """Add a succession; `side` is what the other party is, `Predecessor` or `Successor`."""
    added = etree.SubElement(_child(record, "Succs"), "Succ", uniqueSuccId=str(number))
    _begin(added, "Legal", day)
    etree.SubElement(added, "Type").text = side
    _target(added, other)


def opened(template: Record, code: str, name: str, ids: Mapping[str, Iterable[int]], day: str) -> Record:
    """Return a new organisation like another one: of its type, at its address, with its open relationships.

    `ids` gives unique ids by the name of the attribute.
    """
    record = deepcopy(template)
    for tag in ("Contacts", "Succs"):
        _remove(record.findall(tag))
    _remove(record.findall("GeoLoc/Location/UPRN"))
    _remove(role for role in record.iterfind("Roles/Role") if role.get("primaryRole") != "true")
    _remove(
        rel
        for rel in record.iterfind("Rels/Rel")
        if rel.find("Date/End") is not None or rel.find("Status[@value='Active']") is None
    )
    _remove(rels for rels in record.findall("Rels") if not len(rels))
    _child(record, "OrgId").set("extension", code)
    rename(record, name)
    parts = [*record.iterfind("Roles/Role"), *record.iterfind("Rels/Rel")]
    for part in (record, *parts):
        _remove(part.findall("Date")[1:])
        period = _child(part, "Date")
        _remove(list(period))
        etree.SubElement(period, "Type", value="Operational")
        etree.SubElement(period, "Start", value=day)
        if (status := part.find("Status")) is not None:
            status.set("value", "Active")
    for part in parts:
        unique = "uniqueRoleId" if part.tag == "Role" else "uniqueRelId"
        part.set(unique, str(next(iter(ids[unique]))))
    return record


def _child(record: Record, tag: str) -> Record:
    """Return a child, made in its place where it is missing."""
    found = record.find(tag)
    if found is None:
        found = etree.Element(tag)
        before = _ORDER[: _ORDER.index(tag)]
        place = sum(child.tag in before for child in record)
        record.insert(place, found)
    return found


def _begin(part: Record, kind: str, day: str) -> None:
    period = etree.SubElement(part, "Date")
    etree.SubElement(period, "Type", value=kind)
    etree.SubElement(period, "Start", value=day)


def _target(part: Record, link: Link) -> None:
    target = etree.SubElement(part, "Target")
    etree.SubElement(target, "OrgId", _ID | {"extension": link.target})
    if link.primary_role:
        role = etree.SubElement(target, "PrimaryRoleId", id=link.primary_role)
        if link.unique_role_id is not None:
            role.set("uniqueRoleId", str(link.unique_role_id))


def _remove(elements: Iterable[Record]) -> None:
    for element in list(elements):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
