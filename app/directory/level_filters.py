"""Filters of organisations by their levels on a day (hierarchy 8).

An index holds the levels of the day of its load, and for each organisation the first day after it on which
they may be others. So only some of those whose day has come need a walk. For a day before the load all do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from app.clock import utc_day
from app.directory.bodies import Bodies
from app.directory.levels import Asked, Walks
from app.directory.placed import Entry
from app.directory.settled import FIELDS, settled
from app.engine.port import Register, not_counted
from app.engine.shared import Shared, short
from app.register.query import Clause, Match, Operator, Query, Test

BUDGET = 8 * 1024 * 1024
"""Bytes: a million moves."""
_MOVE = 300
"""Bytes that a move takes beside its codes."""
_PAGE = 2_000
"""Organisations that are walked from together."""


class Move(NamedTuple):
    """Organisations that on a day have another body of a level than on the day of the load."""

    level: str
    before: str | None
    now: str | None
    codes: str
    """Theirs, a line each."""


Moves = tuple[Move, ...]


class LevelFilters:
    """Makes filters, and keeps what has moved by a day within a budget; threads may share it."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Keep so many bytes at most."""
        self._kept = Shared(budget, _size)

    def clauses(
        self, register: Register, day: str, level: str, codes: Collection[str] | None
    ) -> tuple[Clause, ...]:
        """Return clauses that together match the organisations with one of some bodies as a level on a day.

        `level` is a key of `settled.FIELDS`. Without codes, all organisations that have the level match.
        """
        came: list[str] = []
        left: list[str] = []
        for move in self._moves(register, day):
            if move.level == level:
                before, now = (
                    code is not None and (codes is None or code in codes) for code in (move.before, move.now)
                )
                if now and not before:
                    came += move.codes.split("\n")
                if before and not now:
                    left += move.codes.split("\n")
        field = FIELDS[level]
        stored = (
            [Test(field, Operator.PRESENT)]
            if codes is None
            else [Test(field, Operator.EQ, code) for code in sorted(codes)]
        )
        found = Clause((*stored, *_ids(came)))
        return (found, Clause(_ids(left), negated=True)) if left else (found,)

    def _moves(self, register: Register, day: str) -> Moves:
        generation = register.generation
        loaded = str(utc_day(generation.loaded).date())
        if day == loaded:
            return ()
        key = short(generation.name, generation.loaded, day)
        return self._kept.get(key, lambda: _moved(register, loaded, day))


def _moved(register: Register, loaded: str, day: str) -> Moves:
    """Return which organisations have other levels on a day than on that of the load.

    The first request of a day may wait for all of it, so the time-out holds for each page by itself.
    """
    query = Query("organisation", size=_PAGE, total=False)
    if day > loaded:
        (until,) = register.counts("organisation", (), ["levels_until"]).values()
        days = [each for each in until if each <= day]
        if not days:
            return ()
        tests = tuple(Test("levels_until", Operator.EQ, each) for each in days)
        query = replace(query, clauses=(Clause(tests),))
    bodies = Bodies(register)
    walks = Walks(bodies)
    moved: dict[tuple[str, str | None, str | None], list[str]] = defaultdict(list)
    for matches in _pages(register, query):
        with not_counted():
            for match in matches:
                bodies.add(match.id, match.document)
            found = walks.levels([Asked(match.id, each) for match in matches for each in (loaded, day)])
            settled_levels = (settled(levels) if levels else {} for levels in found)
            for match, before, now in zip(matches, settled_levels, settled_levels, strict=True):
                for level in FIELDS:
                    was, is_now = _code(before, level), _code(now, level)
                    if was != is_now:
                        moved[level, was, is_now].append(match.id)
    return tuple(Move(*key, "\n".join(codes)) for key, codes in moved.items())


def _code(found: Mapping[str, Entry], level: str) -> str | None:
    return found[level].code if level in found else None


def _pages(register: Register, query: Query) -> Iterator[list[Match]]:
    more = True
    while more:
        with not_counted():
            page = register.search(query, "ord")
        yield page.matches
        query, more = replace(query, offset=query.offset + _PAGE), page.more


def _ids(codes: Iterable[str]) -> tuple[Test, ...]:
    return tuple(Test("id", Operator.EQ, code) for code in codes)


def _size(moves: Moves) -> int:
    return _MOVE + sum(_MOVE + len(move.codes) for move in moves)
