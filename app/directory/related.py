"""The organisations that relationships lead to, or lead from, on one day, step by step (fhir-r4 15.2).

A step is a query of relationships: of those that stand at one end for what was reached before, the other
ends are reached next. Start and end of a relationship say when it is held, but for odd ones: then the record
of its source is read and decides (hierarchy 2).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from app.clock import midnight
from app.directory.bodies import Bodies
from app.directory.body import TELLING_ROLES, Body, body
from app.directory.day import Day
from app.register.fields import ON_LAST_DAY, ON_OTHER_DAYS
from app.register.query import Clause, Operator, Query, Referring, Test

MOST = 20_000
"""Organisations that a walk may reach."""
NOT_FOLLOWED = "RE8"
"""The type that is followed only if it is asked for: partners are no members."""
_PAGE = 5_000
"""Records that are in memory at once."""
_DAY = 24 * 60 * 60 * 1000


class TooMany(Exception):
    """A walk has reached more than MOST organisations."""


@dataclass(frozen=True)
class Asked:
    """What is asked about the relatives of an organisation."""

    code: str
    day: str
    types: tuple[str, ...] | None = None
    """The types of relationships to follow; None: all but NOT_FOLLOWED."""
    depth: int = 1
    """How many relationships may lie between."""
    only_active: bool = True
    """Whether only held relationships are followed, and only open organisations are answered."""
    held_roles: tuple[str, ...] | None = None
    """Roles of which an organisation must hold one on the day."""
    roles: tuple[str, ...] | None = None
    """Roles of which it must have one, held or not."""


class Ends(NamedTuple):
    """The end of a relationship that a step comes from, and the end that it leads to."""

    near: str
    far: str


INWARDS, OUTWARDS = Ends("target", "source"), Ends("source", "target")


Found = list[str] | tuple[Clause, ...]
"""The organisations that a walk finds: their codes, or clauses that all of them match and no others."""


def members(bodies: Bodies, asked: Asked) -> Found:
    """Return the organisations that lead to one through relationships; raises TooMany."""
    return _Walk(bodies, asked, INWARDS).found()


def ancestors(bodies: Bodies, asked: Asked) -> Found:
    """Return the organisations that one leads to through relationships; raises TooMany."""
    return _Walk(bodies, asked, OUTWARDS).found()


Reached = tuple[Test, ...]
"""The organisations that pass one of some tests."""


class _Walk:
    """One walk: which relationships it follows, and which organisations it answers."""

    def __init__(self, bodies: Bodies, asked: Asked, ends: Ends) -> None:
        self._register, self._published = bodies.register, bodies.published
        self._day, self._asked, self._ends = Day(bodies, asked.day), asked, ends
        self._start = Test("id", Operator.EQ, asked.code)
        types = (NOT_FOLLOWED,) if asked.types is None else asked.types
        self._of_type = Clause(_any_of("type", types), negated=asked.types is None)

    def found(self) -> Found:
        """Return the answer."""
        reached, total = Reached(), 0
        for _ in range(self._asked.depth):
            reached, before = self._step((self._start, *reached)), total
            others = Clause(reached), Clause((self._start,), negated=True)
            (total,) = self._register.totals("organisation", [others])
            if total > MOST:
                raise TooMany
            if total == before:
                break
        return self._answered(others)

    def _step(self, reached: Reached) -> Reached:
        """Return what is one step from some organisations."""
        leading = Clause((Test(self._ends.near, Operator.REFERS, (Clause(reached),)),)), self._of_type
        if not self._asked.only_active:
            return (_referred(self._ends.far, leading),)
        odd = _odd(self._asked.day)
        held = *leading, *_on("start", "end", self._asked.day), odd._replace(negated=True)
        stating = list(self._records((Clause((_referred("source", (*leading, odd)),)),)))
        further = self._further(stating, reached) if stating else ()
        return _referred(self._ends.far, held), *_any_of("id", further)

    def _further(self, stating: Iterable[Body], reached: Reached) -> list[str]:
        """Return what relationships lead to that some organisations hold, from what was reached."""
        asked = self._asked.types
        links = [
            (each.code, link.target)
            for each in stating
            for link in self._day.held_today(each)
            if (link.type != NOT_FOLLOWED if asked is None else link.type in asked)
        ]
        near = {(target if self._ends is INWARDS else source) for source, target in links}
        clauses = Clause(reached), Clause(_any_of("id", sorted(near)))
        query = Query("organisation", clauses, size=None, total=False)
        met = {match.id for match in self._register.search(query, None).matches}
        if self._ends is INWARDS:
            return sorted({source for source, target in links if target in met})
        return sorted({target for source, target in links if source in met})

    def _answered(self, reached: tuple[Clause, ...]) -> Found:
        asked, clauses = self._asked, reached
        if asked.only_active:
            clauses += _on("opened", "closed", asked.day)
        clauses += tuple(
            Clause(_any_of("role", roles)) for roles in (asked.roles, asked.held_roles) if roles is not None
        )
        if asked.held_roles is None:
            return clauses
        roles = frozenset(asked.held_roles)
        return [
            each.code
            for each in self._records(clauses, roles)
            if any(each.holds(role, asked.day) for role in roles)
        ]

    def _records(self, clauses: tuple[Clause, ...], roles: frozenset[str] = frozenset()) -> Iterator[Body]:
        query, more = Query("organisation", clauses, size=_PAGE, total=False), True
        while more:
            page = self._register.search(query, "ord")
            for match in page.matches:
                yield body(match.document, self._published, TELLING_ROLES | roles)
            query, more = replace(query, offset=query.offset + _PAGE), page.more


def _referred(field: str, clauses: tuple[Clause, ...]) -> Test:
    """Return the test of an organisation that it stands at an end of a relationship."""
    return Test("id", Operator.REFERRED, Referring("affiliation", field, clauses))


def _any_of(field: str, terms: Iterable[str]) -> tuple[Test, ...]:
    return tuple(Test(field, Operator.EQ, term) for term in terms)


def _on(start: str, end: str, day: str) -> tuple[Clause, ...]:
    """Return what holds of a period that contains a day: its start, and the start of the day after it."""
    now = midnight(date.fromisoformat(day))
    begun = Test(start, Operator.RANGE, (None, now + 1))
    lasting = Test(end, Operator.RANGE, (now + 1, None))
    return Clause((begun, Test(start, Operator.ABSENT))), Clause((lasting, Test(end, Operator.ABSENT)))


def _odd(day: str) -> Clause:
    """Return what marks a relationship of which its fields do not say whether it is held on a day."""
    now = midnight(date.fromisoformat(day))
    last = Test("end", Operator.RANGE, (now + 1, now + _DAY + 1))
    on_last_day = Test("", Operator.ALL, (*_any_of("odd", (ON_LAST_DAY,)), last))
    return Clause((*_any_of("odd", (ON_OTHER_DAYS,)), on_last_day))
