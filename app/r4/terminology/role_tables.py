"""The role instances of generations, and the filters that their table answers (fhir-r4 9.3 and 10.4)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from app.engine.port import Register, not_counted
from app.engine.shared import Shared
from app.r4.terminology.memory import predicate
from app.r4.terminology.system import (
    Both,
    Codes,
    Concept,
    Condition,
    Either,
    Filter,
    Not,
    OneOf,
    Property,
)
from app.r4.terminology.values import values, wanted
from app.register.query import Query
from app.register.roles import Mark, Roles, Rows

BUDGET = 24 * 1024 * 1024
"""Bytes: two generations of a full register."""
_PARTS = Query("role_table", size=None, total=False)


class RoleTables:
    """The role instances of generations; what was not asked for longest goes first."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Keep so many bytes at most."""
        self._kept = Shared(budget, lambda table: table.size)

    def of(self, register: Register) -> Roles:
        """Return the role instances of a register."""
        generation = register.generation
        return self._kept.get((generation.name, generation.loaded), lambda: _read(register))


def _read(register: Register) -> Roles:
    with not_counted():
        parts = register.search(_PARTS, "part").matches
    return Roles(part.document for part in parts)


@dataclass(frozen=True)
class RoleRows:
    """Answers filters by the columns of a table."""

    table: Roles
    types: Mapping[str, str]
    """The types of the properties of role instances."""
    now: datetime
    """The time of the request."""

    most: ClassVar = 5_000

    @property
    def known(self) -> Collection[str]:
        """The properties whose filters the columns answer."""
        return ("status", "inactive", "orgCode", "role", "primaryRole")

    def find(self, condition: Condition, offset: int, size: int) -> Codes:
        """Return a slice of the codes that pass a condition on such properties; raises Rejected."""
        rows = self._rows(condition)
        return Codes(self.table.codes(rows, offset, size), int(rows.sum()))

    def _rows(self, condition: Condition) -> Rows:
        match condition:
            case OneOf(codes):
                return self.table.numbered(codes)
            case Not(part):
                return ~self._rows(part)
            case Both(parts):
                found = self.table.all()
                for part in parts:
                    found &= self._rows(part)
                return found
            case Either(parts):
                found = ~self.table.all()
                for part in parts:
                    found |= self._rows(part)
                return found
            case Filter():
                return self._held(condition) if condition.property == "orgCode" else self._marked(condition)

    def _held(self, asked: Filter) -> Rows:
        if asked.op == "exists":
            return self.table.all() if wanted(asked) else ~self.table.all()
        found = self.table.held(values(asked))
        return ~found if asked.op == "not-in" else found

    def _marked(self, asked: Filter) -> Rows:
        holds = predicate(asked, self.types, self.now)
        return self.table.marked(list(map(holds, self._concepts)))

    @cached_property
    def _concepts(self) -> Sequence[Concept]:
        """What each mark says of the roles that have it; a value set may have 200 filters."""
        return tuple(map(_concept, self.table.marks))


def _concept(mark: Mark) -> Concept:
    """Return a role with this mark and no number."""
    role, primary, active = mark
    properties = (
        Property("status", "code", "active" if active else "inactive"),
        Property("inactive", "boolean", not active),
        Property("role", "Coding", role),
        Property("primaryRole", "boolean", primary),
    )
    return Concept("", None, active, properties)
