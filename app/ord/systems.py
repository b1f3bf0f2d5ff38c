"""The code systems that ORD lists (ord 7)."""

from typing import NamedTuple


class System(NamedTuple):
    """A code system: its name in a release and in XML, its OID, and the names of its list and of a row."""

    name: str
    oid: str
    container: str
    row: str


SYSTEMS = {
    "roles": System("OrganisationRole", "2.16.840.1.113883.2.1.3.2.4.17.507", "Roles", "Role"),
    "rels": System(
        "OrganisationRelationship", "2.16.840.1.113883.2.1.3.2.4.17.508", "Relationships", "Relationship"
    ),
    "recordclasses": System(
        "OrganisationRecordClass", "2.16.840.1.113883.2.1.3.2.4.23", "RecordClasses", "RecordClass"
    ),
}
"""Code systems by the last part of their address."""
