"""The dates and roles of ORD's records as properties (fhir-r4 10.1 and 3.1)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from app.register import shown

Json = Mapping[str, Any]

DATES = ("opStartDate", "opEndDate", "legStartDate", "legEndDate")


class Period(NamedTuple):
    """One ``Date`` of a record."""

    type: str
    start: str
    end: str | None


class Role(NamedTuple):
    """A role of a record."""

    id: str
    primary: bool
    status: str
    periods: Sequence[Period]


def periods(part: Json) -> tuple[Period, ...]:
    """Return the periods that ORD states of a record or a part of one."""
    return tuple([Period(each["Type"], each["Start"], each.get("End")) for each in part.get("Date", ())])


@lru_cache(maxsize=1_024)  # one property after the other asks for those of a record
def dates(stated: Sequence[Period]) -> Mapping[str, str]:
    """Return the dates of a component by property; one period alone stands for both."""
    if not stated:
        return {}
    operational, legal = shown.periods(stated)
    found = zip(DATES, (operational.start, operational.end, legal.start, legal.end), strict=True)
    return {name: day for name, day in found if day}


def roles(record: Json) -> tuple[str, ...]:
    """Return the roles that are shown of an organisation, the primary one first."""
    stated = sorted(record["Roles"]["Role"], key=lambda each: each.get("uniqueRoleId", 0))
    held = [Role(each["id"], "primaryRole" in each, each["Status"], periods(each)) for each in stated]
    return shown.roles(held, active=record["Status"] == "Active")
