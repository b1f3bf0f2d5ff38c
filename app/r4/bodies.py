"""The resources in bodies of requests, in JSON or XML: batches and Parameters."""

import re
from typing import Any

import orjson
from werkzeug.http import parse_options_header

from app.fhir import negotiation
from app.fhir.from_xml import DEEPEST, NotWellFormed, from_xml
from app.fhir.rejected import Rejected
from app.r4.words import Issue
from app.web.message import Request, quote

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_TOO_DEEP = Issue("invalid", f"The JSON has more than {DEEPEST} objects and lists in each other: send fewer")

Json = dict[str, Any]


def resource(request: Request, fhir_version: str, what: str) -> Json:
    """Return the resource in the body of a request, which is not empty; raises Rejected.

    `what` names the resource to send. The members of a resource in JSON may be of any types. In XML
    primitives are texts, but for booleans.
    """
    sent = request.headers.get("content-type", "")
    found = negotiation.by_name(sent)
    if found is None or parse_options_header(sent)[1].get("fhirversion", fhir_version) != fhir_version:
        types = f"{negotiation.FHIR_JSON} or {negotiation.FHIR_XML}"
        text = f'Unsupported content type "{quote(sent)}": send {what} as {types}'
        raise Rejected(Issue("not-supported", text, 415))
    if found.xml:
        try:
            return from_xml(request.body)
        except NotWellFormed as error:
            raise Rejected(Issue("invalid", str(error))) from None
    if _NUL.search(request.body):  # an engine may take it for the end of a text
        raise Rejected(Issue("invalid", "The body holds a NUL character: send it without one"))
    try:
        read = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        if "depth" in error.msg:  # its own limit is higher than ours
            raise Rejected(_TOO_DEEP) from None
        place = f"line {error.lineno}, column {error.colno}"
        raise Rejected(Issue("invalid", f"The body is not well-formed JSON: see {place}")) from None
    _check_depth(read)
    return read if isinstance(read, dict) else {}


def _check_depth(read: Any) -> None:
    """Raise Rejected for JSON so deep that writing parts of it into an answer could fail."""
    inner = [read] if isinstance(read, (dict, list)) else []
    for _ in range(DEEPEST):
        values = (each.values() if isinstance(each, dict) else each for each in inner)
        inner = [each for held in values for each in held if isinstance(each, (dict, list))]
        if not inner:
            return
    raise Rejected(_TOO_DEEP)
