"""ORD over a small release of what the sample has not (golden/ord-edges.xml), and over two generations."""

import json
from datetime import UTC, date, datetime

import pytest

from tests.interfaces.conftest import publish
from tests.interfaces.helpers import ask
from tests.interfaces.ord_helpers import get, is_error
from tests.interfaces.ord_release import BASE, ORD, register
from tests.interfaces.test_stu3_legacy import GOLDEN
from tests.releases import tiny


@pytest.fixture(scope="module")
def small(engine, make_client):
    """A client of a server over the small release."""
    url = engine.new_url()
    publish(GOLDEN / "ord-edges.xml", url)
    return make_client(index=url)


@pytest.mark.parametrize("dialect", ["json", "xml"])
def test_what_may_be_missing_is_left_out_and_markup_is_text(small, dialect):
    found = get(small, f"organisations/E01?_format={dialect}")
    assert found.body == (GOLDEN / f"ord-edges-E01.{dialect}").read_bytes()


def test_a_record_without_an_address_has_no_part_for_it_and_an_unknown_role_no_name(small):
    record = json.loads(get(small, "organisations/E02").body)["Organisation"]
    assert list(record) == ["Name", "Date", "OrgId", "Status", "LastChangeDate", "orgRecordClass", "Roles"]
    row = {
        "Name": "NO ADDRESS",
        "OrgId": "E02",
        "Status": "Active",
        "OrgRecordClass": "RC1",
        "LastChangeDate": "2025-12-31",
        "PrimaryRoleId": "RO999",
        "OrgLink": f"{BASE}organisations/E02",
    }
    found = get(small, "organisations?Name=no address").body
    assert found == json.dumps({"Organisations": [row]}).encode()


@pytest.mark.parametrize(
    ("code", "uprn"),
    [("U01", "012345678901"), ("U02", "1234567890123"), ("U03", "12A"), ("U04", 7), ("U05", "١٢٣")],
)
def test_a_uprn_is_a_number_where_that_loses_nothing(small, code, uprn):
    location = json.loads(get(small, f"organisations/{code}").body)["Organisation"]["GeoLoc"]["Location"]
    assert location == {"UPRN": uprn}
    assert f"<UPRN>{uprn}</UPRN>".encode() in get(small, f"organisations/{code}?_format=xml").body


def test_a_role_is_primary_when_it_is_in_scope_or_a_record_has_it_so(small):
    rows = json.loads(get(small, "roles").body)["Roles"]
    assert [(row["id"], row["primaryRole"]) for row in rows] == [
        *[("RO8", "false"), ("RO9", "true"), ("RO76", "true"), ("RO177", "false")]
    ]
    name = b'<displayName>PRESCRIBING &lt;COST&gt; &amp; "CENTRE"</displayName>'
    assert name in get(small, "roles/RO177?_format=xml").body


@pytest.fixture(scope="module")
def on_day(engine, make_client, tmp_path_factory):
    """A maker of clients that ask on some day; the second of two releases is of 2026-01-09."""
    url, folder = engine.new_url(), tmp_path_factory.mktemp("releases")
    publish(tiny(folder / "1.xml", date(2026, 1, 1), {"A01": "ONE", "A02": "TWO", "A03": "THREE"}), url)
    publish(tiny(folder / "2.xml", date(2026, 1, 9), {"A02": "TWO"}), url)
    return lambda day, **more: make_client(index=url, now=datetime(2026, *day, 12, tzinfo=UTC), **more)


DELETED = (
    b'{"OrgID": "%s", "PrimaryRoleId": "RO177", "time": "2026-01-09 00:00:00", '
    b'"type": {"code": 1, "description": "Machine"}}'
)
LAST_DAY, DAY_AFTER = (7, 13), (7, 14)
"""185 days after the second release, and 186."""


@pytest.mark.parametrize(
    ("day", "told"), [((1, 9), [b"A01", b"A03"]), (LAST_DAY, [b"A01", b"A03"]), (DAY_AFTER, [])]
)
def test_what_was_deleted_is_told_for_185_days(on_day, day, told):
    expected = b'{"DeletedOrganisations": [%s]}' % b", ".join(DELETED % code for code in told)
    found = get(on_day(day), "notifications")
    assert (found.status, found.body) == (200, expected)


@pytest.mark.parametrize(
    ("days", "day", "told"),
    [(3, (1, 12), 2), (3, (1, 13), 0), (36_500, (12, 31), 2), (0, (12, 31), 2), (0, (1, 9), 2)],
)
def test_how_long_deletions_are_told_is_a_setting(on_day, days, day, told):
    found = json.loads(get(on_day(day, ord_days=days), "notifications").body)
    assert len(found["DeletedOrganisations"]) == told


FUTURE = "Supplied LastChangeDate date must be a past date, not future."
TOO_LONG_AGO = "Supplied LastChangeDate exceeds the limit of %d days past."


@pytest.mark.parametrize(
    ("days", "day", "refusal"),
    [
        (30, "2025-12-16", None),
        (30, "2025-12-15", TOO_LONG_AGO % 30),
        (1, "2026-01-14", None),
        (1, "2026-01-13", TOO_LONG_AGO % 1),
        (36_500, "2025-07-13", None),
        *((0, day, None) for day in ("2025-07-13", "1970-01-01", "1066-10-14", "0001-01-01")),
        (0, "2026-01-16", FUTURE),
        (0, "2025-02-30", "Invalid date supplied."),
    ],
)
def test_how_far_back_changes_are_told_is_a_setting(make_client, days, day, refusal):
    server = make_client(ord_days=days)
    for target in ("sync", "organisations"):
        response = ask(server, f"{ORD}{target}?LastChangeDate={day}")
        if refusal:
            is_error(response, 406, refusal)
        else:
            changed = [each for each in register().values() if each.row["LastChangeDate"] >= day]
            assert response.headers["X-Total-Count"] == str(len(changed))


@pytest.mark.parametrize(
    ("sent", "condition"), [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")]
)
def test_what_is_told_no_more_is_not_taken_for_unchanged(on_day, sent, condition):
    had = ask(on_day(LAST_DAY), f"{ORD}notifications").headers[sent]
    response = ask(on_day(DAY_AFTER), f"{ORD}notifications", headers={condition: had})
    assert (response.status_code, response.data) == (200, b'{"DeletedOrganisations": []}')
