"""The engines agree: on the sample release, whatever is asked; and on pages that lie deep."""

import random
from collections.abc import Iterator

import pytest

from app.engine import open_index
from app.engine.elastic import place, register
from app.engine.port import Register
from app.register.lexicon import unpack
from app.register.query import MAX_POINTS, Clause, Key, Operator, Query, Referring, Weight
from app.register.query import Test as Comparison
from indexer.load import LoadOptions, load
from tests.conftest import NOW, SAMPLE, clustered, embedded, load_once
from tests.contract.oracle import answer
from tests.contract.organisations import fill
from tests.contract.test_search import crowd
from tests.engines import Engine
from tests.run import Run

TEXTS = (
    "SURGERY",
    "THE",
    "CARE",
    "MEDICAL CENTRE",
    "PHARM",
    "ST ",
    "A",
    "E S",
    "LTD",
    "&",
    "LEEDS",
    "LS1",
    "LS1 ",
)
ROLES = ("RO177", "RO76", "RO182", "RO98", "RO197", "RO999")
KEYS = ("id", "name", "town", "postcode", "last_change")


@pytest.fixture(scope="module")
def registers(
    run: Run, elasticsearch: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Register]]:
    """The sample in SQLite, and in Elasticsearch in one shard and in three."""
    engine = clustered(elasticsearch)
    sharded = engine.index(shards=3)
    load([SAMPLE], sharded, lambda: NOW, LoadOptions(validate="none"))
    shared = [load_once(run, each, SAMPLE) for each in (embedded(tmp_path_factory), engine)]
    yield [*(open_index(url).live() for url in shared), sharded.live()]
    engine.forget(0)


def comparison(chance: random.Random) -> Comparison:
    """Return some test of some field."""
    field = chance.choice(
        ("name", "town", "postcode", "lines", "status", "role", "primary_role", "last_change", "id")
    )
    if chance.random() < 0.1:
        return Comparison(field, chance.choice((Operator.PRESENT, Operator.ABSENT)))
    if chance.random() < 0.1:
        return related(chance)
    match field:
        case "status":
            return Comparison(field, Operator.EQ, chance.choice(("Active", "Inactive")))
        case "role" | "primary_role":
            return Comparison(field, Operator.EQ, chance.choice(ROLES))
        case "last_change":
            ends = sorted(chance.randrange(1_300_000_000_000, 1_790_000_000_000) for _ in range(2))
            return Comparison(
                field, Operator.RANGE, (chance.choice((None, ends[0])), chance.choice((None, ends[1])))
            )
        case "id":
            return Comparison(field, Operator.EQ, chance.choice(("RR8", "X26", "A81001", "none")))
    operators = (Operator.PREFIX, Operator.CONTAINS, Operator.EQ, Operator.LIKE)
    operator = chance.choice(operators[: 3 if field == "lines" else 4])
    text = chance.choice(TEXTS)
    return Comparison(field, operator, text.replace("E", "_") if operator is Operator.LIKE else text)


def related(chance: random.Random) -> Comparison:
    """Return a test of what refers to an organisation, some of them by what it refers to itself."""
    source, target = chance.sample(("source", "target"), 2)
    clauses = [Clause((affiliated(chance), affiliated(chance)), chance.random() < 0.2)]
    if chance.random() < 0.3:
        role = Comparison("role", Operator.EQ, chance.choice(ROLES))
        clauses.append(Clause((Comparison(target, Operator.REFERS, (Clause((role,)),)),)))
    return Comparison("id", Operator.REFERRED, Referring("affiliation", source, tuple(clauses)))


def affiliated(chance: random.Random) -> Comparison:
    """Return some test of a relationship."""
    field = chance.choice(("type", "status", "source", "target", "start", "period"))
    match field:
        case "type":
            return Comparison(field, Operator.EQ, chance.choice(("RE4", "RE6", "RE8")))
        case "status":
            return Comparison(field, Operator.EQ, chance.choice(("Active", "Inactive")))
        case "source" | "target":
            return Comparison(field, Operator.EQ, chance.choice(("RR8", "X26", "A81001", "none")))
        case "start":
            return Comparison(field, chance.choice((Operator.PRESENT, Operator.ABSENT)))
    low, high = sorted(chance.randrange(900_000_000_000, 1_790_000_000_000) for _ in range(2))
    start = Comparison("start", Operator.RANGE, (low, None))
    ends = (Comparison("end", Operator.RANGE, (None, high)), Comparison("end", Operator.ABSENT))
    return Comparison("", Operator.ALL, (start, chance.choice(ends)))


def some_query(chance: random.Random) -> Query:
    """Return some query: none, one or several clauses and keys."""
    clauses = tuple(
        Clause(tuple(comparison(chance) for _ in range(chance.choice((1, 1, 2, 3)))), chance.random() < 0.2)
        for _ in range(chance.choice((0, 1, 1, 2, 3)))
    )
    order = tuple(
        Key(chance.choice(KEYS), chance.random() < 0.5) for _ in range(chance.choice((0, 1, 1, 2, 3)))
    )
    score = tuple(
        Weight(
            tuple(comparison(chance) for _ in range(chance.choice((1, 1, 3)))), chance.randint(1, MAX_POINTS)
        )
        for _ in range(chance.choice((0, 0, 1, 4, 8)))
    )
    size, offset = chance.choice((0, 1, 20, 100)), chance.choice((0, 0, 5, 40, 700, 2_490, 9_995))
    return Query("organisation", clauses, order, size, offset, chance.random() < 0.8, score)


@pytest.mark.parametrize("seed", range(10))
def test_generated_queries_are_answered_alike(seed: int, registers: list[Register]) -> None:
    chance = random.Random(seed)
    embedded, *clustered = registers
    for _ in range(300):
        query = some_query(chance)
        assert chance.choice(clustered).search(query, "stu3") == embedded.search(query, "stu3"), query


@pytest.mark.parametrize("seed", range(5))
def test_matches_are_counted_alike(seed: int, registers: list[Register]) -> None:
    chance = random.Random(seed)
    embedded, *clustered = registers
    for _ in range(50):
        asked = "organisation", some_query(chance).clauses, ("status", "primary_role", "within")
        assert chance.choice(clustered).counts(*asked) == embedded.counts(*asked), asked


@pytest.mark.parametrize("field", ["role", "within", "relationship", "name_word", "beginning"])
def test_terms_are_counted_alike(field: str, registers: list[Register]) -> None:
    embedded, *clustered = (register.counts("organisation", (), (field,)) for register in registers)
    assert embedded[field]
    assert clustered == [embedded] * len(clustered)


def test_words_are_summed_up_alike(registers: list[Register]) -> None:
    embedded, *clustered = (register.summary("organisation", "words") for register in registers)
    assert unpack(embedded).words
    assert clustered == [embedded] * len(clustered)


@pytest.mark.parametrize("document", ["stu3", "ord", "lookup"])
def test_many_documents_are_read_alike(document: str, registers: list[Register]) -> None:
    ids = [match.id for match in registers[0].search(Query("organisation", size=None), None).matches]
    embedded, *clustered = (
        register.documents("organisation", [*ids, "none"], document) for register in registers
    )
    assert set(embedded) == set(ids)
    assert all(each == embedded for each in clustered)
    assert embedded[ids[7]] == registers[0].get("organisation", ids[7], document)


@pytest.fixture(scope="module", params=[1, 3], ids=["one shard", "three shards"])
def crowded(request: pytest.FixtureRequest, elasticsearch: str) -> Iterator[Register]:
    """A register of four hundred."""
    engine = Engine("elasticsearch", lambda: f"{elasticsearch}/crowded")
    index = engine.index(shards=request.param)
    fill(index, crowd())
    yield index.live()
    engine.forget(0)


def test_a_page_is_found_by_ranks_wherever_it_begins(
    crowded: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All limits are made small, so that every page is a deep one, found in several steps."""
    monkeypatch.setattr(register, "_WINDOW", 0)
    monkeypatch.setattr(place, "FEW", 3)
    monkeypatch.setattr(place, "_BUCKETS", 4)
    chance = random.Random(1)
    for _ in range(300):
        keys = tuple(
            Key(chance.choice(KEYS), chance.random() < 0.5) for _ in range(chance.choice((0, 1, 2, 3)))
        )
        clauses = chance.choice(
            [
                (),
                (Clause((Comparison("name", Operator.CONTAINS, "SURGERY"),)),),
                (Clause((Comparison("town", Operator.PRESENT),), negated=True),),
            ]
        )
        offset, total = chance.randrange(420), chance.random() < 0.5
        query = Query("organisation", clauses, keys, 7, offset, total)
        assert crowded.search(query, "stu3") == answer(crowd(), query, "stu3"), query


def test_a_scored_page_is_found_wherever_it_begins(
    crowded: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_WINDOW", 30)
    weights = (
        Weight((Comparison("name", Operator.PREFIX, "SURGERY"),), 5),
        Weight((Comparison("town", Operator.EQ, "TOWN 1"), Comparison("town", Operator.EQ, "TOWN 2")), 3),
    )
    surgeries = (Clause((Comparison("name", Operator.CONTAINS, "SURGERY"),)),)
    for clauses in ((), surgeries, (Clause(()),)):
        for offset, total in ((0, True), (29, False), (60, True), (395, False), (400, True), (10_000, True)):
            query = Query("organisation", clauses, (Key("town"),), 7, offset, total, weights)
            assert crowded.search(query, "stu3") == answer(crowd(), query, "stu3"), query


@pytest.mark.parametrize("most", [1, 2, 7, 10_000])
def test_terms_are_counted_however_many_requests_it_takes(
    most: int, registers: list[Register], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_TERMS", most)
    embedded, *clustered = registers
    active = (Clause((Comparison("status", Operator.EQ, "Active"),)),)
    expected = embedded.counts("organisation", active, ("status", "role"))
    assert [each.counts("organisation", active, ("status", "role")) for each in clustered] == [expected] * 2


def test_a_page_larger_than_one_request_gives_is_whole(
    crowded: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_MOST", 30)
    for size in (1000, 60, None):
        for order in ((), (Key("name"),), (Key("town", descending=True), Key("last_change"))):
            for offset, total in ((0, True), (10, False), (395, True)):
                query = Query("organisation", (), order, size, offset, total)
                assert crowded.search(query, "stu3") == answer(crowd(), query, "stu3"), query
