"""What of a request has come, and what the worker relies on of gunicorn."""

import hashlib
import inspect
import os
import re
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.http.body import LengthReader
from gunicorn.http.parser import Parser, RequestParser
from gunicorn.http.unreader import Unreader
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import PollableMethodQueue, TConn, ThreadWorker

from app.server.clients import Stage, stage
from app.server.worker import Answer, Worker

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


def sent(headers: list[tuple[str, str]], *pieces: bytes) -> list[bytes]:
    """What an answer with these headers and pieces hands to the socket, call by call; without its date."""
    server, client = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # keeps what is sent apart
    with server, client:
        config = Config()
        answer = Answer(next(RequestParser(config, [GET], ("127.0.0.1", 1))), server, config)
        answer.start_response("200 OK", headers)
        for piece in pieces:
            answer.write(piece)
        answer.close()
        server.shutdown(socket.SHUT_WR)
        return [re.sub(b"Date: .*?GMT\r\n", b"", part) for part in iter(lambda: client.recv(1000), b"")]


HEAD = b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nConnection: keep-alive\r\n"


def test_the_head_of_an_answer_is_sent_with_the_first_piece_of_its_body() -> None:
    length = ("Content-Length", "11")
    head = HEAD + b"Content-Length: 11\r\n\r\n"
    assert sent([length], b"first ", b"piece") == [head + b"first ", b"piece"]
    assert sent([length]) == [head]


def test_an_answer_of_unknown_length_is_sent_in_chunks() -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\nA: b\r\n\r\n"
    chunks = [head + b"6\r\nfirst \r\n", b"A\r\n0123456789\r\n", b"0\r\n\r\n"]
    assert sent([("A", "b")], b"first ", b"", b"0123456789") == chunks
    assert sent([("A", "b")]) == [head + chunks[-1]]


def test_a_signal_to_end_at_once_waits_for_no_lock() -> None:
    # The handler runs in the main thread, which may hold the lock of the thread pool just then.
    config = Config()
    worker = Worker(1, os.getpid(), [], None, 1, config, Logger(config))
    worker.tpool, worker.method_queue = ThreadPoolExecutor(1), PollableMethodQueue()
    worker.method_queue.init()
    handler = threading.Thread(target=worker.handle_quit, args=(signal.SIGQUIT, None), daemon=True)
    with worker.tpool._shutdown_lock:
        handler.start()
        handler.join(5)
        assert not handler.is_alive()
    with pytest.raises(SystemExit):
        worker.method_queue.run_callbacks(None)
    worker.method_queue.close()
    worker.tmp.close()


RELIED_ON = {
    ThreadWorker.handle: "ca85c9be3df75da4",
    ThreadWorker.handle_request: "6d0de5b919102efc",
    ThreadWorker.handle_quit: "36bd35a8dae5d2b5",
    ThreadWorker._keepalive_after: "4ebdbbc8bf5aafa5",
    wsgi.create: "2c35d4a2dc629ede",
    Response.default_headers: "cb490cea5d6f5408",
    Response.write: "a13659ff072c00e1",
    Response.send_headers: "7aff3b7d004fc17b",
    Response._emit_body: "df723e865a1e5adc",
    Response.close: "1e78fc7777ff09ae",
    ThreadWorker.finish_request: "616e7bb15a009ff7",
    ThreadWorker.on_pending_socket_readable: "2475f7087832c086",
    ThreadWorker.run: "f92c7394d85715a4",
    TConn.init: "5ff3d4ba451cfdf3",
    Parser.finish_body: "54c5d0d28c2626ea",
    Parser.__next__: "b8536520e95854d6",
    Unreader.unread: "8e325744dfcaca7f",
    LengthReader.__init__: "1c04507563bb19e2",
}
"""Digests of the code of gunicorn that `app.server.worker` was written for."""


@pytest.mark.parametrize("part", RELIED_ON, ids=lambda part: part.__qualname__)
def test_gunicorn_is_as_the_worker_relies_on(part: object) -> None:
    # If this fails, read what changed there, look at app/server/worker.py again, and note the new digest.
    assert hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16] == RELIED_ON[part]
