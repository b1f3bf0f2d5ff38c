"""What goes over a connection to a node, and how answers are read, byte by byte if need be."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import elastic_transport
import pytest
from elastic_transport import NodeConfig

from app.engine.elastic.wire import Node

JSON = b"Content-Type: application/json\r\n"
GOOD = b"HTTP/1.1 200 OK\r\n" + JSON + b"Content-Length: 2\r\n\r\n{}"


class Server:
    """A server that gives prepared answers, each in pieces, and closes the connection after some of them."""

    def __init__(self, answers: Sequence[Sequence[bytes]], closing_after: frozenset[int]) -> None:
        self.received: list[bytes] = []
        """What came before each answer, as far as the first call received it."""
        self.connections = 0
        self._answers, self._closing = list(enumerate(answers)), closing_after
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while self._answers:
            link, _ = self._listening.accept()
            self.connections += 1
            with link:
                while self._answers and (received := link.recv(65536)):
                    self.received.append(received)
                    place, pieces = self._answers.pop(0)
                    for piece in pieces:
                        link.sendall(piece)
                    if place in self._closing:
                        break


@pytest.fixture
def serving() -> Iterator[Callable[..., tuple[Server, Node]]]:
    """A function that starts a server with such answers; it returns the server and a node of it."""
    started: list[Server] = []

    def start(*answers: Sequence[bytes], closing_after: frozenset[int] = frozenset()) -> tuple[Server, Node]:
        started.append(Server(answers, closing_after))
        return started[-1], Node(NodeConfig("http", "127.0.0.1", started[-1].port, request_timeout=5))

    yield start
    for server in started:
        server.close()


Serving = Callable[..., tuple[Server, Node]]


def test_head_and_body_are_sent_in_one_call(serving: Serving) -> None:
    server, node = serving([GOOD])
    with closing(node):
        meta, body = node.perform_request("POST", "/ods/_search", b'{"size":0}')
    assert (meta.status, meta.mimetype, body) == (200, "application/json", b"{}")
    head, sent = server.received[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /ods/_search HTTP/1.1\r\n")
    assert {b"host: 127.0.0.1:%d" % server.port, b"content-length: 10"} < set(head.lower().split(b"\r\n"))
    assert sent == b'{"size":0}'


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (GOOD, b"{}"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD, b"{}"),
        (
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"4\r\n{\r\n \r\nB;x=1\r\n12345678901\r\n0\r\nA: b\r\n\r\n"
            ),
            b"{\r\n 12345678901",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_an_answer_may_come_in_pieces_of_any_size(serving: Serving, answer: bytes, content: bytes) -> None:
    pieces = [answer[at : at + 1] for at in range(len(answer))]
    server, node = serving(pieces, [answer], [GOOD])
    with closing(node):
        for _ in range(2):
            assert node.perform_request("GET", "/").body == content
        assert node.perform_request("GET", "/").body == b"{}"
    assert server.connections == 1


def test_the_answer_to_head_has_no_body(serving: Serving) -> None:
    _, node = serving([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], [GOOD])
    with closing(node):
        assert node.perform_request("HEAD", "/ods").body == b""
        assert node.perform_request("GET", "/").body == b"{}"


def test_a_connection_that_the_node_has_closed_is_not_used_again(serving: Serving) -> None:
    server, node = serving([GOOD], [GOOD], closing_after=frozenset({0}))
    with closing(node):
        node.perform_request("GET", "/")
        node.perform_request("GET", "/")
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"SSH-2.0\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_breaks_off_or_is_no_http_is_an_error_of_the_connection(
    serving: Serving, answer: bytes
) -> None:
    _, node = serving([answer], closing_after=frozenset({0}))
    with closing(node), pytest.raises(elastic_transport.ConnectionError):
        node.perform_request("GET", "/")


def test_a_node_that_does_not_answer_is_a_time_out(serving: Serving) -> None:
    _, node = serving([b""], [GOOD])
    with closing(node), pytest.raises(elastic_transport.ConnectionTimeout):
        node.perform_request("GET", "/", request_timeout=0.1)


def test_where_nobody_listens_is_an_error_of_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(elastic_transport.ConnectionError):
        Node(NodeConfig("http", "127.0.0.1", port)).perform_request("GET", "/")
