"""The benchmark's client, against a small server of its own."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.bench.client import Connection, Request, Tally, figures, looping, percentile, run
from tests.bench.neighbours import HALF_SENT, IDLE, SILENT, TRICKLING, UNCLOSED, neighbours
from tests.conftest import wait_for

ASKED = []
CLIENTS = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def setup(self):
        super().setup()
        CLIENTS.add(self.client_address)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        answer = f"{self.headers['Content-Type']} {body.decode()}".encode()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self):
        ASKED.append(self.path)
        status = 500 if self.path == "/fault" else 200
        body = b'{"resourceType":"Bundle","total":42}' + b" " * 300_000 * (self.path == "/large")
        self.send_response(status)
        if self.path == "/headers":
            body = f"{self.client_address[1]} {self.headers}".encode()
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"5\r\nhello\r\n3;x=1\r\n yo\r\n0\r\n\r\n"
        else:
            self.send_header("Content-Length", str(len(body)))
        if self.path == "/close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


@contextmanager
def server():
    with Server(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield httpd.server_address
        httpd.shutdown()


def test_every_request_is_sent_once_and_counted_in_its_class():
    with server() as address:
        done = run(address, [Request("a", "/"), Request("b", "/large"), Request("a", "/close")] * 10)
    assert {kind: one.count for kind, one in done.classes.items()} == {"a": 20, "b": 10}
    assert done.errors == 0
    assert done.classes["a"].hits == 42


def test_a_status_that_is_not_expected_is_an_error_and_named():
    with server() as address:
        done = run(address, [Request("a", "/fault"), Request("b", "/fault", 500)])
    assert (done.classes["a"].errors, done.classes["b"].errors) == (1, 0)
    assert done.classes["a"].fault == "status 500 at /fault"


def test_chunked_answers_are_put_together():
    with server() as address:
        link = Connection(*address)
        assert [link.get("/chunked").body for _ in range(2)] == [b"hello yo"] * 2
        link.close()


def test_a_request_with_a_body_is_a_post_of_fhir_json():
    with server() as address:
        link = Connection(*address)
        assert [link.get("/", b"{}").body for _ in range(2)] == [b"application/fhir+json {}"] * 2
        assert run(address, [Request("a", "/", body=b"{}")]).errors == 0
        link.close()


def test_without_keeping_every_request_has_a_connection_of_its_own_that_the_server_is_asked_to_close():
    with server() as address:
        done = run(address, [Request("a", "/headers")] * 5, keep=False)
        link = Connection(*address, keep=False)
        bodies = [link.get("/headers").body for _ in range(2)]
        assert b"connection: close" in bodies[0].lower()
        assert len({body.partition(b" ")[0] for body in bodies}) == 2
        kept = Connection(*address)
        assert len({kept.get("/headers").body for _ in range(2)}) == 1
        kept.close()
    assert (done.classes["a"].count, done.errors) == (5, 0)


def test_another_client_goes_round_while_one_asks():
    with server() as address:
        ASKED.clear()
        with looping(address, [Request("a", "/b"), Request("a", "/c")]):
            while not {"/b", "/c"} <= set(ASKED):
                run(address, [Request("a", "/")])

        def is_quiet():
            count = len(ASKED)
            time.sleep(0.1)
            return len(ASKED) == count

        wait_for(is_quiet)


def test_bad_neighbours_stay_while_another_client_asks():
    with server() as address:
        CLIENTS.clear()
        with neighbours(address, "/"):
            done = run(address, [Request("a", "/")] * 20, keep=False)
            everybody = UNCLOSED + HALF_SENT + TRICKLING + SILENT + IDLE + 20
            wait_for(lambda: len(CLIENTS) >= everybody)
            assert len(CLIENTS) == everybody
        assert done.errors == 0


def test_several_clients_stop_when_the_time_is_up():
    with server() as address:
        done = run(address, [Request("a", "/")], clients=3, seconds=0.5)
    assert done.errors == 0
    assert done.classes["a"].count >= 3
    assert done.seconds < 60


def test_one_client_goes_round_until_all_has_ended():
    turns = iter(range(25))
    with server() as address:
        done = run(address, [Request("a", "/"), Request("b", "/")], ended=lambda: next(turns) == 20)
    assert (done.classes["a"].count, done.classes["b"].count) == (10, 10)


def test_no_server_is_an_error_not_an_exception():
    with server() as address:
        pass
    assert run(address, [Request("a", "/")]).classes["a"].errors == 1


def test_only_loopback_addresses_are_asked():
    with pytest.raises(ValueError, match="not a loopback address"):
        run(("192.0.2.1", 80), [Request("a", "/")])


def test_percentiles_are_of_the_nearest_rank():
    seconds = [n / 1000 for n in range(1, 101)]
    assert [percentile(seconds, share) for share in (50, 90, 99, 100)] == [50, 90, 99, 100]
    assert figures(Tally()).p50 == 0
