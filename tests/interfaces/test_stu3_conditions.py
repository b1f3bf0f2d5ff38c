"""Validators, and conditional requests: who has the answer already is told so."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from app.clock import clock
from app.engine import open_index
from app.fhir.interface import Fhir
from app.stu3.version import stu3
from app.web.compression import LEAST
from app.web.message import Request
from tests.conftest import NOW
from tests.interfaces.conftest import EDGES, publish
from tests.interfaces.helpers import BASE, ask, faults, post

XML = "application/fhir+xml"
ROOT = Path(__file__).parents[2]
KINDS = [
    *("Organization/RR8", "Organization?name=leeds", "metadata", "CodeSystem/ODSAPI-OrganizationRole-1"),
    *("ValueSet", "Organization?_count=0"),
]

CONDITIONAL_IN_ORD = [
    *("/ORD/2-0-0/organisations/RR8", "/ORD/2-0-0/organisations?Name=leeds", "/ORD/2-0-0/roles"),
    *("/ORD/2-0-0/notifications", "/ORD/2-0-0/sync?LastChangeDate=2025-12-01"),
]


def test_validators_are_weak_opaque_and_of_the_register(client):
    headers = [ask(client, target).headers for target in KINDS if target != "metadata"]
    (tag,) = {each["ETag"] for each in headers}
    assert tag.startswith('W/"')
    assert "2025" not in tag
    assert {each["Last-Modified"] for each in headers} == {"Thu, 15 Jan 2026 12:00:00 GMT"}
    assert {each["Cache-Control"] for each in headers} == {"public, no-cache"}


def test_the_etag_differs_by_media_type_and_by_setting(client, legacy, edges):
    answers = [
        ask(client, "Organization/RR8"),
        ask(client, "Organization/RR8", headers={"Accept": "application/json"}),
        ask(client, "Organization/RR8", headers={"Accept": XML}),
        ask(legacy, "Organization/RR8"),
        ask(edges, "Organization/FULL"),
    ]
    assert len({each.headers["ETag"] for each in answers}) == len(answers)
    assert ask(client, "Organization/RR8?_format=xml").headers["ETag"] == answers[2].headers["ETag"]


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"If-None-Match": "{tag}"}, 304),
        ({"If-None-Match": '"{opaque}"'}, 304),
        ({"If-None-Match": 'W/"x", {tag}'}, 304),
        ({"If-None-Match": '"x",{tag} , "y"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": 'W/"x"'}, 200),
        ({"If-None-Match": ""}, 200),
        ({"If-None-Match": "garbage"}, 200),
        ({"If-None-Match": '"'}, 200),
        ({"If-Modified-Since": "Thu, 15 Jan 2026 12:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Fri, 16 Jan 2026 12:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Thursday, 15-Jan-26 12:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Thu, 15 Jan 2026 11:59:59 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Thu, 99 Jan 2026 12:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Thu, 15 Jan 99999 12:00:00 GMT"}, 200),
        ({"If-Modified-Since": ""}, 200),
        ({"If-None-Match": 'W/"x"', "If-Modified-Since": "Fri, 16 Jan 2026 12:00:00 GMT"}, 200),
        ({"If-None-Match": "{tag}", "If-Modified-Since": "Thu, 15 Jan 2015 12:00:00 GMT"}, 304),
        ({"If-Match": 'W/"x"', "If-Unmodified-Since": "Thu, 15 Jan 2015 12:00:00 GMT"}, 200),
    ],
)
def test_a_client_that_has_the_answer_is_told_so(client, target, method, conditions, status):
    tag = ask(client, target).headers["ETag"]
    sent = {name: value.format(tag=tag, opaque=tag[3:-1]) for name, value in conditions.items()}
    response = ask(client, target, method=method, headers=sent)
    assert response.status_code == status
    assert response.headers["ETag"] == tag
    # A short answer is never compressed, and a 304 does not know how long the answer was.
    is_short = status == 200 and int(response.headers["Content-Length"]) <= LEAST
    assert response.headers["Vary"] == "Accept, Prefer" + ("" if is_short else ", Accept-Encoding")
    assert response.headers["Cache-Control"] == "public, no-cache"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    if status == 304:
        assert response.data == b""
        assert not {"Content-Type", "Content-Length"} & set(response.headers.keys())


# metadata: what it says depends on the software as well


def statement_of(index, software, installed, **headers):
    """Return the answer of `metadata` by some version of the software, installed at some time."""
    fhir = Fhir(open_index(index), clock(NOW), software, installed, stu3(shape="conformant"))
    return fhir.metadata(Request("GET", "/STU3/metadata", BASE, headers=headers))


DAY = timedelta(days=1)


def test_the_etag_of_metadata_is_made_of_its_body(client, sample_index):
    answers = [
        statement_of(sample_index, "1", NOW - DAY),
        statement_of(sample_index, "2", NOW - DAY),
        statement_of(sample_index, "1", NOW - DAY, accept=XML),
        ask(client, "metadata?_elements=name"),
        ask(client, "metadata?_pretty=true"),
        ask(client, "metadata"),
        ask(client, "Organization"),
    ]
    assert len({each.headers["ETag"] for each in answers}) == len(answers)
    assert statement_of(sample_index, "1", NOW) == statement_of(sample_index, "1", NOW - DAY)
    tag = answers[0].headers["ETag"]
    assert statement_of(sample_index, "1", NOW, **{"if-none-match": tag}).status == 304
    assert statement_of(sample_index, "2", NOW, **{"if-none-match": tag}).status == 200


def test_an_update_of_the_software_changes_metadata_later_than_the_register_did(new_url):
    index = new_url()
    publish(EDGES, index)
    loaded = open_index(index).live().live_since
    before = statement_of(index, "1", loaded - DAY).headers["Last-Modified"]
    assert parsedate_to_datetime(before) == loaded
    late = loaded.replace(microsecond=0) + DAY
    fhir = Fhir(open_index(index), clock(late + DAY), "2", late, stu3(shape="conformant"))
    updated = fhir.metadata(Request("GET", "/STU3/metadata", BASE, headers={"if-modified-since": before}))
    assert updated.status == 200
    assert parsedate_to_datetime(updated.headers["Last-Modified"]) == late


def test_metadata_never_changed_in_the_future(sample_index):
    answer = statement_of(sample_index, "1", NOW + DAY)
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == NOW


def test_the_server_tells_when_the_newest_of_its_files_was_put_there(make_client):
    late = make_client(now=datetime(2100, 1, 1, tzinfo=UTC))
    files = [file for folder in ("app", "capability") for file in (ROOT / folder).rglob("*.*")]
    newest = max(file.stat().st_mtime for file in files if file.suffix in {".py", ".json"})
    told = parsedate_to_datetime(ask(late, "metadata").headers["Last-Modified"])
    assert told == max(NOW, datetime.fromtimestamp(int(newest), UTC))


NINES = ["9" * digits for digits in (3, 10, 30, 5000)]
UNREADABLE = [
    *(f"Tue, {day} Jan 2030 12:00:00 GMT" for day in ("99", "0", "-1", *NINES)),
    *(f"Tue, 15 Jan {year} 12:00:00 GMT" for year in ("99999", "-1", *NINES[1:])),
    *(f"Tue, 15 Jan 2030 12:00:{seconds} GMT" for seconds in ("61", *NINES)),
    *(f"Tue, 15 Jan 2030 12:00:00 {sign}{zone}" for sign in "+-" for zone in ("2400", *NINES[1:3])),
    *("", ",", ":::", "Tue,", "0", "Tue, 15 Jan", "Tue, 15 é 2030 12:00:00 GMT", "\xff", "(" * 3000),
]


@pytest.mark.parametrize("sent", UNREADABLE)
@pytest.mark.parametrize("target", [*KINDS, *CONDITIONAL_IN_ORD])
def test_a_date_that_cannot_be_read_is_ignored(client, target, sent):
    assert ask(client, target, headers={"If-Modified-Since": sent}).status_code == 200


@pytest.mark.parametrize("target", [*KINDS, *CONDITIONAL_IN_ORD])
def test_a_date_at_the_edge_of_the_calendar_is_read(client, target):
    for sent, status in {
        "Mon, 01 Jan 0001 00:00:00 +2359": 200,
        "Fri, 31 Dec 9999 23:59:59 -2359": 304,
    }.items():
        assert ask(client, target, headers={"If-Modified-Since": sent}).status_code == status


def test_a_request_is_understood_and_its_resource_found_before_conditions_count(client):
    anything = {"If-None-Match": "*"}
    assert faults(ask(client, "Organization?x=1", headers=anything))
    assert faults(ask(client, "Organization/NOPE", headers=anything), 404)
    assert faults(ask(client, "Organization/RR8", headers={**anything, "Accept": "image/png"}), 406)
    assert faults(ask(client, "Organization?_generation=2020-01-01.1", headers=anything), 410)


def test_a_search_by_post_sends_validators_and_ignores_conditions(client):
    response = post(
        client,
        "Organization/_search",
        "_id=RR8",
        **{"If-None-Match": "*", "If-Modified-Since": "Fri, 16 Jan 2026 12:00:00 GMT"},
    )
    assert response.status_code == 200
    assert response.headers["ETag"] == ask(client, "Organization").headers["ETag"]
    assert response.headers["Last-Modified"]


@pytest.mark.parametrize(
    "conditions", [{"If-None-Match": "*"}, {"If-Modified-Since": "Thu, 15 Jan 2026 12:00:00 GMT"}]
)
def test_what_depends_on_today_is_never_called_unchanged(client, conditions):
    for value, status in (("ap2025-06-01", 200), ("ge2020-01-01,ap2025-06-01", 200), ("ge2020-01-01", 304)):
        assert ask(client, f"Organization?_lastUpdated={value}", headers=conditions).status_code == status


def test_a_new_generation_changes_the_etag_and_moves_last_modified_forward(make_client, new_url):
    url = new_url()
    changing, seen = make_client(index=url), []
    for _ in range(3):
        publish(EDGES, url)
        seen.append(ask(changing, "Organization/FULL").headers)
    open_index(url).rollback(NOW)
    seen.append(ask(changing, "Organization/FULL").headers)
    times = [parsedate_to_datetime(each["Last-Modified"]) for each in seen]
    assert times == sorted(set(times))
    assert len({each["ETag"] for each in seen}) == 4
    assert ask(changing, "Organization/FULL", headers={"If-None-Match": seen[1]["ETag"]}).status_code == 200
    assert (
        ask(
            changing, "Organization/FULL", headers={"If-Modified-Since": seen[2]["Last-Modified"]}
        ).status_code
        == 200
    )
