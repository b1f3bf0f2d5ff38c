"""The operations on an organisation that find others: `$successors`, `$members` … (fhir-r4 15.2)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from app.clock import utc_day
from app.directory import related
from app.directory.asked import date as iso_date
from app.directory.bodies import PREDECESSOR, SUCCESSOR, Bodies
from app.directory.body import Body
from app.directory.heirs import heirs, line
from app.directory.related import MOST, TooMany
from app.directory.walked import Walked
from app.engine.port import Register, again_if_dropped
from app.fhir import systems
from app.fhir.answer import negotiated
from app.fhir.interface import Fhir
from app.fhir.ranked import Found
from app.fhir.readers import boolean
from app.fhir.rejected import Rejected, Unexpected, Unreadable
from app.fhir.search import Search, parse_operation
from app.fhir.tokens import Codes, Tokens
from app.fhir.values import BadValue, split
from app.fhir.version import Walk
from app.r4.words import Issue
from app.register.query import Clause, Operator, Page, Query, Test
from app.web import conditional
from app.web.message import Request, Response, segment, whole_number

TYPE = "Organization"
RESULTS = (
    *("_count", "_offset", "_summary", "_elements", "_total"),
    *("_format", "_pretty", "_generation", "_totalMethod"),
)
"""The result parameters of operations."""
_RELATIONSHIP = re.compile(r"RE\d+", re.ASCII | re.IGNORECASE)
DEEPEST = 5
"""Relationships that may lie between; successions may be any number."""

Values = Mapping[str, Any]
"""The parameters of an operation, as they were read, by name."""


class Question(NamedTuple):
    """Which organisation an operation starts from, on which day, and the other parameters."""

    code: str
    day: str
    values: Values


class Parameter(NamedTuple):
    """A parameter of an operation: what reads it from name and value, and what it means."""

    read: Callable[[str, str], object]
    """Raises Rejected."""
    text: str
    type: str = "string"
    """Its FHIR type."""


@dataclass(frozen=True)
class Operation:
    """One operation: its parameters, and how the organisations of its answer are found."""

    name: str
    text: str
    parameters: Mapping[str, Parameter]
    """Its own parameters by name."""
    find: Callable[[Bodies, Question], related.Found]
    """Returns codes in any order, or clauses; raises TooMany."""


@dataclass(frozen=True)
class Operations:
    """Answers the operations of one FHIR interface."""

    fhir: Fhir
    walked: Walked = field(default_factory=Walked)

    @again_if_dropped
    def answer(self, operation: Operation, request: Request, resource_id: str) -> Response:
        """Return the Bundle of a page of organisations; raises Rejected."""
        version, now = self.fhir.version, self.fhir.clock()
        answer = negotiated(request, version, self.fhir.software)
        own = {name: each.read for name, each in operation.parameters.items()}
        search, values = parse_operation(request, version, TYPE, RESULTS, own)
        kind = version.types[TYPE]
        register = self.fhir.register(search)
        if register.get(kind.kind, resource_id, version.name) is None:
            raise self.fhir.absent(register, kind, resource_id)
        day = values.pop("date", None) or str(utc_day(now).date())
        found = self._found(operation, register, Question(resource_id, day, values))
        address = f"{request.base}/{TYPE}/{segment(resource_id)}/${operation.name}"
        walk = Walk(address, register.generation.name)
        page = _page(register, found, search, version.name)
        body = self.fhir.searchset(answer, register, search, Found(page, {}), walk)
        return answer.send(200, body, conditional.made_now(now))

    def _found(self, operation: Operation, register: Register, question: Question) -> related.Found:
        """Return all that an operation finds, codes in order."""
        generation = register.generation
        asked = generation.name, generation.loaded, operation.name, question
        try:
            return self.walked.get(asked, lambda: operation.find(Bodies(register), question))
        except TooMany:
            text = f"${operation.name} of {TYPE}/{question.code} reaches more than {MOST} organisations: "
            raise Rejected(Issue("too-costly", f"{text}ask for fewer steps with depth=", 422)) from None


def _page(register: Register, found: related.Found, search: Search, document: str) -> Page:
    """Return the page of these organisations that a search asks for."""
    asked = search.query
    if isinstance(found, tuple):
        return register.search(replace(asked, clauses=found), document)
    return _page_of(register, found, asked, document)


def _page_of(register: Register, codes: list[str], asked: Query, document: str) -> Page:
    end = asked.offset + (asked.size or 0)
    total = len(codes) if asked.total else None
    if not (wanted := codes[asked.offset : end]):
        return Page([], total, more=False)
    clause = Clause(tuple(Test("id", Operator.EQ, code) for code in wanted))
    found = register.search(Query(asked.kind, (clause,), size=len(wanted), total=False), document)
    return Page(found.matches, total, more=end < len(codes))


# Values of parameters


def _day(name: str, value: str) -> str:
    if iso_date(value) != value:  # it may be a date-time
        raise Rejected(Unexpected(name, value, "a date, YYYY-MM-DD"))
    return value


def _depth(name: str, value: str, most: int | None = None) -> int:
    found = whole_number(value, 1, most)
    if found is None:
        bounds = f"1 to {most}" if most else "1 or more"
        raise Rejected(Unexpected(name, value, f"a whole number, {bounds}"))
    return found


def _relationships(name: str, value: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(part.strip().upper() for part in value.split(",") if part.strip()))
    if not codes or not all(map(_RELATIONSHIP.fullmatch, codes)):
        raise Rejected(
            Unexpected(name, value, "codes of relationships, separated by commas, such as RE4,RE6")
        )
    return codes


_ROLES = Tokens(Codes(systems.R4_ROLE, "role"))


def _roles(name: str, value: str) -> tuple[str, ...]:
    """Return the codes of roles among tokens: none for those of another system."""
    try:
        tests = [test for part in split(value, ",") for test in _ROLES.tests(part, name)]
    except BadValue as error:
        raise Rejected(Unreadable(name, error)) from None
    codes = tuple(test.value for test in tests if isinstance(test.value, str))
    if len(codes) < len(tests):
        raise Rejected(Unexpected(name, value, "codes of roles, separated by commas, such as RO76"))
    return codes


# What is found


def _successors(bodies: Bodies, asked: Question) -> list[str]:
    if asked.values.get("activeOnly", True):
        return [heir.body.code for heir in heirs(bodies, asked.code, asked.day, **_within(asked))]
    return [each.code for each in _line(bodies, asked, SUCCESSOR)]


def _predecessors(bodies: Bodies, asked: Question) -> list[str]:
    only_active = asked.values.get("activeOnly", False)
    found = _line(bodies, asked, PREDECESSOR)
    return [each.code for each in found if not only_active or each.life.is_in_being(asked.day)]


def _line(bodies: Bodies, asked: Question, kind: str) -> list[Body]:
    found = line(bodies, asked.code, kind, asked.day, **_within(asked))
    if len(found) > MOST:
        raise TooMany
    return found


def _within(asked: Question) -> dict[str, int]:
    return {"depth": asked.values["depth"]} if "depth" in asked.values else {}


def _asked(asked: Question) -> related.Asked:
    values = asked.values
    return related.Asked(
        asked.code,
        asked.day,
        values.get("relationship"),
        values.get("depth", 1),
        only_active=values.get("activeOnly", True),
        held_roles=values.get("activeRoleCode"),
        roles=values.get("roleCode"),
    )


_DATE = Parameter(_day, "The date of the answer, YYYY-MM-DD; default today", "date")
_OF_RELATIONSHIPS = {
    "date": _DATE,
    "relationship": Parameter(
        _relationships, "Types of relationships to follow, such as RE4,RE6; default all but RE8"
    ),
    "depth": Parameter(
        partial(_depth, most=DEEPEST), f"Relationships that may lie between: 1 to {DEEPEST}", "integer"
    ),
    "activeOnly": Parameter(
        boolean,
        "true (default): relationships that are held on the date, and organisations that are open; "
        "false: all that were ever stated",
        "boolean",
    ),
    "activeRoleCode": Parameter(_roles, "Roles of which one is held on the date; commas mean or"),
    "roleCode": Parameter(_roles, "Roles of which one was held at any time; commas mean or"),
}


def _of_successions(active_only: str) -> dict[str, Parameter]:
    return {
        "date": _DATE,
        "depth": Parameter(_depth, "Successions that may lie between; default any number", "integer"),
        "activeOnly": Parameter(boolean, active_only, "boolean"),
    }


OPERATIONS = (
    Operation(
        "successors",
        "Find the heirs of an organisation",
        _of_successions("true (default): the heirs that are in being; false: all that successions lead to"),
        _successors,
    ),
    Operation(
        "predecessors",
        "Find the organisations that an organisation came from",
        _of_successions("true: only those in being on the date; default false"),
        _predecessors,
    ),
    Operation(
        "members",
        "Find the organisations that lead to an organisation through relationships",
        _OF_RELATIONSHIPS,
        lambda bodies, asked: related.members(bodies, _asked(asked)),
    ),
    Operation(
        "ancestors",
        "Find the organisations that an organisation leads to through relationships",
        _OF_RELATIONSHIPS,
        lambda bodies, asked: related.ancestors(bodies, _asked(asked)),
    ),
)
