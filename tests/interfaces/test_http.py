"""HTTP as it comes over a socket: what cannot be understood, what is odd, and where a request ends."""

# ruff: noqa: E501 - tables

import json
import re
import socket
import time

import pytest

from tests.interfaces.sockets import (
    FORM,
    Running,
    answer_to,
    connected,
    outcome,
    read_answer,
    request,
    rest_of,
)

REFUSED: dict[str, tuple[bytes, int]] = {
    "a query of 100 kB": (request("/STU3/Organization?name=" + "a" * 100_000), 414),
    "a query of 1 MB": (request("/STU3/Organization?name=" + "a" * 1_000_000), 414),
    "a path of 100 kB": (request("/STU3/Organization/" + "a" * 100_000), 414),
    "a query a little beyond our limit": (request("/STU3/Organization?_elements=" + "a" * 8_050), 414),
    "a query a little beyond the server's limit": (request("/STU3/Organization?_elements=" + "a" * 8_200), 414),
    "a header of 100 kB": (request("/STU3/metadata", "X-Long: " + "a" * 100_000), 431),
    "three hundred headers": (request("/STU3/metadata", *(f"X-{number}: 1" for number in range(300))), 431),
    "a header without a colon": (request("/STU3/metadata", "nonsense"), 400),
    "a header with a blank in its name": (request("/STU3/metadata", "Not A Name: 1"), 400),
    "a header without a name": (request("/STU3/metadata", ": 1"), 400),
    "a header with a NUL": (request("/STU3/metadata", "X-Nul: a\0b"), 400),
    "a folded header": (request("/STU3/metadata", "X-Folded: a", " b"), 400),
    "a transfer encoding that nobody knows": (request("/STU3/Organization/_search", FORM, "Transfer-Encoding: nonsense", method="POST"), 400),
    "a length and a transfer encoding": (request("/STU3/Organization/_search", FORM, "Content-Length: 4", "Transfer-Encoding: chunked", method="POST") + b"0\r\n\r\n", 400),
    "a length that is no number": (request("/STU3/Organization/_search", FORM, "Content-Length: four", method="POST"), 400),
    "a negative length": (request("/STU3/Organization/_search", FORM, "Content-Length: -4", method="POST"), 400),
    "two lengths": (request("/STU3/Organization/_search", FORM, "Content-Length: 4", "Content-Length: 5", method="POST") + b"a=bc", 400),
    "a chunk whose size is no number": (request("/STU3/Organization/_search", FORM, "Transfer-Encoding: chunked", method="POST") + b"xyz\r\nname=LEEDS\r\n0\r\n\r\n", 400),
    "a chunk that does not end where it says": (request("/STU3/Organization/_search", FORM, "Transfer-Encoding: chunked", method="POST") + b"2\r\nname=LEEDS\r\n0\r\n\r\n", 400),
    "two hosts": (request("/STU3/metadata", "Host: other"), 400),
    "an expectation that nobody meets": (request("/STU3/metadata", "Expect: the-unexpected"), 400),
    "no version": (b"GET /STU3/metadata\r\n\r\n", 400),
    "an unknown version": (b"GET /STU3/metadata HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    "a version that is none": (b"GET /STU3/metadata HTTPS/1.1\r\nHost: x\r\n\r\n", 400),
    "a method with signs": (b"G@T /STU3/metadata HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "nothing but words": (b"hello server, how are you\r\n\r\n", 400),
    "an empty target": (b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a target that is no URL": (request("http://[::1"), 400),
    "the hello of TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
def test_http_that_cannot_be_understood_is_answered_with_an_outcome_of_ours(
    sent: bytes, status: int, server: Running
) -> None:
    with connected(server) as connection:
        answer = answer_to(connection, sent)
        assert answer.status == status
        said = outcome(answer.headers["content-type"], answer.body)
        assert len(said) < 200
        assert not re.search("aaaa|nonsense|unexpected|xyz|gunicorn|werkzeug", said, re.IGNORECASE)
    assert server.get("/health/live").status_code == 200


NOT_FATAL: dict[str, bytes] = {
    "a star": request("*", method="OPTIONS"),
    "a star for GET": request("*"),
    "an authority": request("ods.example.org:443", method="CONNECT"),
    "an address of another scheme": request("ftp://ods.example.org/STU3/metadata"),
    "a path without a slash": request("STU3/metadata"),
    "two slashes": request("//STU3/metadata"),
    "dots": request("/../../etc/passwd"),
    "a fragment": request("/STU3/metadata#top"),
    "letters beyond ASCII": request("/STU3/Organization/é"),
    "a header beyond ASCII": request("/STU3/metadata", "X-Request-Id: é"),
    "an unknown method": request("/STU3/metadata", method="BREW"),
    "TRACE": request("/STU3/metadata", method="TRACE"),
    "an upgrade": request("/STU3/metadata", "Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    "another protocol": request("/STU3/metadata", "Connection: Upgrade", "Upgrade: websocket"),
    "forwarded by nobody": request("/STU3/metadata", "X-Forwarded-Proto: ftp", "X-Forwarded-Host: evil.example", "X-Forwarded-Ssl: off"),
    "an accept that is none": request("/STU3/metadata", "Accept: ;;;,,,/"),
    "ranges": request("/STU3/Organization/RR8", "Range: bytes=0-1"),
    "a body to a read": request("/STU3/Organization/RR8", "Content-Length: 4") + b"abcd",
}  # fmt: skip


@pytest.mark.parametrize("sent", NOT_FATAL.values(), ids=NOT_FATAL)
def test_odd_http_is_answered_and_never_our_fault(sent: bytes, server: Running) -> None:
    with connected(server) as connection:
        answer = answer_to(connection, sent)
    assert 200 <= answer.status < 500
    assert "evil.example" not in answer.body.decode()


def test_a_request_line_of_eight_thousand_bytes_is_read_and_one_more_is_not(server: Running) -> None:
    frame = len("GET /STU3/Organization?_count=1&_elements= HTTP/1.1")
    for length, status in (
        (8000, 200),
        (8001, 414),
        (8188, 414),
        (8190, 414),
        (8191, 414),
        (8192, 414),
        (8193, 414),
    ):
        with connected(server) as connection:
            answer = answer_to(
                connection, request("/STU3/Organization?_count=1&_elements=" + "a" * (length - frame))
            )
            assert (length, answer.status) == (length, status)
            if status == 414:
                assert "8000 bytes" in outcome(answer.headers["content-type"], answer.body)


def test_an_over_long_request_can_be_sent_in_pieces_and_its_answer_read_to_the_end(server: Running) -> None:
    with connected(server) as connection:
        sent = request("/STU3/Organization?name=" + "a" * 100_000)
        for start in range(0, len(sent), 20_000):
            connection.sendall(sent[start : start + 20_000])
            time.sleep(0.01)
        answer = read_answer(connection)
        assert (answer.status, answer.headers["connection"]) == (414, "close")
        assert rest_of(connection) == b""


def test_an_answer_that_leaves_a_long_body_unread_says_that_the_connection_closes(server: Running) -> None:
    with connected(server) as connection:
        connection.sendall(request("/no/such", "Content-Length: 2000000", method="POST") + b"a" * 100_000)
        answer = read_answer(connection)
        assert (answer.status, answer.headers["connection"]) == (404, "close")
        assert rest_of(connection) == b""


def test_a_faulty_request_after_a_good_one_is_answered_on_the_same_connection(server: Running) -> None:
    with connected(server) as connection:
        assert answer_to(connection, request("/STU3/Organization/RR8")).status == 200
        assert answer_to(connection, request("/STU3/metadata", "nonsense")).status == 400
        assert rest_of(connection) == b""


def test_a_kept_connection_answers_one_request_after_another(server: Running) -> None:
    with connected(server) as connection:
        answers = [
            answer_to(connection, request(f"/STU3/Organization/{code}")) for code in ("RR8", "NONE1", "RR8")
        ]
        assert [answer.status for answer in answers] == [200, 404, 200]
        assert answers[0].body == answers[2].body


def test_requests_sent_ahead_are_answered_in_order(server: Running) -> None:
    with connected(server) as connection:
        connection.sendall(
            b"".join(
                request(path)
                for path in ("/STU3/Organization/RR8", "/STU3/Organization/NONE1", "/health/live")
            )
        )
        assert [read_answer(connection).status for _ in range(3)] == [200, 404, 200]


def test_head_has_the_headers_of_get_and_no_body(server: Running) -> None:
    for path, status in (
        ("/STU3/Organization/RR8", 200),
        ("/STU3/Organization?name=leeds", 200),
        ("/STU3/Organization/NONE1", 404),
        ("/STU3/metadata", 200),
    ):
        with connected(server) as connection:
            head = answer_to(connection, request(path, method="HEAD"), to_head=True)
            get = answer_to(connection, request(path))  # what followed the head would be taken for this
        assert (head.status, get.status) == (status, status)
        told = {
            name: value
            for name, value in head.headers.items()
            if name not in {"date", "x-request-id", "content-length"}
        }
        assert told.items() <= get.headers.items()


def test_not_modified_has_no_body(server: Running) -> None:
    with connected(server) as connection:
        tag = answer_to(connection, request("/STU3/Organization/RR8")).headers["etag"]
        unchanged = answer_to(
            connection, request("/STU3/Organization/RR8", f"If-None-Match: {tag}"), to_head=True
        )
        assert unchanged.status == 304
        assert answer_to(connection, request("/STU3/Organization/RR8")).status == 200


def test_a_body_that_nobody_reads_is_no_next_request(server: Running) -> None:
    hidden = request("/STU3/Organization/RR8")
    with connected(server) as connection:
        answer = answer_to(
            connection, request("/STU3/metadata", f"Content-Length: {len(hidden)}", method="PUT") + hidden
        )
        assert answer.status == 405
        connection.sendall(request("/health/live"))
        following = read_answer(connection)
        assert json.loads(following.body) == {"status": "live"}


@pytest.mark.parametrize("size", [65_537, 1_000_000])
def test_a_form_that_is_too_long_is_refused_and_the_answer_can_be_read(size: int, server: Running) -> None:
    with connected(server) as connection:
        sent = (
            request("/STU3/Organization/_search", FORM, f"Content-Length: {size}", method="POST")
            + b"name="
            + b"a" * (size - 5)
        )
        answer = answer_to(connection, sent)
        assert answer.status == 413
        outcome(answer.headers["content-type"], answer.body)


def test_a_form_in_chunks_is_read(server: Running) -> None:
    with connected(server) as connection:
        head = request("/STU3/Organization/_search", FORM, "Transfer-Encoding: chunked", method="POST")
        answer = answer_to(connection, head + b"5\r\nname=\r\n5\r\nleeds\r\n0\r\n\r\n")
        assert answer.status == 200
        assert json.loads(answer.body)["total"] > 0
        assert answer_to(connection, request("/health/live")).status == 200


def test_http_1_0_is_answered_and_the_connection_closed(server: Running) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /STU3/Organization/RR8 HTTP/1.0\r\n\r\n")
        answer = read_answer(connection)
        assert (answer.status, json.loads(answer.body)["id"]) == (200, "RR8")
        assert rest_of(connection) == b""


def test_of_an_absolute_address_its_host_counts(server: Running) -> None:
    with connected(server) as connection:
        answer = answer_to(connection, request("http://other.example/STU3/Organization?name=leeds&_count=1"))
        assert answer.status == 200
        links = [link["url"] for link in json.loads(answer.body)["link"]]
        assert links
        assert all(link.startswith("http://other.example/STU3/Organization?") for link in links)


def test_an_absolute_address_without_a_path_is_the_start_page(server: Running) -> None:
    with connected(server) as connection:
        found, plain = (answer_to(connection, request(each)) for each in ("http://ods.example.org", "/"))
        assert (found.status, found.body) == (200, plain.body)
        assert answer_to(connection, request("http://ods.example.org", method="POST")).status == 405


NO_HOST: dict[str, bytes] = {
    "no host": b"GET /STU3/metadata HTTP/1.1\r\n\r\n",
    "an empty host": request("/STU3/metadata", host=""),
    "a host that is none": request("/STU3/metadata", host="[::"),
    "a host with a blank": request("/STU3/metadata", host="a b"),
    "a host with a bad port": request("/STU3/metadata", host="a:port"),
    "a host with signs": request("/STU3/metadata", host="<script>"),
}  # fmt: skip


@pytest.mark.parametrize("sent", NO_HOST.values(), ids=NO_HOST)
def test_a_request_without_one_host_is_refused(sent: bytes, server: Running) -> None:
    with connected(server) as connection:
        answer = answer_to(connection, sent)
    assert answer.status == 400
    assert "Host header" in outcome(answer.headers["content-type"], answer.body)


def test_a_connection_that_is_dropped_half_way_harms_nobody(server: Running) -> None:
    for sent in (
        b"",
        b"GET /STU3",
        request("/STU3/metadata")[:-2],
        request("/STU3/Organization/_search", FORM, "Content-Length: 100", method="POST") + b"name=",
    ):
        with connected(server) as connection:
            connection.sendall(sent)
    assert server.get("/STU3/Organization/RR8").status_code == 200


def test_a_body_shorter_than_its_length_is_not_answered_as_if_it_were_whole(server: Running) -> None:
    with connected(server) as connection:
        sent = request("/STU3/Organization/_search", FORM, "Content-Length: 100", method="POST")
        connection.sendall(sent + b"name=leeds")
        connection.shutdown(socket.SHUT_WR)
        assert read_answer(connection).status == 400
