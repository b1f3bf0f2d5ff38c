"""The code systems that ORD lists (ord 7)."""

from typing import NamedTuple


class System(NamedTuple):
    """One code system: its name in a release and in XML, its OID, and what its list and rows are called."""

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
"""By the last part of their address."""
