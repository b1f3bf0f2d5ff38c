"""What relationships and successions lead to on a day: small registers, and made ones beside the oracle."""

# ruff: noqa: E501 - tables

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory import related
from app.directory.bodies import PREDECESSOR, SUCCESSOR, Bodies
from app.directory.heirs import heirs, line
from app.directory.related import Asked, Found, TooMany
from app.register.query import Query
from indexer.organisation import Organisation
from tests.made import Made, link, organisation, role, succession
from tests.related_oracle import RelatedOracle
from tests.unit.test_levels_oracle import CODES, DAYS, NOWHERE, registers
from tests.unit.test_levels_oracle import PUBLISHED as OF_ORACLE

TODAY = "2025-12-11"


def found(register: Made, find: Callable[[Bodies, Asked], Found], asked: Asked) -> list[str]:
    """Return the codes of what a walk finds, in order."""
    answer = find(Bodies(register), asked)
    if isinstance(answer, list):
        return sorted(answer)
    return [match.id for match in register.search(Query("organisation", answer, size=None), None).matches]


def members(register: tuple[Organisation, ...], code: str, day: str = TODAY, **more: Any) -> list[str]:
    return found(Made(register), related.members, Asked(code, day, **more))


def ancestors(register: tuple[Organisation, ...], code: str, day: str = TODAY, **more: Any) -> list[str]:
    return found(Made(register), related.ancestors, Asked(code, day, **more))


BOARD = (
    organisation("Y63", "RO209"),
    organisation("QWO", "RO261", "2020-04-01/", role("RO318"), link("RE5", "Y63")),
    organisation("15F", "RO98", "2013-04-01/", role("RO319"), link("RE5", "QWO", "2020-04-01/")),
    organisation("B86001", "RO177", "1980-04-01/", role("RO76"), link("RE4", "15F")),
    organisation("B86110", "RO177", "1980-04-01/2020-03-31", role("RO76", "1980-04-01/2020-03-31"), link("RE4", "15F", "2013-04-01/2020-03-31", status="Inactive"), status="Inactive"),
    organisation("B86001001", "RO96", "1990-01-01/", link("RE6", "B86001"), site=True),
    organisation("U1", "RO272", "2019-07-01/", link("RE8", "15F")),
)  # fmt: skip


def test_members_are_the_sources_of_relationships_and_as_many_steps_away_as_asked() -> None:
    assert members(BOARD, "QWO") == ["15F"]
    assert members(BOARD, "QWO", depth=2) == ["15F", "B86001"]
    assert members(BOARD, "QWO", depth=5) == ["15F", "B86001", "B86001001"]
    assert members(BOARD, "B86001001", depth=5) == []


def test_partners_are_no_members_unless_asked_for() -> None:
    assert members(BOARD, "15F") == ["B86001"]
    assert members(BOARD, "15F", types=("RE8",)) == ["U1"]
    assert members(BOARD, "15F", types=("RE4", "RE8")) == ["B86001", "U1"]


def test_ancestors_are_the_targets_the_other_way() -> None:
    assert ancestors(BOARD, "B86001001") == ["B86001"]
    assert ancestors(BOARD, "B86001001", depth=5) == ["15F", "B86001", "QWO", "Y63"]
    assert ancestors(BOARD, "B86001001", depth=5, types=("RE6", "RE4")) == ["15F", "B86001"]
    assert ancestors(BOARD, "U1") == []


def test_roles_are_those_held_on_the_day_or_ever_held() -> None:
    assert members(BOARD, "15F", "2015-01-01", held_roles=("RO76",)) == ["B86001", "B86110"]
    assert members(BOARD, "15F", only_active=False, held_roles=("RO76",)) == ["B86001"]
    assert members(BOARD, "15F", only_active=False, roles=("RO76", "RO98")) == ["B86001", "B86110"]
    assert members(BOARD, "QWO", depth=2, roles=("RO98",)) == ["15F"]


def test_a_relationship_that_is_not_held_stops_the_walk() -> None:
    assert members(BOARD, "QWO", "2019-06-01", depth=3) == []
    assert members(BOARD, "QWO", "2019-06-01", depth=3, only_active=False) == ["15F", "B86001", "B86001001", "B86110"]  # fmt: skip


def test_an_organisation_that_is_not_open_is_walked_through_and_left_out() -> None:
    register = (
        organisation("T", "RO197"),
        organisation("SHUT", "RO198", "2000-01-01/2020-01-01", link("RE6", "T")),
        organisation("WARD", "RO198", "2000-01-01/", link("RE6", "SHUT")),
        organisation("SOON", "RO198", "2026-02-01/", link("RE6", "T")),
    )
    assert members(register, "T", depth=2) == ["WARD"]
    assert members(register, "T", depth=2, only_active=False) == ["SHUT", "SOON", "WARD"]
    assert ancestors(register, "WARD", depth=2) == ["T"]


def test_cycles_end_and_the_start_is_no_answer() -> None:
    ring = (
        organisation("A", "RO197", "2000-01-01/", link("RE6", "B"), link("RE6", "A")),
        organisation("B", "RO197", "2000-01-01/", link("RE6", "A"), link("RE2", "NOWHERE")),
    )
    assert members(ring, "A", depth=5) == ancestors(ring, "A", depth=5) == ["B"]


def test_a_relationship_that_ends_on_the_day_gives_way_to_one_that_starts_on_it() -> None:
    moved = (
        organisation("OLD", "RO272"),
        organisation("NEW", "RO272"),
        organisation("P", "RO177", "1974-04-01/", link("RE8", "OLD", "2019-07-01/2025-12-11"), link("RE8", "NEW", "2025-12-11/")),
    )  # fmt: skip
    assert members(moved, "OLD", types=("RE8",)) == []
    assert members(moved, "OLD", "2025-12-10", types=("RE8",)) == ["P"]
    assert members(moved, "NEW", types=("RE8",)) == ["P"]
    assert ancestors(moved, "P", types=("RE8",)) == ["NEW"]
    assert ancestors((moved[0], moved[2]), "P", types=("RE8",)) == ["OLD"]  # the new one is not known


def test_roles_are_looked_for_in_all_pages_of_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "_PAGE", 3)
    wide = (
        organisation("TOP", "RO197"),
        *(organisation(f"M{n}", "RO198", "2000-01-01/", link("RE6", "TOP")) for n in range(7)),
        *(organisation(f"N{n}", "RO198", "2000-01-01/", link("RE6", f"M{n % 7}")) for n in range(20)),
    )
    assert len(members(wide, "TOP", depth=2, held_roles=("RO198",))) == 27


def test_a_walk_that_reaches_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "MOST", 3)
    assert len(members(BOARD, "QWO", depth=5)) == 3
    with pytest.raises(TooMany):
        members(BOARD, "Y63", depth=5)
    with pytest.raises(TooMany):  # what is reached counts, and not what is answered
        members(BOARD, "Y63", depth=5, roles=("RO98",))


HOUSE = (
    organisation("OLD", "RO98", "2000-01-01/2010-01-01", succession("Successor", "MID", "2010-01-02")),
    organisation("MID", "RO98", "2010-01-02/2020-01-01"),
    organisation("NEW", "RO98", "2020-01-02/", succession("Predecessor", "MID", "2020-01-02")),
    organisation("TWIN", "RO98", "2020-01-02/", succession("Predecessor", "MID", "2020-01-02")),
    organisation("LATE", "RO98", "2025-01-01/", succession("Predecessor", "NEW", "2025-01-01"), succession("Successor", "OLD", "2001-01-01")),
)  # fmt: skip


def codes(found: Any) -> list[str]:
    return sorted(each.code for each in found)


def test_heirs_are_several_and_only_within_the_depth() -> None:
    bodies = Bodies(Made(HOUSE))
    assert [each.body.code for each in heirs(bodies, "OLD", TODAY)] == ["NEW", "TWIN"]
    assert heirs(bodies, "OLD", TODAY, depth=1) == ()
    assert [each.body.code for each in heirs(bodies, "OLD", "2015-01-01")] == ["MID"]


def test_a_line_holds_all_that_successions_lead_to_and_ends_in_a_cycle() -> None:
    bodies = Bodies(Made(HOUSE))
    assert codes(line(bodies, "OLD", SUCCESSOR, TODAY)) == ["LATE", "MID", "NEW", "TWIN"]
    assert codes(line(bodies, "OLD", SUCCESSOR, "2015-01-01")) == ["MID"]
    assert codes(line(bodies, "OLD", SUCCESSOR, TODAY, depth=2)) == ["MID", "NEW", "TWIN"]
    assert codes(line(bodies, "NEW", PREDECESSOR, TODAY)) == ["LATE", "MID", "OLD"]
    assert codes(line(bodies, "NEW", PREDECESSOR, TODAY, depth=1)) == ["MID"]


# Beside the oracle

types = st.sampled_from((None, (), ("RE6",), ("RE4", "RE5"), ("RE8", "RE2", "RE5", "RE6", "RE9")))
some_roles = st.sampled_from((None, None, (), ("RO76",), ("RO318", "RO319"), ("RO177", "RO98")))
day = st.sampled_from(DAYS)


@settings(max_examples=300)
@given(registers, day, types, st.integers(1, 5), st.booleans(), some_roles, some_roles)
def test_what_relationships_lead_to_is_what_the_specification_says(
    register: tuple[Organisation, ...],
    date: str,
    types: tuple[str, ...] | None,
    depth: int,
    only_active: bool,
    held: tuple[str, ...] | None,
    ever: tuple[str, ...] | None,
) -> None:
    oracle = RelatedOracle(list(register), OF_ORACLE, date)
    made = Made(register, OF_ORACLE)
    for code in CODES:
        asked = Asked(code, date, types, depth, only_active, held, ever)
        for find, inwards in ((related.members, True), (related.ancestors, False)):
            expected = oracle.related(
                code, types, depth, only_active=only_active, inwards=inwards, held_roles=held, roles=ever
            )
            assert found(made, find, asked) == expected, (code, inwards)


@settings(max_examples=200)
@given(registers, day, st.integers(1, 4))
def test_what_successions_lead_to_is_what_the_specification_says(
    register: tuple[Organisation, ...], date: str, depth: int
) -> None:
    oracle = RelatedOracle(list(register), OF_ORACLE, date)
    bodies = Bodies(Made(register, OF_ORACLE))
    for code in CODES:
        found = [each.body.code for each in heirs(bodies, code, date, depth)]
        assert found == oracle.heirs_within(code, depth)
        assert codes(line(bodies, code, SUCCESSOR, date, depth)) == oracle.line(code, depth)
        backwards = oracle.line(code, depth, backwards=True)
        assert codes(line(bodies, code, PREDECESSOR, date, depth)) == backwards
    assert NOWHERE not in CODES
