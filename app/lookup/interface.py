"""The interactions of lookups and levels, and the errors of all addresses outside the other interfaces."""

from dataclasses import dataclass

import orjson

from app.clock import Clock
from app.engine.port import Index
from app.web import faults
from app.web.message import Request, Response


@dataclass(frozen=True)
class Lookup:
    """The interface over one index: its methods answer the requests."""

    index: Index
    clock: Clock
    version: str

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the error response, always JSON, for an exception that ended a request (lookup 1)."""
        fault = faults.of_error(error, request)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **fault.headers}
        return Response(fault.kind.status, headers, orjson.dumps({"error": fault.text}))
