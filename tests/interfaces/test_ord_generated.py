"""ORD over the whole sample: every record, and some hundred made-up requests, to the byte."""

from functools import cache

import pytest

from tests.interfaces import ord_oracle as oracle
from tests.interfaces.ord_helpers import get
from tests.interfaces.ord_release import BASE, SYSTEMS, code_system, register
from tests.interfaces.ord_requests import BAD, KINDS, ODD, encoded, made_up

CASES = [(kind, number) for kind, (count, _) in KINDS.items() for number in range(count)]
DAYS = ["2025-07-14", "2025-09-30", "2025-12-11", "2026-01-15", *BAD["LastChangeDate"]]
WALKS = [
    [("Name", "leeds")],
    [("Status", "Inactive"), ("Limit", "100")],
    [("Limit", "1000"), ("OrgRecordClass", "rc1"), ("_format", "xml")],
    [("RelTypeId", "RE4,RE6"), ("Limit", "333")],
    [("Name", "A+E"), ("Limit", "1")],
    [("Name", "& S"), ("Limit", "2"), ("Status", "active")],
]


@cache
def made_up_and_answered(kind, number):
    """Return a made-up request, as its parameters and as a query string, and what it must be answered."""
    pairs, query = made_up(kind, number)
    return pairs, query, oracle.search(pairs)


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_a_made_up_search_is_answered_to_the_byte(client, kind, number):
    pairs, query, expected = made_up_and_answered(kind, number)
    assert get(client, f"organisations?{query}") == expected, pairs


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_is_taken_at_its_word(client, name):
    for value in ODD[name]:
        pairs = [(name, value)] if name != "Limit" else [("Name", "leeds"), (name, value)]
        expected = oracle.search(pairs)
        assert expected.status == 200, value
        assert get(client, f"organisations?{encoded(pairs)}") == expected, value


def test_a_name_may_hold_the_characters_that_are_listed_and_no_others(client):
    for value in (f"a{char}b" for char in map(chr, [*range(1, 0x80), 0xA0, 0xB4, 0x2019, 0xFF3F, 0xFF41])):
        pairs = [("Name", value), ("Limit", "1")]
        assert get(client, f"organisations?{encoded(pairs)}") == oracle.search(pairs), value


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_told_in_the_words_of_its_parameter(client, name):
    for value in BAD[name]:
        pairs = [(name, value), ("Status" if name != "Status" else "Name", "active")]
        expected = oracle.search(pairs)
        assert expected.status == 406, value
        assert get(client, f"organisations?{encoded(pairs)}") == expected, value


@pytest.mark.parametrize("dialect", ["json", "xml"])
def test_every_record_is_served_to_the_byte(client, engine, dialect):
    assert len(register()) == 2500
    # A request takes Elasticsearch five times as long; that its documents are those of SQLite, which are all
    # compared here, tests/contract/test_agreement.py proves of all at once.
    step = 5 if engine.name == "elasticsearch" else 1
    for code in sorted(register())[::step]:
        expected = oracle.record(code, [("_format", dialect)])
        assert get(client, f"organisations/{code}?_format={dialect}") == expected, code


def test_a_code_is_read_in_any_case(client):
    for code in ("rr8", "zxA12", "y58", "8gw80", "nope"):
        assert get(client, f"organisations/{code}") == oracle.record(code)


@pytest.mark.parametrize("dialect", ["json", "xml"])
@pytest.mark.parametrize("path", SYSTEMS)
def test_every_code_system_and_code_is_served_to_the_byte(client, path, dialect):
    pairs = [("_format", dialect)]
    assert get(client, f"{path}?_format={dialect}") == oracle.codes(path, None, pairs)
    for code in [*(row["id"] for row in code_system(path)), "ro98", "RC3", "98"]:
        assert get(client, f"{path}/{code}?_format={dialect}") == oracle.codes(path, code, pairs), code


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("more", [[], [("_format", "xml")], [("_format", "JSON")], [("Limit", "5")]])
def test_a_sync_is_answered_to_the_byte(client, day, more):
    pairs = [*more, ("LastChangeDate", day)]
    assert get(client, f"sync?{encoded(pairs)}") == oracle.sync(pairs)


@pytest.mark.parametrize("pairs", WALKS, ids=str)
def test_a_walk_by_next_page_or_by_offset_meets_every_row_once(client, pairs):
    mark = b"<Organisation>" if ("_format", "xml") in pairs else b'"OrgId": '
    target, met = f"organisations?{encoded(pairs)}", 0
    while target:
        stepped = [*pairs, ("Offset", str(met))] if met else pairs
        page = get(client, target)
        assert page == oracle.search(stepped)
        assert page == get(client, f"organisations?{encoded(stepped)}")
        met += page.body.count(mark)
        target = page.headers.get("Next-Page", "").removeprefix(BASE)
    assert str(met) == page.headers["X-Total-Count"]
    assert "Previous-Page" in page.headers
