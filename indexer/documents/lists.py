"""The Lists of a register, which say what was deleted (fhir-r4 8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import orjson

from app.clock import midnight
from app.fhir import systems
from app.register.fields import Entry, Value
from app.register.resources import of_type


class Deleted(NamedTuple):
    """An entry of a List: the id of what was deleted, and what is told of it."""

    value: str
    missed: str
    """PublicationDate of the first release without it."""
    display: str | None = None


@dataclass(frozen=True)
class List:
    """One of the Lists: what is particular to it."""

    name: str
    title: str
    note: str
    type: str
    """Type of the resources that were deleted, or that a part was deleted of."""
    system: str
    """System of the ids."""

    @property
    def id(self) -> str:
        """The id of its entry in the register."""
        return f"List/{self.name}"

    def entry(self, deleted: Iterable[Deleted], published: str) -> Entry:
        """Return the List of a release, the newest deletions first."""
        ordered = sorted(sorted(deleted), key=lambda each: each.missed, reverse=True)
        body = {
            "status": "current",
            "mode": "working",
            "title": self.title,
            "date": _start_of(published),
            "note": [{"text": self.note}],
        }
        if ordered:
            body["entry"] = [self._item(each) for each in ordered]
        fields: dict[str, Value] = {
            "type": (of_type("r4", "List"),),
            "title": self.title,
            "status": ("current",),
            "date": midnight(date.fromisoformat(published)),
        }
        return Entry(self.id, fields, {"r4": orjson.dumps(body)})

    def _item(self, deleted: Deleted) -> dict[str, object]:
        item: dict[str, object] = {
            "type": self.type,
            "identifier": {"system": self.system, "value": deleted.value},
        }
        if deleted.display:
            item["display"] = deleted.display
        return {"date": _start_of(deleted.missed), "item": item}


def stated(document: bytes | None) -> list[Deleted]:
    """Return what the document of a List says was deleted; nothing if there is none."""
    return [
        Deleted(
            each["item"]["identifier"]["value"], each["date"].partition("T")[0], each["item"].get("display")
        )
        for each in orjson.loads(document or b"{}").get("entry", ())
    ]


def _start_of(day: str) -> str:
    return f"{day}T00:00:00+00:00"


ORGANISATIONS = List(
    "Organization-deletion",
    "List of Organization Resource Deletions",
    "A list of complete Organisation records which have been deleted from the ODS Dataset",
    "Organization",
    systems.ODS_CODE,
)
AFFILIATIONS = List(
    "OrganizationAffiliation-deletion",
    "List of OrganizationAffiliation Resource Deletions",
    "A list of Organisation relationships which have been deleted from the ODS Dataset",
    "OrganizationAffiliation",
    systems.R4_RELATIONSHIP_INSTANCE,
)
ROLES = List(
    "Organization-role-deletion",
    "List of Organization Role Deletions",
    "A list of Organisation roles which have been deleted from the ODS Dataset",
    "Organization",
    systems.R4_ROLE_INSTANCE,
)
SUCCESSIONS = List(
    "Organization-succession-deletion",
    "List of Organization Succession Deletions",
    "A list of Organisation successions which have been deleted from the ODS Dataset",
    "Organization",
    systems.R4_SUCCESSION,
)
LISTS = (ORGANISATIONS, AFFILIATIONS, ROLES, SUCCESSIONS)
