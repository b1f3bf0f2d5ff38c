"""What decides where an organisation belongs on the day of a load, read in the process that read its record.

It leaves out what walks do not ask on that day, such as most dates: so most organisations that belong to the
same bodies have equal ones, and share a walk (hierarchy 2 and 4).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from app.directory.body import Body, Link, body
from app.directory.kinds import COMMISSIONERS, OPERATORS_THAT_HAND_DOWN, TELLING_PRIMARY_ROLES, WALKED
from app.directory.periods import ALWAYS, NEVER, OPEN, Life, Span
from indexer.belonging import lived, span
from indexer.organisation import Organisation

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
    links: tuple[tuple[str, str], ...] = ()
    """Type and target of the relationships that it holds on the day on which these count."""

    def body(self, code: str, published: str) -> Body:
        """Return the organisation as walks on the day of the load may see it."""
        if self.document:
            return body(self.document, published)
        links = tuple([Link(type_id, target, ALWAYS, ALWAYS) for type_id, target in self.links])
        life = _LIVES[self.state]
        return Body(code, "", True, self.record_class, self.primary_role, {}, None, life, links, ())


def placing(organisation: Organisation, document: bytes, published: str, day: str) -> Placing:
    """Return what decides on a day; `document` is the organisation's ORD document."""
    later = min(_changes(organisation, day), default="")
    successions = tuple(
        [
            (each.type, each.target.code, each.periods[0].start)
            for each in organisation.successions
            if each.periods
        ]
    )
    whole = Placing(later, successions, document)
    role = organisation.primary_role
    if role in TELLING_PRIMARY_ROLES:
        return whole
    life = lived(organisation, published)
    closed = life.stated.end
    if life.is_to_come(day):
        return Placing(later, successions, None, organisation.record_class, "", TO_COME)
    if closed == OPEN and organisation.status != "Active":
        return whole  # which day counts depends on what the register has
    last = min(closed, day)
    over = life.is_legally_over(last)
    links = []
    begins = ends = False
    for each in organisation.relationships:
        if each.id in WALKED and each.target.code != organisation.code:
            held = span(each.status, each.periods, published, over)
            if held.start <= last <= held.end:
                begins |= held.start == last
                ends |= held.end == last
                links.append((each.id, each.target.code))
    if begins and ends:
        return whole  # one may give way to the other
    return Placing(
        later,
        successions,
        None,
        organisation.record_class,
        role if role in _TELLING else "",
        IN_BEING if life.is_in_being(day) else GONE,
        tuple(links),
    )


def _changes(organisation: Organisation, day: str) -> Iterator[str]:
    """Yield the days after a day on which something begins, or has ended."""
    for parts in ((organisation,), organisation.roles, organisation.relationships, organisation.successions):
        for part in parts:
            for period in part.periods:
                if period.start > day:
                    yield period.start
                if period.end and day <= period.end < "9999-12-31":
                    yield str(date.fromisoformat(period.end) + timedelta(days=1))
