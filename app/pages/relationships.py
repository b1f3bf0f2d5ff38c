"""The relationships of an organisation: those it states, and those that others state to it, by kind."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from app.engine.port import Register
from app.pages import labels
from app.pages.organisation import place
from app.register import relationship
from app.register.query import Clause, Key, Operator, Query, Test
from app.web.message import Fault, FaultKind, Request, quote

FIRST = 6
"""Members of a kind on an organisation's own page."""
ON_PAGE = 50
"""Members on a page of their own."""

_KIND = "organisation"
_DIRECTIONS = ("out", "in")

Json = Mapping[str, Any]


class Kind(NamedTuple):
    """One type of relationships in one direction: `out` if the organisation states them, else `in`."""

    type: str
    direction: str


class Member(NamedTuple):
    """The other organisation of a relationship, and when that holds."""

    code: str
    name: str
    where: str
    is_closed: bool
    is_ended: bool
    start: str
    end: str


class Group(NamedTuple):
    """A kind of relationships, and some of its members: those that hold come first."""

    kind: Kind
    title: str
    active: int
    ended: int
    members: list[Member]

    @property
    def total(self) -> int:
        """How many there are."""
        return self.active + self.ended

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of the page with all of them."""
        direction = "" if self.kind.direction == "out" else self.kind.direction
        return {"relationships": self.kind.type, "direction": direction}


def asked_kind(request: Request) -> Kind | None:
    """Return the kind that a request asks for, or None; raises Fault for an unknown direction."""
    types, directions = request.values("relationships"), request.values("direction")
    direction = (*directions, "out")[0]
    if direction not in _DIRECTIONS:
        raise Fault(FaultKind.MALFORMED, f'direction is "{quote(direction)}": use out or in')
    return Kind(types[0].strip().upper(), direction) if types else None


def groups(register: Register, flat: Json, names: Mapping[str, str]) -> list[Group]:
    """Return all kinds of relationships that an organisation has; `names` are those of the types, by id."""
    stated = {each["type"] for each in flat.get("relationships", ())}
    any_ = Clause(tuple(_stating(flat["code"], "", status) for status in relationship.STATUSES))
    has_members = bool(register.search(Query(_KIND, (any_,), size=0), None).total)
    kinds = [Kind(type_, "out") for type_ in names if type_ in stated]
    kinds += [Kind(type_, "in") for type_ in names if has_members]
    found = (group(register, flat, kind, names, FIRST) for kind in kinds)
    return [each for each in found if each.total]


def group(
    register: Register, flat: Json, kind: Kind, names: Mapping[str, str], count: int, offset: int = 0
) -> Group:
    """Return one kind of relationships with `count` members from `offset` on."""
    title = labels.relationship(kind.type, names.get(kind.type, ""), kind.direction)
    if kind.direction == "out":
        return _stated(register, flat, kind, title, slice(offset, offset + count))
    return _received(register, flat["code"], kind, title, count, offset)


def _stated(register: Register, flat: Json, kind: Kind, title: str, shown: slice) -> Group:
    stated = [each for each in flat.get("relationships", ()) if each["type"] == kind.type]
    active = sum(each["status"] == "active" for each in stated)
    stated.sort(key=lambda each: each.get("start", ""), reverse=True)
    stated.sort(key=lambda each: each["status"] != "active")
    found = stated[shown]
    others = _others(register, (each["target"]["code"] for each in found))
    members = [_member(each["target"]["code"], others, each) for each in found]
    return Group(kind, title, active, len(stated) - active, members)


def _received(register: Register, code: str, kind: Kind, title: str, count: int, offset: int) -> Group:
    active, ended = (Clause((_stating(code, kind.type, status),)) for status in relationship.STATUSES)
    only_ended = (ended, active._replace(negated=True))
    holding = register.search(Query(_KIND, (active,), (Key("name"),), count, offset), "ord")
    numbers, matches = [holding.total or 0], holding.matches
    left = Query(_KIND, only_ended, (Key("name"),), count - len(matches), max(0, offset - numbers[0]))
    past = register.search(left, "ord")
    records = [orjson.loads(match.document)["Organisation"] for match in (*matches, *past.matches)]
    members = [_member_of(record, code, kind.type) for record in records]
    return Group(kind, title, numbers[0], past.total or 0, members)


def _stating(code: str, type_id: str, status: str) -> Test:
    (term,) = relationship.asked([status], [type_id] if type_id else [], [code])
    return Test("relationship", Operator.EQ, term)


def _others(register: Register, codes: Iterable[str]) -> dict[str, Json]:
    found = register.documents(_KIND, set(codes), "lookup")
    return {code: orjson.loads(document) for code, document in found.items()}


def _member(code: str, others: Mapping[str, Json], stated: Json) -> Member:
    other = others.get(code, {})
    return Member(
        code,
        other.get("name", ""),
        place(other),
        other.get("status") == "inactive",
        stated["status"] != "active",
        stated.get("start", ""),
        stated.get("end", ""),
    )


def _member_of(record: Json, code: str, type_id: str) -> Member:
    """Return the source of a relationship to an organisation; of several, the one that began last counts."""
    stated = list(_between(record, code, type_id))
    latest = max(stated, key=lambda each: (each["Status"] == "Active", _period(each).get("Start", "")))
    location = record.get("GeoLoc", {}).get("Location", {})
    return Member(
        record["OrgId"]["extension"],
        record["Name"],
        ", ".join(filter(None, (location.get("Town"), location.get("PostCode")))),
        record["Status"] != "Active",
        latest["Status"] != "Active",
        _period(latest).get("Start", ""),
        _period(latest).get("End", ""),
    )


def _between(record: Json, code: str, type_id: str) -> Iterator[Json]:
    for each in record.get("Rels", {}).get("Rel", ()):
        if each["id"] == type_id and each["Target"]["OrgId"]["extension"] == code:
            yield each


def _period(stated: Json) -> Json:
    """Return the Operational period, else the Legal one; the record states the Operational one first."""
    dates = stated.get("Date", ())
    return dates[0] if dates else {}
