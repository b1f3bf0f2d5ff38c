"""The pages: each method takes a request, reads one register and returns a response."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from app.clock import Clock
from app.directory.bodies import Bodies
from app.directory.flat import flat as flat_object
from app.directory.labels import display_names
from app.directory.levels import levels as levels_of
from app.engine.port import EngineError, Index, Register, again_if_dropped
from app.pages import about, labels, levels, organisation, relationships, results, table
from app.pages.asked import page_number, parse
from app.pages.generation import Shown, shown
from app.pages.page import ASSETS, EDITION, HEADERS, rendered
from app.web import conditional, faults
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

_ORGANISATION = "organisation"


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
        return self._page(request, "start.html", place="/", generation=self._live(), kinds=_KINDS)

    def about(self, request: Request) -> Response:
        """Return the page about this server."""
        view = {"place": "/about", "version": self.version}
        try:
            register = self.index.live()
            generations = [shown(each) for each in self.index.generations()]
        except EngineError:
            groups = about.interfaces(request.base, about.WELL_KNOWN)
            return self._page(request, "about.html", generation=None, interfaces=groups, **view)
        facts = about.facts(register, generations, display_names(register, "roles"))
        groups = about.interfaces(request.base, about.example(register))
        return self._page(request, "about.html", facts=facts, interfaces=groups, **_of(register), **view)

    @again_if_dropped
    def search(self, request: Request) -> Response:
        """Return a page of results, and the filters that narrow them (lookup 6)."""
        asked = parse(request)
        register = self.index.live()

        def write() -> bytes:
            names = display_names(register, "roles")
            view = results.view(register, asked, names)
            return rendered(
                request,
                "search.html",
                place="/",
                asked=asked,
                view=view,
                longest=table.LONGEST,
                **_of(register),
            )

        return self._answer(request, register, write)

    @again_if_dropped
    def search_csv(self, request: Request) -> Response:
        """Return all that a search finds as a file (lookup 6)."""
        asked = parse(request)
        register = self.index.live()
        codes = results.codes(register, asked, table.LONGEST)
        documents = partial(register.documents, _ORGANISATION, document="ord")
        lines = table.lines(codes, documents)
        return Response(200, {**table.HEADERS, "Cache-Control": "no-cache"}, lines)

    @again_if_dropped
    def organisation(self, request: Request, code: str) -> Response:
        """Return an organisation's page, or one kind of its relationships in one direction (lookup 6)."""
        code, kind, number = code.upper(), relationships.asked_kind(request), page_number(request)
        register = self.index.live()
        if register.get(_ORGANISATION, code, "lookup") is None:
            raise Fault(
                FaultKind.NOT_FOUND, f'The register has no organisation with the code "{quote(code)}"'
            )

        def write() -> bytes:
            org = flat_object(register, code, self._today) or {}
            types = display_names(register, "rels")
            if kind:
                first = (number - 1) * relationships.ON_PAGE
                group = relationships.group(register, org, kind, types, relationships.ON_PAGE, first)
                pages = -(-group.total // relationships.ON_PAGE)
                view = {"org": org, "group": group, "number": number, "pages": pages, "place": ""}
                return rendered(request, "members.html", **view, **_of(register))
            groups = relationships.groups(register, org, types)
            answer = levels_of(Bodies(register), code, self._today)
            view = organisation.view(org, answer and answer.heirs, self.map_url)
            return rendered(
                request, "organisation.html", place="", org=org, view=view, groups=groups, **_of(register)
            )

        return self._answer(request, register, write)

    @again_if_dropped
    def levels(self, request: Request) -> Response:
        """Return the form of levels, and a table for the codes that were sent (hierarchy 7)."""
        sent = levels.form(request)
        today = self._today
        view = {
            "place": "/levels",
            "sent": sent,
            "on": sent.date[:10] or today,
            "labels": list(labels.LEVELS.values()),
            "curl": levels.command(request.base),
        }
        try:
            levels.check(sent)
        except levels.Misfilled as fault:
            return self._page(request, "levels.html", 400, fault=fault, generation=self._live(), **view)
        if not sent.codes:
            return self._page(request, "levels.html", generation=self._live(), **view)
        register = self.index.live()

        def write() -> bytes:
            rows = levels.rows(register, sent, today)
            return rendered(request, "levels.html", rows=rows, **_of(register), **view)

        return self._answer(request, register, write)

    def asset(self, request: Request, name: str) -> Response:
        """Return a file that pages use; its address has the edition, so that it may be kept for long."""
        if name not in ASSETS:
            raise Fault(FaultKind.NOT_FOUND, f'Unknown address "{quote(request.path)}"')
        found = ASSETS[name]
        kept = "public, max-age=31536000, immutable" if request.query == ((EDITION, ""),) else "no-cache"
        headers = {
            "Content-Type": found.media_type,
            "Cache-Control": kept,
            "X-Content-Type-Options": "nosniff",
        }
        return Response(200, headers, found.body)

    def fault(self, request: Request, error: Exception) -> Response:
        """Return an error as a page."""
        fault = faults.of_error(error, request)
        body = rendered(
            request,
            "fault.html",
            place="",
            generation=self._live(),
            heading=_HEADINGS.get(fault.kind, "The request is not right"),
            text=fault.text,
            status=fault.kind.status,
            id=request.id,
        )
        headers = {**HEADERS, "Vary": "Accept", "Cache-Control": "no-store", **fault.headers}
        return Response(fault.kind.status, headers, body)

    @property
    def _today(self) -> str:
        return self.clock().date().isoformat()

    def _live(self) -> Shown | None:
        """Return the live generation, or None if there is none or the index does not answer."""
        try:
            return shown(self.index.live().generation)
        except EngineError:
            return None

    def _page(self, request: Request, template: str, status: int = 200, **view: Any) -> Response:
        """Return a page that is made anew for each request."""
        headers = {**HEADERS, "Vary": "Accept", "Cache-Control": "no-cache"}
        return Response(status, headers, rendered(request, template, **view))

    def _answer(self, request: Request, register: Register, write: Callable[[], bytes]) -> Response:
        """Return the page that `write` gives, or 304 if the client has it."""
        midnight = datetime.combine(self.clock().date(), time(), UTC)
        shaping = (request.base, self.version, EDITION, self.map_url)
        known = {**conditional.validators(register, *shaping, since=midnight), "Vary": "Accept"}
        if conditional.is_unchanged(request, known):
            return Response(304, {**HEADERS, **known})
        return Response(200, {**HEADERS, **known}, write())


def _of(register: Register) -> dict[str, Shown]:
    """Return what every page shows of its register."""
    return {"generation": shown(register.generation)}
