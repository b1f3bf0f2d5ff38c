"""Codes and dates as people and programs send them."""

# ruff: noqa: E501 - tables

import pytest

from app.directory import asked


@pytest.mark.parametrize(
    "text",
    [
        "2022-06-01",
        " 2022-06-01\t",
        "2022-06-01 00:00:00",
        "2022-06-01T23:59:59Z",
        "2022-06-01 00:00:00.000000",
        "2022-06-01T00:00:00+01:00",
    ],
)
def test_an_iso_date_time_counts_as_its_date(text: str) -> None:
    assert asked.date(text) == "2022-06-01"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "NA", "NaT", "2022-6-1", "20220601", "01/06/2022", "2022-02-30", "0000-01-01", "2022-W22-3",
        "2022-06-01x", "2022-06-01 25:00:00", "2022-06-01T", "x2022-06-01", "\u0662\u0660\u0662\u0662-06-01", "2022-06-01\n2022-06-02",
    ],
)  # fmt: skip
def test_any_other_text_is_no_date(text: str) -> None:
    assert asked.date(text) is None
    with pytest.raises(asked.BadValue, match='parameter "date" is no date'):
        asked.day(text)


def test_codes_come_in_lists_in_any_case() -> None:
    assert asked.codes(["a81003, RR8,,", "", "rr8"]) == ["A81003", "RR8", "RR8"]


@pytest.mark.parametrize("values", [[], [""], [" , ,"]])
def test_no_code_is_refused(values: list[str]) -> None:
    with pytest.raises(asked.BadValue, match="names no organisation"):
        asked.codes(values)


def test_five_hundred_codes_are_read_and_no_more() -> None:
    assert len(asked.codes(["A,B"] * 250)) == 500
    with pytest.raises(asked.BadValue, match="names 501 organisations"):
        asked.codes(["A,B"] * 250 + ["C"])
