"""What an organisation belongs to: the organisations to which chains of its relationships lead (lookup 2)."""

from collections.abc import Callable, Container
from functools import lru_cache
from typing import NamedTuple

from app.directory.periods import OPEN, SUB_ICB_LOCATION, Life, Span, dates, held_alone, life, replacing
from indexer.organisation import Organisation, Period

MOST_STEPS = 5
"""Relationships in a chain."""

Targets = tuple[str | tuple[str, ...], ...]
"""The other parties of the relationships that an organisation holds.

A code, or a tuple of the code and those of the relationships that replace this one on the day: it counts
where the register has none of these.
"""


def held(organisation: Organisation, life: Life, day: str) -> Targets | None:
    """Return the targets of the relationships held on a day, or None if the organisation is not in being.

    The day is the PublicationDate of the release (hierarchy 2); `life` is the organisation's.
    """
    if not life.is_in_being(day):
        return None
    if not organisation.relationships:
        return ()
    over = life.is_legally_over(day)
    links = [
        _Link(each.id, each.target.code, held)
        for each in organisation.relationships
        if each.target.code != organisation.code
        and (held := span(each.status, each.periods, day, over)).start <= day <= held.end
    ]
    if day not in [link.span.end for link in links]:  # nearly always: no link gives way to another
        return tuple(dict.fromkeys([link.target for link in links]))
    targets: dict[str | tuple[str, ...], None] = {}
    for link in links:
        others = [other.target for other in replacing(link, links, day)]
        targets[(link.target, *others) if others else link.target] = None
    return tuple(targets)


class _Link(NamedTuple):
    """A relationship, and the days on which it is held."""

    type: str
    target: str
    span: Span


def lived(organisation: Organisation, published: str) -> Life:
    """Return the life of an organisation of a release that was published on a day."""
    locations = []
    for role in organisation.roles:
        if role.primary:
            primary = role
        if role.id == SUB_ICB_LOCATION:
            locations.append(dates(role.status, role.periods))
    is_legal = False
    for each in primary.periods:
        is_legal |= each.type == "Legal"
    if locations or is_legal or len(organisation.periods) != 1:
        own = dates(organisation.status, organisation.periods)
        return life(own, dates(primary.status, primary.periods), locations, published)
    # Nearly always, and several times as quick.
    ((kind, start, end),) = organisation.periods
    alone = Span(start, end or OPEN)
    held = held_alone(organisation.status == "Active", alone, published)
    return Life(alone, held, alone.end if kind == "Legal" else OPEN, ())


def span(status: str, periods: tuple[Period, ...], published: str, operational_first: bool) -> Span:
    """Return the days on which a relationship is held (see `Dates.held`)."""
    if len(periods) == 1:  # nearly always, and several times as quick
        ((_, start, end),) = periods
        return held_alone(status == "Active", Span(start, end or OPEN), published)
    return _span(status, periods, published, operational_first)


@lru_cache(maxsize=16_384)  # most periods repeat
def _span(status: str, periods: tuple[Period, ...], published: str, operational_first: bool) -> Span:
    return dates(status, periods).held(published, operational_first=operational_first)


class Belonging:
    """Follows the relationships of a whole release."""

    def __init__(self, targets: Callable[[str], Targets | None], register: Container[str]) -> None:
        """`targets` gives what `held` returned for a code; None also for one that is not in the register."""
        self._targets, self._register = targets, register
        self._above: dict[Targets, tuple[str, ...]] = {}
        """What `_follow` returned: most organisations share their targets."""

    def of(self, code: str) -> list[str]:
        """Return the codes of the organisations in being that an organisation belongs to, itself left out."""
        targets = self._targets(code) or ()
        above = self._above.get(targets)
        if above is None:
            above = self._above[targets] = self._follow(targets)
        return [each for each in above if each != code]

    def _follow(self, targets: Targets) -> tuple[str, ...]:
        reached: dict[str, None] = {}
        last = self._counting(targets)
        for _ in range(MOST_STEPS):
            step = {code: further for code in last if (further := self._targets(code)) is not None}
            last = [
                code for further in step.values() for code in self._counting(further) if code not in reached
            ]
            reached |= dict.fromkeys(step)
        return tuple(reached)

    def _counting(self, targets: Targets) -> list[str]:
        """Return the targets of relationships that give way to none whose target is in the register."""
        counting = []
        for target in targets:
            if isinstance(target, str):
                counting.append(target)
            elif not any(other in self._register for other in target[1:]):
                counting.append(target[0])
        return counting
