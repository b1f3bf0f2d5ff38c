"""The steps of a walk on one day: what links lead to, directly or through a body (hierarchy 4 and 5)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.directory.body import Body
from app.directory.day import Day
from app.directory.kinds import Kind, Level, Step
from app.directory.placed import Entry


class Node(NamedTuple):
    """A body that the walk has come to."""

    body: Body
    via: tuple[str, ...] = ()
    successor_of: str | None = None


Nodes = dict[str, Node]
"""Nodes by the codes of their bodies."""


class Found(NamedTuple):
    """What a walk has found for one level; bodies that have ended count only where nothing else was found."""

    nodes: Nodes
    ended: Nodes
    entries: tuple[Entry, ...] = ()
    """The nodes as answers show them, by code."""


NOTHING = Found({}, {})

ByLevel = Mapping[str, Found]
"""What was found, by the keys of the levels."""

Links = tuple[tuple[str, str], ...]
"""Types and targets."""


class _Way(NamedTuple):
    """A way to a target that may give a body of the level; of several to one body the least counts."""

    rank: int
    """The place of the link's type among the types of the step."""
    source: str
    target: str
    via: tuple[str, ...]


class Steps:
    """The steps on one day; those from the same bodies or over the same links are taken once."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._taken: dict[tuple[str, tuple[object, ...]], Found] = {}
        """What was found, by the key of the level, and the links or starts that led there."""

    def first(self, body: Body, level: Level, links: Links, found: ByLevel) -> Found:
        """Return what the first step that finds a body of a level finds.

        `links` are those of the organisation, `found` is what was found for the levels before this one.
        """
        ended: Nodes = {}
        for step in level.steps:
            here = self._along(body, step, level, links, found) if step.types else self._itself(body, level)
            if here.nodes:
                return here
            ended = here.ended | ended if here.ended else ended
        return Found({}, ended) if ended else NOTHING

    def found(self, level: Level, nodes: Nodes, ended: Nodes) -> Found:
        """Return what was found for a level, with its entries."""
        kind, date = level.kind, self._day.day
        in_order = sorted(nodes.items()) if len(nodes) > 1 else nodes.items()
        entries = [entry(node, kind.role(node.body, date)) for _, node in in_order]
        return Found(nodes, ended, tuple(entries))

    def _itself(self, body: Body, level: Level) -> Found:
        """Return the organisation itself, or its heirs if it has gone, where it is or was of the kind."""
        kind = level.kind
        if not kind.fits(body) or (self._day.has_gone(body) and not kind.has_included(body)):
            return NOTHING
        return self.found(level, *self._arrive([_Way(0, "", body.code, ())], kind))

    def _along(self, body: Body, step: Step, level: Level, links: Links, found: ByLevel) -> Found:
        """Return what the links of a step lead to, directly or through one body of `level.through`."""
        if step.starts:
            starts = [node for key in step.starts for node in found[key].nodes.values()]
            taken: tuple[object, ...] = tuple([(node.body.code, node.via) for node in starts])
        else:
            starts = [Node(body)]
            taken = tuple([link for link in links if link[0] in step.types])
        if not taken:
            return NOTHING
        key = level.key, taken
        if key not in self._taken:
            self._taken[key] = self._beyond(starts, step.types, level)
        return self._taken[key]

    def _beyond(self, starts: Iterable[Node], types: tuple[str, ...], level: Level) -> Found:
        ways = self._ways(starts, types)
        nodes, ended = self._arrive(ways, level.kind)
        if not nodes and level.through:
            between, _ = self._arrive(ways, level.through)
            nodes, further = self._arrive(self._ways(between.values(), types), level.kind)
            ended = further | ended
        return self.found(level, nodes, ended)

    def _ways(self, starts: Iterable[Node], types: tuple[str, ...]) -> list[_Way]:
        """Return the ways from some bodies, the preferred ones first (hierarchy 6)."""
        ways = [
            _Way(types.index(link.type), start.body.code, link.target, (*start.via, link.type))
            for start in starts
            for link in self._day.links(start.body)
            if link.type in types
        ]
        if len(ways) > 1:
            ways.sort(key=_preference)  # one body may start twice: its first way stays first
        return ways

    def _arrive(self, ways: Iterable[_Way], kind: Kind) -> tuple[Nodes, Nodes]:
        """Return the bodies of a kind that stand for the targets of the ways, and those that have ended."""
        nodes: Nodes = {}
        ended: Nodes = {}
        heirs: list[Node] = []
        for way in ways:
            standing, gone = self._day.outcome(kind, way.target)
            for body, successor_of in standing:
                node = Node(body, way.via, successor_of)
                if successor_of is None:
                    nodes.setdefault(body.code, node)
                else:
                    heirs.append(node)
            if gone:
                ended.setdefault(gone.code, Node(gone, way.via))
        for node in heirs:  # to be there without a succession is preferred, whatever the way
            nodes.setdefault(node.body.code, node)
        return nodes, ended


def _preference(way: _Way) -> tuple[int, str, str]:
    return way.rank, way.source, way.target


def entry(node: Node, role: str) -> Entry:
    """Return the entry of a body, with the role that it shows."""
    return Entry(node.body.code, node.body.name, role, node.via, node.successor_of)
