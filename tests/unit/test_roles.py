"""The table of role instances, compared with plain lists (fhir-r4 9.3)."""

from array import array
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.register import roles
from app.register.roles import Mark, Role, Roles

CODES = ("A1", "A15", "A2", "É", "\U00010000")
STORED = ("RO1/true/Active", "RO1/false/Inactive", "RO/2/false/Active")
MARKS = (
    Mark("RO1", primary=True, active=True),
    Mark("RO1", primary=False, active=False),
    Mark("RO/2", primary=False, active=True),
)


class Stated(NamedTuple):
    """A role as it is given: its number, and the places of its code and its mark."""

    number: int
    code: int
    mark: int

    @property
    def role(self) -> Role:
        return Role(CODES[self.code], MARKS[self.mark])


NUMBERS = st.integers(0, 18).flatmap(lambda digits: st.integers(0, max(10**digits - 1, 9)))
STATED = st.lists(st.builds(Stated, NUMBERS, st.integers(0, len(CODES) - 1), st.integers(0, len(MARKS) - 1)))


def table(stated: list[Stated]) -> Roles:
    """Return the table of roles, which was stored."""
    columns = zip(*stated, strict=True) if stated else ((), (), ())
    numbers, codes, marks = columns
    rows = roles.ordered(array("q", numbers), array("I", codes), array("I", marks))
    return Roles(roles.parts(CODES, STORED, rows))


@pytest.mark.parametrize("part", [1, 3, 8192])
@given(stated=STATED)
def test_a_table_has_each_role_once_in_code_point_order_of_its_number(
    part: int, stated: list[Stated]
) -> None:
    first = {str(each.number): each.role for each in reversed(stated)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roles, "_PART", part)
        found = table(stated)
    codes = found.codes(found.all(), 0, 1_000)
    assert codes == sorted(first)
    assert found.roles(codes) == first
    assert found.codes(found.all(), 1, 2) == codes[1:3]


@given(stated=STATED)
def test_rows_are_found_by_number_holder_and_mark(stated: list[Stated]) -> None:
    found = table(stated)
    first = {str(each.number): each.role for each in reversed(stated)}

    def passing(holds: list[bool]) -> list[str]:
        return [code for code, passes in zip(sorted(first), holds, strict=True) if passes]

    roles_in_order = [first[code] for code in sorted(first)]
    for holders in ({"A1", "É"}, {"A", "A3", "a1", "", "\U00010001"}, {"A15", "A0", "\U00010000"}):
        expected = passing([each.holder in holders for each in roles_in_order])
        assert found.codes(found.held(holders), 0, 1_000) == expected
    meant = [True, False, True]
    expected = passing([meant[MARKS.index(each.mark)] for each in roles_in_order])
    assert found.codes(found.marked(meant), 0, 1_000) == expected
    some = sorted(first)[::2]
    assert found.codes(found.numbered([*some, *some, "x"]), 0, 1_000) == some


@pytest.mark.parametrize(
    "code", ["", "07", "00", "7 ", "+7", "-7", "7.0", "\u0667", "1" * 19, "8", "x", "70"]
)
def test_only_the_number_as_it_is_written_finds_a_role(code: str) -> None:
    found = table([Stated(7, 0, 0), Stated(0, 0, 0)])
    assert found.roles([code]) == {}
    assert found.roles(["7", "0"]).keys() == {"7", "0"}


def test_a_table_without_parts_has_no_role() -> None:
    empty = Roles([])
    assert empty.roles(["1"]) == {}
    for rows in (empty.all(), empty.held(["A1"]), empty.marked([]), empty.numbered(["1"])):
        assert empty.codes(rows, 0, 10) == []
    assert empty.size == 0
