"""What the live ORD service answered in June and July 2019, answered again to the byte.

The responses are those of a public client's tests (PublicHealthEngland/ndr_lookup, MIT); what is loaded is a
release of what they tell. The rows of code systems, which the service did not sort, are sorted here.
"""

import json
from datetime import UTC, datetime

import pytest

from tests.interfaces.conftest import publish
from tests.interfaces.helpers import ask
from tests.interfaces.ord_release import ORD
from tests.interfaces.test_stu3_legacy import GOLDEN

HOST = "https://directory.spineservices.nhs.uk"
PAGING = ["X-Total-Count", "Access-Control-Expose-Headers", "Returned-Records", "Next-Page", "Previous-Page"]
FILES = {
    "organisations/X26": ("ord-captured-X26.json", 1614),
    "organisations?Name=nhs": ("ord-captured-search.json", 6532),
}
"""By request: where the captured body is, and its Content-Length then."""
RC2 = '{"id": "RC2", "code": "2", "displayName": "HSCSite"}'
RO98 = '{"id": "RO98", "code": "98", "displayName": "CLINICAL COMMISSIONING GROUP", "primaryRole": "true"}'
BODIES = {
    "roles/RO98": (f'{{"Roles": [{RO98}]}}', 111),
    "rels/RE6": ('{"Relationships": [{"id": "RE6", "code": "6", "displayName": "IS OPERATED BY"}]}', 80),
    "recordclasses/RC2": (f'{{"RecordClasses": [{RC2}]}}', 73),
    "recordclasses": (
        f'{{"RecordClasses": [{{"id": "RC1", "code": "1", "displayName": "HSCOrg"}}, {RC2}]}}',
        126,
    ),
}
"""By request: the captured body, and its Content-Length then."""
ERROR = '{\n  "errorCode": %d, \n  "errorText": "%s"\n}\n'
NO_FILTER = "Supplied query must include some query parameters"
ERRORS = {
    "recordclasses/RC3": (404, 52, "Not found"),
    "roles/RO999": (404, 52, "Not found"),
    "rels/RE99": (404, 52, "Not found"),
    "organisations?wrong_param=nhs": (406, 66, "Unknown argument found."),
    "organisations": (406, 92, NO_FILTER),
    "sync?LastChangeDate=x": (406, 63, "Invalid date format."),
}
"""By request: status, Content-Length then, and text."""


@pytest.fixture(scope="module")
def live(engine, make_client):
    """A client of a server that stands where the live one stood then."""
    url = engine.new_url()
    publish(GOLDEN / "ord-captured.xml", url)
    return make_client(index=url, base_url=HOST, now=datetime(2019, 6, 11, 12, tzinfo=UTC))


def is_body(response, status, length, body):
    assert response.data == body
    assert (response.status_code, response.headers["Content-Length"]) == (status, str(length))
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("target", FILES)
def test_a_record_and_a_page_are_those_that_were_captured(live, target):
    name, length = FILES[target]
    is_body(ask(live, ORD + target), 200, length, (GOLDEN / name).read_bytes())


@pytest.mark.parametrize("target", BODIES)
def test_a_code_is_the_one_that_was_captured(live, target):
    body, length = BODIES[target]
    is_body(ask(live, ORD + target), 200, length, body.encode())


@pytest.mark.parametrize(
    ("path", "container", "length"), [("roles", "Roles", 13395), ("rels", "Relationships", 350)]
)
def test_a_code_system_is_the_one_that_was_captured_in_the_order_of_numbers(live, path, container, length):
    captured = json.loads((GOLDEN / f"ord-captured-{path}.json").read_bytes())[container]
    in_order = sorted(captured, key=lambda row: int(row["code"]))
    is_body(ask(live, ORD + path), 200, length, json.dumps({container: in_order}).encode())


@pytest.mark.parametrize("target", ERRORS)
def test_an_error_is_the_one_that_was_captured(live, target):
    status, length, text = ERRORS[target]
    response = ask(live, ORD + target)
    is_body(response, status, length, (ERROR % (status, text)).encode())
    assert not set(PAGING) & set(response.headers.keys())


def test_a_page_is_counted_and_linked_as_the_captured_one_was(live):
    response = ask(live, f"{ORD}organisations?Name=nhs")
    assert {name: response.headers[name] for name in PAGING if name in response.headers} == {
        "X-Total-Count": "21",  # 1706 then
        "Access-Control-Expose-Headers": "X-Total-Count",
        "Returned-Records": "20",
        "Next-Page": f"{HOST}{ORD}organisations?Name=nhs&Limit=20&Offset=20",
    }


def test_a_record_and_a_code_have_no_headers_of_lists(live):
    for target in ("organisations/X26", "roles", "rels/RE6", "recordclasses"):
        assert not set(PAGING) & set(ask(live, ORD + target).headers.keys())


def test_a_sync_is_one_body_of_links(live):
    response = ask(live, f"{ORD}sync?LastChangeDate=2018-12-08")
    rows = json.loads((GOLDEN / "ord-captured-search.json").read_bytes())["Organisations"]
    changed = sorted(["X26", *(row["OrgId"] for row in rows if row["LastChangeDate"] >= "2018-12-08")])
    links = [{"OrgLink": f"{HOST}{ORD}organisations/{code}"} for code in changed]
    assert response.data == json.dumps({"Organisations": links}).encode()
    assert {name: response.headers[name] for name in PAGING if name in response.headers} == {
        "X-Total-Count": str(len(changed)),
        "Access-Control-Expose-Headers": "X-Total-Count",
    }


def test_the_captured_record_in_xml_follows_its_json(live):
    response = ask(live, f"{ORD}organisations/X26?_format=xml")
    assert response.data == (GOLDEN / "ord-captured-X26.xml").read_bytes().rstrip(b"\n")
    assert response.headers["Content-Type"] == "application/xml"
