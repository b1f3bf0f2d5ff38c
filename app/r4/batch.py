"""Batches: several reads, searches and operations in one request (fhir-r4 15.3)."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from app.engine.port import EngineError, asked_at
from app.fhir import negotiation
from app.fhir.answer import Answer, negotiated
from app.fhir.interface import Fhir
from app.fhir.names import MAX_ALTERNATIVES, alternatives
from app.fhir.negotiation import FHIR_JSON
from app.fhir.rejected import Rejected, Unexpected, UnknownFormat
from app.fhir.search import parse_read
from app.fhir.values import instant
from app.r4.entries import Entry, read
from app.r4.words import Issue
from app.web.message import MAX_LINE, Fault, FaultKind, Pair, Request, Response, parse_form, parse_path
from app.web.target import plain

log = logging.getLogger(__name__)

SECONDS = 5.0
"""How long a batch may take until no further entry is begun."""
OF_WHOLE = ("_format", "_pretty")
"""The parameters of a batch. In an entry they have no effect: its answer is a part of the whole one."""
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_INCOMPLETE = Issue("required", 'An entry needs a "request" with "method" and "url"')

Json = dict[str, Any]
Find = Callable[[str, str], Callable[[Request], Response]]
"""Finds what answers a method at a path below the prefix, in plain form; raises Fault."""


class _Part(NamedTuple):
    """An entry as a request of its own; `path` is in plain form. With an error it cannot be answered."""

    request: Request
    path: str = ""
    error: Exception | None = None


@dataclass(frozen=True)
class Batch:
    """Answers batches, by the functions that answer the same requests one by one."""

    fhir: Fhir
    find: Find
    seconds: float = SECONDS

    def answer(self, request: Request) -> Response:
        """Return the Bundle of the answers, in the order of the entries; raises Rejected and Fault."""
        version = self.fhir.version
        answer = negotiated(request, version, self.fhir.software)
        parse_read(request, version, OF_WHOLE)
        parts = [_part(request, entry) for entry in read(request, version.fhir_version)]
        self._limit(parts)
        began = time.monotonic()
        entries: list[Json] = []
        size = 0
        for part in parts:
            response = self._answered(part, is_late=bool(entries) and time.monotonic() > began + self.seconds)
            assert isinstance(response.body, bytes)  # noqa: S101 - no answer of this interface is a stream
            size += len(response.body)
            answer.check(size)
            entries.append(_written(answer, response, response.body))
        bundle: Json = {"resourceType": "Bundle", "id": str(uuid4()), "type": "batch-response"}
        return answer.send(200, answer.write(bundle | ({"entry": entries} if entries else {})))

    def _limit(self, parts: Iterable[_Part]) -> None:
        """Raise Fault if the entries together ask for more than one search may (fhir-search 16)."""
        sent = [pair for part in parts for pair in part.request.query]
        asked = (value for name, value in sent if name not in self.fhir.version.result)
        if alternatives(asked) > MAX_ALTERNATIVES:
            text = f"The entries have more than {MAX_ALTERNATIVES} comma-separated alternatives together"
            raise Fault(FaultKind.MALFORMED, f"{text}: send fewer at a time")

    def _answered(self, part: _Part, *, is_late: bool) -> Response:
        began = asked_at.set(time.monotonic())  # each entry has the time-out of a request
        try:
            if part.error:
                raise part.error
            if is_late:
                text = f"The batch took more than {self.seconds:g} seconds before this entry: send it again"
                raise Fault(FaultKind.UNAVAILABLE, text)
            return self.find(part.request.method, part.path)(part.request)
        except (Rejected, Fault) as error:
            return self.fhir.fault(part.request, error)
        except EngineError as error:
            log.warning("%s", error)
            return self.fhir.fault(part.request, error)
        finally:
            asked_at.reset(began)


def _part(whole: Request, entry: Entry) -> _Part:
    """Return an entry as a request of its own, or with what is wrong with it."""
    # Of the headers of the batch, only `Prefer` says something about its parts.
    headers = {name: value for name, value in whole.headers.items() if name == "prefer"}
    body = b""
    if entry.resource and entry.method == "POST":
        headers["content-type"] = FHIR_JSON
        body = orjson.dumps(entry.resource)
    request = Request(entry.method, whole.path, whole.base, (), headers, whole.id, body)
    try:
        if not (entry.method and entry.url):
            raise Rejected(_INCOMPLETE)
        if _ABSOLUTE.match(entry.url):
            raise Rejected(
                Unexpected("url", entry.url, "an address relative to the base, such as Organization/RR8")
            )
        if len(entry.url.encode()) > MAX_LINE:
            raise Fault(FaultKind.LINE_TOO_LONG, f"The url of the entry is longer than {MAX_LINE} bytes")
        path, _, query = entry.url.partition("#")[0].partition("?")
        parse_path(path.encode())
        found = plain(path.encode().decode("latin-1"))
        pairs = tuple(_of_part(parse_form(query.encode())))
        request = replace(request, path=f"{whole.path.rstrip('/')}{found}", query=pairs)
    except (Rejected, Fault) as error:
        return _Part(request, error=error)
    return _Part(request, found)


def _of_part(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield parameters without those of the whole; raises Rejected for a format that there is not."""
    for name, value in pairs:
        if name == "_format" and value.strip() and negotiation.by_name(value) is None:
            raise Rejected(UnknownFormat(value))
        if name not in OF_WHOLE:
            yield name, value


def _written(answer: Answer, response: Response, body: bytes) -> Json:
    """Return the entry of an answer."""
    headers = response.headers
    resource = orjson.loads(body) if answer.format.xml or answer.pretty else orjson.Fragment(body)
    told: Json = {"status": str(response.status)}
    if "ETag" in headers:
        told["etag"] = headers["ETag"]
    if "Content-Location" in headers:
        told["lastModified"] = orjson.loads(body)["meta"]["lastUpdated"]  # the header has no milliseconds
    elif "Last-Modified" in headers:
        changed = parsedate_to_datetime(headers["Last-Modified"])
        told["lastModified"] = instant(changed, answer.version.timespec)
    if response.status >= 400:
        return {"response": {**told, "outcome": resource}}
    return {"resource": resource, "response": told}
