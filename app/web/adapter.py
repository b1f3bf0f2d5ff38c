"""Converts Flask's requests and errors into ours, and our responses into Flask's."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from app.web import target
from app.web.compression import compressed
from app.web.message import (
    MAX_FILE,
    MAX_RESOURCE,
    Fault,
    FaultKind,
    Pair,
    Request,
    Response,
    parse_form,
    quote,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_FORM = "application/x-www-form-urlencoded"


def current() -> tuple[flask.Request, Any]:
    """Return Flask's current request and `g` themselves: its proxies look them up at each access."""
    return (
        flask.request._get_current_object(),  # type: ignore[attr-defined]
        flask.g._get_current_object(),
    )


def request(prefix: str, parse: Callable[[bytes], tuple[Pair, ...]] = parse_form) -> Request:
    """Return Flask's current request for the interface under `prefix`; `parse` decodes the query.

    The body of a POST is a form. Raises Fault for a wrong query or body (fhir-search 2, 10, 16).
    """
    asked, known = current()
    known.query = parse(asked.query_string)
    if asked.method == "POST":
        known.query += _form(asked)
    return _request(prefix, known.query)


def request_with_file(prefix: str, media_type: str) -> Request:
    """Return Flask's current request, whose body is a file of a media type (lookup 4.3).

    Raises Fault for a wrong query, another media type, and a body that is too long or incomplete.
    """
    asked, known = current()
    known.query = parse_form(asked.query_string)
    if asked.mimetype != media_type:
        sent = quote(asked.headers.get("Content-Type", ""))
        how = f"curl -H 'Content-Type: {media_type}' --data-binary @FILE"
        fault = f'Unknown content type "{sent}": send the file as {media_type}, for example with {how}'
        raise Fault(FaultKind.MEDIA_TYPE, fault)
    asked.max_content_length = MAX_FILE
    return _request(prefix, known.query, _whole_body(asked))


def request_with_resource(prefix: str) -> Request:
    """Return Flask's current request, whose body is a FHIR resource; its media type is not looked at.

    Raises Fault for a wrong query, and for a body that is too long or incomplete.
    """
    asked, known = current()
    known.query = parse_form(asked.query_string)
    asked.max_content_length = MAX_RESOURCE
    # To read the body of a request that has none takes as long as to read a record.
    has_body = "CONTENT_LENGTH" in asked.environ or asked.method not in {"GET", "HEAD"}
    has_body = has_body or "HTTP_TRANSFER_ENCODING" in asked.environ
    return _request(prefix, known.query, _whole_body(asked) if has_body else b"")


def faulty_request(prefix: str) -> Request:
    """Return a faulty request to answer with an error body; its query is empty if it cannot be decoded."""
    try:
        query = flask.g.query if "query" in flask.g else parse_form(flask.request.query_string)
    except Fault:
        query = ()
    return _request(prefix, query)


def _request(prefix: str, query: tuple[Pair, ...], body: bytes = b"") -> Request:
    asked, known = current()
    environ = asked.environ
    aimed = target.of(environ)
    headers = {"content-type": environ.get("CONTENT_TYPE", "")} | {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    base = f"{flask.current_app.config['BASE_URL'] or aimed.origin}{prefix}"
    return Request(asked.method, aimed.path, base, query, headers, known.request_id, body)


def response(answer: Response) -> flask.Response:
    """Convert our response into Flask's, compressed as the request allows."""
    answer = compressed(answer, flask.request.environ.get("HTTP_ACCEPT_ENCODING", ""))
    if answer.status == 304:
        made = flask.Response(status=304, headers=dict(answer.headers))
        del made.headers["Content-Type"]
        return made
    headers = Headers()
    for name, value in answer.headers.items():  # what takes a dictionary takes twice as long
        headers.add(name, value)
    body = answer.body
    pieces = (body,) if isinstance(body, bytes) else body
    if isinstance(body, bytes):
        headers.add("Content-Length", str(len(body)))
    return _Whole(pieces, answer.status, headers, direct_passthrough=True)


class _Whole(flask.Response):
    """A response whose headers are complete; Flask would copy and look through them once more."""

    def get_wsgi_headers(self, _environ: "WSGIEnvironment") -> Headers:
        """Return the headers as they are."""
        return self.headers


def fault(error: Exception) -> Exception:
    """Convert an HTTP error of Flask into a fault; return other errors unchanged."""
    if not isinstance(error, HTTPException):
        return error
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(
            sorted(error.valid_methods or (), key=("GET", "HEAD", "POST", "DELETE", "OPTIONS").index)
        )
        text = f"Method {quote(flask.request.method)} is not allowed here: this server is read-only"
        return Fault(FaultKind.METHOD, text, {"Allow": allowed})
    if isinstance(error, RequestEntityTooLarge):
        longest = flask.request.max_content_length
        return Fault(FaultKind.BODY_TOO_LONG, f"The body is longer than {longest} bytes")
    if error.code == 404:
        return _unknown_address()
    if error.code and error.code < 500:
        return Fault(FaultKind.MALFORMED, f"The request cannot be answered: {error.name}")
    return error


def _unknown_address() -> Fault:
    # WSGI passes the bytes of a path as Latin-1.
    path = target.of(flask.request.environ).path.encode("latin-1").decode("utf-8", "replace")
    return Fault(FaultKind.NOT_FOUND, f'Unknown address "{quote(path)}"')


def _form(current: flask.Request) -> tuple[Pair, ...]:
    if not current.content_type and not _body(current):
        return ()
    if current.mimetype != _FORM:
        sent = quote(current.headers.get("Content-Type", ""))
        raise Fault(FaultKind.MEDIA_TYPE, f'Unknown content type specified "{sent}"')
    return parse_form(_whole_body(current))


def _whole_body(current: flask.Request) -> bytes:
    body = _body(current)
    if len(body) < (current.content_length or 0):
        raise Fault(FaultKind.MALFORMED, "The body is shorter than its Content-Length says")
    return body


def _body(current: flask.Request) -> bytes:
    """Read the body; raises Fault if the HTTP server cannot read it, whichever error it raises."""
    try:
        body = current.get_data()
        # Of a body without a length, werkzeug returns the beginning, as if that were all of it.
        is_full = current.content_length is None and len(body) == current.max_content_length
        if is_full and current.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
        return body
    except HTTPException:
        raise
    except Exception as error:
        fault = "The body of the request is incomplete or not well-formed HTTP"
        raise Fault(FaultKind.MALFORMED, fault) from error
