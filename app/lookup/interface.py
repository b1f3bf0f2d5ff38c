"""The interactions of lookups and levels, and the errors of all addresses outside the other interfaces."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from app.clock import Clock
from app.engine.port import Index, again_if_dropped
from app.lookup import levels, organisation
from app.lookup.lookup import lookup
from app.web import faults
from app.web.message import Request, Response


@dataclass(frozen=True)
class Lookup:
    """The interface over one index: its methods answer the requests."""

    index: Index
    clock: Clock
    version: str

    @again_if_dropped
    def lookup(self, request: Request) -> Response:
        """Return candidates for what a person typed (lookup 2)."""
        return lookup(request, self.index.live(), self.version)

    @again_if_dropped
    def organisation(self, request: Request, code: str) -> Response:
        """Return an organisation as one flat object (lookup 3)."""
        return organisation.read(self.index.live(), self.clock(), self.version, request, code)

    @again_if_dropped
    def levels(self, request: Request) -> Response:
        """Return where organisations belong (hierarchy 7)."""
        return levels.get(self.index.live(), self.clock(), self.version, request)

    @again_if_dropped
    def levels_of_file(self, receive: Callable[[], Request]) -> Response:
        """Return a file with the levels of each row added; `receive` reads it (hierarchy 7)."""
        return levels.post(self.index.live(), self.clock(), receive)

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the error response, always JSON, for an exception that ended a request (lookup 1)."""
        fault = faults.of_error(error, request)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **fault.headers}
        return Response(fault.kind.status, headers, orjson.dumps({"error": fault.text}))
