"""The bodies of a register on one day: the links that count, and who stands for a body that has gone."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from app.directory.bodies import Known
from app.directory.body import Body, Link
from app.directory.heirs import Heir, heirs
from app.directory.kinds import COMMISSIONERS, ORGANISATION, WALKED, Kind
from app.directory.periods import OPEN, without_replaced

_DATING = frozenset({"RE4", "RE5", "RE6", "RE8"})
"""The links whose ends date an inactive organisation that has no End."""


class Standing(NamedTuple):
    """A body that stands for a link's target on the day; `successor_of` names the target if it has gone."""

    body: Body
    successor_of: str | None = None


class Outcome(NamedTuple):
    """What a target gives a level: the bodies that stand for it, or the target itself if it has ended."""

    standing: tuple[Standing, ...] = ()
    ended: Body | None = None


_NOTHING = Outcome()


class Day:
    """The bodies of a request on one day (hierarchy 2 and 5); keeps what it has worked out."""

    def __init__(self, bodies: Known, day: str) -> None:
        self.bodies, self.day = bodies, day
        self.met: set[str] = set()
        """The codes that reading ahead has come to on this day."""
        self._held: dict[str, list[Link]] = {}
        self._links: dict[str, tuple[Link, ...]] = {}
        self._heirs: dict[str, tuple[Heir, ...]] = {}
        self._outcomes: dict[tuple[Kind, str], Outcome] = {}

    def has_gone(self, body: Body) -> bool:
        """Return whether a body is no longer in being: neither in being nor still to open."""
        return not (body.life.is_in_being(self.day) or body.life.is_to_come(self.day))

    def links_on(self, body: Body) -> str:
        """Return the day on which the links of a body count: its last, or this one if it has not closed."""
        closed = body.life.stated.end
        if closed < self.day:
            return closed
        if body.active or closed != OPEN:
            return self.day
        return min(self._last_day(body), self.day)

    def held(self, body: Body) -> list[Link]:
        """Return the links for walks that a body holds on the day its links count, whatever they lead to."""
        if body.code not in self._held:
            day = self.links_on(body)
            is_to_come = body.life.is_to_come(self.day)
            links = () if is_to_come else body.links_as_of(day)
            self._held[body.code] = [
                link for link in links if link.type in WALKED and link.span.contains(day)
            ]
        return self._held[body.code]

    def held_today(self, body: Body) -> list[Link]:
        """Return the links of any type that a body holds on the day itself, even if it is not open then.

        A link that leads nowhere may be among them.
        """
        held = [link for link in body.links_as_of(self.day) if link.span.contains(self.day)]
        if not any(link.span.start == self.day for link in held):
            return held  # none gives way, so nothing need be known of what they lead to
        return without_replaced(self._read_leading(body, held), self.day)

    def links(self, body: Body) -> tuple[Link, ...]:
        """Return the links of a body that walks follow."""
        if body.code not in self._links:
            self._links[body.code] = tuple(self._counting(body))
        return self._links[body.code]

    def forget(self, code: str) -> None:
        """Drop what was worked out of an organisation that is not needed any more."""
        for known in (self._held, self._links, self._heirs):
            known.pop(code, None)

    def heirs(self, code: str) -> tuple[Heir, ...]:
        """Return the heirs of an organisation on the day."""
        if code not in self._heirs:
            self._heirs[code] = heirs(self.bodies, code, self.day)
        return self._heirs[code]

    def outcome(self, kind: Kind, target: str) -> Outcome:
        """Return what a target gives a level whose bodies are of this kind."""
        key = kind, target
        if key not in self._outcomes:
            self._outcomes[key] = self._outcome(kind, self.bodies.get(target))
        return self._outcomes[key]

    def _outcome(self, kind: Kind, body: Body | None) -> Outcome:
        if body is None or body.life.is_to_come(self.day):
            return _NOTHING
        if body.life.is_in_being(self.day):
            return Outcome((Standing(body),)) if kind.includes(body, self.day) else _NOTHING
        found = [heir.body for heir in self.heirs(body.code) if kind.includes(heir.body, self.day)]
        if found:
            return Outcome(tuple(Standing(heir, body.code) for heir in found))
        return Outcome(ended=body) if kind.has_included(body) else _NOTHING

    def _counting(self, body: Body) -> Iterable[Link]:
        held = self._leading(body, self.held(body))
        if len(held) > 1:
            held = without_replaced(held, self.links_on(body))
        if body.record_class == ORGANISATION and any(link.type == "RE6" for link in held):
            # The NHSBSA reports a practice's commissioner as its operator.
            commissioners = {link.target for link in held if link.type == "RE4"}
            held = [
                link for link in held if link.type != "RE6" or not self._repeats(link.target, commissioners)
            ]
        return held

    def _repeats(self, operator: str, commissioners: set[str]) -> bool:
        body = self.bodies.get(operator)
        return operator in commissioners or (body is not None and body.primary_role in COMMISSIONERS)

    def _read_leading(self, body: Body, links: Collection[Link]) -> list[Link]:
        """Do the same as `_leading`, for links of which the targets may not have been read ahead."""
        self.bodies.read(link.target for link in links)
        return self._leading(body, links)

    def _leading(self, body: Body, links: Iterable[Link]) -> list[Link]:
        """Leave out links to the body itself and to organisations that the register lacks."""
        return [link for link in links if link.target != body.code and self.bodies.get(link.target)]

    def _last_day(self, body: Body) -> str:
        """Return the last day of a body that is inactive although nothing says since when."""
        published = self.bodies.published
        links = self._read_leading(body, body.links_as_of(published))
        if any(link.span.contains(published) for link in links):
            return published
        spans = (link.span for link in links if link.type in _DATING)
        ends = (span.end for span in spans if span.start <= span.end <= published)
        return max(ends, default=self.day)
