"""The walk from an organisation to its operator, PCN, ICB and region, on one day (hierarchy 3 to 6).

The steps are data, in `app.directory.kinds`. The walk carries sets: where several bodies are possible, none
is chosen, and the next step starts from all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from app.directory.body import Body
from app.directory.day import Day
from app.directory.kinds import LEVELS, OPERATORS_THAT_HAND_DOWN, ORGANISATION, SITE, Kind, Level, Step
from app.directory.placed import Answer, Entry, Levels


class _Node(NamedTuple):
    """A body that the walk has come to."""

    body: Body
    via: tuple[str, ...] = ()
    successor_of: str | None = None


_Nodes = dict[str, _Node]
"""Nodes by the codes of their bodies."""


class _Found(NamedTuple):
    """What a walk has found for one level; bodies that have ended count only where nothing else was found."""

    nodes: _Nodes
    ended: _Nodes
    entries: tuple[Entry, ...] = ()
    """The nodes as answers show them."""


_NOTHING = _Found({}, {})


class _Way(NamedTuple):
    """A way to a target that may give a body of the level; of several to one body the least counts."""

    rank: int
    """The place of the link's type among the types of the step."""
    source: str
    target: str
    via: tuple[str, ...]


class _Arrival(NamedTuple):
    """A node, and the way to it."""

    way: _Way
    node: _Node

    @property
    def preference(self) -> tuple[bool, int, str, str]:
        """The sort key of ways to one body (hierarchy 6)."""
        way = self.way
        return self.node.successor_of is not None, way.rank, way.source, way.target


class WalksOfDay:
    """The walks on one day; organisations with the same links share what these lead to."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self._shared: dict[tuple[str, tuple[object, ...]], _Found] = {}
        """What was found, by the key of the level, and the links, or starts, or operators that led there."""
        self._handed: dict[str, Mapping[str, _Found]] = {}

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
        date = self.day.day
        links_on = self.day.links_on(body)
        certain, ambiguous, ended = {}, {}, {}
        for key, (_, gone, entries) in self._walk(body).items():
            if len(entries) == 1:
                certain[key] = entries[0]
            elif entries:
                ambiguous[key] = entries
            elif gone:
                ended[key] = tuple(_entry(node, node.body.primary_role) for _, node in sorted(gone.items()))
        return Levels(date, None if links_on == date else links_on, certain, body.country, ambiguous, ended)

    def _walk(self, body: Body) -> Mapping[str, _Found]:
        """Return what is found for each level, by its key."""
        found: dict[str, _Found] = {}
        types = {link.type for link in self.day.links(body)}
        for level in LEVELS:
            found[level.key] = self._own(body, level, types, found)
        if body.record_class == SITE:
            # Only now: a level that is handed down starts no step.
            operators = [node.body for node in found["operator"].nodes.values() if _hands_down(node.body)]
            for level in LEVELS:
                if operators and level.handed_down and not found[level.key].nodes:
                    handed = self._handed_down(operators, level)
                    if handed.nodes:
                        found[level.key] = handed
        return found

    def _own(self, body: Body, level: Level, types: Set[str], found: Mapping[str, _Found]) -> _Found:
        """Return what the first step that finds a body of the level finds; `types` are those of its links."""
        ended: _Nodes = {}
        for step in level.steps:
            if step.types and not step.starts and types.isdisjoint(step.types):
                continue
            here = self._along(body, step, level, found) if step.types else self._itself(body, level)
            if here.nodes:
                return here
            ended = here.ended | ended if here.ended else ended
        return _Found({}, ended) if ended else _NOTHING

    def _itself(self, body: Body, level: Level) -> _Found:
        """Return the organisation itself, or its heirs if it has gone, where it is or was of the kind."""
        kind = level.kind
        if not kind.fits(body) or (self.day.has_gone(body) and not kind.has_included(body)):
            return _NOTHING
        return self._shown(level, self._arrive([_Way(0, "", body.code, ())], kind))

    def _along(self, body: Body, step: Step, level: Level, found: Mapping[str, _Found]) -> _Found:
        """Return what the links of a step lead to, directly or through one body of `level.through`."""
        if step.starts:
            starts = [node for key in step.starts for node in found[key].nodes.values()]
            shared: tuple[object, ...] = tuple([(node.body.code, node.via) for node in starts])
        else:
            starts = [_Node(body)]
            shared = tuple([link[:2] for link in self.day.links(body) if link.type in step.types])
        if not shared:
            return _NOTHING
        key = level.key, shared
        if key not in self._shared:
            self._shared[key] = self._shown(level, self._beyond(starts, step.types, level))
        return self._shared[key]

    def _beyond(self, starts: Iterable[_Node], types: tuple[str, ...], level: Level) -> _Found:
        ways = self._ways(starts, types)
        here = self._arrive(ways, level.kind)
        if here.nodes or level.through is None:
            return here
        between = self._arrive(ways, level.through).nodes.values()
        beyond = self._arrive(self._ways(between, types), level.kind)
        return _Found(beyond.nodes, beyond.ended | here.ended)

    def _shown(self, level: Level, found: _Found) -> _Found:
        """Add the entries, by code."""
        date = self.day.day
        nodes = sorted(found.nodes.items())
        return found._replace(
            entries=tuple([_entry(node, level.kind.role(node.body, date)) for _, node in nodes])
        )

    def _ways(self, starts: Iterable[_Node], types: tuple[str, ...]) -> list[_Way]:
        return [
            _Way(types.index(link.type), start.body.code, link.target, (*start.via, link.type))
            for start in starts
            for link in self.day.links(start.body)
            if link.type in types
        ]

    def _arrive(self, ways: Iterable[_Way], kind: Kind) -> _Found:
        """Return the bodies of a kind that stand for the targets of the ways, and those that have ended."""
        standing, ended = [], []
        for way in ways:
            outcome = self.day.outcome(kind, way.target)
            standing += [
                _Arrival(way, _Node(each.body, way.via, each.successor_of)) for each in outcome.standing
            ]
            if outcome.ended:
                ended.append(_Arrival(way, _Node(outcome.ended, way.via)))
        return _Found(_best(standing), _best(ended)) if standing or ended else _NOTHING

    def _handed_down(self, operators: Iterable[Body], level: Level) -> _Found:
        """Return what a site has from its operators for a level."""
        key = level.key, tuple([operator.code for operator in operators])
        if key not in self._shared:
            ways = [way for operator in operators for way in self._from(operator, level.key)]
            self._shared[key] = self._shown(level, _Found(_best(ways), {}))
        return self._shared[key]

    def _from(self, operator: Body, key: str) -> Iterator[_Arrival]:
        """Yield what an operator hands down for a level."""
        if operator.code not in self._handed:
            self._handed[operator.code] = self._walk(operator)
        for code, node in self._handed[operator.code][key].nodes.items():
            way = _Way(0, operator.code, code, ("RE6", *node.via))
            yield _Arrival(way, node._replace(via=way.via))


def _hands_down(operator: Body) -> bool:
    return operator.record_class == ORGANISATION and operator.primary_role in OPERATORS_THAT_HAND_DOWN


def _best(arrivals: list[_Arrival]) -> _Nodes:
    """Return the node of the preferred way to each body."""
    if len(arrivals) > 1:
        arrivals.sort(key=lambda arrival: arrival.preference)
    nodes: _Nodes = {}
    for _, node in arrivals:
        nodes.setdefault(node.body.code, node)
    return nodes


def _entry(node: _Node, role: str) -> Entry:
    return Entry(node.body.code, node.body.name, role, node.via, node.successor_of)
