"""When something holds on a day: what a record states, and the days that follow from it."""

# ruff: noqa: E501 - tables

from typing import NamedTuple

import pytest

from app.directory.periods import NEVER, Dates, Life, Span, dates, life
from indexer.organisation import Period

PUBLISHED = "2026-03-13"
LONG = Span("2010-01-01")
ENDED = Span("2010-01-01", "2020-06-30")
LEGAL = Span("2011-04-01", "2019-03-31")


def test_both_ends_of_a_period_belong_to_it() -> None:
    days = ("2009-12-31", "2010-01-01", "2020-06-30", "2020-07-01")
    assert [ENDED.contains(day) for day in days] == [False, True, True, False]


def test_a_period_without_an_end_holds_for_ever() -> None:
    assert LONG.contains("9999-12-31")


def test_a_period_that_ends_before_it_starts_holds_on_no_day() -> None:
    odd = dates("Active", (Period("Operational", "2020-01-02", "2020-01-01"),)).held(PUBLISHED)
    assert not any(odd.contains(day) for day in ("2019-12-31", "2020-01-01", "2020-01-02", "2020-01-03"))


def test_periods_are_read_by_type_in_any_order() -> None:
    stated = (Period("Legal", *LEGAL), Period("Operational", "2010-01-01", None))
    assert dates("Inactive", stated) == dates("Inactive", stated[::-1]) == Dates(False, LONG, LEGAL)


class Row(NamedTuple):
    says: str
    states: Dates
    legal_first: Span
    operational_first: Span


AHEAD = Span("2026-04-01")
SOON = Span("2010-01-01", "2026-03-31")
ROWS = (
    Row("the only period counts", Dates(True, ENDED), ENDED, ENDED),
    Row("a Legal period alone counts", Dates(True, None, LEGAL), LEGAL, LEGAL),
    Row("the Legal period comes first", Dates(True, LONG, LEGAL), LEGAL, LONG),
    Row("an ended one may be Active", Dates(True, ENDED), ENDED, ENDED),
    Row("an ended one is Inactive", Dates(False, ENDED), ENDED, ENDED),
    Row("a scheduled end is Active", Dates(True, SOON), SOON, SOON),
    Row("a scheduled start is marked Inactive", Dates(False, AHEAD), AHEAD, AHEAD),
    Row("one that starts on the day of the release may be Inactive", Dates(False, Span(PUBLISHED)), Span(PUBLISHED), Span(PUBLISHED)),
    Row("one that ends on the day of the release may be Inactive", Dates(False, Span("2010-01-01", PUBLISHED)), Span("2010-01-01", PUBLISHED), Span("2010-01-01", PUBLISHED)),
    Row("one that goes on must be Active", Dates(False, LONG), NEVER, NEVER),
    Row("one that goes on for a while must be Active", Dates(False, SOON), NEVER, NEVER),
    Row("a Legal period alone that goes on must be Active", Dates(False, None, LONG), NEVER, NEVER),
    Row("if only the Legal period goes on, the Operational one counts", Dates(False, ENDED, LONG), ENDED, ENDED),
    Row("if both go on, none counts", Dates(False, SOON, LONG), NEVER, NEVER),
    Row("if only the Operational period goes on, it contradicts where it comes first", Dates(False, LONG, LEGAL), LEGAL, NEVER),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_when_a_component_is_held(row: Row) -> None:
    assert row.states.held(PUBLISHED) == row.legal_first
    assert row.states.held(PUBLISHED, operational_first=True) == row.operational_first


def test_without_a_date_a_component_is_held_while_it_is_active() -> None:
    assert dates("Active", ()).held(PUBLISHED).contains("1066-10-14")
    assert not dates("Inactive", ()).held(PUBLISHED).contains("2020-01-01")


def lived(own: Dates, primary: Dates | None = None, *locations: Dates) -> Life:
    return life(own, primary or Dates(True), locations, PUBLISHED)


def test_an_organisation_is_open_by_its_operational_period_first() -> None:
    assert lived(Dates(True, LONG, LEGAL)).open == LONG
    assert lived(Dates(True, None, LEGAL)).open == LEGAL


def test_an_inactive_organisation_that_goes_on_is_never_open_but_has_a_start() -> None:
    found = lived(Dates(False, LONG))
    assert not found.is_in_being("2015-01-01")
    assert [found.is_to_come(day) for day in ("2009-12-31", "2010-01-01")] == [True, False]


@pytest.mark.parametrize(
    "states", [(Dates(True, LONG, LEGAL), None), (Dates(True, LONG), Dates(True, LONG, LEGAL))]
)
def test_a_legal_end_of_its_own_or_of_its_primary_role_ends_its_being(
    states: tuple[Dates, Dates | None],
) -> None:
    found = lived(*states)
    assert [found.is_in_being(day) for day in ("2019-03-31", "2019-04-01")] == [True, False]
    assert [found.is_legally_over(day) for day in ("2019-03-31", "2019-04-01")] == [False, True]
    assert found.open == LONG


def test_a_sub_icb_location_stays_in_being_when_it_is_legally_over() -> None:
    found = lived(Dates(True, LONG, LEGAL), None, Dates(True, Span("2022-07-01", "2024-03-31")))
    days = ("2019-03-31", "2019-04-01", "2022-07-01", "2024-03-31", "2024-04-01")
    assert [found.is_in_being(day) for day in days] == [True, False, True, True, False]


def test_a_sub_icb_location_that_has_closed_is_not_in_being() -> None:
    found = lived(Dates(True, ENDED, LEGAL), None, Dates(True, LONG))
    assert [found.is_in_being(day) for day in ("2020-06-30", "2020-07-01")] == [True, False]


def test_an_organisation_without_dates_is_in_being_while_it_is_active() -> None:
    assert lived(Dates(True)).is_in_being("2020-01-01")
    assert not lived(Dates(False)).is_in_being("2020-01-01")
    assert not lived(Dates(True)).is_to_come("1066-10-14")
