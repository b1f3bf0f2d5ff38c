"""The search page: what was asked, and the choices that narrow it (lookup 6)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import orjson

from app.engine.port import Counts, Register
from app.register.query import Clause, Operator, Query, Test
from app.web.message import Fault, FaultKind, Request, quote, whole_number

ON_PAGE = 20
"""Results on a page."""

KIND = "organisation"
_LONGEST = 200
"""Characters of a question."""
_LAST = 10_000
"""The highest number of a page."""
_STATUSES = {"all": "All", "active": "Active", "inactive": "Closed"}
_NEARER = {"": "RO209", "RO209": "RO261", "RO261": "RO98"}
"""The kinds of places to choose from, as primary roles, by the kind of the place in use: regions, then the
integrated care boards of a region, then the sub-ICB locations of a board."""

Parameters = Mapping[str, str]


class Asked(NamedTuple):
    """The parameters of a search, checked."""

    q: str = ""
    roles: tuple[str, ...] = ()
    primary_roles: tuple[str, ...] = ()
    status: str = "all"
    record_class: str = ""
    within: str = ""
    page: int = 1

    @property
    def is_question(self) -> bool:
        """Whether there is anything to look for; without one nothing is listed (lookup 2)."""
        filters = self.roles or self.primary_roles or self.record_class or self.within
        return bool(filters or any(char.isalnum() for char in self.q))

    @property
    def kept(self) -> Parameters:
        """The parameters but for `q` and `page`, as they stand in an address."""
        return {
            "role": ",".join(self.roles),
            "primary-role": ",".join(self.primary_roles),
            "status": "" if self.status == "all" else self.status,
            "record-class": self.record_class,
            "within": self.within,
        }

    @property
    def parameters(self) -> Parameters:
        """The parameters of the first page."""
        return {"q": self.q, **self.kept}

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The filters."""
        values = {
            "active_role": self.roles,
            "active_primary_role": self.primary_roles,
            "status": () if self.status == "all" else (self.status.capitalize(),),
            "record_class": (self.record_class,) if self.record_class else (),
            "within": (self.within,) if self.within else (),
        }
        return tuple(
            Clause(tuple(Test(field, Operator.EQ, value) for value in found))
            for field, found in values.items()
            if found
        )


def parse(request: Request) -> Asked:
    """Check the parameters of a search; raises Fault."""
    q = next((value for name, value in request.query if name == "q"), "")
    if len(q) > _LONGEST:
        raise Fault(FaultKind.MALFORMED, f"q is longer than {_LONGEST} characters")
    given = {name: ",".join(request.values(name)).strip() for name in Asked().kept}
    status, record_class = given["status"] or "all", given["record-class"]
    if status not in _STATUSES:
        raise Fault(FaultKind.MALFORMED, f'status is "{quote(status)}": use active, inactive or all')
    if record_class not in {"", "RC1", "RC2"}:
        raise Fault(FaultKind.MALFORMED, f'record-class is "{quote(record_class)}": use RC1 or RC2')
    roles, primary_roles = (_ids(given[name]) for name in ("role", "primary-role"))
    within = given["within"].upper()
    return Asked(q.strip(), roles, primary_roles, status, record_class, within, page_number(request))


def page_number(request: Request) -> int:
    """Return the value of `page`; raises Fault."""
    asked = (*request.values("page"), "1")[0]
    number = whole_number(asked, 1, _LAST)
    if number is None:
        raise Fault(FaultKind.MALFORMED, f'page is "{quote(asked)}": use a number from 1 to {_LAST}')
    return number


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip().upper() for each in text.split(",") if each.strip()))


class Choice(NamedTuple):
    """A filter that can be chosen, or is: the address that changes it, and how many it leaves."""

    text: str
    count: int
    parameters: Parameters
    chosen: bool


class Chip(NamedTuple):
    """A filter in use, and the address without it."""

    text: str
    parameters: Parameters


class Facets(NamedTuple):
    """The filters to choose from."""

    status: list[Choice]
    roles: list[Choice]
    places: list[Choice]

    @property
    def any(self) -> bool:
        """Whether there is a choice at all."""
        return any((self.status, self.roles, self.places))


class Found(Protocol):
    """What a search would find, counted."""

    def by_term(self, asked: Asked, field: str) -> Counts:
        """Count by the terms of a field."""
        ...

    def number(self, asked: Asked) -> int:
        """Count all."""
        ...


def facets(register: Register, asked: Asked, roles: Mapping[str, str], place: str, found: Found) -> Facets:
    """Return the filters with counts: each kind of filter counts as if it were not in use itself.

    `place` is the primary role of the organisation that `within` names, or empty.
    """
    first = asked._replace(page=1)
    statuses = found.by_term(first._replace(status="all"), "status")
    numbers = {
        "all": sum(statuses.values()),
        **{key: statuses.get(key.capitalize(), 0) for key in ("active", "inactive")},
    }
    by_role = found.by_term(first._replace(roles=()), "active_role")
    nearer = _places(register, asked.within, _NEARER[place]) if place in _NEARER else {}
    counted = {code: found.number(first._replace(within=code)) for code in nearer}
    return Facets(
        [
            Choice(text, numbers[key], first._replace(status=key).parameters, key == asked.status)
            for key, text in _STATUSES.items()
            if numbers[key] or key == asked.status
        ],
        _sorted(
            Choice(
                roles.get(role, role),
                by_role.get(role, 0),
                first._replace(roles=_toggled(asked.roles, role)).parameters,
                role in asked.roles,
            )
            for role in {*by_role, *asked.roles}
        ),
        _sorted(
            Choice(name, counted[code], first._replace(within=code).parameters, chosen=False)
            for code, name in nearer.items()
            if counted[code]
        ),
    )


def _toggled(chosen: tuple[str, ...], role: str) -> tuple[str, ...]:
    return tuple(each for each in chosen if each != role) if role in chosen else (*chosen, role)


def _sorted(choices: Iterable[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda choice: (not choice.chosen, -choice.count, choice.text))


def _places(register: Register, within: str, role: str) -> dict[str, str]:
    """Return the names of the active places of a kind, by code: all, or those within a larger place."""
    tests = [Test("active_primary_role", Operator.EQ, role)]
    tests += [Test("within", Operator.EQ, within)] if within else []
    clauses = tuple(Clause((test,)) for test in tests)
    found = register.search(Query(KIND, clauses, size=None, total=False), "lookup").matches
    return {match.id: orjson.loads(match.document)["name"] for match in found}


def chips(asked: Asked, roles: Mapping[str, str], within: str) -> list[Chip]:
    """Return the filters in use; `within` is the name of the organisation that `within` asks for."""
    first = asked._replace(page=1)
    found = [
        Chip(roles.get(role, role), first._replace(roles=_toggled(asked.roles, role)).parameters)
        for role in asked.roles
    ]
    found += [
        Chip(
            f"{roles.get(role, role)} (primary role)",
            first._replace(primary_roles=_toggled(asked.primary_roles, role)).parameters,
        )
        for role in asked.primary_roles
    ]
    if asked.status != "all":
        found.append(Chip(_STATUSES[asked.status], first._replace(status="all").parameters))
    if asked.record_class:
        text = "Sites" if asked.record_class == "RC2" else "Organisations, no sites"
        found.append(Chip(text, first._replace(record_class="").parameters))
    if asked.within:
        found.append(Chip(f"Belongs to {within or asked.within}", first._replace(within="").parameters))
    return found
