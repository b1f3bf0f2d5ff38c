"""WSGI middleware that records requests, delays, closes and cuts answers, and keeps pages from the controls.

The order is that of harness 3: `delay`, `close`, the answer, `cut`. The answer itself is made by the hooks in
`routes.py`, so that each interface writes its own errors.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from app.clock import clock
from app.controls.controls import PREFIX
from app.controls.fault import Fault, WrongFault, parse_header
from app.controls.faults import Faults
from app.controls.recorder import Recorded, Recorder
from app.web import target

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "HTTP_X_ODS_FAULT"
_KEY = "ods.fault"
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
_BODILESS = frozenset(("204", "304"))

Headers = list[tuple[str, str]]


def of(environ: "WSGIEnvironment") -> Fault | WrongFault | None:
    """Return the fault of a request that came through the middleware."""
    found: Fault | WrongFault | None = environ.get(_KEY)
    return found


class Middleware:
    """The application `following`, with faults on demand."""

    def __init__(self, following: "WSGIApplication", faults: Faults, recorder: Recorder) -> None:
        self._following, self._faults, self._recorder = following, faults, recorder

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path = environ["PATH_INFO"]
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            return self._following(environ, _without_cors(start_response))
        recorded = self._recorder.record(environ, target.of(environ), clock(None)().isoformat())
        fault = self._fault(environ)
        if not isinstance(fault, Fault):
            return self._following(environ, _noting(recorded, start_response))
        if fault.delay:
            time.sleep(fault.delay)
        if fault.close:
            start_response("500 Closed", [("Content-Length", "0")])
            return _Ending([], environ)
        if fault.changes_answer:
            for condition in _CONDITIONS:
                environ.pop(condition, None)
            return self._changed(
                fault, environ, start_response if fault.cut is not None else _noting(recorded, start_response)
            )
        return self._following(environ, _noting(recorded, start_response))

    def _fault(self, environ: "WSGIEnvironment") -> Fault | WrongFault | None:
        """Return the fault of a request, which its header names or which is taken, and leave it for `of`."""
        try:
            if HEADER in environ:
                found: Fault | WrongFault | None = parse_header(environ[HEADER])
            else:
                found = self._faults.take(environ["REQUEST_METHOD"], target.of(environ).path)
        except WrongFault as error:
            found = error
        environ[_KEY] = found
        return found

    def _changed(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer with a fault that needs the whole answer before the first byte is sent."""
        begun: list[Any] = []

        def begin(status: str, headers: Headers, _error: Any = None) -> Callable[[bytes], object]:
            begun[:] = [status, headers]
            return lambda _written: None

        def answer() -> bytes:
            pieces = self._following(environ, begin)
            try:
                return b"".join(pieces)
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()

        body = copy_context().run(answer)
        status, headers = begun
        if status[:3] not in _BODILESS and not any(name.lower() == "content-length" for name, _ in headers):
            headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [body] if fault.cut is None else _Ending([body[: fault.cut]], environ)


class _Ending:
    """The rest of an answer after which the connection is closed."""

    def __init__(self, pieces: list[bytes], environ: "WSGIEnvironment") -> None:
        self._pieces, self._environ = pieces, environ
        if not pieces:
            self.close()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        """Shut the connection down; called by the HTTP server when it has sent what there is."""
        connection = self._environ["gunicorn.socket"]
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _noting(recorded: Recorded, start_response: "StartResponse") -> "StartResponse":
    """Note the status of an answer before it is sent."""

    def begin(status: str, headers: Headers, *error: Any) -> Callable[[bytes], object]:
        recorded.status = int(status[:3])
        return start_response(status, headers, *error)

    return begin


def _without_cors(start_response: "StartResponse") -> "StartResponse":
    """Leave out the headers that let pages of other sites read an answer."""

    def begin(status: str, headers: Headers, *error: Any) -> Callable[[bytes], object]:
        kept = [pair for pair in headers if not pair[0].lower().startswith("access-control-")]
        return start_response(status, kept, *error)

    return begin
