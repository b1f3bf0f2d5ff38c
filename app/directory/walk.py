"""The walk from an organisation to its operator, PCN, ICB and region, on one day (hierarchy 3 to 6).

The steps are data, in `app.directory.kinds`. The walk carries sets: where several bodies are possible, none
is chosen, and the next step starts from all of them.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.directory.body import Body
from app.directory.day import Day
from app.directory.kinds import (
    LEVELS,
    OPERATORS_THAT_HAND_DOWN,
    ORGANISATION,
    PARTS,
    SITE,
    TELLING_PRIMARY_ROLES,
    Part,
)
from app.directory.placed import Answer, Entry, Levels
from app.directory.steps import ByLevel, Found, Links, Nodes, Steps, entry


class _Shown(NamedTuple):
    """What was found, as answers show it, by the keys of the levels."""

    certain: dict[str, Entry]
    ambiguous: dict[str, tuple[Entry, ...]]
    ended: dict[str, tuple[Entry, ...]]


class _Walked(NamedTuple):
    """What a walk has found for all levels, or those of one part, in their order."""

    found: ByLevel
    shown: _Shown


class WalksOfDay:
    """The walks on one day; organisations with the same links share what these lead to.

    One that may be a body of a level itself, as its primary role tells, shares no more than steps.
    """

    def __init__(self, day: Day) -> None:
        self.day = day
        self._steps = Steps(day)
        self._parts: dict[tuple[Part, Links], _Walked] = {}
        self._handed: dict[tuple[str, ...], ByLevel] = {}
        """What sites have from operators, by the codes of these."""

    def answer(self, code: str) -> Answer | None:
        """Return the answer about an organisation, or None if the register lacks it."""
        body = self.day.bodies.get(code)
        if body is None:
            return None
        return Answer(
            body,
            self.levels(body),
            self.day.heirs(code) if self.day.has_gone(body) else None,
            body.life.stated.start if body.life.is_to_come(self.day.day) else None,
        )

    def levels(self, body: Body) -> Levels:
        """Return the levels of an organisation."""
        date, links_on = self.day.day, self.day.links_on(body)
        certain, ambiguous, ended = self._walk(body).shown
        return Levels(date, None if links_on == date else links_on, certain, body.country, ambiguous, ended)

    def _walk(self, body: Body) -> _Walked:
        links = tuple([link[:2] for link in self.day.links(body)])
        parts = [
            self._part(body, part, tuple([link for link in links if link[0] in part.types])) for part in PARTS
        ]
        found: dict[str, Found] = {}
        for part in parts:
            found |= part.found
        if body.record_class == SITE:
            # Only now: a level that is handed down starts no step.
            operators = [node.body for node in found["operator"].nodes.values() if _hands_down(node.body)]
            if operators:
                handed = self._handed_down(operators)
                found |= {key: each for key, each in handed.items() if not found[key].nodes}
                return _Walked(found, _shown(found))
        return _Walked(found, _joined([part.shown for part in parts]))

    def _part(self, body: Body, part: Part, links: Links) -> _Walked:
        """Return what is found for the levels of a part; `links` are those of its types."""
        if body.primary_role in TELLING_PRIMARY_ROLES:
            return self._together(body, part, links)
        key = part, links
        if key not in self._parts:
            self._parts[key] = self._together(body, part, links)
        return self._parts[key]

    def _together(self, body: Body, part: Part, links: Links) -> _Walked:
        found: dict[str, Found] = {}
        for level in part.levels:
            found[level.key] = self._steps.first(body, level, links, found)
        return _Walked(found, _shown(found))

    def _handed_down(self, operators: Sequence[Body]) -> ByLevel:
        """Return what a site may have from its operators."""
        codes = tuple([operator.code for operator in operators])
        if codes not in self._handed:
            walked = [self._walk(each).found for each in sorted(operators, key=lambda each: each.code)]
            self._handed[codes] = {
                level.key: self._steps.found(level, nodes, {})
                for level in LEVELS
                if level.handed_down and (nodes := _inherited([found[level.key].nodes for found in walked]))
            }
        return self._handed[codes]


def _inherited(handed: Iterable[Nodes]) -> Nodes:
    """Return the nodes that operators hand down, in order of their codes, as a site has them."""
    nodes: Nodes = {}
    each = [node for found in handed for node in found.values()]
    for node in sorted(each, key=lambda node: node.successor_of is not None):
        nodes.setdefault(node.body.code, node._replace(via=("RE6", *node.via)))
    return nodes


def _hands_down(operator: Body) -> bool:
    return operator.record_class == ORGANISATION and operator.primary_role in OPERATORS_THAT_HAND_DOWN


def _shown(found: ByLevel) -> _Shown:
    shown = _Shown({}, {}, {})
    for key, (_, ended, entries) in found.items():
        if len(entries) == 1:
            shown.certain[key] = entries[0]
        elif entries:
            shown.ambiguous[key] = entries
        elif ended:
            shown.ended[key] = tuple(
                [entry(node, node.body.primary_role) for _, node in sorted(ended.items())]
            )
    return shown


def _joined(parts: Iterable[_Shown]) -> _Shown:
    joined = _Shown({}, {}, {})
    for certain, ambiguous, ended in parts:
        joined.certain.update(certain)
        joined.ambiguous.update(ambiguous)
        joined.ended.update(ended)
    return joined
