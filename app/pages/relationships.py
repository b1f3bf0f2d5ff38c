"""What an organisation's page shows of its relationships, by kind: a type in one direction."""

from collections.abc import Mapping
from typing import NamedTuple

from app.directory.members import Direction, Group, Member, Members, Relationships
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


def kinds(found: Relationships) -> list[Kind]:
    """Return all kinds of relationships that an organisation has, each with its first members."""
    groups = found.groups()
    pages = found.pages(groups, 0, FIRST)
    return [_kind(group, page) for group, page in zip(groups, pages, strict=True)]


def kind(found: Relationships, wanted: Asked, page: int) -> Kind:
    """Return a page of one kind, which may be empty."""
    groups = [each for each in found.groups() if (each.type, each.direction) == wanted]
    pages = found.pages(groups, (page - 1) * ON_PAGE, ON_PAGE)
    none = Group(wanted.type, None, wanted.direction, 0, 0), Members([], 0)
    return _kind(*next(zip(groups, pages, strict=True), none))


def _kind(group: Group, page: Members) -> Kind:
    direction = group.direction.value
    return Kind(
        f"{group.type}-{direction}",
        labels.relationship(group.type, group.name or "", direction),
        group.is_inward,
        group.active,
        group.total - group.active,
        [_shown(member) for member in page.members],
        {"relationships": group.type, "direction": direction if group.is_inward else ""},
    )


def _shown(member: Member) -> Shown:
    spells = [Spell(each.active, each.period.start or "", each.period.end or "") for each in member.spells]
    result = member.result
    is_closed = result.get("status") == "inactive"
    return Shown(member.code, result.get("name", ""), place(result), is_closed, spells)
