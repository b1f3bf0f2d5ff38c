"""Searches by any of several texts: few of each text are scored at first."""

import random
from pathlib import Path

import pytest

from app.engine.port import Register
from app.engine.sqlite.index import SqliteIndex
from app.fhir import ranked
from app.fhir.ranked import Best, Texts
from app.register.query import Clause, Query
from tests.contract.organisations import fill, organisation

MOST = 12
CODES = [f"A{at:02}" for at in range(30)]
Ranking = dict[str, list[tuple[str, float]]]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    index = SqliteIndex(str(Path(tmp_path_factory.mktemp("ranked")) / "ods.db"), keep=2)
    fill(index, [organisation(code, "SURGERY") for code in CODES])
    return index.live()


@pytest.fixture(autouse=True)
def most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranked, "MOST", MOST)


def rankings(chance: random.Random) -> Ranking:
    """What is found for three texts: some find MOST, and many scores are equal."""
    found = {}
    for text in ("one", "two", "three"):
        codes = chance.sample(CODES, chance.choice([0, 2, 7, MOST, MOST, MOST]))
        scores = sorted((chance.choice([0.2, 0.4, 0.5, 0.6, 0.9]) for _ in codes), reverse=True)
        found[text] = list(zip(codes, scores, strict=True))
    return found


class Ranks:
    """Ranks by a table, and scores the first few alone unless more are wanted."""

    def __init__(self, table: Ranking, few: int) -> None:
        self.table, self.few = table, few
        self.wanted: list[int] = []

    def __call__(self, _register: Register, text: str, _clauses: tuple[Clause, ...], wanted: int) -> Best:
        self.wanted.append(wanted)
        found = self.table[text]
        scored = found if wanted > self.few else found[: self.few]
        return Best(dict(scored), len(found))


@pytest.mark.parametrize("seed", range(60))
def test_a_page_is_the_same_however_few_are_scored_at_first(seed: int, register: Register) -> None:
    chance = random.Random(seed)
    table = rankings(chance)
    query = Query("organisation", (), (), size=chance.randrange(7), offset=chance.randrange(4))

    def search(few: int) -> ranked.Found:
        return Texts(tuple(table), Ranks(table, few)).search(register, query, "stu3")

    some, every = search(5), search(MOST)
    assert some.page == every.page
    shown = [match.id for match in every.page.matches]
    assert [some.scores[code] for code in shown] == [every.scores[code] for code in shown]


def test_only_what_may_be_on_the_page_is_scored(register: Register) -> None:
    low = [(code, 0.5 if at < 2 else 0.3) for at, code in enumerate(CODES[:MOST])]
    ranks = Ranks({"one": low, "two": [(CODES[20], 0.7), *low[1:]]}, few=5)
    found = Texts(("one", "two"), ranks).search(register, Query("organisation", size=2), "stu3")
    assert found.page.total == MOST
    assert ranks.wanted == [2, 2]
