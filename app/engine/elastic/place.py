"""Finds where a page begins that lies too deep to be counted out, by the ranks of the keys of its order.

A histogram of ranks says between which ranks the page begins, then a finer one of those, until few matches
are left to skip. Nothing is kept open between requests, and any page is as near as any other.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.engine.elastic.query import all_of, any_of, none_of
from app.engine.elastic.schema import Json, rank
from app.search.query import Key

_BUCKETS = 1_000
FEW = 2_000
"""Matches that may be left to skip."""

Bucket = tuple[int, int]
"""The lowest rank in it, and how many matches it has."""

Count = Callable[[Json, str, int, int], list[Bucket]]
"""Counts the matches that pass a filter by rank: filter, field, interval, offset of the intervals."""


class Place(NamedTuple):
    """A filter that only what stands before some match does not pass, and how many to skip after that."""

    start: Json
    skip: int


def among_all(key: Key, offset: int, entries: int) -> Place:
    """Return the place of the entry at an offset among all in order of id: its rank says it."""
    return Place(
        {"range": {rank(key.field): {"lt": entries - offset} if key.descending else {"gte": offset}}}, 0
    )


def find(order: tuple[Key, ...], offset: int, ranks: Mapping[str, int], count: Count) -> Place:
    """Return the place of the match at an offset, which must be one of them.

    `ranks` says how many different values each key has.
    """
    level: list[Json] = []  # what holds of the keys before this one: they are as they are at the place
    beyond: list[Json] = []  # what comes after the place, by an earlier key
    skip = offset
    for key in order:
        low, high, skip, matches = _bucket(key, ranks[key.field], skip, level, count)
        if not matches:  # what is there has no value for this key
            level.append(_missing(key))
        elif matches <= FEW:
            here = _at({"lt": high} if key.descending else {"gte": low}, key)
            return Place(any_of(*beyond, all_of(*level, here)), skip)
        else:
            beyond.append(all_of(*level, _at({"lt": low} if key.descending else {"gte": high}, key)))
            level.append({"range": {rank(key.field): {"gte": low, "lt": high}}})
    raise ValueError(offset)


def _bucket(key: Key, ranks: int, skip: int, level: list[Json], count: Count) -> tuple[int, int, int, int]:
    """Return from which rank up to which so many are skipped, what is left to skip there, and of how many.

    Where all that have a value are skipped, the last is 0.
    """
    low, high = 0, ranks
    while True:
        interval = max(1, -(-(high - low) // _BUCKETS))
        within = {"range": {rank(key.field): {"gte": low, "lt": high}}}
        buckets = count(all_of(*level, within), rank(key.field), interval, low % interval)
        for low, matches in reversed(buckets) if key.descending else buckets:  # noqa: B007
            if skip < matches:
                break
            skip -= matches
        else:
            return 0, 0, skip, 0
        high = min(low + interval, high)  # the last bucket ends where the one it is part of does
        if matches <= FEW or interval == 1:
            return low, high, skip, matches


def _at(ends: Json, key: Key) -> Json:
    """Return the filter of what stands there or later: what has no value comes last."""
    within: Json = {"range": {rank(key.field): ends}}
    return within if key.field == "id" else any_of(within, _missing(key))


def _missing(key: Key) -> Json:
    return none_of({"exists": {"field": rank(key.field)}})
