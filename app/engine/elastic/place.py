"""Finds where a page begins that lies too deep to be counted out, by the ranks of the keys of its order.

A histogram of ranks says between which ranks the page begins, then a finer one of those, until few matches
are left to skip. Nothing is kept open between requests, and any page is as near as any other. Only the first
histogram and the total look at all matches.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.engine.elastic.query import all_of, any_of, none_of
from app.engine.elastic.schema import Json, rank
from app.register.query import Key

_BUCKETS = 1_000
FEW = 2_000
"""Matches that may be left to skip."""


class Bucket(NamedTuple):
    """How many matches have a rank from `low` up to the next bucket's."""

    low: int
    matches: int


class Histogram(NamedTuple):
    """What to count: matches by the rank of a field, in intervals that begin at an offset."""

    field: str
    interval: int
    offset: int = 0


class Range(NamedTuple):
    """Ranks from `low` up to `high` that hold the wanted match, and how many of their matches to skip."""

    low: int
    high: int
    skip: int
    matches: int = 0


class Page(NamedTuple):
    """Which matches are wanted: there are that many."""

    offset: int
    size: int


class Place(NamedTuple):
    """A filter that passes a page, what is to skip before it, and not much behind it."""

    window: Json
    skip: int


Count = Callable[[Json, Histogram], list[Bucket]]
"""Counts the matches that pass a filter, the lowest bucket first."""


def among_all(key: Key, page: Page, entries: int) -> Place:
    """Return the place of a page of all entries in order of id: their ranks say it."""
    end = page.offset + page.size
    low, high = (entries - end, entries - page.offset) if key.descending else (page.offset, end)
    return Place(_ranked(key, {"gte": low, "lt": high}), 0)


def histogram(key: Key, low: int, high: int) -> Histogram:
    """Return the histogram of the ranks of a key from one up to another."""
    interval = _interval(low, high)
    return Histogram(rank(key.field), interval, low % interval)


def find(
    order: tuple[Key, ...], page: Page, ranks: Mapping[str, int], first: list[Bucket], count: Count
) -> Place:
    """Return the place of a page; `first` is the histogram of all ranks of the first key.

    `ranks` says how many different values each key has.
    """
    level: list[Json] = []  # what holds of the keys before this one: they are as they are at the place
    beyond: list[Json] = []  # what comes after the place, by an earlier key
    skip = page.offset
    for key in order:

        def counted(low: int, high: int, key: Key = key) -> list[Bucket]:
            within = _ranked(key, {"gte": low, "lt": high})
            return count(all_of(*level, within), histogram(key, low, high))

        part = Range(0, ranks[key.field], skip)
        buckets = first if key is order[0] else counted(part.low, part.high)
        found = _holding(key, buckets, part)
        while found and found.matches > FEW and found.high - found.low > 1:
            found = _holding(key, counted(found.low, found.high), found)
        if not found:  # what is there has no value for this key
            skip -= sum(bucket.matches for bucket in buckets)
            level.append(_missing(key))
            continue
        low, high, skip, matches = found
        if matches <= FEW:
            here = all_of(*level, _at({"lt": high} if key.descending else {"gte": low}, key))
            end = _end(order[0], ranks[order[0].field], page.offset + page.size - 1, first)
            return Place(all_of(*end, any_of(*beyond, here)), skip)
        beyond.append(all_of(*level, _at({"lt": low} if key.descending else {"gte": high}, key)))
        level.append(_ranked(key, {"gte": low, "lt": high}))
    raise ValueError(page)


def _interval(low: int, high: int) -> int:
    return max(1, -(-(high - low) // _BUCKETS))


def _holding(key: Key, buckets: list[Bucket], part: Range) -> Range | None:
    """Return the bucket of a part that holds the match behind those to skip, None if none of them does."""
    skip, interval = part.skip, _interval(part.low, part.high)
    for low, matches in reversed(buckets) if key.descending else buckets:
        if skip < matches:  # the last bucket ends where the part does
            return Range(low, min(low + interval, part.high), skip, matches)
        skip -= matches
    return None


def _end(key: Key, ranks: int, last: int, buckets: list[Bucket]) -> list[Json]:
    """Return a filter of what does not lie far behind the last match of a page, if that one has a value."""
    found = _holding(key, buckets, Range(0, ranks, last))
    return [_ranked(key, {"gte": found.low} if key.descending else {"lt": found.high})] if found else []


def _ranked(key: Key, ends: Json) -> Json:
    return {"range": {rank(key.field): ends}}


def _at(ends: Json, key: Key) -> Json:
    """Return the filter of what stands there or later: what has no value comes last."""
    within = _ranked(key, ends)
    return within if key.field == "id" else any_of(within, _missing(key))


def _missing(key: Key) -> Json:
    return none_of({"exists": {"field": rank(key.field)}})
