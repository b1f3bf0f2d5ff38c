"""Clients that are slow or rude: what becomes of them, and that nobody else waits for them."""

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from app.server.clients import SECONDS, Stage
from app.server.gunicorn import THREADS
from tests.conftest import wait_for
from tests.interfaces.sockets import (
    FORM,
    Running,
    answer_to,
    connected,
    read_answer,
    request,
    rest_of,
    running,
)

# How a server receives requests does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

HALF_A_HEAD = b"GET /STU3/Organization/RR8 HTTP/1.1\r\nHost: ods.example.org\r\nX-A: "
BODY = b"name=leeds&_count=1"
SLOW_SEARCH = request("/STU3/Organization/_search", FORM, "Content-Length: 1000", method="POST")
SEARCH = request("/STU3/Organization/_search", FORM, f"Content-Length: {len(BODY)}", method="POST")
CLOSING = request("/health/live", "Connection: close")
PROMPT = 9
"""Seconds in which others are answered, on however slow a machine; the clients below took ten and more."""


@pytest.fixture
def crowd() -> Iterator[ExitStack]:
    """What closes all clients in the end."""
    with ExitStack() as stack:
        yield stack


def trickle(connection: socket.socket, data: bytes, done: threading.Event) -> None:
    """Send a byte every half second."""
    for byte in data:
        with suppress(OSError):
            connection.sendall(bytes([byte]))
        if done.wait(0.5):
            return


def is_closed(connection: socket.socket) -> bool:
    """Tell whether the server has closed; what it answered before does not matter."""
    connection.settimeout(0.1)
    try:
        rest_of(connection)
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def test_clients_that_do_not_send_their_requests_hold_nobody_up_and_lose_their_connections(
    server: Running, crowd: ExitStack
) -> None:
    begun = time.monotonic()
    done = threading.Event()
    crowd.callback(done.set)

    def several(count: int, sent: bytes) -> list[socket.socket]:
        clients = [crowd.enter_context(connected(server)) for _ in range(count)]
        for client in clients:
            client.sendall(sent)
        return clients

    # Each kind has more clients than the server has threads.
    silent = several(THREADS + 1, b"")
    heads = several(THREADS + 1, HALF_A_HEAD)
    bodies = several(THREADS + 1, SEARCH + BODY[:-1])
    asked = several(THREADS + 1, request("/health/live"))
    trickling = [*several(8, b""), *several(8, SLOW_SEARCH)]
    for nth, client in enumerate(trickling):
        sent = (HALF_A_HEAD, b"")[nth // 8] + b"a" * 1000
        threading.Thread(target=trickle, args=(client, sent, done)).start()
    for client in asked:
        assert read_answer(client).status == 200
    while time.monotonic() < begun + SECONDS[Stage.HEAD] - 1:
        assert requests.get(f"{server.address}/STU3/Organization/RR8", timeout=PROMPT).ok
    for client in bodies:
        assert read_answer(client).status == 400
    for client in (*silent, *heads, *bodies, *trickling):
        wait_for(lambda client=client: is_closed(client))
    for client in asked:  # idle, but it has asked before: it may ask again
        assert answer_to(client, request("/health/live")).status == 200
    assert "Traceback" not in server.log.read_text()


def test_clients_that_keep_their_side_open_hold_nobody_up(server: Running, crowd: ExitStack) -> None:
    for _ in range(2 * THREADS):
        connection = crowd.enter_context(connected(server))
        assert answer_to(connection, CLOSING).status == 200
        assert rest_of(connection) == b""
    assert requests.get(f"{server.address}/STU3/Organization/RR8", timeout=PROMPT).ok


def test_clients_that_were_refused_and_send_on_hold_nobody_up(server: Running, crowd: ExitStack) -> None:
    for _ in range(2 * THREADS):
        connection = crowd.enter_context(connected(server))
        assert answer_to(connection, request("/STU3/metadata", "nonsense")).status == 400
        connection.sendall(b"a")
    assert requests.get(f"{server.address}/STU3/Organization/RR8", timeout=PROMPT).ok


def received_of(connection: socket.socket) -> bytes:
    """Return what was received before the connection broke."""
    received = b""
    with suppress(ConnectionError):
        while data := connection.recv(65_536):
            received += data
    return received


def test_a_client_that_reads_no_answer_loses_its_connection(server: Running, crowd: ExitStack) -> None:
    connection = crowd.enter_context(connected(server))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    # Much more is answered than the system keeps for one who does not read.
    connection.sendall(request("/STU3/metadata?_pretty=true") * 2_000)
    poll = select.poll()
    poll.register(connection, 0)  # errors are told all the same
    # The ten seconds begin anew when the system takes a part of an answer: 31 seconds on an idle machine.
    assert poll.poll(60_000)
    assert 0 < received_of(connection).count(b"HTTP/1.1 200 OK") < 2_000
    assert "Traceback" not in server.log.read_text()


def test_a_request_in_pieces_is_answered_however_it_is_cut(server: Running) -> None:
    sent = SEARCH + BODY
    for cut in range(1, len(sent)):
        with connected(server) as connection:
            connection.sendall(sent[:cut])
            time.sleep(0.001)
            assert answer_to(connection, sent[cut:]).status == 200


def test_a_head_larger_than_any_is_refused_before_its_end(server: Running) -> None:
    for sent, status in (
        (HALF_A_HEAD + b"a" * 70_000, 431),
        (b"GET /" + b"a" * 70_000, 414),
    ):
        with connected(server) as connection:
            assert answer_to(connection, sent).status == status
            assert rest_of(connection) == b""


def test_a_worker_that_was_killed_is_replaced(sample_index: str, tmp_path: Path) -> None:
    with running(sample_index, tmp_path, workers=2) as server:
        listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")

        def workers() -> set[int]:
            return set(map(int, listed.read_text().split()))

        wait_for(lambda: len(workers()) == 2)
        before = workers()
        os.kill(killed := min(before), signal.SIGKILL)
        wait_for(lambda: len(workers()) == 2 and killed not in workers())
        for _ in range(20):
            assert server.get("/STU3/Organization/RR8").status_code == 200


def test_a_stop_does_not_wait_for_clients_that_are_idle(sample_index: str, tmp_path: Path) -> None:
    with running(sample_index, tmp_path) as server, connected(server) as idle, connected(server):
        answer_to(idle, request("/health/live"))
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=15) == 0


FILE = b"code\n" + b"RR8\n" * 170_000
FILE_HEAD = request(
    "/levels?code=code", "Content-Type: text/csv", f"Content-Length: {len(FILE)}", method="POST"
)


def send_at(connection: socket.socket, data: bytes, bytes_a_second: int, seconds: float) -> int:
    """Send what is due each quarter of a second, for so long at most; return the number of bytes sent."""
    begun, sent = time.monotonic(), 0
    while sent < len(data) and time.monotonic() < begun + seconds and not is_closed_now(connection):
        due = int((time.monotonic() - begun + 2) * bytes_a_second)  # ahead: a busy machine holds up
        connection.sendall(data[sent:due])
        sent = min(due, len(data))
        time.sleep(0.25)
    return sent


def is_closed_now(connection: socket.socket) -> bool:
    """Tell whether there is an answer, or the end of the connection, to be received."""
    return bool(select.select([connection], [], [], 0)[0])


def test_a_file_may_arrive_for_longer_than_ten_seconds_if_it_arrives_fast_enough(
    server: Running, crowd: ExitStack
) -> None:
    fast, slow = (crowd.enter_context(connected(server)) for _ in range(2))
    for connection in (fast, slow):
        connection.sendall(FILE_HEAD)
    sender = threading.Thread(target=send_at, args=(slow, FILE, 20_000, 30))
    sender.start()
    third = crowd.enter_context(connected(server))
    assert answer_to(third, request("/health/live")).status == 200
    begun = time.monotonic()
    assert send_at(fast, FILE, 52_000, 30) == len(FILE)
    assert time.monotonic() - begun > SECONDS[Stage.STREAMED] + 1
    answer = read_answer(fast)  # whole, and only then found to have too many rows
    assert answer.status == 413
    sender.join()
    assert read_answer(slow).status == 400
    assert requests.get(f"{server.address}/STU3/Organization/RR8", timeout=PROMPT).ok
