"""What of a request has come, and what the worker relies on of gunicorn."""

import hashlib
import inspect

import pytest
from gunicorn.http.parser import Parser
from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.server.clients import Stage, stage

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


RELIED_ON = {
    ThreadWorker.handle: "ca85c9be3df75da4",
    ThreadWorker.finish_request: "616e7bb15a009ff7",
    ThreadWorker.on_pending_socket_readable: "2475f7087832c086",
    ThreadWorker.run: "f92c7394d85715a4",
    TConn.init: "5ff3d4ba451cfdf3",
    Parser.finish_body: "54c5d0d28c2626ea",
    Unreader.unread: "8e325744dfcaca7f",
}
"""Digests of the code of gunicorn that `app.server.worker` was written for."""


@pytest.mark.parametrize("part", RELIED_ON, ids=lambda part: part.__qualname__)
def test_gunicorn_is_as_the_worker_relies_on(part: object) -> None:
    # If this fails, read what changed there, look at app/server/worker.py again, and note the new digest.
    assert hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16] == RELIED_ON[part]
