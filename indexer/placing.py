"""What decides where an organisation belongs on the day of a load, read in the process that read its record.

It leaves out what walks do not ask on that day, such as most dates: so most organisations that belong to the
same bodies have equal ones, and share a walk (hierarchy 2 and 4).
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from app.directory.body import Body, Link, body
from app.directory.kinds import (
    COMMISSIONERS,
    OPERATORS_THAT_HAND_DOWN,
    SITE,
    TELLING_PRIMARY_ROLES,
    WALKED,
    WALKED_BY_ORGANISATIONS,
)
from app.directory.periods import ALWAYS, NEVER, OPEN, Life, Span
from indexer.belonging import span
from indexer.organisation import Organisation, Period, Relationship, Role, Succession

_TELLING = OPERATORS_THAT_HAND_DOWN | COMMISSIONERS
IN_BEING, GONE, TO_COME = "in being", "gone", "to come"
_LIVES = {
    IN_BEING: Life(ALWAYS, ALWAYS, OPEN, ()),
    GONE: Life(ALWAYS, NEVER, OPEN, ()),
    TO_COME: Life(Span(OPEN), NEVER, OPEN, ()),
}
"""Lives that are in such a state on every day."""


class Placing(NamedTuple):
    """What decides; its values are plain, for `marshal`."""

    later: str
    """The earliest day after the load's on which something that the record states begins or has ended."""
    successions: tuple[tuple[str, ...], ...]
    """Type, other party and date of each."""
    document: bytes | None
    """Its ORD document, if more counts than what follows."""
    record_class: str = ""
    primary_role: str = ""
    """If it says what an operator hands down, else empty."""
    state: str = ""
    links: str = ""
    """Type and target of each relationship that it holds on the day that counts, with NULs between."""

    @property
    def stated(self) -> Iterator[tuple[str, str]]:
        """Type and target of each of the links."""
        words = iter(self.links.split("\0") if self.links else ())
        return zip(words, words, strict=True)

    def body(self, code: str, published: str) -> Body:
        """Return the organisation as walks on the day of the load may see it."""
        if self.document:
            return body(self.document, published)
        links = tuple([Link(type_id, target, ALWAYS, ALWAYS) for type_id, target in self.stated])
        life = _LIVES[self.state]
        return Body(code, "", True, self.record_class, self.primary_role, {}, None, life, links, ())


def placing(organisation: Organisation, life: Life, document: bytes, published: str, day: str) -> Placing:
    """Return what decides on a day; `life` and `document`, of ORD, are the organisation's."""
    _, roles, relationships, succeeded = organisation[-4:]
    parts: tuple[Organisation | Role | Relationship | Succession, ...]
    parts = organisation, *roles, *relationships, *succeeded
    coming = [
        period
        for part in parts
        for period in part.periods
        if period.start > day or (period.end and period.end >= day)
    ]
    later = min(_changes(coming, day), default="") if coming else ""
    successions = tuple(
        [(each.type, each.target.code, each.periods[0].start) for each in succeeded if each.periods]
    )
    role = organisation.primary_role
    closed = life.stated.end
    # Which day counts for an inactive organisation without an End depends on what the register has.
    if role in TELLING_PRIMARY_ROLES or (closed == OPEN and organisation.status != "Active"):
        return Placing(later, successions, document)
    is_to_come = life.is_to_come(day)
    links: list[str] = []
    if relationships and not is_to_come:
        last = min(closed, day)
        over = life.is_legally_over(last)
        followed = WALKED if organisation.record_class == SITE else WALKED_BY_ORGANISATIONS
        begins = ends = False
        for each in relationships:
            if each.id in followed and each.target.code != organisation.code:
                held = span(each.status, each.periods, published, over)
                if held.start <= last <= held.end:
                    begins |= held.start == last
                    ends |= held.end == last
                    links.append(f"{each.id}\0{each.target.code}")
        if begins and ends:  # one may give way to the other
            return Placing(later, successions, document)
    return Placing(
        later,
        successions,
        None,
        organisation.record_class,
        role if role in _TELLING else "",
        TO_COME if is_to_come else IN_BEING if life.is_in_being(day) else GONE,
        "\0".join(sorted(links)),
    )


def _changes(periods: Iterable[Period], day: str) -> Iterator[str]:
    """Yield the days after a day on which periods begin, or have ended."""
    for period in periods:
        if period.start > day:
            yield period.start
        if period.end and day <= period.end < "9999-12-31":
            yield str(date.fromisoformat(period.end) + timedelta(days=1))
