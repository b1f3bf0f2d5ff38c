"""Relationships and successions of a planned register, in the numbers that the real one has of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from indexer.sources.synthesise.kinds import OPERATORS, RATES, ROWS, TARGETS, kinds
from indexer.sources.synthesise.naming import pick
from indexer.sources.synthesise.plan import (
    ACTIVE,
    ARCHIVE,
    CUT_OFF,
    FULL,
    WHOLE,
    Plan,
    Pools,
    Succession,
    people,
    pools_of,
)

STUBS = (10_249, 11_740)
"""Of the full file, of the archive."""
SUCCESSIONS = 24_373

# Probability that the last relationship of a type on an Active organisation is open.
STAYS_OPEN = {"RE2": 0.9, "RE3": 0.9, "RE4": 0.94, "RE5": 0.89, "RE6": 0.98}
STAYS_OPEN |= {"RE8": 0.9, "RE9": 0.8, "RE10": 0.0, "RE11": 0.97}
CROSSES = (0.18, 0.4)
"""Probability that an ended relationship leads into the other file."""


def make_plan(organisations: int, seed: int, published: date) -> Plan:
    """Plan a whole register, published on a day."""
    rng = Random(seed)
    plan = people(organisations, seed, published, rng)
    _relate_all(plan, rng, organisations / WHOLE)
    _succeed(plan, rng, organisations / WHOLE)
    return plan


def _rates(scale: float, counts: Sequence[int]) -> list[list[tuple[str, float]]]:
    """Return for each kind the mean number of relationships of each type; each type has its known total."""
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
    """Return a number of relationships: within one of a small mean, spread around a larger one."""
    return int(mean + rnd) if mean < 2 else 1 + int(rnd * 2 * (mean - 1) + 0.5)


def _relate_all(plan: Plan, rng: Random, scale: float) -> None:
    """Fill the relationships of every organisation."""
    pools = pools_of(plan)
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
    """Return the target of a relationship; `place`: it is open, it is the last of its type on this record."""
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
    within = pools_of(plan)
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
    """Return pairs (archived, full, number of sides that record it) that add the stubs still missing."""
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
    latest = CUT_OFF if plan.side(before) == ARCHIVE else plan.published - timedelta(days=60)
    day = latest - timedelta(days=int(rng.random() * 3000))
    forward = rng.random() < 0.02
    plan.successions.setdefault(before, []).append(Succession(index + 1, after, False, False, day))
    if sides == 2:
        plan.successions.setdefault(after, []).append(Succession(index + 1, before, True, forward, day))
