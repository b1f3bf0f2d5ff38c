"""Lists of organisations: what each key means, and what is said of a wrong one."""

# ruff: noqa: E501 - tables

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.organisation import Organisation, Period
from indexer.sources.organisations.listing import BadList, Item, read
from indexer.sources.organisations.register import register

ROLES = {"RO177": "PRESCRIBING COST CENTRE", "RO76": "GP PRACTICE", "RO197": "NHS TRUST"}
TYPES = {"RE4": "IS COMMISSIONED BY", "RE6": "IS OPERATED BY"}
TODAY = "2026-01-30"
ONE = {"code": "A1", "name": "One"}


def listed(*entries: dict[str, Any]) -> list[Organisation]:
    items = [Item(f"list, entry {number}", entry) for number, entry in enumerate(entries, start=1)]
    return register(items, ROLES, TYPES, TODAY)


def period(start: str, end: str | None = None) -> tuple[Period, ...]:
    return (Period("Operational", start, end),)


def test_an_entry_needs_only_a_code_and_a_name() -> None:
    (found,) = listed({"code": " a1 ", "name": "Smith & Søn's"})
    assert (found.code, found.name, found.status, found.record_class) == (
        "A1",
        "Smith & Søn's",
        "Active",
        "RC1",
    )
    assert (found.last_change, found.periods) == (TODAY, period("1974-04-01"))
    assert [(role.id, role.primary, role.unique_id, role.status) for role in found.roles] == [
        ("RO177", True, 1, "Active")
    ]
    assert (found.address, found.contacts, found.relationships, found.successions) == (None, (), (), ())


@pytest.mark.parametrize(
    ("given_", "status", "end"),
    [
        ({}, "Active", None),
        ({"closed": "2020-01-01"}, "Inactive", "2020-01-01"),
        ({"status": "inactive"}, "Inactive", None),
        ({"status": "active", "closed": "2030-01-01"}, "Active", "2030-01-01"),
    ],
)
def test_status_and_closing_day(given_: dict[str, str], status: str, end: str | None) -> None:
    (found,) = listed(ONE | given_ | {"relationships": [{"type": "RE4", "target": "X"}]})
    assert (found.status, found.periods) == (status, period("1974-04-01", end))
    assert [(role.status, role.periods) for role in found.roles] == [(status, found.periods)]
    assert [(each.status, each.periods) for each in found.relationships] == [(status, found.periods)]


@pytest.mark.parametrize(
    ("role", "status", "dates"),
    [
        ({"id": "RO76"}, "Inactive", ("2000-01-01", "2020-01-01")),
        ({"id": "RO76", "start": "2001-01-01"}, "Inactive", ("2001-01-01", "2020-01-01")),
        ({"id": "RO76", "end": "2010-01-01"}, "Inactive", ("2000-01-01", "2010-01-01")),
        ({"id": "RO76", "end": "2010-01-01", "status": "active"}, "Active", ("2000-01-01", "2010-01-01")),
        ({"id": "RO76", "status": "active"}, "Active", ("2000-01-01", None)),
        ("RO76", "Inactive", ("2000-01-01", "2020-01-01")),
    ],
)
def test_a_role_takes_from_its_organisation_what_it_does_not_say(
    role: Any, status: str, dates: tuple[str, str | None]
) -> None:
    (found,) = listed(ONE | {"opened": "2000-01-01", "closed": "2020-01-01", "roles": ["RO177", role]})
    assert (found.roles[1].status, found.roles[1].periods) == (status, period(*dates))
    assert [each.primary for each in found.roles] == [True, False]


def test_the_end_of_a_part_of_an_active_organisation_makes_it_inactive() -> None:
    (found,) = listed(ONE | {"relationships": [{"type": "RE4", "target": "b2", "end": "2020-01-01"}]})
    (each,) = found.relationships
    assert (each.status, each.target.code) == ("Inactive", "B2")


def test_a_role_may_be_marked_primary() -> None:
    (found,) = listed(ONE | {"roles": ["RO177", {"id": "RO197", "primary": True}]})
    assert found.primary_role == "RO197"


def test_ids_count_from_one_and_targets_name_their_primary_role() -> None:
    found = listed(
        ONE | {"roles": ["RO177", "RO76"], "relationships": [{"type": "RE6", "target": "B2"}, {"type": "RE4", "target": "X"}]},
        {"code": "B2", "name": "Two", "roles": ["RO197"], "relationships": [{"type": "RE4", "target": "A1"}]},
    )  # fmt: skip
    assert [role.unique_id for each in found for role in each.roles] == [1, 2, 3]
    assert [each.unique_id for one in found for each in one.relationships] == [1, 2, 3]
    assert [each.target for one in found for each in one.relationships] == [
        ("B2", "RO197", 3),
        ("X", None, None),
        ("A1", "RO177", 1),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"successors": [{"code": "B2", "date": "2020-04-01"}]}, {}),
        ({}, {"predecessors": [{"code": "a1", "date": "2020-04-01"}]}),
        (
            {"successors": [{"code": "B2", "date": "2020-04-01"}]},
            {"predecessors": [{"code": "A1", "date": "2020-04-01"}]},
        ),
        ({"successors": [{"code": "B2"}]}, {"predecessors": [{"code": "A1", "date": "2020-04-01"}]}),
        ({"successors": [{"code": "B2"}], "closed": "2020-04-01"}, {}),
    ],
)
def test_a_succession_given_on_one_side_or_both_stands_on_both_once(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    one, two = listed(ONE | first, {"code": "B2", "name": "Two"} | second)
    (after,), (before,) = one.successions, two.successions
    assert (after.type, after.target.code, before.type, before.target.code) == (
        "Successor",
        "B2",
        "Predecessor",
        "A1",
    )
    assert after.unique_id == before.unique_id == 1
    assert after.periods == before.periods == (Period("Legal", "2020-04-01", None),)


def test_a_succession_without_any_date_is_of_the_release_s_day() -> None:
    (found,) = listed(ONE | {"successors": [{"code": "GONE"}]})
    assert [(each.target.code, each.periods[0].start) for each in found.successions] == [("GONE", TODAY)]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"code": "A1"}, "list, entry 1 (A1): name: it is missing"),
    ({"name": "One"}, "list, entry 1: code: it is missing"),
    (ONE | {"code": " "}, "list, entry 1: code: it is missing"),
    (ONE | {"code": None}, "list, entry 1: code: it is missing"),
    (ONE | {"code": 12}, "list, entry 1: code: a text is needed"),
    (ONE | {"code": "A/1"}, "list, entry 1 (A/1): code: a code has no slash and no control character"),
    (ONE | {"code": "A" * 65}, f"list, entry 1 ({'A' * 64}…): code: it has 65 characters, the limit is 64"),
    (ONE | {"name": "a\x00b"}, "list, entry 1 (A1): name: it has a control character, which XML cannot hold"),
    (ONE | {"name": "\ud800"}, "list, entry 1 (A1): name: it has a control character, which XML cannot hold"),
    (ONE | {"name": "x" * 4001}, "list, entry 1 (A1): name: it has 4,001 characters, the limit is 4,000"),
    (ONE | {"colour": "red"}, "list, entry 1 (A1): colour: there is no such key"),
    (ONE | {"roles": ["RO999"]}, "list, entry 1 (A1): roles.id: RO999 is no role of the bundled sample"),
    (ONE | {"roles": []}, "list, entry 1 (A1): roles: at least one role is needed"),
    (ONE | {"roles": "RO177"}, "list, entry 1 (A1): roles: a list is needed"),
    (ONE | {"roles": [7]}, "list, entry 1 (A1): roles: a list of objects or texts is needed"),
    (ONE | {"roles": [{"id": "RO76", "colour": 1}]}, "list, entry 1 (A1): roles.colour: there is no such key"),
    (ONE | {"roles": [{"id": "RO76", "primary": True}] * 2}, "list, entry 1 (A1): roles.primary: only one role can be the primary one"),
    (ONE | {"roles": [{"id": "RO76", "primary": "yes"}]}, "list, entry 1 (A1): roles.primary: true or false is needed"),
    (ONE | {"status": "closed"}, "list, entry 1 (A1): status: closed is none of active, inactive"),
    (ONE | {"opened": "2020-02-30"}, "list, entry 1 (A1): opened: 2020-02-30 is no date: use YYYY-MM-DD"),
    (ONE | {"closed": "20200201"}, "list, entry 1 (A1): closed: 20200201 is no date: use YYYY-MM-DD"),
    (ONE | {"last_change": "today"}, "list, entry 1 (A1): last_change: today is no date: use YYYY-MM-DD"),
    (ONE | {"record_class": "RC3"}, "list, entry 1 (A1): record_class: RC3 is none of RC1, RC2"),
    (ONE | {"address": "LEEDS"}, "list, entry 1 (A1): address: an object is needed"),
    (ONE | {"address": {"city": "LEEDS"}}, "list, entry 1 (A1): address.city: there is no such key"),
    (ONE | {"address": {"lines": ["1", "2", "3", "4"]}}, "list, entry 1 (A1): address.lines: an address has at most three lines"),
    (ONE | {"contacts": [{"type": "pager", "value": "1"}]}, "list, entry 1 (A1): contacts.type: pager is none of tel, fax, email, url"),
    (ONE | {"contacts": [{"type": "tel"}]}, "list, entry 1 (A1): contacts.value: it is missing"),
    (ONE | {"relationships": [{"type": "RE99", "target": "B2"}]}, "list, entry 1 (A1): relationships.type: RE99 is no type of relationship of the bundled sample"),
    (ONE | {"relationships": [{"type": "RE4"}]}, "list, entry 1 (A1): relationships.target: it is missing"),
    (ONE | {"successors": [{"code": "B2", "date": "1.1.2020"}]}, "list, entry 1 (A1): successors.date: 1.1.2020 is no date: use YYYY-MM-DD"),
    (ONE | {"predecessors": ["B2"]}, "list, entry 1 (A1): predecessors: a list of objects is needed"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "says"), WRONG)
def test_a_wrong_value_is_told_with_its_entry_and_key(entry: dict[str, Any], says: str) -> None:
    with pytest.raises(BadList) as told:
        listed(entry)
    assert str(told.value) == says


def test_a_code_that_is_there_twice_is_told_with_its_second_entry() -> None:
    with pytest.raises(BadList, match=r"^list, entry 2 \(a1\): code: it is there twice$"):
        listed(ONE, {"code": "a1", "name": "Again"})


# JSON and CSV


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def written(name: str, content: str | bytes) -> Path:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / name

    return written


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_and_csv_say_the_same(mark: str, write: Callable[..., Path]) -> None:
    entry = {
        "code": "A1", "name": "One, two", "roles": ["RO177", "RO76"], "status": "active", "opened": "2001-01-01", "record_class": "RC2",
        "address": {"lines": ["1 High St", "", "Park"], "town": "LEEDS", "county": "W", "postcode": "LS1 1AA", "country": "ENGLAND"},
        "contacts": [{"type": "tel", "value": "0113"}, {"type": "url", "value": "HTTP://X"}],
        "relationships": [{"type": "RE4", "target": "QWO"}, {"type": "RE6", "target": "B2"}, {"type": "RE6", "target": "C3"}],
        "successors": [{"code": "Z9"}], "last_change": "2025-05-05",
    }  # fmt: skip
    header = "code,name,roles,status,opened,record_class,line1,line3,town,county,postcode,country,tel,url,RE4,RE6,successors,last_change"
    row = 'A1,"One, two",RO177 RO76,active,2001-01-01,RC2,1 High St,Park,LEEDS,W,LS1 1AA,ENGLAND,0113,HTTP://X,QWO,B2 C3,Z9,2025-05-05'
    found = [
        register(read(path), ROLES, TYPES, TODAY)
        for path in (
            write("a.json", mark + json.dumps([entry])),
            write("a.CSV", f"{mark}{header}\r\n{row}\r\n"),
        )
    ]
    assert found[0] == found[1]
    assert found[0][0].address == ("1 High St", None, "Park", "LEEDS", "W", "LS1 1AA", "ENGLAND", None)


def test_an_empty_list_is_a_list(write: Callable[..., Path]) -> None:
    assert read(write("a.json", "[]")) == read(write("a.csv", "code,name\n")) == []


FILES: list[tuple[str, str | bytes, str]] = [
    ("a.json", "[", "is not JSON: Expecting value"),
    ("a.json", "[" * 100_000, "is not JSON: maximum recursion depth"),
    ("a.json", "{}", "a list of objects is needed"),
    ("a.json", "[1]", "a.json, entry 1: an object with the keys code and name is needed"),
    ("a.json", '[{"code":"A","code":"B"}]', "an object has the key code twice"),
    ("a.json", b'["\xff"]', "is not UTF-8: byte 3 belongs to no character"),
    ("a.csv", "", "a header with the names of the columns is needed"),
    ("a.csv", "code,colour\n", "a.csv, line 1: colour is not the name of a column"),
    ("a.csv", "code,code\n", "a.csv, line 1: the column code is there twice"),
    ("a.csv", "code,name\nA1,One,more\n", "a.csv, line 2: the row has 3 cells and the header 2"),
    ("a.csv", 'code,name\nA1,"One\n', "a.csv, line 2: this is not CSV"),
    ("a.csv", 'code,name\nA1,"One\nTwo"\n\nA2,\n', "a.csv, line 5 (A2): name: it is missing"),
    ("a.csv", "code,name,RE99\nA1,One,B2\n", "a.csv, line 2 (A1): relationships.type: RE99 is no type"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "says"), FILES)
def test_a_file_that_is_no_list_is_told_with_its_place(
    name: str, content: str | bytes, says: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(BadList) as told:
        register(read(write(name, content)), ROLES, TYPES, TODAY)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadList, match=r"no\.json cannot be read: No such file or directory"):
        read(tmp_path / "no.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["RO177", "RE4", "2020-01-01", "active"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["code", "name", "id", "type", "target", "start", "lines", "value"]), inner),
    max_leaves=8,
)  # fmt: skip
KEYS = st.sampled_from(
    ["roles", "status", "opened", "closed", "address", "contacts", "relationships", "successors", "x"]
)


@given(st.dictionaries(KEYS, JSON))
def test_any_entry_is_taken_or_refused_in_one_sentence(entry: dict[str, Any]) -> None:
    said = ""
    try:
        (found,) = listed(ONE | entry)
    except BadList as error:
        said = str(error)
    else:
        assert found.code == "A1"
    assert not said or said.startswith("list, entry 1 (A1): ")
    assert said.isprintable()
