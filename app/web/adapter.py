"""Between Flask and the interfaces: its request becomes ours, our response becomes its."""

import re
from collections.abc import Callable

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from app.web.message import (
    MAX_FORM,
    MAX_LINE,
    Fault,
    FaultKind,
    Pair,
    Request,
    Response,
    parse_form,
    parse_path,
    quote,
)

_FORM = "application/x-www-form-urlencoded"
_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def request(prefix: str, parse: Callable[[bytes], tuple[Pair, ...]] = parse_form) -> Request:
    """Return Flask's current request as an interface under `prefix` is given it, its query read by `parse`.

    Raises Fault for what is wrong with the request line or the body (fhir-search 2, 10, 16).
    """
    current = flask.request
    if len(_line(current)) > MAX_LINE:
        raise Fault(FaultKind.LINE_TOO_LONG, f"The request line is longer than {MAX_LINE} bytes")
    path = parse_path(raw_path(current).encode("latin-1"))
    if "//" in path or "%2f" in path.lower():
        raise _unknown_address()  # Flask takes leading slashes for one, and an encoded one for a slash
    flask.g.query = parse(current.query_string)
    if current.method == "POST":
        flask.g.query += _form(current)
    made = _request(prefix, flask.g.query)
    if made.base == prefix:
        fault = "The Host header does not name a host: send another one, or set ODS_BASE_URL"
        raise Fault(FaultKind.MALFORMED, fault)
    return made


def faulty_request(prefix: str) -> Request:
    """Return as much of a request as can be read: at least its `_format`, if that can."""
    try:
        query = flask.g.query if "query" in flask.g else parse_form(flask.request.query_string)
    except Fault:
        query = ()
    return _request(prefix, query)


def _request(prefix: str, query: tuple[Pair, ...]) -> Request:
    current = flask.request
    headers = {name.lower(): value for name, value in current.headers.items()}
    return Request(
        current.method, raw_path(current), f"{_origin(current)}{prefix}", query, headers, flask.g.request_id
    )


def _origin(current: flask.Request) -> str:
    """Return the public address above the interfaces, or nothing where a Host header names no host.

    Not `host_url`, which spells an internationalised host in Unicode and refuses an underscore.
    """
    if flask.current_app.config["BASE_URL"]:
        return str(flask.current_app.config["BASE_URL"])
    environ = current.environ
    host = environ.get("HTTP_HOST", f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}")
    default = ":443" if current.scheme == "https" else ":80"
    if not _HOST.fullmatch(host):
        return ""
    return f"{current.scheme}://{host.removesuffix(default)}"


def response(answer: Response) -> flask.Response:
    """Return our response as Flask's."""
    made = flask.Response(answer.body, answer.status, dict(answer.headers))
    if answer.status == 304:
        del made.headers["Content-Type"]
    return made


def fault(error: Exception) -> Exception:
    """Say Flask's own errors as faults; others stay what they are."""
    if not isinstance(error, HTTPException):
        return error
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or (), key=("GET", "HEAD", "POST", "OPTIONS").index))
        text = f"Method {quote(flask.request.method)} is not allowed here: this server is read-only"
        return Fault(FaultKind.METHOD, text, {"Allow": allowed})
    if isinstance(error, RequestEntityTooLarge):
        return Fault(FaultKind.BODY_TOO_LONG, f"The body is longer than {MAX_FORM} bytes")
    if error.code == 404:
        return _unknown_address()
    if error.code and error.code < 500:
        return Fault(FaultKind.MALFORMED, f"The request cannot be answered: {error.name}")
    return error


def _unknown_address() -> Fault:
    try:
        parse_path(raw_path(flask.request).encode("latin-1"))
    except Fault as fault:
        return fault
    # The server gives a path's bytes as Latin-1; most that are no ASCII are meant as UTF-8.
    path = raw_path(flask.request).encode("latin-1", "replace").decode("utf-8", "replace")
    return Fault(FaultKind.NOT_FOUND, f'Unknown address "{quote(path)}"')


def _form(current: flask.Request) -> tuple[Pair, ...]:
    if not current.content_type and not _body(current):
        return ()
    if current.mimetype != _FORM:
        sent = quote(current.headers.get("Content-Type", ""))
        raise Fault(FaultKind.MEDIA_TYPE, f'Unknown content type specified "{sent}"')
    body = _body(current)
    if len(body) < (current.content_length or 0):
        raise Fault(FaultKind.MALFORMED, "The body is shorter than its Content-Length says")
    return parse_form(body)


def _body(current: flask.Request) -> bytes:
    """Read the body; what the HTTP server cannot read of it is the client's fault, however it says so."""
    try:
        return current.get_data()
    except HTTPException:
        raise
    except Exception as error:
        fault = "The body of the request is not well-formed HTTP, or not whole"
        raise Fault(FaultKind.MALFORMED, fault) from error


def raw_path(current: flask.Request) -> str:
    """Return the path as it was asked for; a target may be a whole URL, whose host is not believed."""
    path = _target(current).partition("?")[0]
    return path if path.startswith("/") else "/" + path.partition("://")[2].partition("/")[2]


def _line(current: flask.Request) -> str:
    return f"{current.method} {_target(current)} {current.environ['SERVER_PROTOCOL']}"


def _target(current: flask.Request) -> str:
    return str(current.environ.get("RAW_URI") or current.environ["REQUEST_URI"])
