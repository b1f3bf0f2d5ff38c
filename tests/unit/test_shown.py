"""What R4 shows of the dates and roles of a record (fhir-r4 3.1 and 10.1)."""

# ruff: noqa: E501 - tables

import pytest

from app.register import shown
from indexer.organisation import Period, Role
from tests.made import periods

OPERATIONAL, LEGAL = periods("2013-04-01/2020-03-31", "2012-01-01/")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ((OPERATIONAL, LEGAL), (OPERATIONAL, LEGAL)),
        ((LEGAL, OPERATIONAL), (OPERATIONAL, LEGAL)),
        ((OPERATIONAL,), (OPERATIONAL, OPERATIONAL)),
        ((LEGAL,), (LEGAL, LEGAL)),
    ],
)
def test_a_period_that_stands_alone_counts_as_both(
    stated: tuple[Period, ...], expected: tuple[Period, Period]
) -> None:
    assert shown.periods(stated) == expected


def held(
    role_id: str, operational: str, legal: str = "", *, primary: bool = False, active: bool = False
) -> Role:
    return Role(role_id, None, primary, periods(operational, legal), "Active" if active else "Inactive")


PRIMARY = held("RO177", "2001-01-01/2010-01-01", primary=True)


@pytest.mark.parametrize(
    ("active", "others", "expected"),
    [
        (True, [], ["RO177"]),
        (True, [held("RO1", "2001-01-01/", active=True), held("RO2", "2001-01-01/2002-01-01")], ["RO177", "RO1"]),
        (True, [held("RO1", "", active=True), held("RO1", "2001-01-01/", active=True)], ["RO177", "RO1"]),
        (True, [held("RO2", "2001-01-01/2002-01-01")], ["RO177"]),
        (False, [], ["RO177"]),
        (False, [held("RO2", "2001-01-01/2003-01-01"), held("RO1", "2001-01-01/2002-01-01")], ["RO177", "RO2"]),
        (False, [held("RO2", "2001-01-01/2003-01-01"), held("RO1", "", "2001-01-01/2003-01-01")], ["RO177", "RO2", "RO1"]),
        # The Operational end counts, not the Legal one, and no end is the last one.
        (False, [held("RO2", "2001-01-01/2003-01-01", "2001-01-01/2001-02-01"), held("RO1", "2001-01-01/2002-01-01", "2001-01-01/")], ["RO177", "RO2"]),
        (False, [held("RO2", "2001-01-01/2003-01-01"), held("RO1", "2001-01-01/")], ["RO177", "RO1"]),
        (False, [held("RO2", "2001-01-01/2003-01-01"), held("RO1", "")], ["RO177", "RO1"]),
    ],
)  # fmt: skip
def test_an_active_organisation_shows_active_roles_and_another_its_latest(
    active: bool, others: list[Role], expected: list[str]
) -> None:
    assert list(shown.roles([*others, PRIMARY], active=active)) == expected
