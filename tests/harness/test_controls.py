"""Faults on demand, recorded requests and the next release, as a client of a real server meets them."""

import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from lxml import etree

from app.fhir.issues import IMPOSED_CODES
from tests.conftest import SAMPLE, wait_for
from tests.harness.servers import ForTests, serving
from tests.interfaces.conftest import EDGES
from tests.schemas import validator

READ = "/STU3/Organization/RR8"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForTests]:
    """One server for all tests."""
    with serving(tmp_path_factory.mktemp("server"), "--sample", "--test-controls") as made:
        yield made


@pytest.fixture
def server(started: ForTests) -> ForTests:
    """The server, as it was when it was started."""
    assert started.post("/_test/reset").status_code == 204
    return started


def test_a_load_is_answered_as_the_openapi_document_says(server: ForTests) -> None:
    document = server.get("/openapi.json").json()
    said = document["components"]["schemas"]["Loaded"]
    answer = server.post("/_test/organisations", json=[{"code": "A1", "name": "ONE"}])
    assert answer.status_code == 200
    validator(said).validate(answer.json())
    assert answer.json().keys() == said["properties"].keys()


# Error bodies


@pytest.mark.parametrize("status", IMPOSED_CODES)
def test_every_interface_sends_a_status_in_its_own_form(server: ForTests, status: int) -> None:
    server.fail(status=status)
    text = f"Fault on demand: {status}"
    answer = server.get(READ)
    (issue,) = answer.json()["issue"]
    spine = "BAD_REQUEST" if status < 500 else "INTERNAL_SERVER_ERROR"
    assert answer.status_code == status
    assert (issue["code"], issue["diagnostics"]) == (IMPOSED_CODES[status], text)
    assert issue["details"]["coding"][0]["code"] == spine
    answer = server.get(READ, headers={"Accept": "application/fhir+xml"})
    assert etree.fromstring(answer.content).tag == "{http://hl7.org/fhir}OperationOutcome"
    answer = server.get("/ORD/2-0-0/organisations/RR8")
    assert (answer.status_code, answer.json()) == (status, {"errorCode": status, "errorText": text})
    for path in ("/lookup?q=leeds", "/organisations/RR8", "/no/such/address"):
        answer = server.get(path)
        assert (answer.status_code, answer.json()) == (status, {"error": text})
    answer = server.get("/search?q=leeds", headers={"Accept": "text/html"})
    assert (answer.status_code, text in answer.text) == (status, True)


def test_retry_after_may_be_seconds_or_a_date(server: ForTests) -> None:
    server.fail(status=429, retry_after=7, times=1)
    server.fail(status=503, retry_after="Thu, 01 Jan 2026 00:00:00 GMT")
    assert server.get(READ).headers["Retry-After"] == "7"
    assert server.get(READ).headers["Retry-After"] == "Thu, 01 Jan 2026 00:00:00 GMT"


# What happens


def test_a_body_of_one_s_own_takes_the_place_of_the_answer(server: ForTests) -> None:
    server.fail(status=502, body="<html>Bad gateway ✗</html>", content_type="text/html", times=1)
    server.fail(body="hello")
    answer = server.get(READ)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert answer.content.decode() == "<html>Bad gateway ✗</html>"
    answer = server.get(READ)
    assert (answer.status_code, answer.headers["Content-Type"], answer.text) == (
        200, "text/plain; charset=utf-8", "hello",
    )  # fmt: skip


def test_a_content_type_alone_changes_only_the_type(server: ForTests) -> None:
    right = server.get(READ)
    server.fail(content_type="text/html")
    known = {"If-None-Match": right.headers["ETag"]}
    wrong = server.get(READ, headers=known)
    assert (wrong.status_code, wrong.headers["Content-Type"]) == (200, "text/html")
    assert wrong.content == right.content
    assert "ETag" not in wrong.headers


@pytest.mark.parametrize(
    ("path", "empty"),
    [
        ("/STU3/Organization?name=leeds", lambda found: found["total"] == 0 and "entry" not in found),
        ("/ORD/2-0-0/organisations?Name=leeds", lambda found: found == {"Organisations": []}),
        ("/lookup?q=leeds", lambda found: found["results"] == []),
        ("/lookup?q=RR8", lambda found: found["results"] == []),
    ],
)
def test_an_empty_search_finds_nothing_for_that_request_alone(
    server: ForTests, path: str, empty: Any
) -> None:
    before = server.get(path)
    known = {"If-None-Match": before.headers["ETag"]} if "ETag" in before.headers else {}
    server.fail(empty=True, times=1)
    answer = server.get(path, headers=known)
    assert answer.status_code == 200
    assert empty(answer.json())
    after = server.get(path)
    assert not empty(after.json())
    assert after.headers.get("ETag") == before.headers.get("ETag")


@pytest.mark.parametrize("path", [READ, "/ORD/2-0-0/organisations/RR8", "/levels?code=RR8", "/STU3/metadata"])
def test_empty_has_no_effect_elsewhere(server: ForTests, path: str) -> None:
    before = server.get(path)
    server.fail(empty=True)
    assert server.get(path).json() == before.json()


def test_a_cut_answer_has_the_whole_length_and_a_part_of_the_body(server: ForTests) -> None:
    plain = {"Accept-Encoding": "identity"}
    right = server.get(READ, headers=plain)
    fault = server.fail(cut=100, times=1)
    server.fail(cut=0, times=1)
    for size in (100, 0):
        with requests.get(server.url + READ, headers=plain, stream=True, timeout=60) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Length"] == right.headers["Content-Length"]
            received = answer.raw.read(size) if size else b""
            assert received == right.content[:size]
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                list(answer.iter_content(1))
    assert server.get("/_test/faults").json()[0] == {"id": fault, "cut": 100, "times": 1, "hits": 1}
    assert [each["status"] for each in server.asked()] == [200, None, None]
    assert server.get(READ).content == right.content


def test_a_cut_answer_without_a_body_has_its_head(server: ForTests) -> None:
    right = server.get(READ)
    server.fail(cut=5)
    answer = requests.head(server.url + READ, timeout=60)
    assert answer.headers["Content-Length"] == right.headers["Content-Length"]


def test_a_closed_connection_gives_no_answer(server: ForTests) -> None:
    server.fail(close=True, times=1, status=503)
    with pytest.raises(requests.ConnectionError, match="without response"):
        server.get(READ)
    assert server.get(READ).status_code == 200
    assert [each["status"] for each in server.asked()] == [None, 200]


def test_a_delay_comes_before_everything_else(server: ForTests) -> None:
    server.fail(delay=0.5, close=True, times=1)
    server.fail(delay=0.5, status=503, cut=10, times=1)
    begun = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        server.get(READ)
    assert time.monotonic() - begun >= 0.5
    begun = time.monotonic()
    with requests.get(server.url + READ, stream=True, timeout=60) as answer:
        assert time.monotonic() - begun >= 0.5
        assert answer.status_code == 503
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(answer.iter_content(1))


def test_a_hundred_delayed_answers_hold_back_no_other(server: ForTests) -> None:
    server.fail(path=READ, delay=300)
    port = int(server.url.rpartition(":")[2])
    with ExitStack() as opened:
        delayed = [
            opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(100)
        ]
        for connection in delayed:
            connection.sendall(f"GET {READ} HTTP/1.1\r\nHost: ods\r\n\r\n".encode())
        wait_for(lambda: len(server.asked()) == 100)
        assert server.get("/lookup?q=leeds").status_code == 200
        assert select.select(delayed, [], [], 0)[0] == []


# Which requests


def test_faults_are_counted_exactly_under_concurrency(server: ForTests) -> None:
    server.fail(path="/lookup", status=503, after=30, times=40)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: server.get("/lookup?q=leeds").status_code, range(100)))
    assert (statuses.count(503), statuses.count(200)) == (40, 60)
    assert server.get("/_test/faults").json()[0]["hits"] == 40


def test_health_and_the_controls_answer_unless_a_path_names_health(server: ForTests) -> None:
    server.fail(status=503)
    assert server.get("/health/live").status_code == 200
    assert server.get("/_test/faults").status_code == 200
    server.fail(path="/health/*", status=500)
    assert server.get("/health/live").status_code == 500


def test_a_header_is_a_fault_for_its_request_alone_and_comes_first(server: ForTests) -> None:
    server.fail(status=500, times=1)
    answer = server.get(READ, headers={"X-ODS-Fault": "status=503; retry-after=2"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert [server.get(READ).status_code for _ in range(2)] == [500, 200]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (READ, lambda found: found["issue"][0]["diagnostics"]),
        ("/ORD/2-0-0/organisations/RR8", lambda found: found["errorText"]),
        ("/lookup?q=x", lambda found: found["error"]),
    ],
)
def test_a_wrong_header_is_refused_in_the_interface_s_words(server: ForTests, path: str, said: Any) -> None:
    answer = server.get(path, headers={"X-ODS-Fault": "status=teapot"})
    assert answer.status_code == 400
    assert "X-ODS-Fault" in said(answer.json())


# The addresses


def test_faults_are_listed_and_removed(server: ForTests) -> None:
    first, second = server.fail(status=503), server.fail(close=True, times=2)
    assert server.get("/_test/faults").json() == [
        {"id": first, "status": 503, "hits": 0},
        {"id": second, "close": True, "times": 2, "hits": 0},
    ]
    assert server.delete(f"/_test/faults/{first}").status_code == 204
    assert server.delete(f"/_test/faults/{first}").status_code == 404
    assert [each["id"] for each in server.get("/_test/faults").json()] == [second]
    assert server.delete("/_test/faults").status_code == 204
    assert server.get("/_test/faults").json() == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"status": 99}', b'{"colour": 1}', b"[]", b'{"body": "\\ud800"}']
)
def test_a_wrong_fault_is_refused(server: ForTests, body: bytes) -> None:
    answer = server.post("/_test/faults", data=body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert server.get("/_test/faults").json() == []


def test_a_fault_that_is_too_long_is_refused(server: ForTests) -> None:
    assert server.post("/_test/faults", json={"body": "x" * 1_000_000}).status_code == 201
    browser = {"Accept": "text/html"}
    answer = server.post("/_test/faults", json={"body": "x" * 1_048_576}, headers=browser)
    assert (answer.status_code, list(answer.json())) == (413, ["error"])


def test_requests_are_recorded_as_they_were_sent(server: ForTests) -> None:
    server.get(
        "/STU3/Organization?name=leeds%20a&name=b&_count=1",
        headers={"Authorization": "Bearer x", "apikey": "y"},
    )
    server.post("/STU3/Organization/_search", data={"name": "leéds"})
    server.get("//lookup", params={"q": ""})
    first, second, third = server.asked()
    assert (first["method"], first["path"]) == ("GET", "/STU3/Organization")
    assert first["query"] == "name=leeds%20a&name=b&_count=1"
    assert first["params"] == {"name": ["leeds a", "b"], "_count": ["1"]}
    assert (first["headers"]["authorization"], first["headers"]["apikey"]) == ("***", "***")
    assert first["headers"]["host"] == server.url.removeprefix("http://")
    assert (second["method"], second["body"], second["status"]) == ("POST", "name=le%C3%A9ds", 200)
    assert third["path"] == "//lookup"
    assert first["time"] < second["time"] < third["time"]
    assert server.delete("/_test/requests").status_code == 204
    assert server.asked() == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_is_recorded_in_part_and_received_whole(server: ForTests, chunked: bool) -> None:
    rows = b"code\r\n" + b"RR8\r\n" * 20_000
    sent: Any = iter([rows[:50_000], rows[50_000:]]) if chunked else rows
    answer = server.post("/levels?code=code", data=sent, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text
    assert answer.text.count("\n") == 20_001
    (recorded,) = server.asked()
    assert recorded["body"] == rows[:65_536].decode()


def test_the_body_of_a_request_that_fails_is_recorded(server: ForTests) -> None:
    server.fail(status=503)
    assert server.post("/STU3/Organization/_search", data={"name": "leeds"}).status_code == 503
    assert server.asked()[0]["body"] == "name=leeds"


def test_pages_of_other_sites_do_not_reach_the_controls(server: ForTests) -> None:
    for method, path in (
        ("GET", "/requests"),
        ("POST", "/faults"),
        ("DELETE", "/faults"),
        ("OPTIONS", "/faults"),
        ("GET", "/nothing"),
    ):
        answer = requests.request(
            method, f"{server.url}/_test{path}", headers={"Origin": "https://x.example"}, timeout=60
        )  # fmt: skip
        assert answer.status_code == (404 if path == "/nothing" else 403)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    answer = server.get("/_test/faults")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert requests.put(f"{server.url}/_test/faults", timeout=60).status_code == 405


def test_options_lists_the_methods_of_a_control(server: ForTests) -> None:
    answer = requests.options(f"{server.url}/_test/requests", timeout=60)
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, DELETE, OPTIONS")


# The next release


def test_the_next_release_is_swapped_in_and_reset_goes_back(server: ForTests) -> None:
    first = server.get("/health/ready").json()["generation"]
    walk = server.get("/STU3/Organization?name=leeds&_count=2").json()
    (following,) = [link["url"] for link in walk["link"] if link["relation"] == "next"]
    answer = server.post(
        "/_test/release", data=EDGES.read_bytes(), headers={"Content-Type": "application/zip"}
    )
    assert answer.status_code == 200
    assert answer.json()["organisations"] == 12
    assert server.get("/health/ready").json()["generation"] == answer.json()["generation"] != first
    assert server.get(READ).status_code == 404
    assert requests.get(following, timeout=60).status_code == 200
    assert server.post("/_test/reset").status_code == 204
    assert server.get("/health/ready").json()["generation"] == first
    assert server.get(READ).status_code == 200


def test_reset_loads_the_first_release_again_where_it_is_no_longer_kept(server: ForTests) -> None:
    for _ in range(2):
        assert server.post("/_test/release", data=EDGES.read_bytes()).status_code == 200
    assert server.post("/_test/reset").status_code == 204
    assert server.get(READ).status_code == 200
    assert server.post("/_test/reset").status_code == 204
    assert server.get(READ).status_code == 200


def test_a_bad_release_is_refused_and_what_was_live_stays(server: ForTests) -> None:
    before = server.get("/health/ready").json()
    answer = server.post("/_test/release", data=SAMPLE.read_bytes()[:-5000])
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert answer.json()["error"].startswith("release.zip")
    assert server.get("/health/ready").json() == before


def test_a_list_of_organisations_is_the_next_release(server: ForTests) -> None:
    answer = server.post("/_test/organisations", json=[{"code": "A1", "name": "ONE SURGERY"}])
    assert answer.status_code == 200
    assert answer.json()["organisations"] == 1
    assert server.get("/STU3/Organization/A1").json()["name"] == "ONE SURGERY"
    bad = server.post(
        "/_test/organisations", json=[{"code": "A1", "name": "ONE"}, {"code": "A1", "name": "TWO"}]
    )
    assert bad.status_code == 400
    assert "A1" in bad.json()["error"]
    assert server.get("/STU3/Organization/A1").json()["name"] == "ONE SURGERY"
    assert server.post("/_test/organisations", json=[]).json()["organisations"] == 0


def test_a_release_above_64_mb_is_refused(server: ForTests) -> None:
    answer = server.post("/_test/release", data=bytes(67_108_865))
    assert (answer.status_code, list(answer.json())) == (413, ["error"])


def test_reset_forgets_faults_and_requests(server: ForTests) -> None:
    server.fail(status=503)
    server.get(READ)
    assert server.post("/_test/reset").status_code == 204
    assert server.get("/_test/faults").json() == []
    assert server.asked() == []
