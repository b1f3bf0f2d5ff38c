"""References, periods and texts of several parts in the SQLite engine, where there are many of them."""

import random
from pathlib import Path

import pytest

from app.engine.port import Register
from app.engine.sqlite import derive, numbers, parts, references, texts
from app.engine.sqlite.index import SqliteIndex
from app.register.fields import Entry
from app.register.query import Clause, Operator, Query, Referring
from app.register.query import Test as Comparison
from tests.contract.cases import by, every, referring, where
from tests.contract.oracle import answer
from tests.contract.organisations import DAY, affiliation, fill, organisation

STREETS = ("HIGH STREET", "LEEDS ROAD", "THE LEEDS", "High Street", "ROAD", "LEEDS")
TOWNS = ("LEEDS", "YORK", "Leeds", "LEEDS ROAD", "E")


def contents() -> dict[str, list[Entry]]:
    """Return organisations with addresses, and affiliations of which one in nine names what there is not."""
    chance = random.Random(1)
    codes = [f"A{number:03}" for number in range(120)]
    organisations = [
        organisation(
            code,
            roles=[f"RO{number % 12}"],
            lines=[f"{number % 9} {STREETS[number % 6]}", TOWNS[number % 5], "X"][: number % 4],
        )
        for number, code in enumerate(codes)
    ]
    named = [*codes[:-20], *(f"Z{number}" for number in range(12)), None]
    affiliations = [
        affiliation(
            f"{number}",
            chance.choice(named),
            chance.choice(named[:7] * 9 + named),
            of=f"RE{number % 5}",
            start=None if number % 8 == 0 else chance.randrange(40),
            end=None if number % 3 == 0 else chance.randrange(30, 70),
        )
        for number in range(300)
    ]
    return {"organisation": organisations, "affiliation": affiliations}


CONTENTS = contents()


@pytest.fixture(params=["whole", "in pieces"])
def register(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    """The register, read as one piece and in small pieces."""
    monkeypatch.setattr(derive, "PHRASE_HOLDERS", 9)
    monkeypatch.setattr(derive, "FREQUENT", 9)
    if request.param == "in pieces":
        for module, name, value in (
            (references, "_SPARSE", 1), (numbers, "_DENSE", 1), (numbers, "_SHORT", 1),
            (numbers, "_STRIPES", 0), (numbers, "_SPANS", 1), (texts, "_FEW", 1),
            (texts, "_FEW_OF_MANY", 1), (parts, "_FEW", 1),
        ):  # fmt: skip
            assert hasattr(module, name)
            monkeypatch.setattr(module, name, value)
    index = SqliteIndex(str(tmp_path / "ods.db"), keep=2)
    fill(index, CONTENTS)
    return index.live()


def check(register: Register, kind: str, *clauses: Clause, **rest: object) -> None:
    """Compare the answer to a query with that of the oracle, which must be neither all nor nothing."""
    for negated in (False, True):
        asked = (clauses[0]._replace(negated=negated), *clauses[1:])
        query = Query(kind, asked, size=None, **rest)
        found = register.search(query, "r4")
        assert found == answer(CONTENTS[kind], query, "r4", CONTENTS)
        assert 0 < len(found.matches) < len(CONTENTS[kind])


@pytest.mark.parametrize("roles", [1, 2, 4, 8, 11])
@pytest.mark.parametrize("reference", ["source", "target"])
def test_few_and_many_are_referred_to_alike(roles: int, reference: str, register: Register) -> None:
    clause = where("role", Operator.EQ, *(f"RO{number}" for number in range(roles)))
    check(register, "affiliation", where(reference, Operator.REFERS, (clause,)))
    check(register, "affiliation", where(reference, Operator.REFERS, (clause,)), order=by("-start", "id"))


@pytest.mark.parametrize("types", [1, 3, 5])
@pytest.mark.parametrize("reference", ["source", "target"])
def test_few_and_many_refer_alike(types: int, reference: str, register: Register) -> None:
    clause = where("type", Operator.EQ, *(f"RE{number}" for number in range(types)))
    check(register, "organisation", referring(reference, clause))
    nested = where(reference, Operator.REFERS, (where("role", Operator.EQ, "RO1"),))
    check(register, "organisation", referring("source" if reference == "target" else "target", nested))


@pytest.mark.parametrize(
    "codes", [["A001"], ["Z3"], [f"A{number:03}" for number in range(0, 120, 3)], ["Z1", "A002"]]
)
def test_references_are_found_by_the_ids_that_are_there_and_by_those_that_are_not(
    codes: list[str], register: Register
) -> None:
    check(register, "affiliation", where("source", Operator.EQ, *codes))


def period(low: int | None, high: int | None, start: Operator, end: Operator) -> Comparison:
    """Return a test of a period: each end is in a range of days, or is there, or is not."""

    def test(name: str, operator: Operator, asked: tuple[int | None, int | None]) -> Comparison:
        return Comparison(name, operator, asked if operator is Operator.RANGE else None)

    low, high = (None if day is None else day * DAY for day in (low, high))
    return every(test("start", start, (low, high)), test("end", end, (low, high)))


def test_hundreds_of_periods_find_what_each_finds(register: Register) -> None:
    chance = random.Random(2)
    operators = [Operator.RANGE] * 6 + [Operator.ABSENT, Operator.PRESENT]
    for size in (1, 2, 3, 12, 300):
        for _ in range(12):
            asked = [
                period(chance.randrange(60), chance.randrange(75), *chance.choices(operators, k=2))
                for _ in range(size)
            ]
            query = Query("affiliation", (Clause(tuple(asked)),), size=None)
            assert register.search(query, "r4") == answer(CONTENTS["affiliation"], query, "r4"), query


def test_periods_that_lie_within_one_another_and_open_ones_are_told_apart(register: Register) -> None:
    within = [period(day, 70, Operator.RANGE, Operator.RANGE) for day in range(0, 40, 2)]
    before = [every(*period(None, day, Operator.RANGE, Operator.ABSENT).value) for day in range(20)]
    check(register, "affiliation", Clause(tuple(within[5:])))
    check(register, "affiliation", Clause(tuple(before)))
    check(
        register, "affiliation", Clause((*within[15:], *before[:4], Comparison("type", Operator.EQ, "RE2")))
    )


@pytest.mark.parametrize("operator", [Operator.PREFIX, Operator.CONTAINS])
@pytest.mark.parametrize(
    "text",
    [
        "LEEDS",
        "LEEDS ",
        "LEEDS R",
        "HIGH",
        "1 HIGH",
        "X",
        "E",
        "LE",
        "4 ",
        "ROAD",
        "OAD",
        "S R",
        "2 THE LEEDS",
    ],
)
def test_frequent_and_rare_parts_are_found_alike(operator: Operator, text: str, register: Register) -> None:
    query = Query("organisation", (where("lines", operator, text),), size=None)
    assert register.search(query, "r4") == answer(CONTENTS["organisation"], query, "r4")
    both = (*query.clauses, where("lines", operator, "7", "LEEDS")._replace(negated=True))
    query = Query("organisation", both, size=None)
    assert register.search(query, "r4") == answer(CONTENTS["organisation"], query, "r4")


@pytest.mark.parametrize(
    "raw", ["LEEDS", "Leeds", "leeds", "LEEDS ROAD", "E", "X", "1 HIGH STREET", "3 High Street"]
)
def test_raw_parts_are_found_among_those_that_are_folded_alike(raw: str, register: Register) -> None:
    query = Query("organisation", (where("lines", Operator.EQ, raw, "YORK"),), size=None)
    assert register.search(query, "r4") == answer(CONTENTS["organisation"], query, "r4")


def test_what_refers_is_worked_out_once_for_all_pages(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = []
    monkeypatch.setattr(
        references, "named", lambda *given, named=references.named: followed.append(given) or named(*given)
    )
    clause = where("id", Operator.REFERRED, Referring("affiliation", "source"))
    for offset in (0, 5, 10):
        register.search(Query("organisation", (clause,), offset=offset, size=5), "r4")
    assert len(followed) == 1
