"""Which fields say when organisations are open and relationships are held."""

import pytest

from app.register.fields import ON_LAST_DAY, ON_OTHER_DAYS
from indexer.days import odd, opened, start_of
from tests.made import PUBLISHED, link, organisation

DAY = 86_400_000
LEGAL = "2013-04-01/2013-05-01"


@pytest.mark.parametrize(
    ("operational", "legal", "status", "start", "end"),
    [
        ("2004-04-01/", "", "Active", "2004-04-01", None),
        ("2004-04-01/2020-03-30", LEGAL, "Inactive", "2004-04-01", "2020-03-31"),
        ("", LEGAL, "Active", "2013-04-01", "2013-05-02"),
        ("", "", "Active", None, None),
        ("", "", "Inactive", None, "0001-01-01"),
        ("2004-04-01/", "", "Inactive", None, "0001-01-01"),
    ],
)
def test_an_organisation_is_open_on_the_days_of_its_own_period(
    operational: str, legal: str, status: str, start: str | None, end: str | None
) -> None:
    made = organisation("A", "RO177", operational, legal=legal, status=status)
    assert opened(made, PUBLISHED) == {
        "opened": start and start_of(start),
        "closed": end and start_of(end),
    }


def test_an_organisation_is_open_up_to_the_last_day_of_the_calendar() -> None:
    made = organisation("A", "RO177", "2004-04-01/9999-12-31")
    assert opened(made, PUBLISHED)["closed"] == start_of("9999-12-31") + DAY - 1


@pytest.mark.parametrize(
    ("operational", "legal", "status", "expected"),
    [
        ("2004-04-01/", "", "Active", ()),
        ("2004-04-01/2020-03-31", "", "Inactive", ()),
        ("", LEGAL, "Inactive", ()),
        (LEGAL, LEGAL, "Inactive", ()),
        ("", "", "Active", ()),
        ("", "", "Inactive", (ON_OTHER_DAYS,)),
        ("2004-04-01/", LEGAL, "Active", (ON_OTHER_DAYS,)),
        ("2004-04-01/", "", "Inactive", (ON_OTHER_DAYS,)),
    ],
)
def test_a_relationship_is_odd_if_it_is_held_on_other_days_than_its_fields_say(
    operational: str, legal: str, status: str, expected: tuple[str, ...]
) -> None:
    assert odd([link("RE4", "15F", operational, legal, status)], PUBLISHED) == [expected]


def test_a_relationship_is_odd_if_another_of_its_type_begins_on_its_last_day() -> None:
    old, new = link("RE8", "U1", "2019-07-01/2020-01-01"), link("RE8", "U2", "2020-01-01/")
    later = link("RE8", "U3", "2020-01-02/")
    other = link("RE4", "U3", "2020-01-01/")
    legally = link("RE8", "U4", "2018-01-01/", "2020-01-01/")
    assert odd([old, new, later], PUBLISHED) == [(ON_LAST_DAY,), (), ()]
    assert odd([old, later, other], PUBLISHED) == [(), (), ()]
    assert odd([old, legally], PUBLISHED) == [(ON_LAST_DAY,), (ON_OTHER_DAYS,)]
