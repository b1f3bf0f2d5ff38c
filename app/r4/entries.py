"""The entries of a batch, read from its body in JSON or XML (fhir-r4 15.3)."""

from typing import Any, NamedTuple
from xml.parsers import expat

import orjson
from werkzeug.http import parse_options_header

from app.fhir import negotiation
from app.fhir.rejected import Rejected
from app.fhir.systems import FHIR_NAMESPACE
from app.r4.words import Issue
from app.web.message import Request, quote

MOST = 100
"""Entries of a batch."""
_NO_BATCH = Issue(
    "not-supported",
    "Transactions are not supported: this server is read-only; send a batch of GET entries",
)


class Entry(NamedTuple):
    """What an entry asks for, as it was sent; empty where it does not say."""

    method: str = ""
    url: str = ""


def read(request: Request, fhir_version: str) -> list[Entry]:
    """Return the entries of the batch in the body of a request; raises Rejected."""
    sent = request.headers.get("content-type", "")
    if not request.body.strip():
        raise Rejected(_NO_BATCH)
    found = negotiation.by_name(sent)
    if found is None or parse_options_header(sent)[1].get("fhirversion", fhir_version) != fhir_version:
        types = f"{negotiation.FHIR_JSON} or {negotiation.FHIR_XML}"
        raise Rejected(
            Issue(
                "not-supported", f'Unsupported content type "{quote(sent)}": send the batch as {types}', 415
            )
        )
    entries = _of_xml(request.body) if found.xml else _of_json(request.body)
    if len(entries) > MOST:
        raise Rejected(Issue("too-long", f"The batch has {len(entries)} entries: send at most {MOST}", 413))
    return entries


def _of_json(body: bytes) -> list[Entry]:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Rejected(Issue("invalid", f"The body is not well-formed JSON: see {place}")) from None
    if not isinstance(sent, dict) or (sent.get("resourceType"), sent.get("type")) != ("Bundle", "batch"):
        raise Rejected(_NO_BATCH)
    entries = sent.get("entry", [])
    if not isinstance(entries, list):
        raise Rejected(Issue("invalid", 'The "entry" of the batch is no list: send a list of entries'))
    return [_asked(each) for each in entries]


def _asked(entry: Any) -> Entry:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        return Entry()
    method, url = request.get("method"), request.get("url")
    return Entry(method if isinstance(method, str) else "", url if isinstance(url, str) else "")


def _of_xml(body: bytes) -> list[Entry]:
    found = _Bundle()
    try:
        found.read(body)
    except (expat.ExpatError, ValueError, LookupError):  # the others are of unknown encodings
        place = f"line {found.parser.CurrentLineNumber}, column {found.parser.CurrentColumnNumber + 1}"
        raise Rejected(Issue("invalid", f"The body is not well-formed XML: see {place}")) from None
    if found.type != "batch":
        raise Rejected(_NO_BATCH)
    return found.entries


class _Bundle:
    """Takes what a batch needs out of a Bundle in XML, while it is parsed."""

    def __init__(self) -> None:
        self.type: str | None = None
        self.entries: list[Entry] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = lambda _name: self._path.pop()
        self.parser.StartDoctypeDeclHandler = _refuse
        self._path: list[str] = []

    def read(self, body: bytes) -> None:
        """Read a whole document; raises Rejected and the errors of expat."""
        self.parser.Parse(body, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self._path.append(local if namespace == FHIR_NAMESPACE else "")
        value = attributes.get("value", "")
        match self._path:
            case ["Bundle", "type"]:
                self.type = value
            case ["Bundle", "entry"]:
                self.entries.append(Entry())
            case ["Bundle", "entry", "request", "method"]:
                self.entries[-1] = self.entries[-1]._replace(method=value)
            case ["Bundle", "entry", "request", "url"]:
                self.entries[-1] = self.entries[-1]._replace(url=value)


def _refuse(*_declared: object) -> None:
    """Refuse a document type: its entities could make a short body long."""
    raise Rejected(Issue("invalid", "The XML has a document type declaration: send it without one"))
