"""How searches of the SQLite engine run: none holds up another, and each does no more than it must."""

# ruff: noqa: E501 - tables

import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyroaring import BitMap

from app.engine.sqlite import derive, numbers, order, rows, sets, spans, texts
from app.engine.sqlite import reader as reader_module
from app.engine.sqlite import register as register_module
from app.engine.sqlite.cache import Cache
from app.engine.sqlite.folded import Folded
from app.engine.sqlite.index import SqliteIndex
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.register import SqliteRegister
from app.engine.sqlite.schema import BLOCK
from app.register.fields import Entry
from app.register.query import Clause, Key, Operator, Query
from app.register.query import Test as Comparison
from tests.contract.oracle import answer
from tests.contract.organisations import fill, organisation

ENTRIES = [
    organisation(f"A{at:02}", f"SURGERY {at}", town="LEEDS", roles=["RO1"], changed=at) for at in range(40)
]
ALL = Query("organisation", size=100)


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    """An index that nothing was loaded into yet."""
    return SqliteIndex(str(tmp_path / "ods.db"), keep=2)


@pytest.fixture
def loaded(index: SqliteIndex) -> SqliteIndex:
    """An index with two generations, of 3 and of 40 entries."""
    fill(index, ENTRIES[:3])
    fill(index, ENTRIES, after=1)
    return index


# Neighbours


SURG = Query("organisation", (Clause((Comparison("name", Operator.CONTAINS, "SURG"),)),))


class HeldUp(NamedTuple):
    """A register in which SURG is being searched until the test has ended."""

    register: SqliteRegister
    evaluated: list[tuple[Clause, ...]]
    threads: ThreadPoolExecutor


@pytest.fixture
def held_up(loaded: SqliteIndex, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldUp]:
    """The register that is held up."""
    register, asked, begun, go = loaded.live(), [], threading.Event(), threading.Event()

    def evaluate(reader: Reader, kind: str, clauses: tuple[Clause, ...]) -> BitMap:
        asked.append(clauses)
        if clauses == SURG.clauses:
            begun.set()
            assert go.wait(30)
        return evaluated(reader, kind, clauses)

    evaluated = sets.evaluate
    monkeypatch.setattr(sets, "evaluate", evaluate)
    with ThreadPoolExecutor(2) as threads:
        answer = threads.submit(register.search, SURG, "stu3")
        assert begun.wait(30)
        try:
            yield HeldUp(register, asked, threads)
            assert not answer.done()
        finally:
            go.set()
        assert answer.result(30).total == 40


def test_a_search_that_runs_holds_up_no_read(held_up: HeldUp) -> None:
    assert held_up.register.get("organisation", "A01", "stu3") == ENTRIES[1].documents["stu3"]
    assert held_up.register.get("organisation", "none", "stu3") is None


def test_a_search_that_runs_holds_up_no_other_search(held_up: HeldUp) -> None:
    query = Query(
        "organisation", (Clause((Comparison("name", Operator.CONTAINS, "RGERY 1"),)),), (Key("name"),)
    )
    assert held_up.register.search(query, "stu3") == answer(ENTRIES, query, "stu3")
    assert held_up.register.search(ALL, "stu3").total == 40


def test_a_search_that_runs_is_not_run_again_by_who_asks_the_same(held_up: HeldUp) -> None:
    same = held_up.threads.submit(held_up.register.search, replace(SURG, offset=5), "stu3")
    with pytest.raises(TimeoutError):
        same.result(0.2)
    assert held_up.evaluated == [SURG.clauses]


def test_what_is_kept_stays_within_the_budget_whatever_is_asked(
    loaded: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All generations share one budget."""
    cache = Cache(40_000)
    monkeypatch.setattr(reader_module, "CACHE", cache)
    registers = {40: loaded.live(), 3: loaded.kept("2026-01-30.1")}
    for at in range(40):
        for size, register in registers.items():
            for keys in ((), (Key("name"),), (Key("last_change", descending=True), Key("town"))):
                clauses = (Clause((Comparison("name", Operator.CONTAINS, f"ERY {at}"),), negated=True),)
                query = Query("organisation", clauses, keys)
                assert register.search(query, "stu3") == answer(ENTRIES[:size], query, "stu3")
                assert cache.size <= 40_000
    assert cache.size > 20_000


def test_long_texts_that_are_asked_for_are_not_kept(
    loaded: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients choose them, and their bytes are not counted."""
    monkeypatch.setattr(reader_module, "CACHE", Cache(40_000))
    register = loaded.live()
    tracemalloc.start()
    try:
        for at in range(50):
            for field, operator in (("role", Operator.EQ), ("name", Operator.PREFIX)):
                clauses = (Clause((Comparison(field, operator, f"{at} {'X' * 20_000}"),)),)
                assert register.search(Query("organisation", clauses), "stu3").total == 0
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 200_000


# How it is quick


def crowd() -> list[Entry]:
    """Return organisations whose names, towns, postcodes and dates repeat, each with another period."""
    words = ("SURGERY", "The", "CARE", "E", "EE", "ST", "CARE HOME", "A-B")
    return [
        organisation(
            f"C{at:03}",
            f"{words[at % 8]} {words[at * 7 % 5]} {at % 11}" if at % 13 else None,
            town=("Leeds", "LEEDS", "LEEDS", "York", "")[at % 5] if at % 7 else None,
            postcode=f"LS{at % 20} {at % 9}AB",
            status="Active" if at % 3 else "Inactive",
            roles=[f"RO{at % 9}", "RO1"][: at % 3],
            changed=at * 31 % 23 if at % 17 else None,
        )
        for at in range(200)
    ]


def clause(name: str, operator: Operator, *values: Any, negated: bool = False) -> Clause:
    """Return the clause that one of the values satisfies."""
    return Clause(tuple(Comparison(name, operator, value) for value in values), negated)


IN_PIECES = [
    (),
    (clause("status", Operator.EQ, "Active"),),
    (clause("status", Operator.EQ, "Inactive"), clause("role", Operator.EQ, "RO1", "RO7", negated=True)),
    (clause("name", Operator.CONTAINS, "E", "RGER"), clause("name", Operator.CONTAINS, "CARE ", "ST E", "Y T")),
    (clause("name", Operator.CONTAINS, "E CARE", "ARE HO", negated=True), clause("name", Operator.PRESENT, None)),
    (clause("name", Operator.LIKE, "_" * 8), clause("town", Operator.CONTAINS, "EED", "YORK")),
    (clause("name", Operator.LIKE, "E_E"), clause("postcode", Operator.CONTAINS, "S1", "9AB")),
    (clause("name", Operator.LIKE, "_E__ _"),),
    (clause("name", Operator.LIKE, "R_ T_E", "A_E H__E E"),),
    (clause("name", Operator.PREFIX, "CARE", "E", "THE"), clause("name", Operator.PREFIX, "CARE H", negated=True)),
    (clause("town", Operator.PREFIX, "LE", negated=True), clause("postcode", Operator.PREFIX, "LS1", "LS9 ")),
    (clause("town", Operator.EQ, "Leeds", "LEEDS", ""),),
    (clause("town", Operator.EQ, "York", "YORK", "leeds", negated=True),),
    (clause("last_change", Operator.RANGE, (None, 4 * 86_400_000), (9 * 86_400_000, None)),),
    (clause("last_change", Operator.RANGE, (2 * 86_400_000, 7 * 86_400_000), negated=True),),
    (Clause((Comparison("name", Operator.PREFIX, "E"), Comparison("name", Operator.CONTAINS, "GERY", ))),),
]  # fmt: skip
ORDERS = [
    (), "name", "-name", "-last_change", "last_change -id", "-last_change name", "town -last_change name",
    "-town name -id", "name -last_change -town",
]  # fmt: skip


@pytest.mark.parametrize("piece", [1, 6])
def test_work_that_is_cut_into_pieces_has_the_same_result(
    piece: int, index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = 2 * piece
    for module, name, value in (
        (rows, "BLOCK", block), (rows, "_AT_ONCE", 3 * block),
        (texts, "BLOCK", block), (texts, "_CHUNK", 2 * block), (texts, "_FEW", piece), (texts, "_MANY", piece),
        (derive, "VALUES", piece), (spans, "VALUES", piece), (order, "_NEAR", piece),
        (numbers, "_DENSE", piece), (numbers, "_SHORT", piece), (reader_module, "_AT_ONCE", piece), (reader_module, "_STEP", piece),
        (register_module, "_AT_ONCE", piece), (derive, "PHRASE_HOLDERS", 20), (derive, "FREQUENT", 20),
    ):  # fmt: skip
        assert hasattr(module, name)
        monkeypatch.setattr(module, name, value)
    contents = crowd()
    fill(index, contents)
    register = index.live()
    for clauses, keys in product(IN_PIECES, ORDERS):
        by = tuple(
            Key(each.removeprefix("-"), each.startswith("-")) for each in (keys.split() if keys else ())
        )
        for size, offset in ((7, 0), (200, 31)):
            query = Query("organisation", clauses, by, size, offset)
            assert register.search(query, "stu3") == answer(contents, query, "stu3"), query


def test_a_text_is_read_once_however_many_clauses_look_at_it(
    index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(index, [organisation(f"P{at:03}", f"PART SOME OTHER {at}") for at in range(200)])
    read, blocks = [], Folded.blocks
    monkeypatch.setattr(Folded, "blocks", lambda *given: read.append(given[1:]) or blocks(*given))
    inside = [
        clause("name", Operator.CONTAINS, text, "NONE OF THEM") for text in ("RT SOME", "ME OTH", "SOME O")
    ]
    assert index.live().search(Query("organisation", tuple(inside)), "stu3").total == 200
    assert read == [("organisation", "name", [*range(-(-200 // BLOCK))])]


def test_a_text_of_parts_is_read_once_however_many_parts_it_is_compared_with(
    index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(index, [organisation(f"P{at:03}", lines=("HIGH STREET", f"{at} ROAD")) for at in range(200)])
    read, blocks = [], Folded.blocks
    monkeypatch.setattr(Folded, "blocks", lambda *given: read.append(given[1:]) or blocks(*given))
    spellings = map("".join, product("hH", "iI", "gG", "hH", [" STREET", " ROAD"]))
    parts = clause("lines", Operator.EQ, *spellings, *(f"{at}  ROAD" for at in range(100)), "199 ROAD")
    assert index.live().search(Query("organisation", (parts,)), "stu3").total == 200
    assert read == [("organisation", "lines", [*range(-(-200 // BLOCK))])]


@pytest.mark.parametrize("page", [0, 90, 199])
def test_only_the_groups_that_a_page_touches_are_put_in_order_by_the_next_key(
    page: int, index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(index, [organisation(f"P{at:03}", f"NAME {at % 7}", changed=at // 10) for at in range(200)])
    monkeypatch.setattr(order, "_NEAR", 0)
    placed, places = [], order._places
    monkeypatch.setattr(order, "_places", lambda *given: placed.append(len(given[-1])) or places(*given))
    keys = (Key("last_change", descending=True), Key("name"))
    index.live().search(Query("organisation", (), keys, size=1, offset=page), "stu3")
    assert placed == [200, 10]


def phrased() -> list[Entry]:
    """Return texts in which words and pairs of words stand often, seldom, twice, and at either end."""
    words = ("HEALTH", "CENTRE", "THE", "HEALTHCENTRE", "A", "ST JOHN", "H", "CENTRE CENTRE")
    names = [" ".join(each) for each in product(words, repeat=3)][::3]
    return [
        organisation(f"P{at:04}", name, town=None if at % 5 else "HEALTH") for at, name in enumerate(names)
    ]


@pytest.mark.parametrize("holders", [1, 5, 60, 10**9])
def test_phrases_find_what_looking_at_every_name_finds(
    holders: int, index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "PHRASE_HOLDERS", holders)
    monkeypatch.setattr(derive, "FREQUENT", holders)
    contents = phrased()
    fill(index, contents)
    register = index.live()
    with register._readers.borrow() as reader:
        phrases = reader.terms("organisation.name.phrase")
    assert bool(phrases) is (holders < 10**9)
    assert holders == 10**9 or any(" " in phrase for phrase in phrases)
    name = "THE HEALTH CENTRE CENTRE A ST JOHN HEALTHCENTRE"
    parts = {
        name[start:end]
        for start in range(len(name))
        for end in range(start + 1, min(start + 14, len(name)) + 1)
    }
    for part in sorted(parts):
        query = Query("organisation", (Clause((Comparison("name", Operator.CONTAINS, part),)),), size=300)
        assert register.search(query, "stu3") == answer(contents, query, "stu3"), part


def test_a_frequent_phrase_spares_the_look_at_its_holders(
    index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "PHRASE_HOLDERS", 5)
    monkeypatch.setattr(derive, "FREQUENT", 5)
    fill(index, [organisation(f"P{at:03}", f"THE SURGERY {at}") for at in range(80)])
    register = index.live()
    looked_at = []
    blocks = Folded.blocks
    monkeypatch.setattr(Folded, "blocks", lambda *given: looked_at.append(given) or blocks(*given))
    clause = Clause((Comparison("name", Operator.CONTAINS, "HE SURG"),))
    assert register.search(Query("organisation", (clause,)), "stu3").total == 80
    assert looked_at == []
    clause = Clause((Comparison("name", Operator.CONTAINS, "URGERY 1"),))
    assert register.search(Query("organisation", (clause,)), "stu3").total == 11
    assert looked_at


def test_the_same_question_is_worked_out_once(loaded: SqliteIndex) -> None:
    register = loaded.live()
    clauses = (Clause((Comparison("name", Operator.CONTAINS, "SURG"),)),)
    first = register.search(Query("organisation", clauses, size=5), "stu3")
    asked = []
    with register._readers.borrow() as reader:
        reader._connection.set_trace_callback(asked.append)
    second = register.search(Query("organisation", clauses, size=5, offset=5), "stu3")
    assert (first.total, second.total) == (40, 40)
    assert asked
    assert not [statement for statement in asked if "posting" in statement or "_text" in statement]


def test_every_statement_of_a_search_uses_an_index(loaded: SqliteIndex) -> None:
    register = loaded.live()
    asked: list[str] = []
    with register._readers.borrow() as reader:
        connection = reader._connection
    connection.set_trace_callback(asked.append)
    register.get("organisation", "A01", "stu3")
    for test in (
        Comparison("id", Operator.EQ, "A01"),
        Comparison("name", Operator.EQ, "SURGERY 1"),
        Comparison("name", Operator.PREFIX, "SURG"),
        Comparison("name", Operator.CONTAINS, "URGER"),
        Comparison("role", Operator.EQ, "RO1"),
        Comparison("town", Operator.PRESENT),
        Comparison("last_change", Operator.RANGE, (0, None)),
    ):
        register.search(Query("organisation", (Clause((test,)),), (Key("name"), Key("town"))), "stu3")
    connection.set_trace_callback(None)
    for statement in set(asked):
        if "max(rid)" in statement:
            continue
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        scanned = [detail for *_, detail in plan if detail.startswith("SCAN") and "json_each" not in detail]
        assert not scanned, statement
