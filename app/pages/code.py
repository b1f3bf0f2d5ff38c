"""What the page of a code shows: how many organisations or relationships have it, and which these are."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from app.directory.labels import display_names
from app.directory.recognise import KIND
from app.engine.port import Counts, Register
from app.pages.code_systems import RECORD_CLASSES, RELATIONSHIPS, ROLES
from app.pages.organisation import Link, place
from app.pages.relationships import Shown
from app.register import relationship
from app.register.query import Clause, Key, Operator, Query, Referring, Test
from app.web.message import segment

FIRST = 10
"""Organisations, and kinds of them, on the page of a code."""
_ORD = {ROLES: "roles", RELATIONSHIPS: "rels", RECORD_CLASSES: "recordclasses"}
"""What ORD calls the code systems, by id."""

Clauses = tuple[Clause, ...]
Parameters = Mapping[str, str]


class Row(NamedTuple):
    """A number that counts what has the code: now, and now or earlier."""

    text: str
    now: int
    ever: int
    parameters: Parameters
    """Those of the search that lists what has it now; empty if there is none."""


class Kind(NamedTuple):
    """A primary role, and how many of the organisations have it."""

    id: str
    name: str
    number: int


class Kinds(NamedTuple):
    """What some organisations are: their most frequent primary roles, and how many others there are."""

    title: str
    kinds: list[Kind]
    others: int


class Use(NamedTuple):
    """How a code is used in the register; of relationships no organisations are listed."""

    rows: list[Row]
    kinds: list[Kinds]
    members: list[Shown]
    parameters: Parameters
    """Those of the search for all members."""
    total: int


def numbers(register: Register, system_id: str) -> Counts:
    """Return how many have each code of a code system now; empty if that is not counted."""
    if system_id == ROLES:
        return register.counts(KIND, (), ("active_role",))["active_role"]
    if system_id == RELATIONSHIPS:
        return register.counts("affiliation", (_is("status", "Active"),), ("type",))["type"]
    if system_id == RECORD_CLASSES:
        return register.counts(KIND, (_is("status", "Active"),), ("record_class",))["record_class"]
    return {}


def use(register: Register, system_id: str, code: str) -> Use | None:
    """Return how a code is used; None for a code system whose codes are not counted."""
    if system_id == ROLES:
        return _of_role(register, code)
    if system_id == RELATIONSHIPS:
        return _of_relationship(register, code)
    return _of_record_class(register, code) if system_id == RECORD_CLASSES else None


def data(system_id: str, lookup: str, code: str) -> list[Link]:
    """Return the links to a code in the interfaces; `lookup` is the path of FHIR's."""
    links = [Link("FHIR R4", lookup)]
    if name := _ORD.get(system_id):
        links.append(Link("ORD", f"/ORD/2-0-0/{name}/{segment(code)}"))
    return links


def _of_role(register: Register, code: str) -> Use:
    held, primary = _is("active_role", code), _is("active_primary_role", code)
    ever, primary_ever = _is("role", code), _is("primary_role", code)
    asked: list[Clauses] = [
        *((held,), (ever,)),
        *((primary,), (primary_ever,)),
        *((held, primary._replace(negated=True)), (ever, primary_ever._replace(negated=True))),
    ]
    now, before, as_primary, as_primary_ever, as_other, as_other_ever = register.totals(KIND, asked)
    parameters = {"role": code}
    rows = [
        Row("Organisations that have it", now, before, parameters),
        Row("As their primary role", as_primary, as_primary_ever, {"primary-role": code}),
        Row("As another role", as_other, as_other_ever, {}),
    ]
    kinds = [_kinds(register, "What kinds of organisations have it", (held,))]
    return Use(rows, kinds, _members(register, (held if now else ever,)), parameters if now else {}, now)


def _of_record_class(register: Register, code: str) -> Use:
    every = _is("record_class", code)
    active = (every, _is("status", "Active"))
    now, before = register.totals(KIND, [active, (every,)])
    parameters = {"record-class": code, "status": "active"}
    kinds = [_kinds(register, "What kinds of organisations have it", active)]
    rows = [Row("Organisations of this class", now, before, parameters)]
    return Use(rows, kinds, _members(register, active if now else (every,)), parameters if now else {}, now)


def _of_relationship(register: Register, code: str) -> Use:
    counted = register.counts("affiliation", (_is("type", code),), ("status",))["status"]
    of_type = tuple(relationship.asked(relationship.STATUSES, [code], []))
    stating = [_is("relationship", *of_type[:1]), _is("relationship", *of_type)]
    reached = [_reached(_is("type", code), _is("status", "Active")), _reached(_is("type", code))]
    totals = register.totals(KIND, [(clause,) for clause in (*stating, *reached)])
    rows = [
        Row("Relationships", counted.get("Active", 0), sum(counted.values()), {}),
        Row("Organisations that state it", totals[0], totals[1], {}),
        Row("Organisations that it leads to", totals[2], totals[3], {}),
    ]
    kinds = [
        _kinds(register, "What kinds of organisations state it", stating[:1]),
        _kinds(register, "What kinds of organisations it leads to", reached[:1]),
    ]
    return Use(rows, kinds, [], {}, 0)


def _is(field: str, *terms: str) -> Clause:
    return Clause(tuple(Test(field, Operator.EQ, term) for term in terms))


def _reached(*clauses: Clause) -> Clause:
    """Return the clause of organisations that are the target of such relationships."""
    return Clause((Test("id", Operator.REFERRED, Referring("affiliation", "target", clauses)),))


def _kinds(register: Register, title: str, clauses: list[Clause] | Clauses) -> Kinds:
    counted = register.counts(KIND, tuple(clauses), ("primary_role",))["primary_role"]
    names = display_names(register, "roles")
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    kinds = [Kind(role, names.get(role, role), number) for role, number in ranked[:FIRST]]
    return Kinds(title, kinds, len(ranked) - len(kinds))


def _members(register: Register, clauses: Clauses) -> list[Shown]:
    query = Query(KIND, clauses, (Key("name"),), size=FIRST, total=False)
    found = {match.id: orjson.loads(match.document) for match in register.search(query, "lookup").matches}
    return [
        Shown(code, each["name"], place(each), each["status"] == "inactive", [])
        for code, each in found.items()
    ]
