"""The HTTP server: gunicorn with threads and kept-alive connections, its faults answered as ours."""

import contextlib
import multiprocessing
import os
import secrets
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import flask
import orjson
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.workers import gthread
from werkzeug.exceptions import BadRequest

from app.logs import configuration
from app.settings import Settings, WrongSetting, address, from_environment
from app.stu3 import shape
from app.stu3.outcome import of_fault, outcome
from app.web.message import MAX_LINE, Fault, FaultKind
from app.web.site import REQUEST_ID
from app.wsgi import create_app

THREADS = 8
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 20
_PATIENCE_SECONDS = 0.02
"""How long a thread waits for the first, or the next, request of a connection."""
_COURTESY_SECONDS = 0.0005
"""How long a worker waits, for each connection it has, before it takes another."""
_TURN_SECONDS = 0.001
"""After how long threads take turns; the default of five is long beside an answer that takes half of one."""
_BEGIN_SECONDS = 2
"""How long the workers wait for each other at the start."""
_STALL_SECONDS = 10
"""How long a client may pause that began to send, or that is sent an answer."""
_SEND_SECONDS = 10
"""How long a client may take to send a request."""
_LINGER_SECONDS, _LINGER_BYTES = 2.0, 4 * 1024 * 1024

_REASONS = {
    400: "Bad Request",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
}


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """A worker whose own error pages are OperationOutcomes, and never a 5xx for what a client sent."""

    def load_wsgi(self) -> None:
        """Make the application, which reads bodies in our way; threads take turns oftener than usual."""
        super().load_wsgi()
        self._hurry = _Hurry()
        application: Any = self.wsgi  # type: ignore[has-type]

        def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
            environ["wsgi.input"] = _Body(environ["wsgi.input"])
            return application(environ, start_response)

        self.wsgi = wsgi
        sys.setswitchinterval(_TURN_SECONDS)

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, unless a worker that has fewer takes it first.

        Kept-alive connections stay with their worker: all with one would leave the other cores idle.
        """
        time.sleep(min(self.nr_conns, self.cfg.threads) * _COURTESY_SECONDS)
        super().accept(listener)

    def handle(self, conn: Any) -> Any:
        """Handle a request; a connection that sends none yet waits with the poller, not in a thread."""
        # Not `settimeout`, which gunicorn undoes: what begins to send and stops must not hold a thread.
        stall = struct.pack("ll", _STALL_SECONDS, 0)
        for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, side, stall)
        # gunicorn itself would wait for five seconds, in a thread that others need.
        if not conn.initialized and not conn.wait_for_data(_PATIENCE_SECONDS):
            return gthread._DEFER
        alive = self._handle_in_time(conn)
        # A connection that is talked on keeps its thread while there is one for each: handing it back to
        # the poller and fetching it again costs as much as an answer.
        while alive is True and self._is_spare() and _is_readable(conn.sock):
            alive = self._handle_in_time(conn)
        return alive

    def _handle_in_time(self, conn: Any) -> Any:
        with self._hurry.of(conn.sock):
            return super().handle(conn)

    def _is_spare(self) -> bool:
        """Whether a thread may wait for the next request of its connection."""
        return bool(self.alive and self.nr_conns <= self.cfg.threads)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a fault that was met before the application was asked."""
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
        body = outcome([of_fault(fault)])
        settings = getattr(self.app, "settings", None) or from_environment(os.environ)
        legacy = settings.stu3_shape == "legacy"
        payload = shape.dumps(shape.legacy(body)) if legacy else orjson.dumps(body)
        status = fault.kind.status
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nConnection: close\r\nContent-Length: {len(payload)}\r\n"
            "Content-Type: application/fhir+json;charset=UTF-8\r\nCache-Control: no-store\r\n"
            f"Access-Control-Allow-Origin: *\r\nX-Request-Id: {request_id}\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            client.sendall(head.encode() + payload)
            _linger(client)


class _Hurry:
    """Reads no more of a request that takes too long to come: bytes that trickle in are no pause."""

    def __init__(self) -> None:
        self._due: dict[socket.socket, float] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    @contextlib.contextmanager
    def of(self, client: socket.socket) -> Iterator[None]:
        """Give a client its time for one request; answering it is not hurried."""
        self._due[client] = time.monotonic() + _SEND_SECONDS
        try:
            yield
        finally:
            del self._due[client]

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            now = time.monotonic()
            for client in [client for client, due in self._due.copy().items() if due < now]:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RD)


def _is_readable(client: socket.socket) -> bool:
    """Wait a moment for what a client sends next."""
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(_PATIENCE_SECONDS * 1000))


def _linger(client: socket.socket) -> None:
    """Read on what a client still sends: closing at once would reset the connection under our answer."""
    client.shutdown(socket.SHUT_WR)
    deadline, left = time.monotonic() + _LINGER_SECONDS, _LINGER_BYTES
    while left > 0 and (seconds := deadline - time.monotonic()) > 0:
        client.settimeout(seconds)
        received = len(client.recv(65_536))
        if not received:
            return
        left -= received


class Log(Logger):  # type: ignore[misc]
    """gunicorn's log, without its access log (the application writes a line a request itself)."""

    def access(self, *_: object) -> None:
        """Say nothing."""

    def exception(self, msg: str, *args: object, **kwargs: Any) -> None:
        """Log an error with its traceback; a client that stalled is none."""
        stalled = isinstance(sys.exc_info()[1], BlockingIOError)
        (self.debug if stalled else super().exception)(msg, *args, **kwargs)


class Server(BaseApplication):  # type: ignore[misc]
    """Serves with the settings given; each worker opens the index for itself, after the fork."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.listener = _listen(settings)
        self._begun = multiprocessing.get_context("fork").Barrier(settings.workers)
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn up."""
        settings = self.settings
        for name, value in {
            "bind": [f"fd://{self.listener.fileno()}"],
            "workers": settings.workers,
            "worker_class": Worker,
            "threads": THREADS,
            "keepalive": _KEEP_ALIVE_SECONDS,
            "graceful_timeout": _GRACE_SECONDS,
            "limit_request_line": 8190,  # the most gunicorn allows; the application checks ours
            "control_socket_disable": True,  # one would be shared by all servers of a user
            "logger_class": Log,
            "logconfig_dict": configuration(settings.log_format, settings.log_level, REQUEST_ID),
            "forwarded_allow_ips": "",  # ODS_TRUSTED_PROXIES decides
        }.items():
            self.cfg.set(name, value)

    def load(self) -> flask.Flask:
        """Return the application, in a worker."""
        application = create_app(self.settings)
        # All begin together: the first to be there would be given the connections of all clients that wait.
        with contextlib.suppress(threading.BrokenBarrierError):
            self._begun.wait(_BEGIN_SECONDS)
        return application


class _Body:
    """The body of a request, read when the application asks for it: what is wrong with it is the client's."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or all."""
        try:
            data: bytes = self._body.read(size)
        except (errors.ParseException, errors.NoMoreData, BlockingIOError) as error:
            raise BadRequest("The body of the request is not well-formed HTTP, or not whole") from error
        return data


def _listen(settings: Settings) -> socket.socket:
    """Bind before anything else starts: gunicorn would try a taken port for five seconds."""
    host, port = address(settings.bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise WrongSetting(
            f"Cannot listen on {settings.bind}: {reason} (--bind or ODS_BIND names another address)"
        ) from error
    return listener
