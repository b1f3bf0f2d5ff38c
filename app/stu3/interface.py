"""STU3's interactions: each method takes a request, reads one register and returns a response."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from app.clock import Clock
from app.engine.port import EngineError, Index, Register, again_if_dropped
from app.fhir import systems
from app.fhir.subset import Definitions, Subset
from app.fhir.xml import to_xml
from app.register.query import Page
from app.stu3 import shape
from app.stu3.bundle import Walk, bundle, self_link
from app.stu3.metadata import statement
from app.stu3.outcome import Issue, Rejected, of_fault, outcome
from app.stu3.parameters import FOLDER, SEARCH
from app.stu3.search import Context, Search, parse_read, parse_search
from app.web import conditional, faults, negotiation
from app.web.message import MAX_LINE, Fault, FaultKind, Request, Response, quote
from app.web.negotiation import Format

_FHIR_VERSION = "3.0"
_ALWAYS = {
    "Vary": "Accept, Prefer",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Location, Content-Location, X-Request-Id",
}

INTERACTIONS = dict.fromkeys(SEARCH, ("read", "search-type"))
"""The interactions that have a route, by resource type."""

Json = dict[str, Any]


_ELEMENTS = orjson.loads((FOLDER / "elements.json").read_bytes())
_DEFINITIONS = Definitions(
    summary={name: facts["summary"] for name, facts in _ELEMENTS.items()},
    mandatory={name: frozenset(facts["mandatory"]) for name, facts in _ELEMENTS.items()},
    tag_system=systems.STU3_SUBSETTED,
)


@dataclass(frozen=True)
class Stu3:
    """The STU3 interface of one index: its methods answer the requests."""

    index: Index
    clock: Clock
    version: str
    installed: datetime
    """When this version of the software was installed."""
    legacy: bool = False

    # Interactions

    def metadata(self, request: Request) -> Response:
        """Return the CapabilityStatement, also when nothing is loaded."""
        answer = self._answer(request)
        subset = parse_read(request)
        register: Register | None = None
        date = self.installed.date().isoformat()
        with suppress(EngineError):
            register = self.index.live()
            date = register.generation.release
        resource = statement(request.base, self.version, date, INTERACTIONS)
        body = answer.write(_DEFINITIONS.cut(resource, subset))
        if register is None:
            return answer.send(200, body)
        changed = max(register.live_since, min(self.installed, self.clock()))
        known = conditional.validators_of(body, answer.format.media_type, changed)
        return answer.unchanged(known) or answer.send(200, body, known)

    @again_if_dropped
    def read(self, request: Request, resource_type: str, resource_id: str) -> Response:
        """Return one resource by its id."""
        answer = self._answer(request)
        subset = parse_read(request)
        if resource_type == "Organization":
            register, document = self.index.read("organisation", resource_id.upper(), "stu3")
            fault = "No record found for supplied ODS code"
        else:
            register, document = self.index.read("resource", f"{resource_type}/{resource_id}", "stu3")
            fault = "No record found for supplied id"
        if document is None:
            raise Fault(FaultKind.NOT_FOUND, fault)
        known = answer.validators(register)
        if unchanged := answer.unchanged(known):
            return unchanged
        return answer.send(200, answer.write(answer.resources(subset)(document)), known)

    @again_if_dropped
    def search(self, request: Request, resource_type: str) -> Response:
        """Return the Bundle of a search by GET or POST."""
        answer = self._answer(request)
        search = parse_search(request, resource_type, Context(self.clock(), self.legacy))
        address = f"{request.base}/{resource_type}"
        if request.method == "POST" and len(self_link(search, address)) > MAX_LINE:
            fault = f"The links of this search would be longer than {MAX_LINE} bytes: ask for less at a time"
            raise Fault(FaultKind.BODY_TOO_LONG, fault)
        register = self._register(search.generation)
        # The matches of a date with the prefix `ap` depend on the present time: never answer 304.
        lasting = not any("ap" in value for value in request.values("_lastUpdated"))
        known = answer.validators(register)
        if lasting and request.method != "POST" and (unchanged := answer.unchanged(known)):
            return unchanged
        page = register.search(search.query, "stu3")
        walk = Walk(address, None if self.legacy else register.generation.name)
        return answer.send(200, answer.write(self._bundle(search, page, walk, answer)), known)

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the OperationOutcome for an exception that ended a request."""
        if isinstance(error, Rejected):
            fault, issues = Fault(FaultKind.MALFORMED, ""), error.issues
        else:
            fault = faults.of_error(error, request)
            issues = (of_fault(fault),)
        try:
            answer = self._answer(request)
        except (Fault, Rejected):
            answer = _Answer(
                self, request, negotiation.JSON, pretty=False
            )  # the requested format is what is wrong
        response = answer.send(fault.kind.status, answer.write(outcome(issues)))
        return Response(response.status, {**response.headers, **fault.headers}, response.body)

    # Parts of an answer

    def _register(self, generation: str | None) -> Register:
        return self.index.kept(generation) if generation else self.index.live()

    def _answer(self, request: Request) -> "_Answer":
        """Determine the format of the answer; raises Rejected for a bad `_format`, Fault for a bad Accept."""
        names, pretty = request.values("_format"), request.values("_pretty")
        accept = request.headers.get("accept", "")
        if names:
            found = negotiation.by_name(names[0])
            if found is None:
                raise Rejected(Issue("INVALID_VALUE", f'Unknown dialect specified "{quote(names[0])}"'))
        else:
            found = negotiation.by_accept(accept, _FHIR_VERSION) if accept.strip() else negotiation.JSON
            if found is None:
                raise Fault(FaultKind.NOT_ACCEPTABLE, f'Unknown content type specified "{quote(accept)}"')
        return _Answer(self, request, found, "true" in pretty or (found.pretty and "false" not in pretty))

    def _bundle(self, search: Search, page: Page, walk: Walk, answer: "_Answer") -> Json:
        resources = map(answer.resources(search.subset), (match.document for match in page.matches))
        return bundle(search, page, walk, resources, self.clock(), legacy=self.legacy)


@dataclass(frozen=True)
class _Answer:
    """Writes the answer to one request in its format, with validators and headers."""

    interface: Stu3
    request: Request
    format: Format
    pretty: bool

    def resources(self, subset: Subset) -> Callable[[bytes], Any]:
        """Return what makes a stored document ready to be sent: as it is stored wherever that will do."""
        if subset.whole and not (self.format.xml or self.pretty or self.interface.legacy):
            return orjson.Fragment
        return lambda document: _DEFINITIONS.cut(orjson.loads(document), subset)

    def send(self, status: int, body: bytes, known: Mapping[str, str] | None = None) -> Response:
        """Return a response; clients may cache it if `known` gives its validators."""
        headers = {"Content-Type": f"{self.format.media_type};charset=UTF-8", **_ALWAYS}
        return Response(status, headers | dict(known or {"Cache-Control": "no-store"}), body)

    def unchanged(self, known: Mapping[str, str]) -> Response | None:
        """Return 304 if the client's copy has these validators, else None (fhir-search 73)."""
        same = conditional.is_unchanged(self.request, known)
        return Response(304, {**known, **_ALWAYS}) if same else None

    def validators(self, register: Register) -> dict[str, str]:
        """Return the validators of an answer to this request from a register."""
        interface = self.interface
        shaping = (interface.version, interface.legacy, self.format.media_type, self.pretty)
        return conditional.validators(register, self.request.base, *shaping)

    def write(self, body: Any) -> bytes:
        """Write a body in the format of the answer."""
        if self.format.xml:
            return to_xml(body, pretty=self.pretty)
        if self.interface.legacy:
            return shape.dumps(shape.legacy(body), pretty=self.pretty)
        return orjson.dumps(body, option=orjson.OPT_INDENT_2 if self.pretty else None)
