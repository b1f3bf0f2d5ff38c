"""The filters of a search: those to choose from, with counts, and those in use."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

import orjson

from app.directory import ranking
from app.directory.filters import Filters
from app.directory.recognise import KIND
from app.engine.port import Counts, Register
from app.pages.asked import STATUSES, Asked, Parameters
from app.register.query import Clause, Operator, Query, Test

_NEARER = {"": "RO209", "RO209": "RO261", "RO261": "RO98"}
"""The kinds of places to choose from, as primary roles, by the kind of the place in use: regions, then the
integrated care boards of a region, then the sub-ICB locations of a board."""


class Choice(NamedTuple):
    """A filter that can be chosen, or is: the address that changes it, and how many it leaves."""

    text: str
    number: int
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


def facets(register: Register, asked: Asked, roles: Mapping[str, str], place: str) -> Facets:
    """Return the filters with counts: each kind of filter counts as if it were not in use itself.

    Where nothing is asked yet, roles and places of the whole register are there to begin with. `roles` are
    names by id; `place` is the primary role of the organisation that `within` names, or empty.
    """

    @cache
    def found(filters: Filters) -> tuple[Clause, ...] | None:
        return ranking.found(register, asked.q, filters)

    def counts(asked: Asked, field: str) -> Counts:
        return register.counts(KIND, found(asked.filters) or (), (field,))[field]

    everywhere = asked.but(status="all")
    by_status = {} if found(everywhere.filters) is None else counts(everywhere, "status")
    by_role = counts(asked.but(roles=()), "active_role")
    places = _nearer(register, asked, _NEARER[place]) if place in _NEARER else {}
    clauses = found(asked.filters) or ()
    by_place = {code: _number(register, (*clauses, _within(code))) for code in places}
    return Facets(
        list(_statuses(asked, by_status)),
        _sorted(_roles(asked, by_role, roles)),
        _sorted(_places(asked, by_place, places)),
    )


def _statuses(asked: Asked, counts: Counts) -> Iterator[Choice]:
    numbers = {"active": counts.get("Active", 0), "inactive": counts.get("Inactive", 0)}
    numbers["all"] = sum(numbers.values())
    for status, text in STATUSES.items():
        if numbers[status]:
            chosen = status == asked.filters.status
            yield Choice(text, numbers[status], asked.but(status=status).parameters, chosen)


def _roles(asked: Asked, counts: Counts, names: Mapping[str, str]) -> Iterator[Choice]:
    chosen = asked.filters.roles
    for role in {*counts, *chosen}:
        parameters = asked.but(roles=_toggled(chosen, role)).parameters
        yield Choice(names.get(role, role), counts.get(role, 0), parameters, role in chosen)


def _places(asked: Asked, counts: Counts, names: Mapping[str, str]) -> Iterator[Choice]:
    for code, number in counts.items():
        if number:
            yield Choice(names[code], number, asked.but(within=code).parameters, chosen=False)


def _nearer(register: Register, asked: Asked, role: str) -> dict[str, str]:
    """Return the names of the active places of a kind, by code: all, or those within the place in use."""
    filters = Filters(primary_roles=(role,), within=asked.filters.within)
    matches = register.search(Query(KIND, filters.clauses(), size=None, total=False), "lookup").matches
    return {match.id: orjson.loads(match.document)["name"] for match in matches}


def _within(code: str) -> Clause:
    return Clause((Test("within", Operator.EQ, code),))


def _number(register: Register, clauses: tuple[Clause, ...]) -> int:
    return register.search(Query(KIND, clauses, size=0), None).total or 0


def _toggled(chosen: tuple[str, ...], role: str) -> tuple[str, ...]:
    return tuple(each for each in chosen if each != role) if role in chosen else (*chosen, role)


def _sorted(choices: Iterable[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda choice: (not choice.chosen, -choice.number, choice.text))


def chips(asked: Asked, roles: Mapping[str, str], within: str) -> list[Chip]:
    """Return the filters in use; `within` is the name of the organisation that the filter names."""
    filters = asked.filters
    found = [
        Chip(roles.get(role, role), asked.but(roles=_toggled(filters.roles, role)).parameters)
        for role in filters.roles
    ]
    for role in filters.primary_roles:
        without = asked.but(primary_roles=_toggled(filters.primary_roles, role))
        found.append(Chip(f"{roles.get(role, role)} (primary role)", without.parameters))
    if filters.status != "all":
        found.append(Chip(STATUSES[filters.status], asked.but(status="all").parameters))
    if filters.record_class:
        text = "Sites" if filters.record_class == "RC2" else "Organisations, no sites"
        found.append(Chip(text, asked.but(record_class="").parameters))
    if filters.within:
        found.append(Chip(f"Belongs to {within or filters.within}", asked.but(within="").parameters))
    return found
