"""What every address has, whatever the interface: request ids, CORS, logs, health, a page for people."""

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Protocol

import flask

from app.engine.port import EngineError, Gone, Index, NotLoaded, asked_at
from app.web import adapter, target
from app.web.message import Fault, FaultKind, Request, Response

log = logging.getLogger("app.access")

_SANE_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
REQUEST_ID = "app.web.site.RequestId"
"""The logging filter that knows the request's id."""

_METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class Interface(Protocol):
    """What the site asks of an interface: an answer to what went wrong under its prefix."""

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the interface's own error body."""
        ...


def install(site: flask.Flask, index: Index, interfaces: Mapping[str, Interface]) -> None:
    """Give a Flask application all of that; `interfaces` are by their prefix, such as ``/STU3``."""
    site.before_request(_begin)
    site.after_request(_finish)
    site.teardown_request(_forget)

    @site.errorhandler(Exception)
    def failed(error: Exception) -> flask.Response:
        meaning, path = adapter.fault(error), flask.request.path
        for prefix, interface in interfaces.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                response = adapter.response(interface.fault(adapter.faulty_request(prefix), meaning))
                break
        else:
            response = _plain(meaning)
        if isinstance(error, EngineError) and not isinstance(error, (NotLoaded, Gone)):
            logging.getLogger(__name__).warning("%s", error)
        if response.status_code == 500:
            logging.getLogger(__name__).error("Unexpected error", exc_info=error)
        return response

    @site.get("/health/live")
    def live() -> flask.Response:
        return _uncached({"status": "live"})

    @site.get("/health/ready")
    def ready() -> tuple[flask.Response, int]:
        try:
            generation = index.live().generation
        except EngineError as error:
            reason = "No register is loaded" if isinstance(error, NotLoaded) else "The index does not answer"
            return _uncached({"status": "not ready", "reason": reason}), 503
        return _uncached({"status": "ready", "generation": generation.name}), 200

    @site.get("/")
    def start() -> str:
        try:
            generation = index.live().generation
        except EngineError:
            generation = None
        base_url = site.config["BASE_URL"]
        return flask.render_template("start.html", generation=generation, base_url=base_url)


def _begin() -> None:
    sent = flask.request.headers.get("X-Request-Id", "")
    flask.g.request_id = sent if _SANE_ID.fullmatch(sent) else secrets.token_hex(8)
    flask.g.started = time.monotonic()
    flask.g.asked = asked_at.set(flask.g.started)
    if fault := target.of(flask.request.environ).fault:
        raise fault


def _finish(response: flask.Response) -> flask.Response:
    request, headers = flask.request, response.headers
    headers["X-Request-Id"] = flask.g.request_id
    headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS" and response.status_code == 200:
        response.status_code = 204
        del headers["Content-Type"]
        allowed = ", ".join(method for method in _METHODS if method in response.allow)
        headers["Allow"] = headers["Access-Control-Allow-Methods"] = allowed
        headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "*")
        headers["Access-Control-Max-Age"] = "86400"
    milliseconds = (time.monotonic() - flask.g.started) * 1000
    path = target.of(request.environ).path
    fields = {"method": request.method, "path": path, "status": response.status_code}
    log.info(
        "%s %s %d %.1f ms",
        *fields.values(),
        milliseconds,
        extra=fields | {"milliseconds": round(milliseconds, 1)},
    )
    return response


def _forget(_error: BaseException | None) -> None:
    """Leave the thread as it was: what it does next is not asked for by this request."""
    asked_at.reset(flask.g.asked)


def _plain(error: Exception) -> flask.Response:
    """Return the error body of addresses outside the interfaces."""
    fault = error if isinstance(error, Fault) else Fault(FaultKind.INTERNAL, "Unexpected error")
    response = _uncached({"error": fault.text})
    response.status_code = fault.kind.status
    response.headers.update(fault.headers)
    return response


def _uncached(body: dict[str, str]) -> flask.Response:
    response = flask.jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response


class RequestId:
    """Gives every log record the id of the request it was made in, or a dash."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add `request_id`."""
        record.request_id = flask.g.get("request_id", "-") if flask.has_request_context() else "-"
        return True
