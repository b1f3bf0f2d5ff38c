"""The plan of a register: who there is, who is related to whom, and which file holds whom.

Organisations are numbers from 0; the plan keeps one entry of an array for each, so that a register of 370,000
fits in some 150 MB. What a record says beyond the plan (name, address, dates) follows from seed and number
alone: see `record.py`.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from tests.bench.kinds import DEFAULT_SHAPE, OPERATORS, RATES, ROWS, SHAPES, TARGETS, kinds
from tests.bench.naming import pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ACTIVE, CLOSED, ARCHIVED = range(3)
FULL, ARCHIVE = range(2)

CUT_OFF = date(2017, 3, 31)  # who ended by then is archived
WHOLE = 370_917  # organisations of the register that the figures below are of
OPEN = 217_059  # of them Active
IN_ARCHIVE = 74_965  # complete records of the archive
STUBS = (10_249, 11_740)  # of the full file, of the archive
SUCCESSIONS = 24_373
MONTHLY = {"new": 870, "gone": 60, "rename": 290, "postcode": 380, "closure": 330}
SMALLEST = 1000

# Probability that the last relationship of a type on an Active organisation is open.
STAYS_OPEN = {"RE2": 0.9, "RE3": 0.9, "RE4": 0.94, "RE5": 0.89, "RE6": 0.98}
STAYS_OPEN |= {"RE8": 0.9, "RE9": 0.8, "RE10": 0.0, "RE11": 0.97}
# Probability that an ended relationship leads into the other file, and the share of operators it may lead to.
CROSSES = (0.18, 0.4)
EXPORTED = (0.14, 0.55)

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ALPHABET = {"#": _DIGITS, "@": _LETTERS, "*": _DIGITS + _LETTERS}


@dataclass(slots=True)
class Succession:
    """One entry on one record: `other` is the organisation it names, `predecessor` its side."""

    id: int
    other: int
    predecessor: bool
    forward: bool
    day: date


@dataclass(slots=True)
class Plan:
    """A register of one edition; arrays are indexed by the number of the organisation."""

    seed: int
    first: date  # publication of edition 1
    published: date
    seq: int
    kind: bytearray = field(default_factory=bytearray)  # index into kinds()
    state: bytearray = field(default_factory=bytearray)
    codes: list[str] = field(default_factory=list)
    operator: array[int] = field(default_factory=lambda: array("i"))  # -1: none
    rel_at: array[int] = field(
        default_factory=lambda: array("I", [0])
    )  # rows of i: rel_at[i] to rel_at[i + 1]
    rel_type: bytearray = field(default_factory=bytearray)  # number of the type: 4 is RE4
    rel_open: bytearray = field(default_factory=bytearray)
    rel_target: array[int] = field(default_factory=lambda: array("i"))
    successions: dict[int, list[Succession]] = field(default_factory=dict)
    born: dict[int, date] = field(
        default_factory=dict
    )  # first publication, of those added by a later edition
    edits: dict[int, tuple[str, date, date]] = field(
        default_factory=dict
    )  # what, after, until (publications)
    gone: set[int] = field(default_factory=set)

    def side(self, number: int) -> int:
        """The file that holds the complete record."""
        return ARCHIVE if self.state[number] == ARCHIVED else FULL

    def members(self, side: int) -> list[int]:
        """Complete records of a file."""
        return [i for i in range(len(self.codes)) if i not in self.gone and self.side(i) == side]

    def stubs(self, side: int) -> list[int]:
        """Records of the other file that this one refers to."""
        return sorted(number for number in self._referred(side) if self.side(number) != side)

    def _referred(self, side: int) -> set[int]:
        found = set()
        for number in range(len(self.codes)):
            if self.side(number) == side and number not in self.gone:
                found.update(self.rel_target[self.rel_at[number] : self.rel_at[number + 1]])
                found.update(succession.other for succession in self.successions.get(number, ()))
        return found - self.gone


def make_plan(organisations: int, seed: int, published: date, edition: int) -> Plan:
    """The register of `edition` (1 is the first, published on `published`; each later one a month after)."""
    if organisations < SMALLEST:
        raise ValueError(f"a register of fewer than {SMALLEST} organisations has no proportions")
    days = publication_dates(published, edition)
    plan = Plan(seed, published, days[-1], 4748 + 8 * (days[-1] - days[0]).days // 5)
    rng = Random(seed)
    scale = organisations / WHOLE
    _people(plan, rng, organisations, scale)
    taken = _name_all(plan, rng)
    _relate_all(plan, rng, scale)
    _succeed(plan, rng, scale)
    for number, (before, day) in enumerate(pairwise(days), start=2):
        _next_month(plan, Random(seed * 1009 + number), taken, scale, (before, day))
    return plan


def publication_dates(first: date, editions: int) -> list[date]:
    """Publication dates of the first `editions` releases: after the first, the day before a last Friday."""
    days = [first]
    for ahead in range(1, editions):
        month = first.month + ahead
        following = date(first.year + month // 12, month % 12 + 1, 1)
        last = following - timedelta(days=1)
        days.append(last - timedelta(days=(last.weekday() - 4) % 7 + 1))
    return days


def _shares(amounts: Sequence[int], total: int, scale: float, least: int) -> list[int]:
    """`amounts` scaled, none below `least` unless it is 0, the largest adjusted for the sum `total`."""
    scaled = [max(least, round(amount * scale)) if amount else 0 for amount in amounts]
    scaled[max(range(len(scaled)), key=scaled.__getitem__)] += total - sum(scaled)
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


def _name_all(plan: Plan, rng: Random) -> set[str]:
    """Fill operator and code of every organisation; the codes that are taken."""
    pools = _pools(plan)
    taken: set[str] = set()
    for number in range(len(plan.kind)):
        _christen(plan, rng, pools, taken, number)
    return taken


def _christen(plan: Plan, rng: Random, pools: Pools, taken: set[str], number: int) -> None:
    kind = kinds()[plan.kind[number]]
    operator = -1
    if kind.operator:
        open_only = plan.state[number] == ACTIVE
        pool = pools.pool(kind.operator, plan.side(number), open_only=open_only)
        operator = pool[int(rng.random() ** 1.5 * len(pool))]
    plan.operator.append(operator)
    shape = SHAPES.get(kind.role, DEFAULT_SHAPE)
    prefix = plan.codes[operator] if "<" in shape else ""
    code = _code(rng, shape.lstrip("<"), prefix, taken)
    taken.add(code)
    plan.codes.append(code)


def _code(rng: Random, shape: str, prefix: str, taken: set[str]) -> str:
    """A code of this shape that is not taken; where it has none left, one of the general shape."""
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
        """Organisations to choose a target from, of the same file if it has any."""
        return (
            (open_only and self.open.get(role))
            or self.held.get((role, side))
            or self.held.get((role, 1 - side))
            or []
        )

    def across(self, role: str, side: int) -> int | None:
        """The next organisation of the other file that records of `side` may refer to, if any."""
        pool = self.held.get((role, 1 - side))
        if not pool:
            return None
        exported = max(1, int(len(pool) * EXPORTED[1 - side]))
        self.turn[role, side] += 1
        return pool[self.turn[role, side] % exported]


def _pools(plan: Plan) -> Pools:
    """The pools of a plan of which kind and state are known."""
    held: dict[tuple[str, int], list[int]] = defaultdict(list)
    opened: dict[str, list[int]] = defaultdict(list)
    for number, index in enumerate(plan.kind):
        role = kinds()[index].role
        held[role, plan.side(number)].append(number)
        if plan.state[number] == ACTIVE:
            opened[role].append(number)
    return Pools(dict(held), dict(opened))


def _rates(scale: float, counts: Sequence[int]) -> list[list[tuple[str, float]]]:
    """For each kind the mean number of relationships of each type, so that each type has its known total."""
    raw = [
        RATES.get(kind.role, {"RE6": 1.05} if kind.role in OPERATORS else {"RE5": 0.5}) for kind in kinds()
    ]
    expected: dict[str, float] = defaultdict(float)
    for count, rates in zip(counts, raw, strict=True):
        for relation, rate in rates.items():
            expected[relation] += count * rate
    factor = {relation: ROWS[relation] * scale / total for relation, total in expected.items()}
    return [[(relation, rate * factor[relation]) for relation, rate in rates.items()] for rates in raw]


def _count(rnd: float, mean: float) -> int:
    """A number of relationships: within one of the mean when it is small, spread around it otherwise."""
    return int(mean + rnd) if mean < 2 else 1 + int(rnd * 2 * (mean - 1) + 0.5)


def _relate_all(plan: Plan, rng: Random, scale: float) -> None:
    """Fill the relationships of every organisation."""
    pools = _pools(plan)
    counts = [plan.kind.count(index) for index in range(len(kinds()))]
    rates = _rates(scale, counts)
    for number, index in enumerate(plan.kind):
        _relate(plan, rng, pools, rates[index], number)


def _relate(plan: Plan, rng: Random, pools: Pools, rates: list[tuple[str, float]], number: int) -> None:
    state = plan.state[number]
    for relation, mean in rates:
        count = _count(rng.random(), mean)
        for turn in range(count):
            last = turn == count - 1
            is_open = last and state == ACTIVE and rng.random() < STAYS_OPEN[relation]
            target = _target(plan, rng, pools, relation, number, (is_open, last))
            if target is not None and target != number:
                plan.rel_type.append(int(relation[2:]))
                plan.rel_open.append(is_open)
                plan.rel_target.append(target)
    plan.rel_at.append(len(plan.rel_type))


def _target(
    plan: Plan, rng: Random, pools: Pools, relation: str, number: int, place: tuple[bool, bool]
) -> int | None:
    """The target of one relationship; `place`: it is open, it is the last of its type on this record."""
    is_open, last = place
    side = plan.side(number)
    operator = kinds()[plan.kind[number]].operator
    if relation == "RE6":
        if last and plan.operator[number] >= 0 and (is_open or rng.random() < 0.7):
            return plan.operator[number]
        role = operator or "RO177"
    else:
        ended, current = TARGETS[relation]
        role = pick(rng.random, current if is_open else ended)
    if not is_open and rng.random() < CROSSES[side]:
        found = pools.across(role, side)
        if found is not None:
            return found
    pool = pools.pool(role, side, open_only=is_open)
    return pick(rng.random, pool) if pool else None


def _succeed(plan: Plan, rng: Random, scale: float) -> None:
    """Fill the successions: between the files until the stubs have their number, the rest within one."""
    total = round(SUCCESSIONS * scale)
    wanted = [round(count * scale) for count in STUBS]
    pairs = _crossing(plan, rng, wanted)
    made = sum(sides for _, _, sides in pairs)
    closed = [i for i, state in enumerate(plan.state) if state != ACTIVE]
    within = _pools(plan)
    while made < total:
        before = pick(rng.random, closed)
        side = plan.side(before)
        after = pick(rng.random, within.held[kinds()[plan.kind[before]].role, side])
        if after != before:
            sides = min(2, total - made)
            pairs.append((before, after, sides))
            made += sides
    for index, (before, after, sides) in enumerate(pairs):
        _record_succession(plan, rng, index, before, after, sides)


def _crossing(plan: Plan, rng: Random, wanted: list[int]) -> list[tuple[int, int, int]]:
    """Pairs (archived, full, number of sides that record it) that add the stubs still missing."""
    referred = [set(plan.stubs(side)) for side in (FULL, ARCHIVE)]
    missing = [max(0, wanted[side] - len(referred[side])) for side in (FULL, ARCHIVE)]
    old = [i for i in plan.members(ARCHIVE) if i not in referred[FULL]]
    new = [i for i in plan.members(FULL) if i not in referred[ARCHIVE]]
    rng.shuffle(old)
    rng.shuffle(new)
    both = min(missing)
    pairs = [(old.pop(), new.pop(), 2) for _ in range(both)]
    seen = {FULL: sorted(referred[FULL]), ARCHIVE: sorted(referred[ARCHIVE])}
    # One of the two was referred to before: only the other one's file gains a stub.
    pairs += [(pick(rng.random, seen[FULL]), new.pop(), 2) for _ in range(missing[ARCHIVE] - both)]
    pairs += [(old.pop(), pick(rng.random, seen[ARCHIVE]), 2) for _ in range(missing[FULL] - both)]
    return pairs


def _record_succession(plan: Plan, rng: Random, index: int, before: int, after: int, sides: int) -> None:
    latest = CUT_OFF if plan.side(before) == ARCHIVE else plan.first - timedelta(days=60)
    day = latest - timedelta(days=int(rng.random() * 3000))
    forward = rng.random() < 0.02
    plan.successions.setdefault(before, []).append(Succession(2 * index + 1, after, False, False, day))
    if sides == 2:
        plan.successions.setdefault(after, []).append(Succession(2 * index + 2, before, True, forward, day))


def _next_month(plan: Plan, rng: Random, taken: set[str], scale: float, days: tuple[date, date]) -> None:
    """What a month brings: new codes, codes gone, renames, new postcodes, closures."""
    counts = {what: max(1, round(count * scale)) for what, count in MONTHLY.items()}
    subject_to_change = _undisturbed(plan, rng)
    for what in ("rename", "postcode", "closure"):
        for _ in range(counts[what]):
            plan.edits[next(subject_to_change)] = (what, *days)
    targets = set(plan.rel_target)
    while counts["gone"]:
        number = next(subject_to_change)
        if number not in targets and number not in plan.successions:
            plan.gone.add(number)
            counts["gone"] -= 1
    pools = _pools(plan)
    rates = _rates(scale, [plan.kind.count(index) for index in range(len(kinds()))])
    open_kinds = [plan.kind[number] for number in range(len(plan.codes)) if plan.state[number] == ACTIVE]
    for _ in range(counts["new"]):
        number = len(plan.codes)
        plan.kind.append(pick(rng.random, open_kinds))
        plan.state.append(ACTIVE)
        plan.born[number] = days[1]
        _christen(plan, rng, pools, taken, number)
        _relate(
            plan,
            rng,
            pools,
            [(relation, min(rate, 1)) for relation, rate in rates[plan.kind[number]]],
            number,
        )


def _undisturbed(plan: Plan, rng: Random) -> Iterator[int]:
    """Active organisations that no earlier month has changed, in random order, without end."""
    seen: set[int] = set()
    while True:
        number = int(rng.random() * len(plan.codes))
        fresh = number not in seen and number not in plan.edits and number not in plan.gone
        if fresh and plan.state[number] == ACTIVE and number not in plan.born:
            seen.add(number)
            yield number
