"""The facts about one organisation that decide where it belongs, read from its ORD record."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from app.directory.periods import OPEN, SUB_ICB_LOCATION, Dates, Life, Span, held_alone, life

Json = Mapping[str, Any]

TELLING_ROLES = frozenset({"RO218", "RO262", "RO318", "RO319", "RO327"})
"""The roles that, besides the primary role, tell which level an organisation is a body of (hierarchy 3)."""


class Link(NamedTuple):
    """A relationship stated by a body: its type (``RE4``), its target's code, and the days it is held."""

    type: str
    target: str
    span: Span
    after: Span
    """The days it is held if its source is legally over."""


class Succession(NamedTuple):
    """A succession stated by a body: the other party is its ``Predecessor`` or its ``Successor``."""

    type: str
    target: str
    date: str


class Body(NamedTuple):
    """An organisation as the levels see it."""

    code: str
    name: str
    active: bool
    record_class: str
    primary_role: str
    roles: Mapping[str, tuple[Span, ...]]
    """When it holds each of the roles that were asked for: TELLING_ROLES, as a rule."""
    country: str | None
    life: Life
    links: tuple[Link, ...]
    successions: tuple[Succession, ...]

    def holds(self, role: str, day: str) -> bool:
        """Return whether the body holds a role, of those that were read, on a day."""
        return any(span.contains(day) for span in self.roles.get(role, ()))

    def links_as_of(self, day: str) -> tuple[Link, ...]:
        """Return the links, each with the `span` that counts on a day: `after` if it is legally over then."""
        if not self.life.is_legally_over(day):
            return self.links
        return tuple(link._replace(span=link.after) for link in self.links)

    @property
    def opened(self) -> str | None:
        """The start of its Operational period, else of its Legal one."""
        return self.life.stated.start or None

    @property
    def closed(self) -> str | None:
        """The end of that period."""
        return None if self.life.stated.end == OPEN else self.life.stated.end


def body(document: bytes, published: str, telling: Collection[str] = TELLING_ROLES) -> Body:
    """Read a body from the ORD document of an organisation.

    `published` is the release's PublicationDate, `telling` are the roles to read, TELLING_ROLES among them.
    """
    record = orjson.loads(document)["Organisation"]
    roles: dict[str, list[Dates]] = {}
    primary_role, primary = "", Dates(active=True)
    for role in record["Roles"]["Role"]:
        if "primaryRole" in role:
            primary_role, primary = role["id"], _dates(role)
        if role["id"] in telling:
            roles.setdefault(role["id"], []).append(_dates(role))
    return Body(
        code=record["OrgId"]["extension"],
        name=record["Name"],
        active=record["Status"] == "Active",
        record_class=record["orgRecordClass"],
        primary_role=primary_role,
        roles={name: tuple(each.held(published) for each in held) for name, held in roles.items()},
        country=record.get("GeoLoc", {}).get("Location", {}).get("Country"),
        life=life(_dates(record), primary, roles.get(SUB_ICB_LOCATION, ()), published),
        links=tuple(_link(each, published) for each in _parts(record, "Rels", "Rel")),
        successions=tuple(
            Succession(each["Type"], _target(each), each["Date"][0]["Start"])
            for each in _parts(record, "Succs", "Succ")
            if "Date" in each
        ),
    )


def _parts(record: Json, container: str, part: str) -> Iterable[Json]:
    return record[container][part] if container in record else ()


def _target(part: Json) -> str:
    code: str = part["Target"]["OrgId"]["extension"]
    return code


def _link(stated: Json, published: str) -> Link:
    dates = stated.get("Date", ())
    if len(dates) == 1:  # nearly always, and several times as quick
        span = after = held_alone(stated["Status"] == "Active", _span(dates[0]), published)
    else:
        both = _dates(stated)
        span, after = both.held(published), both.held(published, operational_first=True)
    return Link(stated["id"], stated["Target"]["OrgId"]["extension"], span, after)


def _dates(part: Json) -> Dates:
    """Return the dates of a record, role or relationship."""
    operational = legal = None
    for date in part.get("Date", ()):
        if date["Type"] == "Operational":
            operational = _span(date)
        else:
            legal = _span(date)
    return Dates(part["Status"] == "Active", operational, legal)


def _span(date: Json) -> Span:
    return Span(date["Start"], date.get("End", OPEN))
