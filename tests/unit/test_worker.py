"""What of a request has come, and what the worker relies on of gunicorn."""

import hashlib
import inspect
import socket

import pytest
from gunicorn.http.body import LengthReader
from gunicorn.http.parser import Parser
from gunicorn.http.unreader import Unreader
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.server.clients import Stage, stage
from app.server.worker import _Joined

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\ncontent-length:  4 \r\nX: y\r\n\r\n"

STAGES = {
    b"": Stage.NOTHING,
    GET[:1]: Stage.HEAD,
    GET[:-1]: Stage.HEAD,
    GET: Stage.WHOLE,
    GET + GET[:5]: Stage.WHOLE,
    POST: Stage.BODY,
    POST + b"abc": Stage.BODY,
    POST + b"abcd": Stage.WHOLE,
    POST + b"abcd" + GET: Stage.WHOLE,
    POST.replace(b"4", b"65536"): Stage.BODY,
    POST.replace(b"4", b"65537"): Stage.STREAMED,
    POST.replace(b"4", b"9" * 30): Stage.WHOLE,  # no length: the parser refuses it
    POST.replace(b"4", b"-4"): Stage.WHOLE,
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n": Stage.STREAMED,
    b"POST / HTTP/1.1\r\nexpect: 100-continue\r\nContent-Length: 4\r\n\r\n": Stage.STREAMED,
    b"GET /?content-length: 4 HTTP/1.1\r\nX: y\r\n\r\n": Stage.WHOLE,
    GET + b"\r\ncontent-length: 4\r\n\r\n": Stage.WHOLE,
}


@pytest.mark.parametrize(("received", "expected"), STAGES.items())
def test_the_stage_of_a_request_follows_from_its_bytes(received: bytes, expected: Stage) -> None:
    assert stage(received) is expected


def test_the_head_of_an_answer_is_sent_with_the_first_piece_of_its_body() -> None:
    server, client = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # keeps what is sent apart
    with server, client:
        joined = _Joined(server)
        for part in (b"head ", b"first", b"second"):
            joined.sendall(part)
        joined.flush()
        assert [client.recv(100), client.recv(100)] == [b"head first", b"second"]
        bodiless = _Joined(server)
        bodiless.sendall(b"head")
        bodiless.flush()
        assert client.recv(100) == b"head"


RELIED_ON = {
    ThreadWorker.handle: "ca85c9be3df75da4",
    ThreadWorker.handle_request: "6d0de5b919102efc",
    Response.write: "a13659ff072c00e1",
    Response.send_headers: "7aff3b7d004fc17b",
    ThreadWorker.finish_request: "616e7bb15a009ff7",
    ThreadWorker.on_pending_socket_readable: "2475f7087832c086",
    ThreadWorker.run: "f92c7394d85715a4",
    TConn.init: "5ff3d4ba451cfdf3",
    Parser.finish_body: "54c5d0d28c2626ea",
    Unreader.unread: "8e325744dfcaca7f",
    LengthReader.__init__: "1c04507563bb19e2",
}
"""Digests of the code of gunicorn that `app.server.worker` was written for."""


@pytest.mark.parametrize("part", RELIED_ON, ids=lambda part: part.__qualname__)
def test_gunicorn_is_as_the_worker_relies_on(part: object) -> None:
    # If this fails, read what changed there, look at app/server/worker.py again, and note the new digest.
    assert hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16] == RELIED_ON[part]
