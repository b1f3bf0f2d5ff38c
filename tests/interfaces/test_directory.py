"""Levels, flat objects and members of the bundled sample, on both engines."""

# ruff: noqa: E501 - tables

from typing import Any

import pytest

from app.directory.bodies import Bodies
from app.directory.flat import described
from app.directory.forms import answer_json
from app.directory.levels import levels
from app.directory.members import Direction, Group, Period, Relationships, Spell
from app.engine import open_index
from app.engine.options import EngineOptions
from app.engine.port import Register

TODAY = "2026-01-15"


@pytest.fixture(scope="module")
def register(sample_index: str) -> Register:
    return open_index(sample_index, EngineOptions()).live()


LEEDS = {"commissioner": "15F", "subIcb": "15F", "icb": "QWO", "region": "Y63"}


@pytest.mark.parametrize(
    ("code", "date", "expected", "heirs"),
    [
        (
            "G81086",
            "2024-03-07",
            {"commissioner": "97R", "subIcb": "97R", "icb": "QNX", "region": "Y59"},
            None,
        ),
        (
            "FCE71",
            "2025-12-11",
            {"linksOn": "2023-04-23", "operator": "P07F", "icb": "QUA", "region": "Y60"},
            [],
        ),
        ("B86110", TODAY, {"pcn": "U96282", **LEEDS}, None),
        ("B86110", "2016-06-01", {"commissioner": "03C", "subIcb": "03C"}, None),
        ("B86044001", TODAY, {"operator": "B86044", "pcn": "U61505", **LEEDS}, None),
        ("RR801", TODAY, {"operator": "RR8", "icb": "QWO", "region": "Y63"}, None),
        ("W91039", TODAY, {"commissioner": "7A1"}, None),
        ("RW3", TODAY, {"linksOn": "2017-09-30", "icb": "QOP", "region": "Y62"}, ["R0A"]),
        ("03C", TODAY, {"linksOn": "2018-03-31", "subIcb": "15F", "icb": "QWO", "region": "Y63"}, ["15F"]),
        ("QWO", TODAY, {"icb": "QWO", "region": "Y63"}, None),
    ],
)
def test_where_organisations_of_the_sample_belong(
    register: Register, code: str, date: str, expected: dict[str, Any], heirs: list[str] | None
) -> None:
    answer = levels(Bodies(register), code, date)
    assert answer
    shown = answer_json(answer)
    found = {key: level for key, level in shown["levels"].items() if key not in ("date", "country")}
    assert {key: level if key == "linksOn" else level["code"] for key, level in found.items()} == expected
    assert [heir["code"] for heir in shown["heirs"]] == heirs if "heirs" in shown else heirs is None


def test_the_flat_object_of_a_trust_names_all_that_it_refers_to(register: Register) -> None:
    icb = {"code": "QOP", "name": "NHS GREATER MANCHESTER INTEGRATED CARE BOARD"}
    region = {"code": "Y62", "name": "NORTH WEST COMMISSIONING REGION"}
    geography = {"type": "RE5", "name": "IS LOCATED IN THE GEOGRAPHY OF", "status": "active"}
    assert flat(register, "R0A") == {
        "code": "R0A",
        "name": "MANCHESTER UNIVERSITY NHS FOUNDATION TRUST",
        "status": "active",
        "recordClass": "RC1",
        "primaryRole": {"id": "RO197", "name": "NHS TRUST"},
        "roles": [
            {"id": "RO197", "name": "NHS TRUST", "status": "active", "start": "2017-10-01", "primary": True},
            {"id": "RO57", "name": "FOUNDATION TRUST", "status": "active", "start": "2017-10-01"},
        ],
        "address": {
            "lines": ["COBBETT HOUSE", "OXFORD ROAD"],
            "town": "MANCHESTER",
            "postcode": "M13 9WL",
            "country": "ENGLAND",
        },
        "contacts": [{"type": "tel", "value": "0300 3309444"}],
        "opened": "2017-10-01",
        "lastChange": "2025-11-16",
        "relationships": [
            {**geography, "start": "2019-04-01", "target": region},
            {**geography, "start": "2017-10-01", "target": icb},
        ],
        "predecessors": [
            {"code": "RM2", "name": "UNIVERSITY HOSPITAL OF SOUTH MANCHESTER NHS FOUNDATION TRUST", "date": "2017-10-01"},
            {"code": "RW3", "name": "CENTRAL MANCHESTER UNIVERSITY HOSPITALS NHS FOUNDATION TRUST", "date": "2017-10-01"},
        ],
        "levels": {
            "icb": {**icb, "role": "RO318", "via": ["RE5"]},
            "region": {**region, "role": "RO209", "via": ["RE5", "RE5"]},
            "country": "ENGLAND",
        },
    }  # fmt: skip


def test_the_flat_object_of_a_closed_organisation_names_its_successors(register: Register) -> None:
    found = flat(register, "RW3")
    assert found
    successor = {"code": "R0A", "name": "MANCHESTER UNIVERSITY NHS FOUNDATION TRUST", "date": "2017-10-01"}
    assert (found["status"], found["closed"]) == ("inactive", "2017-09-30")
    assert found["successors"] == [{**successor, "active": True}]
    assert found["levels"]["linksOn"] == "2017-09-30"


def flat(register: Register, code: str) -> Any:
    """Return the flat object of an organisation of today."""
    return described(Bodies(register), register.get("organisation", code, "ord") or b"", TODAY).flat


def relationships(register: Register, code: str) -> Relationships:
    return Relationships(register, code, register.get("organisation", code, "ord") or b"")


def test_relationships_are_counted_by_type_in_both_directions(register: Register) -> None:
    geography = "IS LOCATED IN THE GEOGRAPHY OF"
    assert relationships(register, "RR8").groups() == [
        Group("RE5", geography, Direction.OUT, 3, 2),
        Group("RE6", "IS OPERATED BY", Direction.IN, 187, 187),
    ]
    assert relationships(register, "QWO").groups() == [
        Group("RE5", geography, Direction.OUT, 1, 1),
        Group("RE4", "IS COMMISSIONED BY", Direction.IN, 89, 82),
        Group("RE5", geography, Direction.IN, 279, 228),
    ]


def test_the_pages_of_members_hold_each_once_the_active_ones_first(register: Register) -> None:
    members = relationships(register, "15F")
    (group,) = (each for each in members.groups() if (each.type, each.direction) == ("RE4", Direction.IN))
    pages = [page for at in range(0, 250, 50) for page in members.pages([group], at, 50)]
    assert {page.total for page in pages} == {224}
    found = [member for page in pages for member in page.members]
    assert len({member.code for member in found}) == len(found) == 224
    active = [any(spell.active for spell in member.spells) for member in found]
    assert active == [True] * 191 + [False] * 33
    names = [member.result["name"] for member in found]
    assert names[:191] == sorted(names[:191])


def test_members_outward_are_those_of_the_record(register: Register) -> None:
    members = relationships(register, "RR8")
    page = members.pages(members.groups(), 0, 2)[0]
    assert [(member.code, member.spells) for member in page.members] == [
        ("QWO", (Spell(True, Period("2016-12-01", None)),)),
        ("Y63", (Spell(True, Period("2019-04-01", None)),)),
    ]
    assert page.total == 3
    assert page.members[0].result["name"] == "NHS WEST YORKSHIRE INTEGRATED CARE BOARD"
