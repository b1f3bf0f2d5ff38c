"""Filters by levels match the organisations that have these levels on a day."""

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.clock import clock
from app.directory import level_filters
from app.directory.bodies import Bodies
from app.directory.level_filters import LevelFilters
from app.directory.settled import FIELDS, settled_of
from app.engine import open_index
from app.engine.port import Index, Register, asked_at
from app.register.query import Page, Query, Stamp
from indexer.convert import Vocabulary
from indexer.organisation import Organisation
from tests.conftest import NOW
from tests.engines import Engine
from tests.unit.test_levels_of_release import stored
from tests.unit.test_levels_oracle import CODES, DAYS, PUBLISHED, Dice

LOADED = "2026-01-01"


def copied(register: tuple[Organisation, ...], number: int) -> list[Organisation]:
    """Return a made register with other codes."""

    def named(code: str) -> str:
        return f"{code}{number:03}"

    def aimed(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            part._replace(target=part.target._replace(code=named(part.target.code))) for part in parts
        )

    return [
        each._replace(
            code=named(each.code),
            relationships=aimed(each.relationships),
            successions=aimed(each.successions),
        )
        for each in register
    ]


def load(index: Index, register: list[Organisation], day: str, published: str) -> Register:
    """Load a register on a day."""
    terms = stored(register, day, published)
    now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    vocabulary = Vocabulary({}, {}, {}, published)
    with index.build(published, now) as build:
        pack = build.packer({})
        for each in sorted(register, key=lambda each: each.code):
            packed = pack("organisation", vocabulary.entry(each))
            build.add("organisation", each.code, packed, terms[each.code], Stamp(1, 0))
        build.publish(dict, clock(now))
    return index.live()


def found(
    filters: LevelFilters, register: Register, day: str, level: str, codes: Collection[str] | None
) -> set[str]:
    query = Query("organisation", filters.clauses(register, day, level, codes), size=None)
    return {match.id for match in register.search(query, None).matches}


def check(register: Register, codes: list[str], days: Collection[str]) -> int:
    """Compare every filter on these days with the levels of each organisation; return how many match."""
    filters = LevelFilters()
    matches = 0
    for day in days:
        levels = dict(zip(codes, settled_of(Bodies(register), codes, day), strict=True))
        for level in FIELDS:
            held = {code: each[level].code for code, each in levels.items() if level in each}
            assert found(filters, register, day, level, None) == set(held), (day, level)
            bodies = sorted(set(held.values()))
            for some in (*([each] for each in bodies), bodies[::2], ["NONE"]):
                expected = {code for code, body in held.items() if body in some}
                assert found(filters, register, day, level, some) == expected, (day, level, some)
            matches += len(held)
    return matches


def test_filters_of_made_registers_match_what_has_the_level_on_each_day(
    engine: Engine, new_url: Callable[[], str]
) -> None:
    made = [copied(tuple(map(Dice(seed).organisation, CODES)), seed) for seed in range(60)]
    register = [each for some in made for each in some]
    live = load(engine.index(new_url()), register, LOADED, PUBLISHED)
    assert live.counts("organisation", (), ["levels_until"])["levels_until"]
    assert check(live, [each.code for each in register], DAYS) > 100


def test_filters_of_the_sample_match_what_has_the_level_on_each_day(sample_index: str) -> None:
    register = open_index(sample_index).live()
    codes = [match.id for match in register.search(Query("organisation", size=None), None).matches]
    days = [str((NOW + timedelta(days=days)).date()) for days in (0, 1, 400, -1500)]
    assert check(register, codes, days) > 1000


class Counting:
    """A register that counts its searches, and keeps from when their time-outs count."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self.searches = 0
        self.counted_from: list[float] = []

    def search(self, query: Query, document: str | None) -> Page:
        self.searches += 1
        self.counted_from.append(asked_at.get(0))
        return self._register.search(query, document)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._register, name)


def test_a_day_is_walked_once_and_the_day_of_the_load_never(
    engine: Engine, new_url: Callable[[], str]
) -> None:
    made = [copied(tuple(map(Dice(seed).organisation, CODES)), seed) for seed in range(5)]
    live = load(engine.index(new_url()), [each for some in made for each in some], LOADED, PUBLISHED)
    register: Any = Counting(live)
    filters = LevelFilters()
    filters.clauses(register, LOADED, "icb", None)
    assert register.searches == 0
    filters.clauses(register, DAYS[-1], "icb", None)
    first = register.searches
    assert first > 0
    filters.clauses(register, DAYS[-1], "region", ["R000"])
    assert register.searches == first


def test_each_page_of_a_walk_has_the_time_out_of_a_request(
    sample_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register: Any = Counting(open_index(sample_index).live())
    monkeypatch.setattr(level_filters, "_PAGE", 1_000)
    began = time.monotonic()
    before = asked_at.set(began)
    try:
        LevelFilters().clauses(register, "2020-01-01", "icb", None)
    finally:
        asked_at.reset(before)
    assert register.counted_from[0] == began
    assert len(set(register.counted_from)) > 3  # there are three pages
