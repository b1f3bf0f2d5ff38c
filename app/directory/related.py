"""The organisations that relationships lead to, or lead from, on one day, step by step (fhir-r4 15.2)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from app.directory.bodies import Bodies
from app.directory.body import TELLING_ROLES, Body, Link, body
from app.directory.day import Day
from app.register import relationship
from app.register.query import Clause, Operator, Query, Test

MOST = 20_000
"""Organisations that a walk may reach."""
NOT_FOLLOWED = "RE8"
"""The type that is followed only if it is asked for: partners are no members."""
_STARTS = 1_000
"""Organisations whose members are looked for together."""
_TYPES = 4
"""Types up to which an engine is asked for these alone."""
_PAGE = 5_000
"""Records that are in memory at once."""


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


def members(bodies: Bodies, asked: Asked) -> list[str]:
    """Return the codes of the organisations that lead to one through relationships; raises TooMany."""
    walk = _Walk(bodies, asked)
    starts = {asked.code}
    for _ in range(asked.depth):
        starts = {each.code for each in walk.reach(walk.sources(starts))}
    return walk.found


def ancestors(bodies: Bodies, asked: Asked) -> list[str]:
    """Return the codes of the organisations that one leads to through relationships; raises TooMany."""
    walk = _Walk(bodies, asked)
    start = bodies.get(asked.code)
    starts = [start] if start else []
    for _ in range(asked.depth):
        starts = list(walk.reach(walk.targets(starts)))
    return walk.found


class _Walk:
    """One walk: where it has been, and what it has found."""

    def __init__(self, bodies: Bodies, asked: Asked) -> None:
        self.found: list[str] = []
        self._register, self._published = bodies.register, bodies.published
        self._day, self._asked = Day(bodies, asked.day), asked
        self._roles, self._held_roles = frozenset(asked.roles or ()), frozenset(asked.held_roles or ())
        self._telling = TELLING_ROLES | self._roles | self._held_roles
        self._met = {asked.code}

    def reach(self, bodies: Iterable[Body]) -> Iterator[Body]:
        """Yield the bodies that the walk comes to for the first time, and note those that are answered."""
        for each in bodies:
            if each.code not in self._met:
                self._met.add(each.code)
                if len(self._met) > MOST + 1:  # the start is not counted
                    raise TooMany
                if self._is_answered(each):
                    self.found.append(each.code)
                yield each

    def sources(self, targets: Collection[str]) -> Iterator[Body]:
        """Yield the organisations with a relationship to one of some others that is to be followed."""
        for some in _together(targets):
            # Terms without a type find more than is followed, but terms for many types would take longer.
            types = self._asked.types if self._asked.types and len(self._asked.types) <= _TYPES else ()
            terms = relationship.asked(relationship.STATUSES, types, some)
            clause = Clause(tuple(Test("relationship", Operator.EQ, term) for term in terms))
            query = Query("organisation", (clause,), size=_PAGE, total=False)
            more = True
            while more:
                page = self._register.search(query, "ord")
                for match in page.matches:
                    if match.id not in self._met:
                        each = body(match.document, self._published, self._telling)
                        if any(link.target in targets for link in self._followed(each)):
                            yield each
                query, more = replace(query, offset=query.offset + _PAGE), page.more

    def targets(self, sources: Iterable[Body]) -> Iterator[Body]:
        """Yield the organisations to which some others have a relationship that is to be followed."""
        codes = {link.target for each in sources for link in self._followed(each)}
        for some in _together(codes - self._met):
            for document in self._register.documents("organisation", some, "ord").values():
                yield body(document, self._published, self._telling)

    def _followed(self, source: Body) -> Iterator[Link]:
        types = self._asked.types
        for link in self._day.held_today(source) if self._asked.only_active else source.links:
            if link.type != NOT_FOLLOWED if types is None else link.type in types:
                yield link

    def _is_answered(self, reached: Body) -> bool:
        asked, day, roles = self._asked, self._asked.day, reached.roles
        return (
            (not asked.only_active or reached.life.open.contains(day))
            and (asked.roles is None or not self._roles.isdisjoint(roles))
            and (
                asked.held_roles is None
                or any(reached.holds(role, day) for role in roles if role in self._held_roles)
            )
        )


def _together(codes: Collection[str]) -> Iterator[list[str]]:
    """Yield codes in order, as many at a time as are asked for together."""
    ordered = sorted(codes)
    for at in range(0, len(ordered), _STARTS):
        yield ordered[at : at + _STARTS]
