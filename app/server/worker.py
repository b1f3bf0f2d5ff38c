"""gunicorn's threaded worker, changed so that a slow client neither occupies a thread nor delays others.

gunicorn receives a request in a thread, so that as many half-sent requests as there are threads block a
worker. It also closes connections in its main loop, waiting up to two seconds for each. This worker gives a
request a thread when all of it has arrived; until then its connection waits in the poller.

`tests/unit/test_worker.py` fails if the private parts of gunicorn that this relies on change.
"""

import contextlib
import os
import secrets
import socket
import struct
import sys
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from gunicorn.http import errors, wsgi
from gunicorn.workers import gthread

from app.memory import share_arena
from app.server.clients import Clients, Stage, stage
from app.settings import from_environment
from app.stu3.version import stu3
from app.web.message import MAX_FORM, MAX_LINE, Fault, FaultKind

_MAX_HEAD = 65_536
_PIECE = 65_536
_STALL = struct.pack("ll", 10, 0)
"""Time-out for sending (seconds, microseconds): how long a client may read nothing of its answer."""
_PATIENCE = struct.pack("ll", 0, 20_000)
"""How long a thread waits for the next request of its connection, while half of the threads are free."""
_FOREVER = struct.pack("ll", 0, 0)
"""No time-out: while the application receives a body, `Clients` limits the time."""
_TURN_SECONDS = 0.001
"""How long a thread keeps the GIL while others wait; Python's default, 5 ms, spans several answers."""

_REASONS = {400: "Bad Request", 414: "URI Too Long", 431: "Request Header Fields Too Large"}


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """A worker that answers malformed HTTP with an OperationOutcome, never with a 5xx."""

    def init_process(self) -> None:
        """Set up the process and serve until told to stop."""
        self._clients = Clients()
        self._served: set[Any] = set()
        self._few = self.cfg.threads // 2
        sys.setswitchinterval(_TURN_SECONDS)
        share_arena()
        super().init_process()

    def handle_quit(self, *_: object) -> None:
        """End the worker from its main loop.

        gunicorn shuts the thread pool down in this handler. If the signal interrupts the main thread while it
        hands a connection to the pool, the thread waits for a lock that it holds itself.
        """
        self.alive = False
        self.method_queue.defer(sys.exit, 0)

    def handle(self, conn: Any) -> Any:
        """Answer the requests that have arrived completely on a connection.

        Return True to wait for the next request, `_DEFER` to wait for the rest of one, False to close.
        """
        if not conn.initialized:
            self._clients.reached(conn.sock, Stage.HEAD)
            # Not settimeout(): gunicorn would undo it.
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _STALL)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
            conn.init()
        self._served.add(conn)
        try:
            while True:
                now = self._receive(conn)
                if now is Stage.NOTHING:
                    return True
                if now in {Stage.HEAD, Stage.BODY, Stage.ANSWERED}:
                    return gthread._DEFER
                if now is Stage.GONE:
                    return self._close(conn)
                if now is Stage.STREAMED:
                    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _FOREVER)
                if not super().handle(conn):
                    return self._close_after_answer(conn)
                if now is Stage.STREAMED:
                    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
                self._clients.reached(conn.sock, Stage.NOTHING)
                conn.parser.mesg = None  # its body is drained: the parser would do that once more
        except OSError as error:
            self.log.debug("The connection of %s broke: %s", conn.client, error)
            return self._close(conn)
        finally:
            self._served.discard(conn)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer one request, and return whether the connection may be kept.

        As gunicorn does, but without its hooks, its access log and the sending of files: none is used here.
        """
        answer, environ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg, Answer)
        environ["wsgi.multithread"] = True
        # The application may leave a long body unread, and the head of the answer is made before it does.
        is_long = getattr(req.body.reader, "length", 0) > MAX_FORM
        if is_long or not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            answer.force_close()
        try:
            pieces = self.wsgi(environ, answer.start_response)
            try:
                for piece in pieces:
                    answer.write(piece)
                answer.close()
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()
        except OSError:
            raise
        except Exception:
            if not answer.headers_sent:
                raise
            self.log.exception("The answer to a request broke off")
            return False
        return not answer.should_close()

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Return whether a connection can be kept: what is left of the body of the request is read first."""
        if keepalive and getattr(conn.parser.mesg.body.reader, "length", None) == 0:
            return True  # nothing is left: gunicorn would set the time-out of the socket twice
        return bool(super()._keepalive_after(conn, keepalive))

    def _receive(self, conn: Any) -> Stage:
        """Receive the bytes that have arrived, and return the stage of the request.

        Between two requests, wait a moment for the next one: handing the connection to the poller and back
        takes as long as an answer.
        """
        client, buffer = conn.sock, conn.parser.unreader.buf
        while True:
            received: bytes = buffer.getvalue()
            answered = self._clients.stage(client) is Stage.ANSWERED
            now = Stage.ANSWERED if answered else stage(received)
            if received:
                self._clients.reached(client, now)
            if now in {Stage.WHOLE, Stage.STREAMED}:
                return now
            if now is Stage.HEAD and len(received) > _MAX_HEAD:
                has_line = b"\r\n" in received[: MAX_LINE + 2]
                error = errors.LimitRequestHeaders("") if has_line else errors.LimitRequestLine(0, 0)
                self.handle_error(None, client, conn.client, error)
                return Stage.ANSWERED
            patient = now is Stage.NOTHING and len(self._served) <= self._few
            try:
                piece = client.recv(_PIECE, 0 if patient else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return now
            if not piece:
                # The application will find the body too short.
                return Stage.STREAMED if now is Stage.BODY else Stage.GONE
            if now is not Stage.ANSWERED:
                buffer.write(piece)

    def _close(self, conn: Any) -> bool:
        """Shut a connection down, so that gunicorn closes it without waiting; return False."""
        self._clients.reached(conn.sock, Stage.GONE)
        with contextlib.suppress(OSError):
            conn.sock.shutdown(socket.SHUT_RDWR)
        return False

    def _close_after_answer(self, conn: Any) -> Any:
        """Close a connection; if a part of the request is unread, first let the client read its answer.

        Closing a socket with unread bytes resets the connection, and the client loses the answer.
        """
        if self._clients.stage(conn.sock) is not Stage.ANSWERED:
            if conn.parser.finish_body(deadline=time.monotonic() + 0.001):
                return self._close(conn)
            self._end_answer(conn.sock)
        return gthread._DEFER

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that gunicorn could not parse, without calling the application."""
        if isinstance(exc, errors.LimitRequestLine):
            fault = Fault(FaultKind.LINE_TOO_LONG, f"The request line is longer than {MAX_LINE} bytes")
        elif isinstance(exc, errors.LimitRequestHeaders):
            fault = Fault(
                FaultKind.HEADERS_TOO_LONG, "The request has too many header fields, or too long ones"
            )
        elif isinstance(exc, (errors.ParseException, errors.ExpectationFailed)):
            fault = Fault(FaultKind.MALFORMED, "The request is not well-formed HTTP")
        else:
            super().handle_error(req, client, addr, exc)
            return
        request_id = secrets.token_hex(8)
        self.log.debug("Refused a request from %s: %s [%s]", addr, type(exc).__name__, request_id)
        with contextlib.suppress(OSError):
            client.sendall(self._answer_to(fault, request_id))
        self._end_answer(client)

    def _end_answer(self, client: socket.socket) -> None:
        """End the sending side of a connection, and ignore whatever the client still sends."""
        self._clients.reached(client, Stage.ANSWERED)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)

    def _answer_to(self, fault: Fault, request_id: str) -> bytes:
        """Return the bytes of an HTTP response with an OperationOutcome."""
        settings = getattr(self.app, "settings", None) or from_environment(os.environ)
        version = stu3(shape=settings.stu3_shape)
        status, body = version.outcome(fault, None)
        payload = version.dumps(body, pretty=False)
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nConnection: close\r\nContent-Length: {len(payload)}\r\n"
            "Content-Type: application/fhir+json;charset=UTF-8\r\nCache-Control: no-store\r\n"
            f"Access-Control-Allow-Origin: *\r\nX-Request-Id: {request_id}\r\n\r\n"
        )
        return head.encode() + payload


class Answer(wsgi.Response):  # type: ignore[misc]
    """An answer whose head is sent together with the first piece of its body.

    gunicorn sends them one by one: the client is woken twice, and the thread waits twice for the GIL.
    """

    _head = b""

    def send_headers(self) -> None:
        """Write the head; `_emit_body` or `close` sends it."""
        if self._head or self.headers_sent:
            return
        major, minor = self.req.version
        fields = [
            ("Server", self.version),
            ("Date", _date(int(time.time()))),
            ("Connection", "close" if self.should_close() else "keep-alive"),
            *([("Transfer-Encoding", "chunked")] if self.chunked else ()),
            *self.headers,
        ]
        lines = "".join([f"{name}: {value}\r\n" for name, value in fields])
        self._head = f"HTTP/{major}.{minor} {self.status}\r\n{lines}\r\n".encode("latin-1")

    def _emit_body(self, data: bytes) -> None:
        """Send a piece of the body."""
        self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def close(self) -> None:
        """Send what is left: the head if there is no body, and the end of the last chunk."""
        self.send_headers()
        if self._head or self.chunked:
            self._send(b"0\r\n\r\n" if self.chunked else b"")

    def _send(self, data: bytes) -> None:
        self.headers_sent = True
        data, self._head = self._head + data, b""
        self.sock.sendall(data)


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
