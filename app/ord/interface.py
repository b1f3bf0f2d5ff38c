"""ORD's interactions: each method takes a request, reads one register and returns a response."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from app.clock import Clock, london_day, midnight
from app.engine.port import Index, Register, again_if_dropped
from app.ord import xml
from app.ord.links import links
from app.ord.parameters import READ, SEARCH, SYNC, Asked, Memory, NotAcceptable, parse, search
from app.ord.systems import SYSTEMS
from app.register.query import Clause, Key, Match, Operator, Query, Test
from app.web import conditional, faults
from app.web.message import IMPOSED, Fault, FaultKind, Request, Response, is_path, segment

_ERRORS = {
    FaultKind.NOT_FOUND: (404, "Not found"),
    FaultKind.METHOD: (405, "Method not allowed"),
    FaultKind.INTERNAL: (500, "Service Unavailable"),
    FaultKind.UNAVAILABLE: (503, "Service Unavailable"),
}
"""Status and text of the faults with a fixed text (ord 9)."""

_UNQUOTED = "-._~,:/@"
"""Characters that page links do not percent-encode, besides letters and digits (ord 4.8)."""

Headers = Mapping[str, str]
Written = tuple[bytes | Iterator[bytes], Headers]
"""The body of an answer, and the headers that only its endpoint sends."""


@dataclass(frozen=True)
class Ord:
    """The ORD interface of one index: its methods answer the requests."""

    index: Index
    clock: Clock
    version: str
    days: int
    """How many days back changes and deletions are listed; 0: without a limit."""

    @again_if_dropped
    def search(self, request: Request) -> Response:
        """Return a page of summaries (ord 4)."""
        asked = parse(request, SEARCH, self._memory(), filters=True)
        register = self.index.live()

        def write() -> Written:
            query = search(asked.values)
            page = register.search(query, "ord_summary")
            total, returned = page.total or 0, len(page.matches)
            headers = _counted(total)
            if returned != total:
                headers |= {"Returned-Records": str(returned), **_page_links(request, query, total)}
            return _summaries(asked, page.matches), headers

        return self._answer(asked, register, write)

    @again_if_dropped
    def read(self, request: Request, code: str) -> Response:
        """Return one record (ord 5)."""
        asked = parse(request, READ, self._memory())
        register, match = self.index.read("organisation", code.upper(), "ord")
        return self._stored(asked, register, match, xml.record)

    @again_if_dropped
    def sync(self, request: Request) -> Response:
        """Return links to all organisations that changed on or after a day (ord 6)."""
        asked = parse(request, SYNC, self._memory(), filters=True)
        register = self.index.live()

        def write() -> Written:
            query = Query("organisation", (asked.values["LastChangeDate"],), size=None, total=False)
            codes = [match.id for match in register.search(query, None).matches]
            found = links(request.base, codes, xml=asked.xml)
            return found.pieces(), {**_counted(len(codes)), "Content-Length": str(len(found))}

        return self._answer(asked, register, write)

    @again_if_dropped
    def code_list(self, request: Request, system: str, code_id: str | None) -> Response:
        """Return a code system, or one code of it (ord 7)."""
        asked = parse(request, READ, self._memory())
        entry_id = system if code_id is None else f"{system}/{code_id.upper()}"
        register, match = self.index.read("code_list", entry_id, "ord")
        return self._stored(asked, register, match, partial(xml.code_system, SYSTEMS[system]))

    @again_if_dropped
    def notifications(self, request: Request) -> Response:
        """Return the organisations deleted in the last `days` days (ord 8)."""
        memory = self._memory()
        asked = parse(request, READ, memory, xml=False)
        register = self.index.live()

        def write() -> Written:
            first = midnight(memory.first) if memory.first else None
            recent = Clause((Test("missed", Operator.RANGE, (first, None)),))
            query = Query("deletion", (recent,), (Key("missed", descending=True),), size=None, total=False)
            found = (match.document for match in register.search(query, "ord").matches)
            return b'{"DeletedOrganisations": [%s]}' % b", ".join(found), {}

        return self._answer(asked, register, write, since=london_day(self.clock()))

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the error response, always JSON, for an exception that ended a request (ord 9)."""
        headers: Headers = {}
        if isinstance(error, NotAcceptable):
            status, text = 406, str(error)
        else:
            fault = faults.of_error(error, request)
            kind = fault.kind if is_path(request.path) else FaultKind.NOT_FOUND
            # ORD answers bad input with 406, never 400; but a wrong Host is 400 in every interface.
            as_it_is = kind is FaultKind.HOST or kind in IMPOSED.values()
            status = kind.status if as_it_is else max(kind.status, 406)
            status, text = _ERRORS.get(kind, (status, fault.text))
            headers = fault.headers
        body = json.dumps({"errorCode": status, "errorText": text}, indent=2, separators=(", ", ": "))
        sent = {"Content-Type": "application/json", "Cache-Control": "no-store", **headers}
        return Response(status, sent, f"{body}\n".encode())

    def _memory(self) -> Memory:
        return Memory(london_day(self.clock()).date(), self.days)

    def _stored(
        self, asked: Asked, register: Register, match: Match | None, to_xml: Callable[[Any], bytes]
    ) -> Response:
        """Return a stored document as JSON, or converted by `to_xml`; raises Fault if there is none."""
        if match is None:
            raise Fault(FaultKind.NOT_FOUND, "")
        document = match.document
        return self._answer(
            asked, register, lambda: (to_xml(json.loads(document)) if asked.xml else document, {})
        )

    def _answer(
        self, asked: Asked, register: Register, write: Callable[[], Written], since: datetime | None = None
    ) -> Response:
        """Return what `write` gives, or 304 if the client has it; `since`: see `conditional.validators`."""
        request = asked.request
        shaping = (request.base, self.version, self.days, asked.xml)
        known = conditional.validators(register, *shaping, since=since)
        known["Vary"] = "Content-Type"
        if conditional.is_unchanged(request, known):
            return Response(304, known)
        body, headers = write()
        media_type = "application/xml" if asked.xml else "application/json"
        return Response(200, {"Content-Type": media_type, **known, **headers}, body)


def _counted(total: int) -> dict[str, str]:
    return {"X-Total-Count": str(total), "Access-Control-Expose-Headers": "X-Total-Count"}


def _summaries(asked: Asked, matches: Iterable[Match]) -> bytes:
    """Return a list of summaries with links; JSON is built from the stored bytes without parsing them."""
    base = f"{asked.request.base}/organisations/"
    found = ((match.document, segment(match.id)) for match in matches)
    if asked.xml:
        return xml.organisations(
            {**json.loads(row), "OrgLink": f"{base}{code}?_format=xml"} for row, code in found
        )
    link = b'"OrgLink": ' + json.dumps(base).encode()[:-1]
    rows = (b'%s, %s%s"}' % (row[:-1], link, code.encode("ascii")) for row, code in found)
    return b'{"Organisations": [%s]}' % b", ".join(rows)


def _page_links(request: Request, query: Query, total: int) -> dict[str, str]:
    """Return the headers that link the next and previous page, byte for byte as the original (ord 4.8)."""
    given = "".join(
        f"{name}={quote(value, safe=_UNQUOTED)}&"
        for name, value in request.query
        if name not in {"Limit", "Offset"}
    )
    limit = query.size or 0
    start = f"{request.base}/organisations?{given}Limit={limit}"
    links = {}
    if query.offset + limit < total:
        links["Next-Page"] = f"{start}&Offset={query.offset + limit}"
    if query.offset > 0:
        before = query.offset - limit
        links["Previous-Page"] = f"{start}&Offset={before}" if before > 0 else start
    return links
