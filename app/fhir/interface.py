"""FHIR's interactions: each method takes a request, reads one register and returns a response."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from app.clock import Clock
from app.engine.port import EngineError, Index, Register, again_if_dropped
from app.fhir.answer import Answer, in_json, negotiated
from app.fhir.bundle import Entry, bundle
from app.fhir.entries import Entries
from app.fhir.includes import included
from app.fhir.ranked import Found
from app.fhir.rejected import Deleted, Rejected, UnknownId, UnknownVersion
from app.fhir.search import Search, parse_read, parse_search
from app.fhir.values import instant
from app.fhir.version import ResourceType, Served, Statement, Version, Walk
from app.web import conditional, faults
from app.web.message import MAX_LINE, Fault, FaultKind, Request, Response, segment


@dataclass(frozen=True)
class Fhir:
    """The interface of one version of FHIR to one index: its methods answer the requests."""

    index: Index
    clock: Clock
    software: str
    """The version of the software."""
    installed: datetime
    """When this version of the software was installed."""
    version: Version

    # Interactions

    def metadata(self, request: Request) -> Response:
        """Return the statement of the `mode` asked for, also when nothing is loaded."""
        mode = (*request.values("mode"), "")[0]
        kind = self.version.modes.get(mode, "CapabilityStatement")
        return self._statement(request, self.version.statements[kind], self.version.on_metadata)

    def statement(self, request: Request, resource_type: str, resource_id: str) -> Response:
        """Return a statement by its id."""
        found = self.version.statements[resource_type]
        if resource_id != found.id:
            raise Rejected(UnknownId(resource_type, resource_id))
        return self._statement(request, found, self.version.on_read)

    @again_if_dropped
    def _statement(self, request: Request, statement: Statement, accepted: Sequence[str]) -> Response:
        answer = self._answer(request)
        subset = parse_read(request, self.version, accepted)
        register: Register | None = None
        with suppress(EngineError):
            register = self.index.live()
        resource = statement.make(Served(request.base, self.software, self.installed, register))
        body = answer.write(self.version.definitions.cut(resource, subset))
        if register is None:
            return answer.send(200, body)
        changed = max(register.live_since, min(self.installed, self.clock()))
        known = conditional.validators_of(body, answer.format.media_type, changed)
        return answer.unchanged(known) or answer.send(200, body, known)

    @again_if_dropped
    def read(
        self, request: Request, resource_type: str, resource_id: str, version_id: str | None = None
    ) -> Response:
        """Return one resource by its id, if it has this version; None: any."""
        answer = self._answer(request)
        subset = parse_read(request, self.version, self.version.on_read)
        found = self.version.types[resource_type]
        register, match = self.index.read(found.kind, found.entry_id(resource_id), self.version.name)
        if match is None:
            raise self.absent(register, found, resource_id)
        if version_id and not (match.stamp and version_id == str(match.stamp.version)):
            raise Rejected(UnknownVersion(resource_type, resource_id, version_id))
        if self.version.versioned and match.stamp:
            address = f"{request.base}/{resource_type}/{segment(resource_id)}"
            known = answer.validators_of(match.stamp, address)
        else:
            known = answer.validators(register)
        if unchanged := answer.unchanged(known):
            return unchanged
        document = self.version.complete(found, match, request.base)
        return answer.send(200, answer.write(answer.resources(subset)(document)), known)

    @again_if_dropped
    def search(self, request: Request, resource_type: str) -> Response:
        """Return the Bundle of a search by GET or POST."""
        answer = self._answer(request)
        search = parse_search(request, self.version, resource_type, self.clock())
        address, links = f"{request.base}/{resource_type}", self.version.links
        if request.method == "POST" and len(links.own(search, address)) > MAX_LINE:
            fault = f"The links of this search would be longer than {MAX_LINE} bytes: ask for less at a time"
            raise Fault(FaultKind.BODY_TOO_LONG, fault)
        register = self.register(search)
        if self.version.versioned:
            known = conditional.made_now(self.clock())
        else:
            known = answer.validators(register)
            if search.lasting and request.method != "POST" and (unchanged := answer.unchanged(known)):
                return unchanged
        result = search.run(register, self.version.name)
        walk = Walk(address, register.generation.name)
        return answer.send(200, self.searchset(answer, register, search, result, walk), known)

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the OperationOutcome for an exception that ended a request."""
        meaning = error if isinstance(error, Rejected) else faults.of_error(error, request)
        try:
            answer = self._answer(request)
        except Rejected:
            answer = in_json(request, self.version, self.software)
        outcome = self.version.outcome(meaning, request)
        response = answer.send(outcome.status, answer.write(outcome.resource))
        headers = meaning.headers if isinstance(meaning, Fault) else {}
        return Response(response.status, {**response.headers, **headers}, response.body)

    # Parts of an answer

    def register(self, search: Search) -> Register:
        """Return the generation that a search names, or the live one."""
        return self.index.kept(search.generation) if search.generation else self.index.live()

    def absent(self, register: Register, found: ResourceType, resource_id: str) -> Rejected:
        """Return what is wrong with a read of a resource that is not there."""
        if self.version.versioned:
            row = register.remembered(found.kind, found.entry_id(resource_id))
            if row and row.gone:
                return Rejected(Deleted(found.name, resource_id, row.gone))
        return Rejected(UnknownId(found.name, resource_id))

    def searchset(
        self, answer: Answer, register: Register, search: Search, result: Found, walk: Walk
    ) -> bytes:
        """Write the Bundle of a page; raises Rejected if it is too much."""
        return answer.write(
            bundle(
                result.page.total,
                self.version.links.all(search, result.page, walk),
                self._entries(answer, register, search, result),
                instant(self.clock(), self.version.timespec),
                modes=self.version.with_modes,
            )
        )

    def _entries(self, answer: Answer, register: Register, search: Search, result: Found) -> Iterator[Entry]:
        """Yield the matches of a page, and what is included for them."""
        entries, matches = Entries(answer), result.page.matches
        found = entries.of(search.searched, matches, search.subset)
        if result.scores:
            for match, entry in zip(matches, found, strict=True):
                yield entry._replace(score=result.scores[match.id])
        else:
            yield from found
        for each in included(register, search.includes, matches, self.version.name):
            for entry in entries.of(each.type, each.matches, search.subset.of_included):
                yield entry._replace(mode="include")

    def _answer(self, request: Request) -> Answer:
        return negotiated(request, self.version, self.software)
