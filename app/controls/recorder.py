"""What the server was asked: the last requests, with what was sent and the status of the answer."""

import io
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.web.message import parse_form_loosely
from app.web.target import Target

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment

MOST = 10_000
"""Requests that are kept."""
MAX_BODY = 65_536
"""Bytes of a body that are kept."""
_SECRETS = frozenset(("authorization", "apikey"))
_HIDDEN = "***"


@dataclass
class Recorded:
    """One request; `status` stays None where the answer was closed or cut."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    time: str
    status: int | None = None

    def described(self) -> dict[str, Any]:
        """Return the request as JSON values."""
        params: dict[str, list[str]] = {}
        for name, value in parse_form_loosely(self.query.encode("latin-1", "replace")):
            params.setdefault(name, []).append(value)
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "params": params,
            "headers": self.headers,
            "body": self.body,
            "status": self.status,
            "time": self.time,
        }


@dataclass
class Recorder:
    """The last requests of a server."""

    _kept: deque[Recorded] = field(default_factory=lambda: deque(maxlen=MOST))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, environ: "WSGIEnvironment", target: Target, time: str) -> Recorded:
        """Keep a request, whose body can still be read afterwards."""
        body = _peek(environ)
        made = Recorded(
            environ["REQUEST_METHOD"],
            target.path,
            target.query,
            _headers(environ, target),
            body.decode("utf-8", "replace"),
            time,
        )
        with self._lock:
            self._kept.append(made)
        return made

    def listed(self) -> list[dict[str, Any]]:
        """Return the requests, oldest first."""
        with self._lock:
            kept = list(self._kept)
        return [each.described() for each in kept]

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._kept.clear()


def _headers(environ: "WSGIEnvironment", target: Target) -> dict[str, str]:
    """Return the headers by lower-case name; of secrets only that they were there."""
    found = {
        key.removeprefix("HTTP_").lower().replace("_", "-"): value
        for key, value in environ.items()
        if key.startswith("HTTP_") or (key in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value)
    }
    found["host"] = target.origin.partition("://")[2]  # `Targets` has replaced the header
    return {name: _HIDDEN if name in _SECRETS else value for name, value in found.items()}


def _peek(environ: "WSGIEnvironment") -> bytes:
    """Return the start of the body, and put a stream in its place that begins with it again."""
    stream = environ["wsgi.input"]
    if not (environ.get("CONTENT_LENGTH") or environ.get("HTTP_TRANSFER_ENCODING")):
        return b""
    failure: Exception | None = None
    start = b""
    try:
        start = stream.read(MAX_BODY)
    except Exception as error:
        failure = error
    environ["wsgi.input"] = io.BufferedReader(_Again(start, stream, failure))
    return start


class _Again(io.RawIOBase):
    """A stream of which the start was read, from the start."""

    def __init__(self, start: bytes, rest: "InputStream", failure: Exception | None) -> None:
        super().__init__()
        self._start, self._rest, self._failure = start, rest, failure

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the start, then the rest."""
        if self._failure:
            raise self._failure
        piece = self._start[: len(buffer)] or self._rest.read(len(buffer))
        self._start = self._start[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
