"""The plan of a register: who there is, what their codes are, and which file holds whom.

Organisations are numbers from 0; the plan keeps one entry of an array for each, so that a register of 370,000
fits in some 150 MB. What a record says beyond the plan (name, address, dates) follows from seed and number
alone: see `record.py`. Relationships and successions are made in `relations.py`.
"""

from array import array
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import sqrt
from random import Random

from indexer.sources.synthesise.kinds import DEFAULT_SHAPE, SHAPES, kinds
from indexer.sources.synthesise.naming import pick

ACTIVE, CLOSED, ARCHIVED = range(3)
FULL, ARCHIVE = range(2)

CUT_OFF = date(2017, 3, 31)
"""Who ended by then is archived."""
WHOLE = 370_917
"""Organisations of the register that the figures below are of."""
OPEN = 217_059
"""Of them Active."""
IN_ARCHIVE = 74_965
"""Complete records of the archive."""
# The share of the organisations of a kind that records of the other file may refer to.
_EXPORTED = (0.14, 0.55)

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ALPHABET = {"#": _DIGITS, "@": _LETTERS, "*": _DIGITS + _LETTERS}


@dataclass(slots=True)
class Succession:
    """One succession of one record: `other` is the organisation it names, `predecessor` that one's side."""

    id: int
    other: int
    predecessor: bool
    forward: bool
    day: date


@dataclass(slots=True)
class Plan:
    """A register; arrays are indexed by the number of the organisation."""

    seed: int
    published: date
    kind: bytearray = field(default_factory=bytearray)
    """Index into kinds()."""
    state: bytearray = field(default_factory=bytearray)
    codes: list[str] = field(default_factory=list)
    operator: "array[int]" = field(default_factory=lambda: array("i"))
    """The number of who operates it; -1: nobody."""
    rel_at: "array[int]" = field(default_factory=lambda: array("I", [0]))
    """Relationships of organisation i: rel_at[i] to rel_at[i + 1] of the arrays below."""
    rel_type: bytearray = field(default_factory=bytearray)
    """Number of the type: 4 is RE4."""
    rel_open: bytearray = field(default_factory=bytearray)
    rel_target: "array[int]" = field(default_factory=lambda: array("i"))
    successions: dict[int, list[Succession]] = field(default_factory=dict)

    def side(self, number: int) -> int:
        """Return the file that holds the complete record."""
        return ARCHIVE if self.state[number] == ARCHIVED else FULL

    def members(self, side: int) -> list[int]:
        """Return who has a complete record in a file."""
        return [number for number in range(len(self.codes)) if self.side(number) == side]

    def stubs(self, side: int) -> list[int]:
        """Return who of the other file is referred to by this one."""
        found: set[int] = set()
        for number in self.members(side):
            found.update(self.rel_target[self.rel_at[number] : self.rel_at[number + 1]])
            found.update(succession.other for succession in self.successions.get(number, ()))
        return sorted(number for number in found if self.side(number) != side)


def people(organisations: int, seed: int, published: date, rng: Random) -> Plan:
    """Plan who there is: kind, state, operator and code of every organisation."""
    plan = Plan(seed, published)
    _people(plan, rng, organisations, organisations / WHOLE)
    pools = pools_of(plan)
    taken: set[str] = set()
    for number in range(organisations):
        _christen(plan, rng, pools, taken, number)
    return plan


def _shares(amounts: Sequence[int], total: int, scale: float, least: int) -> list[int]:
    """`amounts` scaled, none below `least` unless it is 0, the largest adjusted for the sum `total`."""
    scaled = [max(least, round(amount * scale)) if amount else 0 for amount in amounts]
    over = sum(scaled) - total
    for place in sorted(range(len(scaled)), key=scaled.__getitem__, reverse=True):
        taken = min(over, max(0, scaled[place] - least))
        scaled[place] -= taken
        over -= taken
    return scaled


def _people(plan: Plan, rng: Random, organisations: int, scale: float) -> None:
    """Fill kind and state: who is there, who is Active, who is archived."""
    table = kinds()
    holders = _shares([kind.holders for kind in table], organisations, scale, 1)
    active = _shares([kind.active for kind in table], round(OPEN * scale), scale, 0)
    ended = [max(0, held - open_) for held, open_ in zip(holders, active, strict=True)]
    vanished = sum(count for count, kind in zip(ended, table, strict=True) if not kind.active)
    share = (round(IN_ARCHIVE * scale) - vanished) / (sum(ended) - vanished)
    for index, (kind, held, closed) in enumerate(zip(table, holders, ended, strict=True)):
        old = round(closed * share) if kind.active else closed
        states = bytearray([ACTIVE]) * (held - closed) + bytearray([CLOSED]) * (closed - old)
        states += bytearray([ARCHIVED]) * old
        rng.shuffle(states)
        plan.kind += bytes([index]) * held
        plan.state += states


def _christen(plan: Plan, rng: Random, pools: "Pools", taken: set[str], number: int) -> None:
    kind = kinds()[plan.kind[number]]
    operator = -1
    if kind.operator:
        open_only = plan.state[number] == ACTIVE
        pool = pools.pool(kind.operator, plan.side(number), open_only=open_only)
        roll = rng.random()
        operator = pool[int(roll * sqrt(roll) * len(pool))]
    plan.operator.append(operator)
    shape = SHAPES.get(kind.role, DEFAULT_SHAPE)
    prefix = plan.codes[operator] if "<" in shape else ""
    code = free_code(rng, shape.lstrip("<"), prefix, taken)
    taken.add(code)
    plan.codes.append(code)


def free_code(rng: Random, shape: str, prefix: str, taken: Container[str]) -> str:
    """Return a code of this shape that is not taken; where none seems left, one of the general shape."""
    for attempt in range(1000):
        form = shape if attempt < 60 else DEFAULT_SHAPE
        start = prefix if attempt < 60 else ""
        code = start + "".join([pick(rng.random, _ALPHABET[c]) if c in _ALPHABET else c for c in form])
        if code not in taken:
            return code
    raise RuntimeError("no code is left")


@dataclass(slots=True)
class Pools:
    """Organisations by primary role: all of each file, and the open ones."""

    held: dict[tuple[str, int], list[int]]
    open: dict[str, list[int]]
    turn: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def pool(self, role: str, side: int, *, open_only: bool) -> list[int]:
        """Return organisations to choose a target from, of the same file if it has any."""
        return (
            (open_only and self.open.get(role))
            or self.held.get((role, side))
            or self.held.get((role, 1 - side))
            or []
        )

    def across(self, role: str, side: int) -> int | None:
        """Return the next organisation of the other file that records of `side` may refer to, if any."""
        pool = self.held.get((role, 1 - side))
        if not pool:
            return None
        exported = max(1, int(len(pool) * _EXPORTED[1 - side]))
        self.turn[role, side] += 1
        return pool[self.turn[role, side] % exported]


def pools_of(plan: Plan) -> Pools:
    """Return the pools of a plan whose kinds and states are known."""
    held: dict[tuple[str, int], list[int]] = defaultdict(list)
    opened: dict[str, list[int]] = defaultdict(list)
    for number, index in enumerate(plan.kind):
        role = kinds()[index].role
        held[role, plan.side(number)].append(number)
        if plan.state[number] == ACTIVE:
            opened[role].append(number)
    return Pools(dict(held), dict(opened))
