"""What the log says of a request, and what it leaves out; ids that callers send."""

import json
import logging
import logging.config
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import flask
import pytest
import requests
from flask.testing import FlaskClient

from app.logs import configuration
from app.web.site import REQUEST_ID
from tests.interfaces.helpers import FORM, ask, send
from tests.interfaces.sockets import Running, running

# How a request is logged does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

ADDRESSES = [
    *("/STU3/Organization/RR8", "/STU3/Nowhere", "/ORD/2-0-0/roles", "/ORD/x", "/", "/health/live", "/x")
]
SANE = ["abc", "ABC-123", "8d5b8f2e-8b5c-4f1e-9c55-0d1f6a3b2c1d", "a.b_c:d", "x" * 128]
INSANE = [
    *("", " ", "a b", "<script>", "é", "x" * 129, "x" * 5000, "a,b", 'a"b', "a\x01b", "\x7f", "%0d%0aA: x")
]
PATIENT = "jane+doe+nhs9434765919"


@contextmanager
def logged(log_format: str) -> Iterator[StringIO]:
    """Log as the server does, into a text."""
    root, seen = logging.getLogger(), StringIO()
    before, level = root.handlers[:], root.level
    logging.config.dictConfig(configuration(log_format, "DEBUG", REQUEST_ID))
    (handler,) = root.handlers
    handler.setStream(seen)
    try:
        yield seen
    finally:
        root.handlers, root.level = before, level


# Ids


@pytest.mark.parametrize("sent", SANE)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT"])
def test_a_sane_correlation_id_comes_back_and_is_logged(client, sent, method):
    for address in ADDRESSES:
        for log_format in ("text", "json"):
            with logged(log_format) as log:
                response = ask(
                    client, address, method=method, headers={"X-Correlation-ID": sent, "X-Request-Id": "r-1"}
                )
            assert response.headers["X-Correlation-ID"] == sent
            assert response.headers["X-Request-Id"] == "r-1"
            if log_format == "json":
                entry = json.loads(log.getvalue())
                assert (entry["request_id"], entry["correlation_id"]) == ("r-1", sent)
            else:
                assert log.getvalue().endswith(f" [r-1 {sent}]\n")


@pytest.mark.parametrize("sent", INSANE)
def test_a_hostile_correlation_id_does_not_come_back(client, sent):
    for address in ADDRESSES:
        with logged("text") as log:
            response = ask(client, address, headers={"X-Correlation-ID": sent})
        assert "X-Correlation-ID" not in response.headers
        assert log.getvalue().endswith(f" [{response.headers['X-Request-Id']} -]\n")
    assert "X-Correlation-ID" not in ask(client, ADDRESSES[0]).headers


def test_a_correlation_id_may_be_sent_and_read_by_pages_of_any_origin(client):
    exposed = "Access-Control-Expose-Headers"
    with_id = ask(client, ADDRESSES[0], headers={"X-Correlation-ID": "abc"}).headers[exposed].split(", ")
    assert with_id == [*ask(client, ADDRESSES[0]).headers[exposed].split(", "), "X-Correlation-ID"]
    target = "/ORD/2-0-0/organisations?Name=leeds"
    assert ask(client, target, headers={"X-Correlation-ID": "abc"}).headers[exposed] == "X-Total-Count"
    asked = {"Access-Control-Request-Headers": "x-correlation-id"}
    allowed = ask(client, ADDRESSES[0], method="OPTIONS", headers=asked).headers
    assert allowed["Access-Control-Allow-Headers"] == "x-correlation-id"


@pytest.mark.parametrize("sent", ["a\x01b", "\x7f", "é", "a\tb", "x" * 5000, "a;b", "<script>"])
def test_what_names_no_headers_is_not_repeated_to_a_preflight(client, sent):
    response = ask(client, ADDRESSES[0], method="OPTIONS", headers={"Access-Control-Request-Headers": sent})
    assert response.headers["Access-Control-Allow-Headers"] == "*"


# Time and length


@pytest.mark.parametrize(("seconds", "is_slow"), [(0.251, True), (-60, False)])
def test_a_request_that_took_longer_than_250_ms_is_marked(
    make_client: Callable[..., FlaskClient], seconds: float, is_slow: bool
) -> None:
    client = make_client()

    def answer() -> str:
        flask.g.started = time.monotonic() - seconds
        return "done"

    client.application.view_functions["live"] = answer
    for log_format in ("text", "json"):
        with logged(log_format) as log:
            ask(client, "/health/live", headers={"X-Request-Id": "r-1"})
        line = log.getvalue()
        if log_format == "json":
            assert json.loads(line).get("slow", False) is is_slow
        else:
            assert line.endswith(f" ms 4 bytes{' slow' if is_slow else ''} [r-1 -]\n")


@pytest.mark.parametrize("target", ["/STU3/Organization/RR8", "/ORD/2-0-0/sync?LastChangeDate=2026-01-01"])
def test_the_bytes_of_a_body_are_logged(client: FlaskClient, target: str) -> None:
    with logged("json") as log:
        got = ask(client, target)
        ask(client, target, method="HEAD")
        ask(client, target, headers={"If-None-Match": got.headers["ETag"]})
    said = [json.loads(line) for line in log.getvalue().splitlines()]
    assert got.status_code == 200
    assert said[0]["bytes"] == len(got.data)
    assert [each["bytes"] for each in said[1:] if each["status"] != 200 or each["method"] == "HEAD"] == [0, 0]


def test_an_answer_of_unknown_length_is_logged_without_it(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client()
    client.application.view_functions["live"] = lambda: flask.Response(iter(["a", "b"]))
    with logged("json") as log:
        assert ask(client, "/health/live").data == b"ab"
    assert "bytes" not in json.loads(log.getvalue())


# Queries


def requests_that_fail_and_do_not(client: FlaskClient) -> list[int]:
    """Ask with a patient's name in the query, in every way in which an answer is one or is none."""
    query = f"name={PATIENT}"
    targets = [
        *(f"/STU3/Organization?{each}" for each in (query, f"x={PATIENT}", f"{PATIENT}=1")),
        *(f"/STU3/Organization?{query}{each}" for each in ("&_count=x", "&_generation=2020-01-01.1", "%zz")),
        *(f"/STU3/metadata?{query}", f"/STU3/Organization/RR8?{query}", f"/STU3/Nowhere?{query}"),
        *(f"/ORD/2-0-0/organisations?Name={PATIENT}", f"/ORD/2-0-0/roles?{query}", f"/ORD/2-0-0/x?{query}"),
        *(f"/?{query}", f"/health/live?{query}", f"/x?{query}", f"//?{query}", f"/x?{query}{'x' * 9000}"),
    ]
    found = [ask(client, target).status_code for target in targets]
    found += [ask(client, target, method="PUT").status_code for target in targets]
    found.append(send(client, f"GET http://a{targets[0]} HTTP/1.1", "Host: a").status_code)
    found.append(send(client, f"GET {targets[0]} HTTP/1.1").status_code)
    form = {"Content-Type": FORM}
    for body in (query, f"{query}%zz", f"{query}{'x' * 70_000}"):
        response = ask(client, "/STU3/Organization/_search", method="POST", headers=form, body=body.encode())
        found.append(response.status_code)
    return found


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_query_is_nowhere_in_the_log(client, unloaded, log_format):
    with logged(log_format) as log:
        statuses = [*requests_that_fail_and_do_not(client), *requests_that_fail_and_do_not(unloaded)]
    assert set(statuses) == {200, 400, 404, 405, 406, 410, 413, 414, 503}
    assert log.getvalue().count("\n") == len(statuses)
    assert "jane" not in log.getvalue()
    assert "?" not in log.getvalue()


def test_a_query_is_nowhere_in_the_log_of_a_server(sample_index: str, tmp_path: Path) -> None:
    with running(sample_index, tmp_path, ODS_LOG_LEVEL="DEBUG") as server:
        for target in ("/STU3/Organization", "/STU3/Organization/RR8", "/ORD/2-0-0/organisations", "/x", "/"):
            for query in (f"name={PATIENT}", f"Name={PATIENT}", f"x={PATIENT}%zz", PATIENT + "x" * 20_000):
                assert _asked(server, f"{target}?{query}") < 500
        assert "GET /STU3/Organization 400" in server.log.read_text()
    assert "jane" not in server.log.read_text()


def _asked(server: Running, target: str) -> int:
    return requests.get(server.address + target, timeout=60).status_code


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_query_is_logged_where_that_is_set(make_client, log_format):
    server = make_client(log_queries=True)
    with logged(log_format) as log:
        ask(server, f"/STU3/Organization?name={PATIENT}")
        ask(server, "/STU3/metadata")
    first, second = log.getvalue().splitlines()
    if log_format == "json":
        said: list[dict[str, Any]] = [json.loads(first), json.loads(second)]
        assert [each["path"] for each in said] == ["/STU3/Organization", "/STU3/metadata"]
        assert [each["query"] for each in said] == [f"name={PATIENT}", ""]
    else:
        assert f"GET /STU3/Organization?name={PATIENT} 200 " in first
        assert "GET /STU3/metadata 200 " in second


@pytest.mark.parametrize("queries", [False, True])
def test_an_unexpected_error_is_logged_with_its_text_only_where_queries_are(
    make_client: Callable[..., FlaskClient], queries: bool
) -> None:
    client = make_client(log_queries=queries)

    def fail(**_: object) -> None:
        name = flask.request.args["name"]
        try:
            int(name)
        except ValueError as error:
            raise RuntimeError(f"no number: {name}") from error

    client.application.view_functions["stu3.metadata"] = fail
    with logged("text") as log:
        assert ask(client, f"/STU3/metadata?name={PATIENT}").status_code == 500
    told = log.getvalue()
    assert "Traceback" in told
    assert "RuntimeError" in told
    assert "in fail" in told
    assert ("RuntimeError: no number: jane doe" in told) == queries
    assert ("ValueError: invalid literal" in told) == queries
    assert ("jane" in told) == queries
