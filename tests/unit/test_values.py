"""The values of search parameters: escapes, and dates as half-open ranges of milliseconds."""

# ruff: noqa: DTZ001, E501 - hypothesis takes bounds without a zone; tables

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.values import BadDate, BadEscape, BadPrefix, instant, parse_date, split, unescape

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(text: str) -> int:
    """Return an instant of ISO 8601 in milliseconds since 1970."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


# Escapes


@given(st.lists(st.text(), min_size=1), st.sampled_from([",", "|", "$"]))
def test_what_is_escaped_and_joined_is_split_and_unescaped(parts: list[str], separator: str) -> None:
    parts = [part.replace("\0", "") for part in parts]

    def escaped(part: str) -> str:
        return "".join(f"\\{char}" if char in "\\,|$" else char for char in part)

    assert list(map(unescape, split(separator.join(map(escaped, parts)), separator))) == parts


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("", [""]),
        (",", ["", ""]),
        ("a\\,b", ["a\\,b"]),
        ("a\\\\,b", ["a\\\\", "b"]),
        ("a\\\\\\,b", ["a\\\\\\,b"]),
        ("a\\", ["a\\"]),
        ("a\\\n,b", ["a\\\n", "b"]),
    ],
)
def test_a_backslash_keeps_a_separator_from_separating(value: str, parts: list[str]) -> None:
    assert split(value, ",") == parts


@pytest.mark.parametrize("value", ["\\", "a\\", "\\a", "\\\\\\", "a\\ b", "\\\n", "\\%"])
def test_a_backslash_that_escapes_nothing_is_refused(value: str) -> None:
    with pytest.raises(BadEscape):
        unescape(value)


# Dates

RANGES = {
    "2024": ("2024-01-01", "2025-01-01"),
    "2024-02": ("2024-02-01", "2024-03-01"),
    "2023-02": ("2023-02-01", "2023-03-01"),
    "2024-12": ("2024-12-01", "2025-01-01"),
    "2024-02-29": ("2024-02-29", "2024-03-01"),
    "1969-12-31": ("1969-12-31", "1970-01-01"),
    "0001-01-01": ("0001-01-01", "0001-01-02"),
    "2024-03-01T10:20": ("2024-03-01T10:20", "2024-03-01T10:21"),
    "2024-03-01T10:20:30": ("2024-03-01T10:20:30", "2024-03-01T10:20:31"),
    "2024-03-01T10:20:30Z": ("2024-03-01T10:20:30", "2024-03-01T10:20:31"),
    "2024-03-01T10:20:30.5Z": ("2024-03-01T10:20:30.500", "2024-03-01T10:20:30.600"),
    "2024-03-01T10:20:30.123": ("2024-03-01T10:20:30.123", "2024-03-01T10:20:30.124"),
    "2024-03-01T00:00:00+01:00": ("2024-02-29T23:00:00", "2024-02-29T23:00:01"),
    "2024-03-01T00:00:00 01:00": ("2024-02-29T23:00:00", "2024-02-29T23:00:01"),
    "2024-03-01T00:00-02:30": ("2024-03-01T02:30", "2024-03-01T02:31"),
    "2024-03-01T23:59:59+14:00": ("2024-03-01T09:59:59", "2024-03-01T10:00:00"),
}


@pytest.mark.parametrize(("text", "ends"), RANGES.items(), ids=RANGES)
def test_a_date_stands_for_all_of_its_precision(text: str, ends: tuple[str, str]) -> None:
    assert parse_date(text) == ("eq", ms(ends[0]), ms(ends[1]))


def test_the_last_year_there_is_has_an_end() -> None:
    for text in ("9999", "9999-12", "9999-12-31"):
        assert parse_date(text).high == ms("9999-12-31") + 86_400_000


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x", "20", "202", "20240", "24-01-01", "2024-1", "2024-13", "2024-00", "2024-02-30", "2023-02-29", "2024-04-31",
        "2024-01-1", "2024-01-00", "2024-01-32", "2024/01/01", "01-01-2024", "2024-01-01T", "2024-01-01T10", "2024-01-01T24:00",
        "2024-01-01T10:60", "2024-01-01T10:20:60", "2024-01-01T10:20:30.", "2024-01-01T10:20Z ", "2024-01-01T10:20+1:00",
        "2024-01-01T10:20+15:00", "2024-01-01T10:20+01:60", "2024-01-01 10:20", "2024-01-01t10:20", "2024-01-01T10:20z", "2024-01-01Z",
        "2024-01T10:20", "0000", "0000-01-01", "-2024", "+2024", "２０２４", "2024-01-01\n", "2024-01-01T10:20:30,5", "ge", "ge ", "eq2024-02-30",
        "2024ge", "ge 2024", "x-2024",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadDate):
        parse_date(text)


@pytest.mark.parametrize("text", ["xx2024", "GE2024", "g2024-01-01", "eqeq2024", "before2024"])
def test_letters_that_are_no_prefix_are_refused_as_such(text: str) -> None:
    with pytest.raises(BadPrefix):
        parse_date(text)


LOW, HIGH = ms("2024-03-01"), ms("2024-03-02")


@pytest.mark.parametrize(
    ("prefix", "ranges"),
    [
        ("", ((LOW, HIGH),)),
        ("eq", ((LOW, HIGH),)),
        ("ne", ((None, LOW), (HIGH, None))),
        ("gt", ((HIGH, None),)),
        ("sa", ((HIGH, None),)),
        ("lt", ((None, LOW),)),
        ("eb", ((None, LOW),)),
        ("ge", ((LOW, None),)),
        ("le", ((None, HIGH),)),
    ],
)
def test_a_prefix_says_which_instants_match(prefix: str, ranges: tuple[object, ...]) -> None:
    assert parse_date(f"{prefix}2024-03-01").ranges(NOW) == ranges


def test_approximately_takes_a_tenth_of_the_distance_from_now() -> None:
    ((low, high),) = parse_date("ap2025-12-16").ranges(NOW)
    slack = (ms("2026-01-15T12:00") - ms("2025-12-17")) // 10
    assert (low, high) == (ms("2025-12-16") - slack, ms("2025-12-17") + slack)
    ((low, high),) = parse_date("ap2026-01-15").ranges(NOW)
    assert (low, high) == (ms("2026-01-15"), ms("2026-01-16"))
    ((low, high),) = parse_date("ap2026-01-25").ranges(NOW)
    slack = (ms("2026-01-25") - ms("2026-01-15T12:00")) // 10
    assert (low, high) == (ms("2026-01-25") - slack, ms("2026-01-26") + slack)


moments = st.datetimes(
    min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))  # fmt: skip


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_a_moment_that_is_written_to_the_millisecond_is_read_as_that_millisecond(
    moment: datetime, minutes: int
) -> None:
    zone = timezone(timedelta(minutes=minutes))
    at = (moment - EPOCH) // timedelta(milliseconds=1)
    assert parse_date(moment.astimezone(zone).isoformat(timespec="milliseconds")) == ("eq", at, at + 1)


@given(moments)
def test_a_moment_lies_in_every_precision_it_is_written_in(moment: datetime) -> None:
    at = (moment - EPOCH) // timedelta(milliseconds=1)
    written = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    widths = []
    for length in (19, 16, 10, 7, 4):
        found = parse_date(written[:length])
        assert found.low <= at < found.high
        widths.append(found.high - found.low)
    assert widths == sorted(widths)


@given(st.integers(0, 999_999_999_999), st.integers(1, 12))
def test_a_fraction_of_any_length_holds_the_milliseconds_that_start_with_it(digits: int, length: int) -> None:
    """A stored instant is a whole millisecond; it matches when its digits start with those asked for."""
    fraction = f"{digits:012}"[:length]
    found = parse_date(f"2024-03-01T00:00:00.{fraction}")
    held = [at for at in range(1000) if f"{at:03}".ljust(len(fraction), "0").startswith(fraction)]
    base = ms("2024-03-01")
    assert list(range(found.low - base, found.high - base)) == held


@given(st.text())
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        found = parse_date(text)
    except (BadDate, BadPrefix):
        return
    assert found.low <= found.high


@given(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=1))]), min_value=datetime(1, 2, 1))
)
def test_an_instant_is_written_in_utc_with_whole_seconds(moment: datetime) -> None:
    written = instant(moment)
    assert written.endswith("+00:00")
    assert datetime.fromisoformat(written) == moment.replace(microsecond=0)
