"""The HTTP server: gunicorn with threads and kept-alive connections, its faults answered as ours."""

import contextlib
import socket
import time
from typing import Any

import flask
import orjson
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.workers import gthread
from werkzeug.exceptions import BadRequest

from app.logs import configuration
from app.settings import Settings, WrongSetting, address
from app.stu3 import shape
from app.stu3.outcome import of_fault, outcome
from app.web.message import MAX_LINE, Fault, Kind
from app.web.site import REQUEST_ID
from app.wsgi import create_app

THREADS = 8
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 20
_PATIENCE_SECONDS = 0.02
_LINGER_SECONDS, _LINGER_BYTES = 2.0, 4 * 1024 * 1024

_REASONS = {400: "Bad Request", 414: "URI Too Long", 431: "Request Header Fields Too Large"}


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """A worker whose own error pages are OperationOutcomes, and never a 5xx for what a client sent."""

    def handle(self, conn: Any) -> Any:
        """Handle a request; a connection that sends none yet waits with the poller, not in a thread."""
        # gunicorn 27 would wait for five seconds in a thread; those before it know no deferring.
        defer = getattr(gthread, "_DEFER", None)
        if defer and not conn.initialized and not conn.wait_for_data(_PATIENCE_SECONDS):
            return defer
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a fault that was met before the application was asked."""
        if isinstance(exc, errors.LimitRequestLine):
            fault = Fault(Kind.LINE_TOO_LONG, f"The request line is longer than {MAX_LINE} bytes")
        elif isinstance(exc, errors.LimitRequestHeaders):
            fault = Fault(Kind.HEADERS_TOO_LONG, "The request has too many header fields, or too long ones")
        elif isinstance(exc, (errors.ParseException, errors.ExpectationFailed)):
            fault = Fault(Kind.MALFORMED, "The request is not well-formed HTTP")
        else:
            super().handle_error(req, client, addr, exc)
            return
        self.log.debug("Refused a request from %s: %s", addr, type(exc).__name__)
        body = outcome([of_fault(fault)])
        legacy = self.app.settings.stu3_shape == "legacy"
        payload = shape.dumps(shape.legacy(body)) if legacy else orjson.dumps(body)
        status = fault.kind.value
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nConnection: close\r\nContent-Length: {len(payload)}\r\n"
            "Content-Type: application/fhir+json;charset=UTF-8\r\nCache-Control: no-store\r\n"
            "Access-Control-Allow-Origin: *\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            client.sendall(head.encode() + payload)
            _linger(client)


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
    """gunicorn's log without its access log: the application writes one line a request itself."""

    def access(self, *_: object) -> None:
        """Say nothing."""


class Server(BaseApplication):  # type: ignore[misc]
    """Serves with the settings given; each worker opens the index for itself, after the fork."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.listener = _listen(settings)
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
        wsgi_app = application.wsgi_app

        def with_body(environ: dict[str, Any], start_response: Any) -> Any:
            environ["wsgi.input"] = _Body(environ["wsgi.input"])
            return wsgi_app(environ, start_response)

        application.wsgi_app = with_body  # type: ignore[method-assign]
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
        except (errors.ParseException, errors.NoMoreData) as error:
            raise BadRequest("The body of the request is not well-formed HTTP") from error
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
        raise WrongSetting(f"Cannot listen on {settings.bind}: {reason}") from error
    return listener
