"""ORD and HTTP: methods, conditions, formats, lengths, and what it says when there is no register."""

from datetime import UTC, datetime

import pytest
import requests
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.interfaces import ord_oracle as oracle
from tests.interfaces.helpers import FORM, ask
from tests.interfaces.ord_helpers import get, is_error
from tests.interfaces.ord_oracle import NO_FILTER, NOT_FOUND, UNKNOWN_ARGUMENT
from tests.interfaces.ord_release import ORD, register
from tests.interfaces.test_server import running

READS = [
    *("organisations?Name=leeds", "organisations?Name=zzzz", "organisations/RR8", "roles", "roles/RO98"),
    *("rels", "rels/RE6", "recordclasses", "recordclasses/RC2"),
    *("sync?LastChangeDate=2025-12-01", "sync?LastChangeDate=2026-01-15"),
]
ENDPOINTS = [*READS, "notifications"]
ALLOWED = "GET, HEAD, OPTIONS"
NO_METHOD = "Method not allowed"
UNAVAILABLE = "Service Unavailable"


# Methods and conditions


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"])
@pytest.mark.parametrize(
    "target", [*ENDPOINTS, "organisations?zzz=1", "organisations/NOPE", "roles?_format=x"]
)
def test_another_method_is_refused_with_those_that_are_allowed(client, target, method):
    response = ask(client, ORD + target, method=method, headers={"Content-Type": FORM}, body=b"Name=leeds")
    is_error(response, 405, NO_METHOD)
    assert response.headers["Allow"] == ALLOWED


@pytest.mark.parametrize("target", ENDPOINTS)
def test_options_answers_the_preflight(client, target):
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    response = ask(client, ORD + target, method="OPTIONS", headers=asked)
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Allow"] == response.headers["Access-Control-Allow-Methods"] == ALLOWED


@pytest.mark.parametrize(
    "target", [*ENDPOINTS, "organisations?Name=leeds&Limit=5&Offset=5", "roles?x=1", "x"]
)
def test_head_is_get_without_its_body(client, target):
    got, head = (ask(client, ORD + target, method=method) for method in ("GET", "HEAD"))
    assert (head.status_code, head.data) == (got.status_code, b"")
    expected, found = (
        {name: value for name, value in each.headers if name != "X-Request-Id"} for each in (got, head)
    )
    assert found == expected
    assert found["Content-Length"] == str(len(got.data))


@pytest.mark.parametrize("target", ENDPOINTS)
def test_what_a_client_has_is_not_sent_again(client, target):
    tag = ask(client, ORD + target).headers["ETag"]
    for method in ("GET", "HEAD"):
        again = ask(client, ORD + target, method=method, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert get(client, target, If_None_Match='"other"') == get(client, target)


def test_a_condition_hides_no_error_and_tells_formats_apart(client):
    anything = {"If-None-Match": "*"}
    is_error(ask(client, f"{ORD}organisations/NOPE", headers=anything), 404, NOT_FOUND)
    is_error(ask(client, f"{ORD}organisations?zzz=1", headers=anything), 406, UNKNOWN_ARGUMENT)
    tag = ask(client, f"{ORD}roles").headers["ETag"]
    assert get(client, "roles", If_None_Match=tag, Content_Type="text/xml").status == 200
    assert get(client, "roles?_format=xml", If_None_Match=tag).status == 200


# Formats


@pytest.mark.parametrize("target", READS)
def test_a_content_type_of_the_request_selects_and_wins_over_format(client, target):
    join = "&" if "?" in target else "?"
    in_json, in_xml = (get(client, f"{target}{join}_format={each}") for each in ("json", "xml"))
    for sent in ("application/json", "text/json", "APPLICATION/JSON; charset=utf-8", "Text/Json;x"):
        found = get(client, f"{target}{join}_format=xml", Content_Type=sent)
        assert (found.body, found.headers["Content-Type"]) == (in_json.body, "application/json")
    for sent in ("application/xml", "text/xml", "Application/XML;charset=UTF-8", "text/XML ; q=1"):
        assert get(client, f"{target}{join}_format=xml", Content_Type=sent) == in_xml
        found = get(client, target, Content_Type=sent)
        assert (found.body, found.headers["Content-Type"]) == (in_xml.body, "application/xml")
    assert get(client, target, Content_Type="").body == in_json.body


@pytest.mark.parametrize(
    "sent", [FORM, "text/html; charset=utf-8", "json", "xml", "*/*", 'a/"b"', "application/fhir+json"]
)
def test_another_content_type_is_refused_before_anything_else(client, sent):
    for target in [*ENDPOINTS, "organisations?zzz=1&_format=x", "organisations/NOPE", "roles?_format=json"]:
        response = ask(client, ORD + target, headers={"Content-Type": sent})
        is_error(response, 406, f'Unknown content type specified "{sent}"')


def test_notifications_are_to_be_had_in_json_only(client):
    for sent in ("text/xml; charset=utf-8", "application/xml"):
        response = ask(client, f"{ORD}notifications", headers={"Content-Type": sent})
        is_error(response, 406, f'Unknown content type specified "{sent}"')
    for each in ("", "?_format=json", "?_format=text/json", "?_format=application/json"):
        found = get(client, f"notifications{each}")
        assert (found.status, found.body) == (200, b'{"DeletedOrganisations": []}')
        assert set(found.headers) == {"Content-Type", "Access-Control-Allow-Origin"}


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "*/*;q=0", "application/fhir+json", "é"])
def test_accept_is_ignored_on_success_and_on_error(client, accept):
    for target in [*ENDPOINTS, "roles?_format=xml", "organisations?zzz=1", "nowhere"]:
        assert get(client, target, Accept=accept) == get(client, target)


def test_only_lists_are_counted(client):
    for target in ENDPOINTS:
        is_list = target.partition("?")[0] in {"organisations", "sync"}
        assert ("X-Total-Count" in get(client, target).headers) == is_list
        assert ("Access-Control-Expose-Headers" in get(client, target).headers) == is_list


# Lengths


@pytest.mark.parametrize(("length", "status"), [(8000, 406), (8001, 414), (20_000, 414)])
@pytest.mark.parametrize("start", ["organisations?Name=", "organisations/RR8?x=", "roles?_format="])
def test_a_request_line_of_more_than_8000_bytes_is_too_long(client, start, length, status):
    frame = len(f"GET {ORD}{start} HTTP/1.1")
    is_error(ask(client, f"{ORD}{start}{'a' * (length - frame)}"), status)


@pytest.mark.parametrize("dialect", ["json", "xml"])
def test_a_sync_is_sent_in_pieces_and_tells_its_length(make_client, dialect):
    everything = make_client(ord_days=0)
    target = f"{ORD}sync?LastChangeDate=0001-01-01&_format={dialect}"
    rows = [{"OrgLink": oracle.link_to(code, dialect)} for code in sorted(register())]
    expected = oracle.rows_of(rows, dialect)
    environ = EnvironBuilder(path=target).get_environ()
    pieces, status, headers = run_wsgi_app(everything.application, environ)
    sent = list(filter(None, pieces))
    assert (status, b"".join(sent)) == ("200 OK", expected)
    assert len(sent) > 2
    assert max(map(len, sent)) < len(expected) / 2
    assert headers["Content-Length"] == str(len(expected))
    assert headers["X-Total-Count"] == str(len(rows))
    head = ask(everything, target, method="HEAD")
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(expected)))
    again = ask(everything, target, headers={"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Length" not in again.headers


def test_a_sync_of_every_length_tells_it(make_client):
    server = make_client(ord_days=0)
    days = sorted({each.row["LastChangeDate"] for each in register().values()})
    for day in [*days[:: len(days) // 20], *days[-3:], "2026-01-15"]:
        response = ask(server, f"{ORD}sync?LastChangeDate={day}")
        assert int(response.headers["Content-Length"]) == len(response.data)
        assert int(response.headers["X-Total-Count"]) == len(response.json["Organisations"])


def test_a_server_sends_a_sync_with_its_length(sample_index, tmp_path):
    with running(sample_index, tmp_path, ODS_ORD_DAYS="0") as server:
        for _ in range(2):  # on one connection, which a wrong length would spoil
            with requests.Session() as session:
                session.headers["Accept-Encoding"] = "identity"
                target = f"{server.address}{ORD}sync?LastChangeDate=1990-01-01"
                got, head = session.get(target, timeout=60), session.head(target, timeout=60)
                assert len(got.json()["Organisations"]) == 2500
                for each in (got, head):
                    assert each.headers["Content-Length"] == str(len(got.content))


# No register, and the unexpected


@pytest.mark.parametrize("target", [*ENDPOINTS, "roles?_format=xml", "organisations/NOPE"])
def test_without_a_register_it_says_so_and_when_to_come_again(unloaded, make_client, target):
    for server in (unloaded, make_client(index="http://127.0.0.1:9/none")):
        response = ask(server, ORD + target, headers={"If-None-Match": "*"})
        is_error(response, 503, UNAVAILABLE)
        assert int(response.headers["Retry-After"]) > 0


def test_without_a_register_what_is_wrong_with_a_request_is_still_told(unloaded):
    is_error(ask(unloaded, f"{ORD}organisations"), 406, NO_FILTER)
    is_error(ask(unloaded, f"{ORD}organisations/RR8?x=1"), 406, UNKNOWN_ARGUMENT)
    is_error(ask(unloaded, f"{ORD}roles", method="POST"), 405, NO_METHOD)
    is_error(ask(unloaded, f"{ORD}nowhere"), 404, NOT_FOUND)


def test_what_nobody_expected_is_told_without_a_detail(make_client):
    def fail(**_):
        raise RuntimeError("secret")

    client = make_client()
    views = client.application.view_functions
    views.update({name: fail for name in views if name.startswith("ord.")})
    for target in ENDPOINTS:
        is_error(ask(client, ORD + target), 500, UNAVAILABLE)


@pytest.mark.parametrize(
    ("now", "today", "tomorrow"),
    [
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "2026-06-30", "2026-07-01"),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), "2026-07-01", "2026-07-02"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2026-12-31", "2027-01-01"),
    ],
)
def test_the_day_is_that_of_london(make_client, now, today, tomorrow):
    client, future = make_client(now=now), "Supplied LastChangeDate date must be a past date, not future."
    for target in ("sync", "organisations"):
        assert get(client, f"{target}?LastChangeDate={today}").status == 200
        is_error(ask(client, f"{ORD}{target}?LastChangeDate={tomorrow}"), 406, future)
