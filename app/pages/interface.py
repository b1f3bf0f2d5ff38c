"""The pages: each method takes a request, reads one register and returns a response."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from app.clock import Clock
from app.engine.port import EngineError, Index, Register, again_if_dropped
from app.pages import about
from app.pages.generation import Shown, shown
from app.pages.page import ASSETS, EDITION, HEADERS, page, rendered
from app.web import conditional, faults
from app.web.message import Fault, FaultKind, Request, Response

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
        generation = self._live()
        return page(
            request, "start.html", headers={"Cache-Control": "no-cache"},
            generation=generation, place="/", kinds=_KINDS,
        )  # fmt: skip

    def about(self, request: Request) -> Response:
        """Return the page about this server."""
        try:
            register = self.index.live()
            generations = [shown(each) for each in self.index.generations()]
        except EngineError:
            return page(
                request, "about.html", headers={"Cache-Control": "no-cache"}, place="/about",
                generation=None, version=self.version,
            )  # fmt: skip
        facts = about.facts(register, generations, _names(register, "roles"), request.base)
        return page(
            request, "about.html", headers={"Cache-Control": "no-cache"}, place="/about",
            generation=shown(register.generation), facts=facts, version=self.version,
        )  # fmt: skip

    def asset(self, request: Request, name: str) -> Response:
        """Return a file that pages use; its address has the edition, so that it may be kept for long."""
        if name not in ASSETS:
            raise Fault(FaultKind.NOT_FOUND, f'Unknown address "{request.path}"')
        found = ASSETS[name]
        kept = "public, max-age=31536000, immutable" if request.query == ((EDITION, ""),) else "no-cache"
        headers = {"Content-Type": found.media_type, "Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
        return Response(200, headers, found.body)

    def fault(self, request: Request, error: Exception) -> Response:
        """Return an error as a page."""
        fault = faults.of_error(error, request)
        status = fault.kind.status
        return page(
            request, "fault.html", status, {"Cache-Control": "no-store", **fault.headers},
            heading=_HEADINGS.get(fault.kind, "The request is not right"), text=fault.text, id=request.id,
            generation=self._live(), place="", number=status,
        )  # fmt: skip

    def _live(self) -> Shown | None:
        """Return the live generation, or None if there is none or the index does not answer."""
        try:
            return shown(self.index.live().generation)
        except EngineError:
            return None


def _names(register: Register, system: str) -> dict[str, str]:
    """Return the names of the codes of a code system: `roles` or `rels`."""
    stored = register.get("code_list", system, "ord")
    (codes,) = orjson.loads(stored).values() if stored else ([],)
    return {code["id"]: code["displayName"] for code in codes}
