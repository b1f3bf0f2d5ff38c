"""Every engine answers every case of the table, and whatever else can be asked, as the oracle does."""

# ruff: noqa: E501 - tables

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.clock import clock
from app.engine.port import Index, Register
from app.register.fields import KINDS, Entry, Type
from app.register.lexicon import unpack
from app.register.query import MAX_POINTS, Clause, Key, Match, Operator, Query, Referring, Stamp, Weight
from app.register.query import Test as Comparison
from app.register.text import fold
from tests.contract.cases import CASES, REGISTERS, Case, by, where
from tests.contract.oracle import answer, counts
from tests.contract.organisations import (
    DAY,
    NEW,
    START,
    add,
    affiliation,
    document,
    fill,
    organisation,
    stamp_of,
)
from tests.engines import Engine

DOCUMENTS = {"affiliation": "r4", "succession": "concept", "role_table": "part"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_a_query_is_answered_as_the_table_says(case: Case, registers: dict[str, Register]) -> None:
    page = registers[case.register].search(case.query, DOCUMENTS.get(case.query.kind, "stu3"))
    assert [match.id for match in page.matches] == case.expected
    assert (page.total, page.more) == (case.expected_total, case.more)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_table_says_what_the_oracle_says(case: Case) -> None:
    contents = REGISTERS[case.register]
    page = answer(
        contents.get(case.query.kind, ()), case.query, DOCUMENTS.get(case.query.kind, "stu3"), contents
    )
    assert [match.id for match in page.matches] == case.expected
    assert (page.total, page.more) == (case.expected_total, case.more)


def test_no_two_cases_say_the_same() -> None:
    assert len({case.says for case in CASES}) == len(CASES)


def test_every_operator_is_tried_on_every_type_of_field_that_has_it() -> None:
    types = {field.name: field.type for kind in KINDS.values() for field in kind.fields}
    tried = {
        (types.get(test.field, test.field), test.operator)
        for case in CASES
        for clause in case.clauses
        for test in clause.tests
    }
    exists = {Operator.PRESENT, Operator.ABSENT}
    compared = {Operator.EQ} | exists
    allowed = {
        Type.TEXT: compared | {Operator.EQUALS, Operator.PREFIX, Operator.CONTAINS, Operator.LIKE},
        Type.TOKEN: compared,
        Type.INSTANT: exists | {Operator.RANGE},
        Type.REFERENCE: compared | {Operator.REFERS},
        "id": compared | {Operator.REFERRED},
        "": {Operator.ALL},
    }
    assert tried == {(each, operator) for each, operators in allowed.items() for operator in operators}
    assert set(Operator) == set().union(*allowed.values())


@pytest.mark.parametrize(
    ("register", "kind", "entry_id", "found"),
    [
        ("texts", "organisation", "A1", True),
        ("texts", "organisation", "a1", False),
        ("texts", "organisation", "A", False),
        ("texts", "organisation", "A1 ", False),
        ("texts", "organisation", "", False),
        ("texts", "organisation", "A*", False),
        ("texts", "resource", "A1", False),
        ("ids", "organisation", "É", True),
        ("ids", "organisation", "A-1", True),
        ("kinds", "resource", "ValueSet/Role-1", True),
        ("kinds", "resource", "Role-1", False),
        ("kinds", "organisation", "ValueSet/Role-1", False),
        ("kinds", "organisation", "../../etc/passwd", False),
        ("empty", "organisation", "A1", False),
    ],
)
def test_get_gives_the_document_of_exactly_that_id(
    register: str, kind: str, entry_id: str, found: bool, registers: dict[str, Register]
) -> None:
    documents = {entry.id: entry.documents["stu3"] for entry in REGISTERS[register].get(kind, ())}
    assert (entry_id in documents) is found
    assert registers[register].get(kind, entry_id, "stu3") == documents.get(entry_id)


def test_a_match_carries_the_document_that_get_gives(registers: dict[str, Register]) -> None:
    register = registers["wide"]
    for match in register.search(Query("organisation"), "stu3").matches:
        assert match.document == register.get("organisation", match.id, "stu3")


def test_a_document_comes_back_in_the_writing_it_was_given_in(registers: dict[str, Register]) -> None:
    register = registers["texts"]
    (match,) = register.search(Query("organisation", (where("id", Operator.EQ, "A5"),)), "ord").matches
    assert match.document == register.get("organisation", "A5", "ord")
    name = b'"Name": "CAF\\u00c9 \\u0152UVRE STRA\\u1e9eE"'
    assert match.document == (
        b'{"Organisation": {' + name + b', "OrgId": {"extension": "A5"}, "Roles": {"Role": []}}}'
    )


def test_a_match_carries_the_stamp_of_its_entry(registers: dict[str, Register]) -> None:
    for kind, entries in REGISTERS["stamps"].items():
        page = registers["stamps"].search(Query(kind), "stu3")
        assert [match.stamp for match in page.matches] == [stamp_of(kind, entry) for entry in entries]


def test_a_read_gives_the_stamp_of_a_versioned_kind_alone(engine: Engine) -> None:
    index = engine.index()
    listed = Entry("roles", {}, {"ord": b"{}"})
    fill(index, {"organisation": [organisation("A1", stamp=Stamp(3, -1))], "code_list": [listed]})
    assert index.read("organisation", "A1", "stu3")[1] == Match("A1", document("A1"), Stamp(3, -1))
    assert index.read("organisation", "A2", "stu3")[1] is None
    assert index.read("code_list", "roles", "ord")[1] == Match("roles", b"{}", None)


@pytest.mark.parametrize(("kind", "stamp"), [("organisation", None), ("code_list", NEW)])
def test_entries_are_added_with_a_stamp_exactly_where_their_kind_is_versioned(
    engine: Engine, kind: str, stamp: Stamp | None
) -> None:
    with engine.index().build("2026-01-30", START) as build:
        packed = build.packer({})(kind, Entry("A1", {}, {}))
        with pytest.raises(ValueError, match=kind):
            build.add(kind, "A1", packed, stamp=stamp)


def test_a_match_carries_no_document_where_none_is_named(registers: dict[str, Register]) -> None:
    query = Query("organisation", order=by("name"), size=5)
    assert registers["texts"].search(query, None) == answer(REGISTERS["texts"]["organisation"], query, None)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("order", [(), by("name"), by("-name"), by("-town", "name"), by("-id")], ids=str)
def test_pages_one_after_another_meet_every_match_once(
    size: int, order: tuple[Key, ...], registers: dict[str, Register]
) -> None:
    register, met, more = registers["orders"], [], True
    while more:
        page = register.search(Query("organisation", order=order, size=size, offset=len(met)), "stu3")
        met += [match.id for match in page.matches]
        more = page.more
    whole = register.search(Query("organisation", order=order), "stu3")
    assert met == [match.id for match in whole.matches]


# A register in which some queries have many matches, and some few

WORDS = ("SURGERY", "THE", "MEDICAL", "CENTRE", "ST", "CARE", "LONDON ROAD", "DENTAL")


@cache
def crowd() -> list[Entry]:
    """Return four hundred organisations; what they are called repeats with different periods."""
    return [
        organisation(
            f"C{number:03}",
            f"{WORDS[number % 8]} {WORDS[number * 7 % 5]} {number % 11}" if number % 13 else None,
            town=f"TOWN {number % 3}" if number % 4 else None,
            postcode=f"LS{number % 20} {number % 9}AB",
            status="Active" if number % 2 else "Inactive",
            roles=[f"RO{number % 50}", "RO1"][: number % 3],
            changed=number * 31 % 97 if number % 17 else None,
        )
        for number in range(400)
    ]


@pytest.fixture(scope="module")
def crowded(engine: Engine) -> Register:
    """The register of the crowd."""
    index = engine.index()
    fill(index, crowd())
    return index.live()


@pytest.mark.parametrize(
    "names",
    [
        "name",
        "-name",
        "town",
        "-last_change",
        "town -name",
        "-town last_change name",
        "-last_change name -id",
    ],
)
@pytest.mark.parametrize("size", [5, 400])
@pytest.mark.parametrize("offset", [0, 3, 350])
@pytest.mark.parametrize(
    "clauses",
    [
        (),
        (where("name", Operator.PREFIX, "SURGERY"),),
        (where("role", Operator.EQ, "RO7"),),
        (where("role", Operator.EQ, "RO7"), where("name", Operator.PRESENT)),
        (where("id", Operator.EQ, "C013", "C026", "C007", "C399"),),
        (where("name", Operator.CONTAINS, "ROAD S"), where("status", Operator.EQ, "Active")),
    ],
    ids=["all", "a word", "a role", "a role and a name", "four ids", "a substring and a status"],
)  # fmt: skip
def test_few_and_many_matches_are_ordered_alike(
    names: str, size: int, offset: int, clauses: tuple[Clause, ...], crowded: Register
) -> None:
    query = Query("organisation", clauses, by(*names.split()), size, offset)
    assert crowded.search(query, "stu3") == answer(crowd(), query, "stu3")


def test_a_short_text_among_hundreds_finds_what_it_finds_alone(engine: Engine) -> None:
    names = [
        *("(A+B) & [C]", "A\\B|C{1}", 'SAYS "NO" #1', "<1-5> ~@HOME?", "A.B*C^D$E", "AXBBC^D$E"),
        *("THE SURGERY", "THES URGERY", f"{'W' * 300}END", None),
    ]
    contents = [organisation(f"A{number}", name=name) for number, name in enumerate(names)]
    index = engine.index()
    fill(index, contents)
    others = [f"{one}{number:03}" for one in ("Q", "Q ") for number in range(150)]
    pieces = [
        name[at : at + length]
        for name in filter(None, names)
        for length in (4, 7, 8)
        for at in range(len(name) - length + 1)
    ]
    for piece in dict.fromkeys(pieces):
        for negated in (False, True):
            clause = where("name", Operator.CONTAINS, piece, *others)._replace(negated=negated)
            query = Query("organisation", (clause,))
            assert index.live().search(query, "stu3") == answer(contents, query, "stu3"), piece


# Whatever can be asked

LETTERS = ("A", "B", " ", "É", "e\u0301", "ß", "\u2019", "'", "%", "_", "*", "1", "a", "\U00020000", "ŉ")
texts = st.one_of(
    st.text(st.sampled_from("AB "), min_size=1, max_size=9),
    st.lists(st.sampled_from(LETTERS), min_size=1, max_size=7).map("".join),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
).filter(fold)
postcodes = st.sampled_from(["LS1 4AP", "LS14AP", "ls1  4ap", "LS14 1AB", "B1 1AA", "B11AA", "QX9"])
roles = st.sampled_from(["RO1", "RO17", "RO177", "RO76"])
days = st.integers(-2, 3)
entries = st.builds(
    organisation,
    code=st.text(st.sampled_from("AB1"), min_size=1, max_size=3),
    name=st.none() | texts,
    town=st.none() | texts,
    postcode=st.none() | postcodes,
    lines=st.lists(texts, max_size=3),
    status=st.sampled_from(["Active", "Inactive", None]),
    roles=st.lists(roles, max_size=3),
    changed=st.none() | days,
    stamp=st.builds(Stamp, st.integers(1, 3), days.map(lambda day: day * DAY)),
)
codes = st.text(st.sampled_from("AB1"), min_size=1, max_size=2)
affiliations = st.builds(
    affiliation,
    entry_id=st.text(st.sampled_from("123"), min_size=1, max_size=3),
    source=st.none() | codes,
    target=st.none() | codes,
    status=st.sampled_from(["Active", "Inactive", None]),
    of=st.sampled_from(["RE4", "RE6", None]),
    start=st.none() | days,
    end=st.none() | days,
)


def each_once(of: st.SearchStrategy[Entry]) -> st.SearchStrategy[list[Entry]]:
    """Draw entries, none of which have an id in common."""
    return st.lists(of, max_size=14, unique_by=lambda entry: entry.id)


registers_of_any_kind = st.fixed_dictionaries(
    {"organisation": each_once(entries), "affiliation": each_once(affiliations)}
)

FIELDS = {
    "organisation": ["name", "town", "postcode", "lines", "role", "status", "last_change", "updated", "id"],
    "affiliation": ["type", "status", "source", "target", "start", "end", "updated", "id"],
}
VALUES = {
    "role": roles,
    "status": st.sampled_from(["Active", "Inactive", "active"]),
    "type": st.sampled_from(["RE4", "RE6", "RE"]),
    "source": codes,
    "target": codes,
    "id": st.text(st.sampled_from("AB12"), min_size=1, max_size=3),
}


# Made once: to make a strategy takes longer than to draw from it.
holes = st.sampled_from("AEL1 ")
ends = st.none() | days.map(lambda day: day * DAY) | st.integers(-2 * DAY, 2 * DAY)


@st.composite
def texts_asked_for(draw: Callable, name: str) -> Comparison:
    """Draw a test of a text, folded as interfaces fold it."""
    operators = [Operator.EQ, Operator.EQUALS, Operator.PREFIX, Operator.CONTAINS, Operator.LIKE]
    operator = draw(st.sampled_from(operators[: 4 if name == "lines" else 5]))
    raw = draw({"postcode": postcodes}.get(name, texts))
    if operator is Operator.EQ:
        return Comparison(name, operator, raw)
    folded = KINDS["organisation"].field(name).form(raw)
    if operator is Operator.EQUALS:
        return Comparison(name, operator, folded)
    if operator is Operator.LIKE:
        folded = re.sub(draw(holes), "_", folded)
    length = draw(st.integers(1, max(len(folded), 1)))
    return Comparison(name, operator, folded[:length] if draw(st.booleans()) else folded[-length:])


@st.composite
def comparisons(draw: Callable, kind: str = "organisation", deep: int = 2) -> Comparison:
    """Draw a test of some field; at most so many stand within each other."""
    name = draw(st.sampled_from(FIELDS[kind]))
    if deep and draw(st.integers(0, 4)) == 0:
        return draw(nested(kind, deep - 1))
    if draw(st.integers(0, 4)) == 0:
        return Comparison(name, draw(st.sampled_from([Operator.PRESENT, Operator.ABSENT])))
    match name:
        case "name" | "town" | "postcode" | "lines":
            return draw(texts_asked_for(name))
        case "last_change" | "updated" | "start" | "end":
            return Comparison(name, Operator.RANGE, draw(st.tuples(ends, ends)))
    return Comparison(name, Operator.EQ, draw(VALUES[name]))


@st.composite
def nested(draw: Callable, kind: str, deep: int) -> Comparison:
    """Draw a test that is made of others."""
    if draw(st.booleans()):
        parts = draw(st.lists(comparisons(kind, deep), max_size=3))
        return Comparison("", Operator.ALL, (*parts, *draw(clauses(kind, deep))))
    name = draw(st.sampled_from(["source", "target"]))
    if kind == "affiliation":
        return Comparison(name, Operator.REFERS, draw(clauses("organisation", deep)))
    return Comparison(
        "id", Operator.REFERRED, Referring("affiliation", name, draw(clauses("affiliation", deep)))
    )


def clauses(kind: str, deep: int = 2) -> st.SearchStrategy[tuple[Clause, ...]]:
    """Draw clauses of a kind."""
    tests = st.lists(comparisons(kind, deep), max_size=3).map(tuple)
    return st.lists(st.builds(Clause, tests, st.booleans()), max_size=3).map(tuple)


def queries(kind: str, *keys: str) -> st.SearchStrategy[Query]:
    """Draw queries for a kind, in orders of some keys."""
    return st.builds(
        Query,
        kind=st.just(kind),
        clauses=clauses(kind),
        order=st.lists(st.builds(Key, st.sampled_from(keys), st.booleans()), max_size=3).map(tuple),
        size=st.none() | st.integers(0, 6),
        offset=st.integers(0, 8),
        total=st.booleans(),
        score=st.lists(
            st.builds(Weight, st.lists(comparisons(kind), min_size=1, max_size=3).map(tuple), st.integers(1, MAX_POINTS)), max_size=4
        ).map(tuple),
    )  # fmt: skip


@pytest.fixture(scope="module")
def workshop(engine: Engine) -> Index:
    """An index that is filled again and again."""
    return engine.index()


@settings(max_examples=36, suppress_health_check=[HealthCheck.too_slow])
@given(
    contents=registers_of_any_kind,
    asked=st.tuples(
        st.lists(
            queries("organisation", "id", "name", "town", "postcode", "last_change", "updated"),
            min_size=10,
            max_size=30,
        ),
        st.lists(queries("affiliation", "id", "start", "end", "updated"), min_size=5, max_size=15),
    ),
)
def test_any_query_to_any_register_is_answered_as_the_oracle_does(
    workshop: Index, contents: dict[str, list[Entry]], asked: tuple[list[Query], ...]
) -> None:
    fill(workshop, contents)
    register = workshop.live()
    for queries_of_kind in asked:
        kind = queries_of_kind[0].kind
        of_kind, document = contents[kind], DOCUMENTS.get(kind, "stu3")
        fields = ("type", "status") if kind == "affiliation" else ("role", "status")
        unsliced = [replace(query, size=20, offset=0, total=True) for query in queries_of_kind]
        at_once = [*queries_of_kind, *unsliced]
        answers = [answer(of_kind, query, document, contents) for query in at_once]
        assert register.searches(at_once, document) == answers
        for query, expected in zip(queries_of_kind, answers, strict=False):
            assert register.search(query, document) == expected
            found = register.counts(kind, query.clauses, fields)
            assert found == counts(kind, of_kind, query.clauses, fields, contents)
        totals = register.totals(kind, [query.clauses for query in queries_of_kind])
        assert totals == [
            answer(of_kind, Query(kind, query.clauses), None, contents).total for query in queries_of_kind
        ]
        for entry in of_kind:
            assert register.get(kind, entry.id, document) == entry.documents[document]
        assert register.counts(kind, (), fields[:1]) == counts(kind, of_kind, (), fields[:1])


@pytest.mark.parametrize("size", [3, 100, None])
def test_a_score_is_left_out_at_most_where_all_matches_are_on_the_page(
    size: int | None, crowded: Register
) -> None:
    score = (Weight(where("town", Operator.EQ, "TOWN 1", "TOWN 2").tests, 3),)
    query = Query(
        "organisation", (where("role", Operator.EQ, "RO7"),), size=size, score=score, whole_unscored=True
    )
    found, expected = crowded.search(query, "stu3"), answer(crowd(), query, "stu3")
    if not expected.more:
        found, expected = (each._replace(matches=sorted(each.matches)) for each in (found, expected))
    assert found == expected


def test_of_no_question_there_is_no_total(crowded: Register) -> None:
    assert crowded.totals("organisation", []) == []


def test_a_score_puts_those_first_that_gain_most(crowded: Register) -> None:
    surgery = Weight((Comparison("name", Operator.PREFIX, "SURGERY"),), 5)
    town = Weight(where("town", Operator.EQ, "TOWN 1", "TOWN 2").tests, 3)
    role = Weight((Comparison("role", Operator.EQ, "RO7"),), MAX_POINTS)
    for order in ((), by("-name"), by("town", "last_change")):
        for offset in (0, 7, 40, 399):
            query = Query("organisation", (), order, 30, offset, score=(surgery, town, role))
            assert crowded.search(query, "stu3") == answer(crowd(), query, "stu3")


def test_terms_may_be_known_when_all_entries_are(engine: Engine) -> None:
    index = engine.index()
    with index.build("2026-01-30", START) as build:
        contents = [organisation("A1", within=["X"]), organisation("A2"), organisation("A3")]
        pack = build.packer(build.train({"organisation": contents}))
        add(build, pack, "organisation", contents[0], {"within": ("X", "Y")})
        add(build, pack, "organisation", contents[1], {"within": ("Y",)})
        add(build, pack, "organisation", contents[2])
        build.publish(dict, clock(START))
    register = index.live()
    assert register.counts("organisation", (), ("within",)) == {"within": {"X": 1, "Y": 2}}
    for clause, found in (
        (where("within", Operator.EQ, "Y"), ["A1", "A2"]),
        (where("within", Operator.PRESENT), ["A1", "A2"]),
    ):
        page = register.search(Query("organisation", (clause,)), None)
        assert [match.id for match in page.matches] == found


def with_values(code: str, **values: tuple[str, ...]) -> Entry:
    """Return an organisation with these values."""
    entry = organisation(code)
    return entry._replace(fields=entry.fields | values)


def test_words_are_summed_up_with_their_holders(engine: Engine) -> None:
    index = engine.index()
    held = [
        with_values("A1", name_word=("MILL", "RD", "MILLS"), place_word=("RD", "RD")),
        with_values("A2", place_word=("ROAD", "\u0141", "MILL")),
        with_values("A3", status=()),
    ]
    fill(index, held)
    assert unpack(index.live().summary("organisation", "words")) == (
        ("MILL", "RD", "ROAD", "\u0141"), [2, 2, 3, 1], 2
    )  # fmt: skip
    old = index.live()
    fill(index, [], after=1)
    assert unpack(index.live().summary("organisation", "words")) == ((), [], 0)
    assert unpack(old.summary("organisation", "words")).organisations == 2


def test_terms_are_made_of_the_values_of_entries(engine: Engine) -> None:
    index = engine.index()
    fill(
        index,
        [
            with_values("A1", name_word=("MILL", "MILLS"), place_word=("RD", "RD")),
            with_values("A2", place_word=("ROAD",), relationship=("Active/RE4/15F", "Active/RE6/15F")),
            with_values("A3"),
        ],
    )
    register = index.live()
    for field, expected in {
        "name_word": {"MILL": 1},
        "place_word": {"RD": 1, "ROAD": 2},
        "beginning": {"M": 1, "MI": 1, "MIL": 1, "R": 2, "RD": 1, "RO": 2, "ROA": 2},
        "relationship": {"Active//": 1, "Active//15F": 1, "Active/RE4/": 1, "Active/RE4/15F": 1,
                         "Active/RE6/": 1, "Active/RE6/15F": 1},
    }.items():  # fmt: skip
        assert register.counts("organisation", (), (field,)) == {field: expected}
    for field, found in {"name_word": ["A1"], "beginning": ["A1", "A2"], "relationship": ["A2"]}.items():
        page = register.search(Query("organisation", (where(field, Operator.PRESENT),)), None)
        assert [match.id for match in page.matches] == found


def test_documents_of_many_ids_are_read_in_one_call(registers: dict[str, Register]) -> None:
    contents = {entry.id: entry for entry in REGISTERS["wide"]["organisation"]}
    for name in ("stu3", "lookup"):
        found = registers["wide"].documents("organisation", [*contents, "", "none"], name)
        assert found == {entry.id: entry.documents[name] for entry in contents.values()}
    assert registers["wide"].documents("organisation", [], "stu3") == {}


def test_an_entry_may_lack_documents_and_is_not_read_by_them(engine: Engine) -> None:
    def having(code: str, *names: str) -> Entry:
        entry = organisation(code, f"SURGERY {code}", roles=["RO1"])
        return entry._replace(documents={name: entry.documents[name] for name in names})

    every = ("stu3", "ord", "ord_summary", "lookup")
    contents = [having("A1", *every), having("A2", "ord", "lookup"), having("A3"), having("A4", "stu3")]
    index = engine.index()
    fill(index, {"organisation": contents, "code_list": [Entry("roles", {}, {})]})
    register = index.live()
    assert register.get("code_list", "roles", "ord") is None
    for name in every:
        held = {entry.id: entry.documents[name] for entry in contents if name in entry.documents}
        assert register.documents("organisation", ["A3", "A2", "A1", "A4"], name) == held
        for entry in contents:
            assert register.get("organisation", entry.id, name) == held.get(entry.id)
            read = index.read("organisation", entry.id, name)[1]
            stamp = None if KINDS["organisation"].document(name).brief else NEW
            assert read == (Match(entry.id, held[entry.id], stamp) if entry.id in held else None)
        for order in (by("-id"), by("name")):
            query = Query("organisation", (where("role", Operator.EQ, "RO1"),), order, 3)
            assert register.search(query, name) == answer(contents, query, name)
    assert [match.id for match in register.search(Query("organisation"), "lookup").matches] == [
        "A1", "A2", "A3", "A4",
    ]  # fmt: skip


def test_documents_come_back_as_they_were_given_whatever_their_length(engine: Engine) -> None:
    contents = [organisation(f"L{size}", "N", mark="é" * size) for size in (0, 1, 1_000, 300_000)]
    index = engine.index()
    fill(index, contents)
    for size in (0, 1, 1_000, 300_000):
        assert index.live().get("organisation", f"L{size}", "stu3") == document(f"L{size}", "N", "é" * size)


def test_many_alike_documents_come_back_as_they_were_given(engine: Engine) -> None:
    contents = [
        organisation(f"L{number:04}", f"SURGERY NUMBER {number}", mark="x" * 200) for number in range(500)
    ]
    index = engine.index()
    fill(index, contents)
    page = index.live().search(Query("organisation", size=500), "stu3")
    assert [match.document for match in page.matches] == [entry.documents["stu3"] for entry in contents]
