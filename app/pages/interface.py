"""The pages: each method takes a request, reads one register and returns a response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any

import orjson

from app.clock import Clock, utc_day
from app.directory.bodies import Bodies
from app.directory.flat import described
from app.directory.labels import display_names
from app.directory.members import Relationships
from app.directory.recognise import KIND
from app.engine.port import EngineError, Index, NotLoaded, Register, again_if_dropped
from app.pages import about, code, code_systems, labels, levels, organisation, relationships, results, table
from app.pages.asked import page_number, parse
from app.pages.generation import Shown, shown
from app.pages.page import EDITION, FOR_DOCS, HEADERS, rendered
from app.web import conditional, faults, parameters
from app.web.message import Fault, FaultKind, Request, Response, quote

_KINDS = (
    ("RO76", "GP practices"),
    ("RO182", "Pharmacies"),
    ("RO110", "Dentists"),
    ("RO197", "NHS trusts"),
    ("RO318", "Integrated care boards"),
    ("RO272", "Primary care networks"),
)
"""Roles that the start page leads to, and what people call them."""

_HEADINGS = {
    FaultKind.NOT_FOUND: "Not found",
    FaultKind.METHOD: "This page can only be read",
    FaultKind.GONE: "No longer kept",
    FaultKind.INTERNAL: "Something went wrong here",
    FaultKind.UNAVAILABLE: "Not available now",
}
"""By kind of fault; of all others the request is wrong."""

View = Mapping[str, Any]
"""What a template shows, by name."""


@dataclass(frozen=True)
class Pages:
    """The pages over one index: its methods answer the requests."""

    index: Index
    clock: Clock
    version: str
    map_url: str
    """Address of a map, with `{postcode}` in it; empty: no link."""

    def start(self, request: Request) -> Response:
        """Return the start page, which says how to load a register where there is none."""
        view = {"kinds": _KINDS}
        try:
            register = self.index.live()
        except NotLoaded:
            return self._page(request, "start.html", {**view, "generation": None})
        return self._answer(request, register, "start.html", lambda: view)

    @again_if_dropped
    def about(self, request: Request) -> Response:
        """Return the page about this server."""
        try:
            register = self.index.live()
        except NotLoaded:
            interfaces = about.interfaces(request.base, about.WELL_KNOWN)
            nothing = {"version": self.version, "generation": None, "interfaces": interfaces}
            return self._page(request, "about.html", nothing)
        generations = [shown(each) for each in self.index.generations()]

        def view() -> View:
            return {
                "version": self.version,
                "facts": about.facts(register, generations, display_names(register, "roles")),
                "interfaces": about.interfaces(request.base, about.example(register)),
            }

        return self._answer(request, register, "about.html", view, *generations)

    def docs(self, request: Request) -> Response:
        """Return the OpenAPI document as a page (harness 6)."""
        headers = {"Cache-Control": "no-cache", **FOR_DOCS}
        return self._page(request, "docs.html", {"generation": self._live()}, headers=headers)

    @again_if_dropped
    def search(self, request: Request) -> Response:
        """Return a page of results, and the filters that narrow them (lookup 6)."""
        asked = parse(request)
        register = self.index.live()

        def view() -> View:
            found = results.view(register, asked, display_names(register, "roles"))
            return {"asked": asked, "view": found, "longest": table.LONGEST}

        return self._answer(request, register, "search.html", view)

    @again_if_dropped
    def search_csv(self, request: Request) -> Response:
        """Return all that a search finds as a file (lookup 6)."""
        asked = parse(request)
        register = self.index.live()
        known = conditional.validators(register, self.version)
        if conditional.is_unchanged(request, known):
            return Response(304, known)
        codes = results.codes(register, asked, table.LONGEST)
        lines = table.lines(codes, partial(register.documents, KIND, document="ord"))
        first = next(lines)  # the first rows are read, or fail, before the answer begins
        return Response(200, {**table.HEADERS, **known}, chain((first,), lines))

    @again_if_dropped
    def organisation(self, request: Request, code: str) -> Response:
        """Return an organisation's page, or one kind of its relationships (lookup 6)."""
        code, wanted, number = code.upper(), relationships.asked(request), page_number(request)
        register, match = self.index.read(KIND, code, "ord")
        if match is None:
            raise Fault(FaultKind.NOT_FOUND, f'No organisation has the code "{quote(code)}"')
        record = match.document
        found = Relationships(register, code, record)

        def whole() -> View:
            org, answer = described(Bodies(register), record, self._today)
            view = organisation.view(org, answer, self.map_url)
            return {"org": org, "view": view, "kinds": relationships.kinds(found)}

        def part(wanted: relationships.Asked) -> View:
            name = orjson.loads(record)["Organisation"]["Name"]
            kind = relationships.kind(found, wanted, number)
            pages = -(-kind.total // relationships.ON_PAGE)
            return {"code": code, "name": name, "kind": kind, "number": number, "pages": pages}

        if wanted:
            return self._answer(request, register, "members.html", partial(part, wanted))
        return self._answer(request, register, "organisation.html", whole)

    @again_if_dropped
    def levels(self, request: Request) -> Response:
        """Return the form of levels, and a table for the codes that were sent (hierarchy 7)."""
        sent = levels.form(request)
        form = {
            "sent": sent,
            "on": sent.date[:10] or self._today,
            "labels": list(labels.LEVELS.values()),
            "curl": levels.command(request.base),
        }
        try:
            levels.check(request, sent)
        except levels.Misfilled as fault:
            return self._page(
                request, "levels.html", {**form, "fault": fault, "generation": self._live()}, 400
            )
        if not sent.codes:
            return self._page(request, "levels.html", {**form, "generation": self._live()})
        register = self.index.live()
        rows = partial(levels.rows, register, sent, self._today)
        return self._answer(request, register, "levels.html", lambda: {**form, "rows": rows()})

    @again_if_dropped
    def codes(self, request: Request) -> Response:
        """Return all code systems."""
        register = self.index.live()
        return self._answer(
            request, register, "codes.html", lambda: {"systems": code_systems.every(register)}
        )

    @again_if_dropped
    def code_system(self, request: Request, system_id: str) -> Response:
        """Return a code system with its codes."""
        register, found = code_systems.read(self.index, system_id)

        def view() -> View:
            examples = list(code_systems.examples(register, found, request.base))
            return {"system": found, "numbers": code.numbers(register, found.id), "examples": examples}

        return self._answer(request, register, "code-system.html", view)

    @again_if_dropped
    def code(self, request: Request, system_id: str, asked: str) -> Response:
        """Return a code, and how it is used in the register."""
        register, system = code_systems.read(self.index, system_id)
        found = system.concept(asked)

        def view() -> View:
            links = code.data(system.id, code_systems.lookup(system.url, found.code), found.code)
            use = code.use(register, system.id, found.code)
            return {"system": system, "code": found, "use": use, "links": links, "longest": table.LONGEST}

        return self._answer(request, register, "code.html", view)

    def fault(self, request: Request, error: Exception) -> Response:
        """Return an error as a page."""
        fault = faults.of_error(error, request)
        view = {
            "generation": self._live(),
            "heading": _HEADINGS.get(fault.kind, "The request is not right"),
            "text": fault.text,
            "status": fault.kind.status,
            "id": request.id,
            "q": (*request.values("q"), "")[0][: parameters.LONGEST_QUESTION],
        }
        headers = {"Cache-Control": "no-store", **fault.headers}
        return self._page(request, "fault.html", view, fault.kind.status, headers)

    @property
    def _today(self) -> str:
        return str(utc_day(self.clock()).date())

    def _live(self) -> Shown | None:
        """Return the live generation, or None if there is none or the index does not answer."""
        try:
            return shown(self.index.live().generation)
        except EngineError:
            return None

    def _page(
        self,
        request: Request,
        template: str,
        view: View,
        status: int = 200,
        headers: Mapping[str, str] = MappingProxyType({"Cache-Control": "no-cache"}),
    ) -> Response:
        """Return a page that is made anew for each request."""
        return Response(status, {**HEADERS, **headers}, rendered(request, template, view))

    def _answer(
        self, request: Request, register: Register, template: str, view: Callable[[], View], *facts: Shown
    ) -> Response:
        """Return a page with what `view` gives, or 304 if the client has it.

        `facts`: what the page shows besides the register.
        """
        shaping = (request.base, self.version, EDITION, self.map_url, *facts)
        known = conditional.validators(register, *shaping, since=utc_day(self.clock()))
        headers = {**HEADERS, **known}
        if conditional.is_unchanged(request, known):
            return Response(304, headers)
        body = rendered(request, template, {**view(), "generation": shown(register.generation)})
        return Response(200, headers, body)
