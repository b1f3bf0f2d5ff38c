"""The facts about one organisation that decide where it belongs, read from its ORD record."""

from collections.abc import Collection, Iterable, Iterator, Mapping
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
    primary: Json = {"id": "", "Status": "Active"}
    for role in record["Roles"]["Role"]:
        if "primaryRole" in role:
            primary = role
        if role["id"] in telling:
            roles.setdefault(role["id"], []).append(_dates(role))
    # Files need thousands: lists take half as long here as generators, and places as names.
    return Body(
        record["OrgId"]["extension"],
        record["Name"],
        record["Status"] == "Active",
        record["orgRecordClass"],
        primary["id"],
        {name: tuple([each.held(published) for each in held]) for name, held in roles.items()},
        record["GeoLoc"]["Location"].get("Country") if "GeoLoc" in record else None,
        _life(record, primary, roles.get(SUB_ICB_LOCATION, ()), published),
        tuple([_link(each, published) for each in record["Rels"]["Rel"]]) if "Rels" in record else (),
        tuple(_successions(record["Succs"]["Succ"])) if "Succs" in record else (),
    )


def _successions(stated: Iterable[Json]) -> Iterator[Succession]:
    for each in stated:
        if "Date" in each:
            code = each["Target"]["OrgId"]["extension"]
            yield Succession(each["Type"], code, each["Date"][0]["Start"])


def _life(record: Json, primary: Json, sub_icb_location: Collection[Dates], published: str) -> Life:
    stated = _alone(record)
    if stated and _alone(primary) and not sub_icb_location:  # nearly always, and twice as quick
        span = _span(stated)
        return Life(span, held_alone(record["Status"] == "Active", span, published), OPEN, ())
    return life(_dates(record), _dates(primary), sub_icb_location, published)


def _alone(part: Json) -> Json | None:
    """Return the Operational date of a record or role that states no other one."""
    dates = part.get("Date", ())
    return dates[0] if len(dates) == 1 and dates[0]["Type"] == "Operational" else None


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
