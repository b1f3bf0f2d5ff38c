"""What an organisation's page shows of its relationships, by kind: a type in one direction."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.directory.members import Direction, Group, Member, Relationships
from app.pages import labels
from app.pages.organisation import place
from app.web import parameters
from app.web.message import Request

FIRST = 6
"""Members of a kind on the organisation's own page."""
ON_PAGE = 50
"""Members on a page of their own."""


class Asked(NamedTuple):
    """The kind that a page of its own shows."""

    type: str
    direction: Direction


class Spell(NamedTuple):
    """One period in which a relationship was held; dates may be empty."""

    is_active: bool
    start: str
    end: str


class Shown(NamedTuple):
    """The other organisation of a relationship; all but its code is empty if the register lacks it."""

    code: str
    name: str
    where: str
    is_closed: bool
    spells: list[Spell]


class Kind(NamedTuple):
    """A kind of relationships, its numbers, and some of its members."""

    id: str
    title: str
    is_inward: bool
    active: int
    ended: int
    members: list[Shown]
    parameters: Mapping[str, str]
    """Those of the page with all members."""

    @property
    def total(self) -> int:
        """How many members there are."""
        return self.active + self.ended


def asked(request: Request) -> Asked | None:
    """Return the kind that a request asks for, or None; raises Fault for an unknown direction."""
    kind = parameters.single(request, "relationships").strip().upper()
    directions = [each.value for each in Direction]
    direction = parameters.choice(request, "direction", directions, Direction.OUT.value)
    return Asked(kind, Direction(direction)) if kind else None


def kinds(found: Relationships) -> Iterator[Kind]:
    """Yield all kinds of relationships that an organisation has, each with its first members."""
    for group in found.groups():
        yield _kind(found, group, 0, FIRST)


def kind(found: Relationships, wanted: Asked, page: int) -> Kind:
    """Return a page of one kind, which may be empty."""
    none = Group(wanted.type, None, wanted.direction, 0, 0)
    groups = (each for each in found.groups() if (each.type, each.direction) == wanted)
    return _kind(found, next(groups, none), (page - 1) * ON_PAGE, ON_PAGE)


def _kind(found: Relationships, group: Group, offset: int, size: int) -> Kind:
    direction = group.direction.value
    members = found.page(group.type, group.direction, offset, size).members if group.total else []
    return Kind(
        f"{group.type}-{direction}",
        labels.relationship(group.type, group.name or "", direction),
        group.direction is Direction.IN,
        group.active,
        group.total - group.active,
        [_shown(member) for member in members],
        {"relationships": group.type, "direction": "" if group.direction is Direction.OUT else direction},
    )


def _shown(member: Member) -> Shown:
    spells = [Spell(each.active, each.period.start or "", each.period.end or "") for each in member.spells]
    result = member.result
    is_closed = result.get("status") == "inactive"
    return Shown(member.code, result.get("name", ""), place(result), is_closed, spells)
