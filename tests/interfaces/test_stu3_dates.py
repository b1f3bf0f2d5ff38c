"""_lastUpdated: every prefix at every precision, against instants at midnight UTC."""

import pytest

from tests.interfaces.helpers import ask, codes_of, faults, ok, searched
from tests.interfaces.oracle import codes

INVALID = ("INVALID_VALUE", "Supplied date is invalid")
PREFIX = (
    "INVALID_VALUE",
    "Supplied date prefix is invalid, must be one of eq, ne, gt, lt, ge, le, sa, eb, ap",
)

# RR8 changed at 2018-01-31T00:00Z: by prefix, the values that match and those that do not. It is 2026-01-15.
MATCHING = {
    "": """
        2018 2018-01 2018-01-31 2018-01-31T00:00 2018-01-31T00:00Z 2018-01-31T00:00:00 2018-01-31T00:00:00Z
        2018-01-31T00:00:00.0 2018-01-31T00:00:00.000000000Z 2018-01-31T00:00+00:00 2018-01-31T00:00%2B00:00
        2018-01-31T01:00%2B01:00 2018-01-31T01:00+01:00 2018-01-30T19:00-05:00
        2018-01-31T14:00:00.0%2B14:00""",
    "eq": "2018 2018-01 2018-01-31 2018-01-31T00:00",
    "ne": """
        2017 2018-02 2018-01-30 2018-02-01 2018-01-31T00:01 2018-01-30T23:59 2018-01-31T00:00:00.1
        2018-01-31T00:00%2B01:00""",
    "gt": """
        2017 2017-12 2018-01-30 2018-01-30T23:59 2018-01-30T23:59:59 2018-01-30T23:59:59.9
        2018-01-31T00:00%2B01:00""",
    "sa": "2017 2017-12 2018-01-30 2018-01-30T23:59 2018-01-30T23:59:59.999999",
    "lt": """
        2019 2018-02 2018-02-01 2018-01-31T00:01 2018-01-31T00:00:01 2018-01-31T00:00:00.001
        2018-01-31T00:00:00.0000001""",
    "eb": "2019 2018-02 2018-02-01 2018-01-31T00:01 2018-01-31T00:00-01:00",
    "ge": "2017 2018 2018-01 2018-01-31 2018-01-31T00:00 2018-01-30",
    "le": "2019 2018 2018-01 2018-01-31 2018-01-31T00:00 2018-02-01",
    # a tenth of the way from the value to now, at both ends
    "ap": "2018 2018-01 2018-01-31 2018-10-01 2017-06 2017-06-01",
}
OTHER = {
    "": """
        2017 2018-02 2018-01-30 2018-02-01 2018-01-31T00:01 2018-01-30T23:59 2018-01-31T00:00:00.001
        2018-01-31T00:00%2B01:00""",
    "eq": "2019 2018-02 2018-02-01",
    "ne": "2018 2018-01 2018-01-31 2018-01-31T00:00 2018-01-31T00:00:00.000",
    "gt": "2018 2018-01 2018-01-31 2018-01-31T00:00 2018-01-31T00:00:00.000 2019",
    "sa": "2018 2018-01 2018-01-31 2018-01-31T00:00 2018-02",
    "lt": "2018 2018-01 2018-01-31 2018-01-31T00:00 2018-01-31T00:00:00.000 2017",
    "eb": "2018 2018-01 2018-01-31 2018-01-31T00:00 2017",
    "ge": "2019 2018-02 2018-02-01 2018-01-31T00:01 2018-01-31T00:00:00.001",
    "le": "2017 2018-01-30 2018-01-30T23:59:59.999",
    "ap": "2016 2015-01 2019-01-01 2025 2026-01-15T12:00",
}


def cases(table):
    return [f"{prefix}{value}" for prefix, values in table.items() for value in values.split()]


@pytest.mark.parametrize("value", cases(MATCHING))
def test_the_date_matches(client, value):
    assert codes_of(ok(client, f"Organization?_id=RR8&_lastUpdated={value}")) == ["RR8"]


@pytest.mark.parametrize("value", cases(OTHER))
def test_the_date_does_not_match(client, value):
    assert codes_of(ok(client, f"Organization?_id=RR8&_lastUpdated={value}")) == []


def changed(test):
    return lambda org: test(org.changed)


@pytest.mark.parametrize(
    ("parameters", "matches"),
    [
        ("_lastUpdated=2018", lambda day: day[:4] == "2018"),
        ("_lastUpdated=2018-02", lambda day: day[:7] == "2018-02"),
        ("_lastUpdated=ne2024-05-14", lambda day: day != "2024-05-14"),
        ("_lastUpdated=gt2017-04-01", lambda day: day >= "2017-04-02"),
        ("_lastUpdated=gt2017", lambda day: day >= "2018"),
        ("_lastUpdated=ge2024-05-14", lambda day: day >= "2024-05-14"),
        ("_lastUpdated=lt2024-05-14", lambda day: day < "2024-05-14"),
        ("_lastUpdated=le2024-05", lambda day: day < "2024-06"),
        (
            "_lastUpdated=gt2024-05-12&_lastUpdated=lt2024-05-16",
            lambda day: "2024-05-12" < day < "2024-05-16",
        ),
        ("_lastUpdated=2013,2018-01-31", lambda day: day[:4] == "2013" or day == "2018-01-31"),
        ("_lastUpdated=2013,,2018-01-31,", lambda day: day[:4] == "2013" or day == "2018-01-31"),
        (
            "_lastUpdated=lt2014,gt2025&_lastUpdated=ne2025-11",
            lambda day: (day < "2014" or day > "2026") and day[:7] != "2025-11",
        ),
        ("_lastUpdated=+2018+", lambda day: day[:4] == "2018"),
        ("_lastUpdated=", lambda day: True),
        ("_lastUpdated=,", lambda day: True),
        ("_lastUpdated:missing=true", lambda day: False),
        ("_lastUpdated:missing=false", lambda day: True),
        # dates in the future, and years at both edges
        ("_lastUpdated=gt2030", lambda day: False),
        ("_lastUpdated=lt2030", lambda day: True),
        ("_lastUpdated=9999", lambda day: False),
        ("_lastUpdated=9999-12", lambda day: False),
        ("_lastUpdated=9999-12-31", lambda day: False),
        ("_lastUpdated=lt9999-12-31T23:59:59.999-14:00", lambda day: True),
        ("_lastUpdated=gt0001-01-01T00:00%2B14:00", lambda day: True),
        ("_lastUpdated=ap9999", lambda day: False),
        ("_lastUpdated=0001", lambda day: False),
        # a tenth of 2025 years before 2026 is 1823
        ("_lastUpdated=ap0001", lambda day: False),
    ],
)
def test_dates_find_what_changed_then(client, parameters, matches):
    assert searched(client, parameters) == codes(changed(matches))


@pytest.mark.parametrize("value", ["ne2024", "gt0001", "lt9999", "ge0001,le9999", "2024"])
def test_a_record_without_a_date_of_change_matches_no_date(edges, value):
    found = searched(edges, f"_lastUpdated={value}")
    assert found
    assert "BARE" not in found


def test_a_leap_day_is_a_day(edges):
    assert searched(edges, "_lastUpdated=2024-02-29") == ["FULL"]
    assert "FULL" in searched(edges, "_lastUpdated=2024-02")


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("xx2017-01-01", PREFIX),
        ("GT2017", PREFIX),
        ("g2017", PREFIX),
        ("gtgt2017", PREFIX),
        ("since2017", PREFIX),
        ("2017,xx2018", PREFIX),
        ("abc", INVALID),
        ("gt", INVALID),
        ("gt 2017", INVALID),
        ("23 May 2009", INVALID),
        ("17", INVALID),
        ("201", INVALID),
        ("20170", INVALID),
        ("20170101", INVALID),
        ("2017-1-1", INVALID),
        ("2017-00", INVALID),
        ("2017-13", INVALID),
        ("2017-02-00", INVALID),
        ("2017-02-29", INVALID),
        ("2017-04-31", INVALID),
        ("2017-01-01T", INVALID),
        ("2017-01-01T10", INVALID),
        ("2017-01-01T1:00", INVALID),
        ("2017-01-01 10:00", INVALID),
        ("2017-01-01t10:00", INVALID),
        ("2017-01-01T25:00", INVALID),
        ("2017-01-01T10:60", INVALID),
        ("2017-01-01T10:00:61", INVALID),
        ("2017-01-01T10:00:00.", INVALID),
        ("2017-01-01T10:00z", INVALID),
        ("2017-01-01T10:00%2B1", INVALID),
        ("2017-01-01T10:00%2B99:00", INVALID),
        ("2017-01-01Z", INVALID),
        ("2017-Z", INVALID),
        (">2017", INVALID),
        ("-2017", INVALID),
        ("0000", INVALID),
        ("0000-01-01", INVALID),
        ("２０１７", INVALID),
        ("2017-01-01%0A2018", INVALID),
        ("2017\\,2018", INVALID),
        ("2017|2018", INVALID),
        ("9" * 400, INVALID),
    ],
)
def test_what_is_no_date_is_refused(client, value, fault):
    assert faults(ask(client, f"Organization?_lastUpdated={value}")) == [fault]
