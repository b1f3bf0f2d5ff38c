"""What all addresses share: request ids, CORS, logs, errors and health checks."""

import logging
import random
import re
import time
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import flask

from app.engine.port import EngineError, Gone, Index, NotLoaded, asked_at
from app.logs import Line
from app.web import adapter, target
from app.web.message import Fault, Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger("app.access")

_SANE_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
_HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}")
REQUEST_ID = "app.web.site.RequestId"
"""The class of the logging filter that adds the ids of the request."""

_EXPOSED = "Access-Control-Expose-Headers"
_METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
_BODILESS = frozenset((204, 304))
_SLOW_SECONDS = 0.25
"""A request that takes longer is marked in the log."""


class Interface(Protocol):
    """What the site needs of an interface: its own answer to errors under its prefix."""

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the answer to a request that ended with an exception."""
        ...


def install(
    site: flask.Flask,
    index: Index,
    interfaces: Mapping[str, Interface],
    limit: Callable[["WSGIEnvironment"], None] | None = None,
) -> None:
    """Add all this to a Flask application; `interfaces` maps prefixes, such as ``/STU3``, to interfaces.

    The first that fits answers; the last prefix is "", which fits all addresses. `limit` raises Fault for a
    request of a client that asks too often.
    """

    @site.before_request
    def begin() -> None:
        environ = _begin()
        if limit:
            limit(environ)
        if fault := target.of(environ).fault:
            raise fault

    site.after_request(_finish)
    site.teardown_request(_forget)

    @site.errorhandler(Exception)
    def failed(error: Exception) -> flask.Response:
        meaning, path = adapter.fault(error), flask.request.path
        prefix = next(each for each in interfaces if path == each or path.startswith(f"{each}/"))
        response = adapter.response(interfaces[prefix].fault(adapter.faulty_request(prefix), meaning))
        if isinstance(error, EngineError) and not isinstance(error, (NotLoaded, Gone)):
            logging.getLogger(__name__).warning("%s", error)
        if response.status_code == 500 and not isinstance(meaning, Fault):
            _log_unexpected(error)
        return response

    @site.get("/health/live")
    def live() -> flask.Response:
        return _uncached({"status": "live"})

    @site.get("/health/ready")
    def ready() -> tuple[flask.Response, int]:
        found = readiness(index)
        if found.generation is None:
            return _uncached({"status": "not ready", "reason": found.outcome}), 503
        return _uncached({"status": "ready", "generation": found.generation}), 200


class Readiness(NamedTuple):
    """The live generation, None if none can be read, and that name or the reason."""

    generation: str | None
    outcome: str


def readiness(index: Index) -> Readiness:
    """Return whether a register is loaded and answers."""
    try:
        name = index.live().generation.name
    except EngineError as error:
        reason = "No register is loaded" if isinstance(error, NotLoaded) else "The index does not answer"
        return Readiness(None, reason)
    return Readiness(name, name)


def _begin() -> "WSGIEnvironment":
    """Note the ids and the time of a request; return what the HTTP server knows of it."""
    request, known = adapter.current()
    known.request_id = _sane(request, "HTTP_X_REQUEST_ID") or f"{random.getrandbits(64):016x}"
    known.correlation_id = _sane(request, "HTTP_X_CORRELATION_ID")
    known.started = time.monotonic()
    known.asked = asked_at.set(known.started)
    return request.environ


def _sane(request: flask.Request, header: str) -> str:
    """Return the id in a header if it has safe characters only, else ""."""
    sent = request.environ.get(header, "")
    return sent if _SANE_ID.fullmatch(sent) else ""


def _finish(response: flask.Response) -> flask.Response:
    request, known = adapter.current()
    headers = response.headers
    headers.add("X-Request-Id", known.request_id)
    headers.add("Access-Control-Allow-Origin", "*")
    if known.correlation_id:
        headers["X-Correlation-ID"] = known.correlation_id
        # Other answers keep the exact header of the original service.
        if "X-Request-Id" in headers.get(_EXPOSED, ""):
            headers[_EXPOSED] += ", X-Correlation-ID"
    # Looking up a header that is not there takes six times as long, since it raises an error.
    has_retry = any(name == "Retry-After" for name, _ in headers)
    if has_retry and request.blueprint != "ord":  # whose errors expose nothing (ord 4)
        headers[_EXPOSED] = f"{headers.get(_EXPOSED, '')}, Retry-After".lstrip(", ")
    if request.method == "OPTIONS" and response.status_code == 200:
        response.status_code = 204
        del headers["Content-Type"]
        allowed = ", ".join(method for method in _METHODS if method in response.allow)
        headers["Allow"] = headers["Access-Control-Allow-Methods"] = allowed
        asked = request.headers.get("Access-Control-Request-Headers", "")
        headers["Access-Control-Allow-Headers"] = asked if _HEADER_NAMES.fullmatch(asked) else "*"
        headers["Access-Control-Max-Age"] = "86400"
    _log(request, response, known)
    return response


def _log(request: flask.Request, response: flask.Response, known: Any) -> None:
    """Log one line about a request, with the time until its answer was ready to be sent."""
    if not log.isEnabledFor(logging.INFO):
        return
    seconds = time.monotonic() - known.started
    aimed, method, status = target.of(request.environ), request.method, response.status_code
    fields = {**_ids(known), "method": method, "path": aimed.path, "status": status}
    shown = aimed.path
    if flask.current_app.config["LOG_QUERIES"]:
        fields["query"] = aimed.query
        shown += f"?{aimed.query}" if aimed.query else ""
    fields["milliseconds"] = round(seconds * 1000, 1)
    text = f"{method} {shown} {status} {seconds * 1000:.1f} ms"
    # Nobody knows the length of an answer that is sent while it is made.
    length = 0 if method == "HEAD" or status in _BODILESS else response.content_length
    if length is not None:
        fields["bytes"] = length
        text += f" {length} bytes"
    if seconds > _SLOW_SECONDS:
        fields["slow"] = True
        text += " slow"
    log.handle(Line(log.name, text, fields))


def _log_unexpected(error: Exception) -> None:
    """Log an unexpected error; its text may quote a query, so it is logged only if queries are."""
    if flask.current_app.config["LOG_QUERIES"]:
        logging.getLogger(__name__).error("Unexpected error", exc_info=error)
        return
    places = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger(__name__).error(
        "Unexpected error\nTraceback (most recent call last):\n%s%s", places, type(error).__name__
    )


def _forget(_error: BaseException | None) -> None:
    """Reset `asked_at`, so that the time-out of this request does not apply to the next one of its thread."""
    asked_at.reset(flask.g.asked)


def _uncached(body: dict[str, str]) -> flask.Response:
    response = flask.jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response


class RequestId:
    """A logging filter that adds the ids of the current request to each record; "-" outside requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add `request_id` and `correlation_id`."""
        if "request_id" not in record.__dict__:  # the line about a request brings its ids
            record.__dict__.update(_ids(flask.g if flask.has_request_context() else {}))
        return True


def _ids(known: Any) -> dict[str, Any]:
    """Return the ids of a request as a record has them."""
    return {
        "request_id": known.get("request_id") or "-",
        "correlation_id": known.get("correlation_id") or "-",
    }
