"""The running server: what it does when generations are swapped, and with HTTP as it comes over a socket."""

# ruff: noqa: E501 - tables

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from app.clock import clock
from app.engine import open_index
from app.server.gunicorn import THREADS
from indexer.load import LoadOptions, load
from tests.conftest import BIN, wait_for
from tests.nodes import free_port
from tests.releases import tiny

CODES = [f"A{number:02}" for number in range(1, 31)]


@dataclass
class Running:
    """A server: its address, its process, and the file of its log."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        """The port it listens on."""
        return urlsplit(self.address).port or 0

    def get(self, path: str, **given: Any) -> requests.Response:
        """Ask for a path."""
        return requests.get(self.address + path, timeout=20, **given)


@contextmanager
def running(index: str, folder: Path, workers: int = 1, **environment: str) -> Iterator[Running]:
    """Run ods-server, its log in a file below `folder`; there is no traceback in it."""
    bind = f"127.0.0.1:{free_port()}"
    log = folder / f"{bind.replace(':', '-')}.log"
    command = [BIN / "ods-server", "--index", index, "--bind", bind, "--workers", str(workers)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ODS_")}
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, env=kept | environment, stderr=stderr) as process,
    ):
        try:
            wait_for(lambda: requests.get(f"http://{bind}/health/live", timeout=2).ok)
            yield Running(f"http://{bind}", process, log)
        finally:
            process.terminate()
            process.wait(timeout=30)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def server(sample_index: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server over the bundled sample, which no test stops or changes."""
    with running(sample_index, tmp_path_factory.mktemp("server")) as made:
        yield made


@dataclass
class Swapping:
    """An index that is loaded again and again; the n-th release has its number in every name."""

    url: str
    folder: Path
    number: int = 0

    def load(self) -> int:
        """Load the next release, and return its number; it has CODES and as many others as its number says."""
        self.number += 1
        others = [f"B{number:02}" for number in range(self.number)]
        names = dict.fromkeys((*CODES, *others), f"SURGERY G{self.number}")
        path = tiny(self.folder / f"{self.number}.xml", date(2026, 1, 29), names)
        now = datetime(2026, 1, 30, 0, 0, self.number, tzinfo=UTC)
        load([path], open_index(self.url), clock(now), LoadOptions(validate="none"))
        return self.number


@pytest.fixture
def swapping(new_url: Callable[[], str], tmp_path: Path) -> Swapping:
    """An index into which nothing was loaded yet."""
    return Swapping(new_url(), tmp_path)


def number_in(names: set[str]) -> int:
    """Return the number of the one release that names are of."""
    (name,) = names
    return int(name.removeprefix("SURGERY G"))


# Generations under a running server


def test_swaps_under_load_fail_no_request_and_mix_no_answer(swapping: Swapping, tmp_path: Path) -> None:
    swapping.load()
    stop = threading.Event()
    faults: list[object] = []
    releases: defaultdict[str, set[int]] = defaultdict(set)
    answers: list[int] = []

    def look(response: requests.Response, number: int) -> None:
        releases[response.headers["ETag"]].add(number)
        answers.append(number)

    def search(session: requests.Session) -> None:
        response = session.get(
            f"{server.address}/STU3/Organization?name:contains=URGER&_sort=-name&_count=20", timeout=20
        )
        bundle = response.json()
        number = number_in({entry["resource"]["name"] for entry in bundle["entry"]})
        (next_link,) = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if (response.status_code, bundle["total"]) != (
            200,
            len(CODES) + number,
        ) or f"2026-01-29.{number}&" not in next_link:
            faults.append((response.status_code, number, bundle["total"], next_link))
        look(response, number)

    def read(session: requests.Session) -> None:
        response = session.get(f"{server.address}/STU3/Organization/A07", timeout=20)
        number = number_in({response.json()["name"]})
        look(response, number)
        unchanged = session.get(
            f"{server.address}/STU3/Organization/A07",
            headers={"If-None-Match": response.headers["ETag"]},
            timeout=20,
        )
        if unchanged.status_code == 200 and number_in({unchanged.json()["name"]}) <= number:
            faults.append(("told as changed", number))
        elif unchanged.status_code not in {200, 304}:
            faults.append(unchanged.status_code)

    def hammer(ask: Callable[[requests.Session], None]) -> None:
        with requests.Session() as session:
            while not stop.is_set():
                try:
                    ask(session)
                except Exception as error:
                    faults.append(error)

    with running(swapping.url, tmp_path, workers=2, ODS_LOG_LEVEL="WARNING") as server:
        clients = [threading.Thread(target=hammer, args=[ask]) for ask in (search, read, search)]
        for client in clients:
            client.start()
        try:
            for _ in range(10):
                time.sleep(0.15)
                last = swapping.load()
            wait_for(lambda: answers[-1] == last)
        finally:
            stop.set()
            for client in clients:
                client.join()
    assert not faults, faults[:3]
    assert all(len(numbers) == 1 for numbers in releases.values())
    assert len({number for numbers in releases.values() for number in numbers}) == len(releases) > 3
    assert len(answers) > 50


def walk(url: str, after: Callable[[int], object]) -> list[str]:
    """Follow `next` from a search to its end, with something done after each page; return the ids met."""
    met, pages = [], 0
    while url:
        response = requests.get(url, timeout=20)
        assert response.status_code == 200
        bundle = response.json()
        met += [entry["resource"]["id"] for entry in bundle["entry"]]
        pages += 1
        after(pages)
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    return met


@pytest.mark.parametrize("order", ["", "&_sort=-name", "&_sort=_lastUpdated,-_id"])
def test_a_walk_that_spans_a_swap_meets_every_match_once(
    order: str, swapping: Swapping, tmp_path: Path
) -> None:
    swapping.load()
    with running(swapping.url, tmp_path, workers=2) as server:
        met = walk(
            f"{server.address}/STU3/Organization?name=surgery&_count=7{order}",
            lambda page: swapping.load() if page == 2 else None,
        )
        assert sorted(met) == sorted([*CODES, "B00"])
        assert server.get("/STU3/Organization?_summary=count").json()["total"] == len(CODES) + 2


def test_a_walk_whose_generation_is_gone_is_told_to_start_again(swapping: Swapping, tmp_path: Path) -> None:
    swapping.load()
    with running(swapping.url, tmp_path, workers=2) as server:
        bundle = server.get("/STU3/Organization?name=surgery&_count=7").json()
        (url,) = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        swapping.load()
        assert requests.get(url, timeout=20).status_code == 200
        swapping.load()
        for _ in range(6):  # whichever worker answers
            response = requests.get(url, timeout=20)
            assert response.status_code == 410
            assert "start the search again" in outcome(response.headers["Content-Type"], response.content)


def test_a_rollback_is_served_without_a_restart(swapping: Swapping, tmp_path: Path) -> None:
    swapping.load()
    swapping.load()
    with running(swapping.url, tmp_path, workers=2) as server:
        before = [server.get("/STU3/Organization/A01") for _ in range(6)]
        open_index(swapping.url).rollback(datetime(2026, 1, 1, tzinfo=UTC))
        after = [server.get("/STU3/Organization/A01") for _ in range(6)]
        assert {response.json()["name"] for response in before} == {"SURGERY G2"}
        assert {response.json()["name"] for response in after} == {"SURGERY G1"}
        assert {response.headers["ETag"] for response in before} & {
            response.headers["ETag"] for response in after
        } == set()
        ((was,), (is_,)) = (
            {response.headers["Last-Modified"] for response in each} for each in (before, after)
        )
        changed = server.get("/STU3/Organization/A01", headers={"If-Modified-Since": was})
        assert changed.status_code == 200
        assert server.get("/STU3/Organization/A01", headers={"If-Modified-Since": is_}).status_code == 304
        assert server.get("/health/ready").json()["generation"] == "2026-01-29.1"


def test_a_server_without_a_register_starts_and_becomes_ready_by_a_load(
    swapping: Swapping, tmp_path: Path
) -> None:
    with running(swapping.url, tmp_path, workers=2) as server:
        assert "serving, but not ready" in server.log.read_text()
        assert server.get("/health/live").status_code == 200
        assert server.get("/health/ready").status_code == 503
        assert server.get("/").status_code == 200
        assert server.get("/STU3/metadata").json()["resourceType"] == "CapabilityStatement"
        for path in (
            "/STU3/Organization",
            "/STU3/Organization/RR8",
            "/STU3/CodeSystem",
            "/STU3/ValueSet/ODSAPI-OrganizationRole-1",
        ):
            response = server.get(path)
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) > 0
            assert "ods-indexer load" in outcome(response.headers["Content-Type"], response.content)
        swapping.load()
        for _ in range(6):
            assert server.get("/health/ready").status_code == 200
            assert server.get("/STU3/Organization/A01").json()["name"] == "SURGERY G1"


def test_an_index_that_is_damaged_under_a_running_server_is_no_fault_of_the_client(
    swapping: Swapping, tmp_path: Path
) -> None:
    if not swapping.url.startswith("sqlite:"):
        pytest.skip("a cluster keeps its own files")
    swapping.load()
    path = Path(swapping.url.removeprefix("sqlite:///"))
    with running(swapping.url, tmp_path) as server:
        assert server.get("/STU3/Organization/A01").status_code == 200
        torn = path.with_name("torn")
        torn.write_bytes(path.read_bytes()[:5000])
        torn.replace(path)
        response = server.get("/STU3/Organization/A01")
        assert response.status_code == 503
        assert str(path) not in outcome(response.headers["Content-Type"], response.content)
        assert server.get("/health/ready").status_code == 503
        assert server.get("/health/live").status_code == 200
        swapping.load()
        assert server.get("/STU3/Organization/A01").json()["name"] == "SURGERY G2"


# Stopping


def test_a_stop_finishes_the_request_that_runs(sample_index: str, tmp_path: Path) -> None:
    with running(sample_index, tmp_path) as server, connected(server) as idle, connected(server) as busy:
        answer_to(idle, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        body = b"name=LEEDS%20TEACHING&_count=1"
        head = f"POST /STU3/Organization/_search HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        busy.sendall(head.encode() + body[:5])
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.process.poll() is None
        busy.sendall(body[5:])
        answer = read_answer(busy)
        assert answer.status == 200
        assert json.loads(answer.body)["total"] > 0
        begun = time.monotonic()
        assert server.process.wait(timeout=20) == 0
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_server_with_zero_and_no_worker_is_left(
    sent: signal.Signals, sample_index: str, tmp_path: Path
) -> None:
    with running(sample_index, tmp_path, workers=2) as server, connected(server) as idle:
        answer_to(idle, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        server.process.send_signal(sent)
        assert server.process.wait(timeout=10) == 0
        with pytest.raises(requests.ConnectionError):
            server.get("/health/live")


# HTTP over a socket


@dataclass
class Answer:
    """One answer as it came: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def connected(server: Running) -> Iterator[socket.socket]:
    """Open a connection to a server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        yield connection


def read_answer(connection: socket.socket, *, to_head: bool = False) -> Answer:
    """Read one answer, and no byte more than its length."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(1)
        assert received, data
        data += received
    status, *lines = data[:-4].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert re.match(r"HTTP/1\.[01] [2-5]\d\d ", status), status
    body, length = b"", 0 if to_head else int(headers.get("content-length", "0"))
    while len(body) < length:
        received = connection.recv(length - len(body))
        assert received, body
        body += received
    return Answer(int(status.split()[1]), headers, body)


def answer_to(connection: socket.socket, sent: bytes, *, to_head: bool = False) -> Answer:
    """Send bytes and read an answer."""
    connection.sendall(sent)
    return read_answer(connection, to_head=to_head)


def rest_of(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    received = b""
    while data := connection.recv(65_536):
        received += data
    return received


def outcome(content_type: str, body: bytes) -> str:
    """Check that a body is an OperationOutcome in JSON, and return what it says."""
    assert content_type.startswith("application/fhir+json")
    found = json.loads(body)
    assert found["resourceType"] == "OperationOutcome"
    (issue,) = found["issue"]
    assert issue["severity"] == "error"
    text: str = issue["diagnostics"]
    return text


def request(target: str, *headers: str, method: str = "GET", host: str = "ods.example.org") -> bytes:
    """Return a request as it is sent."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode("latin-1")


FORM = "Content-Type: application/x-www-form-urlencoded"
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
    "no host": b"GET /STU3/metadata HTTP/1.1\r\n\r\n",
    "an empty host": request("/STU3/metadata", host=""),
    "a host that is none": request("/STU3/metadata", host="[::"),
    "a host with a blank": request("/STU3/metadata", host="a b"),
    "a host with a bad port": request("/STU3/metadata", host="a:port"),
    "a host with signs": request("/STU3/metadata", host="<script>"),
    "two hosts": request("/STU3/metadata", "Host: other"),
    "a star": request("*", method="OPTIONS"),
    "a star for GET": request("*"),
    "an authority": request("ods.example.org:443", method="CONNECT"),
    "an absolute address without a path": request("http://ods.example.org"),
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


def test_an_absolute_address_is_answered_without_believing_its_host(server: Running) -> None:
    with connected(server) as connection:
        answer = answer_to(connection, request("http://evil.example/STU3/Organization?name=leeds&_count=1"))
        assert answer.status == 200
        links = [link["url"] for link in json.loads(answer.body)["link"]]
        assert links
        assert all(link.startswith("http://ods.example.org/STU3/Organization?") for link in links)


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


def test_clients_that_only_connect_keep_nobody_out(server: Running) -> None:
    waiting = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(40)]
    try:
        begun = time.monotonic()
        assert server.get("/STU3/Organization/RR8").status_code == 200
        assert time.monotonic() - begun < 10
    finally:
        for connection in waiting:
            connection.close()


def is_live(server: Running, timeout: float) -> bool:
    """Tell whether a server answers within so many seconds."""
    try:
        return requests.get(f"{server.address}/health/live", timeout=timeout).ok
    except requests.Timeout:
        return False


def test_clients_that_begin_to_send_and_stop_hold_no_thread_for_long(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(THREADS):
            stack.enter_context(connected(server)).sendall(b"GET /STU3/Organization/RR8 HT")
        assert is_live(server, timeout=25)
    assert "Traceback" not in server.log.read_text()


def test_clients_that_send_byte_by_byte_hold_no_thread_for_long(server: Running) -> None:
    done = threading.Event()

    def trickle(connection: socket.socket) -> None:
        with suppress(OSError):
            while not done.wait(0.5):
                connection.sendall(b"a")

    with ExitStack() as stack:
        stack.callback(done.set)
        for _ in range(THREADS):
            connection = stack.enter_context(connected(server))
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-A: ")
            threading.Thread(target=trickle, args=(connection,)).start()
        assert is_live(server, timeout=25)


def test_clients_that_read_no_answer_hold_no_thread_for_long(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(THREADS):
            connection = stack.enter_context(connected(server))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Much more is answered than the system keeps for one who does not read.
            connection.sendall(request("/STU3/metadata?_pretty=true") * 500)
        wait_for(lambda: not is_live(server, timeout=1), 60)
        assert is_live(server, timeout=40)


def test_a_body_shorter_than_its_length_is_not_answered_as_if_it_were_whole(server: Running) -> None:
    with connected(server) as connection:
        sent = request("/STU3/Organization/_search", FORM, "Content-Length: 100", method="POST")
        connection.sendall(sent + b"name=leeds")
        connection.shutdown(socket.SHUT_WR)
        assert read_answer(connection).status == 400
