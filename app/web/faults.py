"""Converts exceptions into faults. Clients learn that the index failed, but not why."""

from app.engine.port import EngineError, Gone, NotLoaded
from app.web.message import Fault, FaultKind, Request

_HOW_TO_LOAD = 'No register is loaded: run "ods-indexer load RELEASE" or "ods-indexer load --demo"'
_NOT_ANSWERING = "The index does not answer"
_RETRY = {"Retry-After": "5"}


def of_error(error: Exception, request: Request) -> Fault:
    """Return the fault for an exception: itself if it is one, else by its class; any other is INTERNAL."""
    match error:
        case Fault():
            return error
        case Gone():
            text = "The release this page belongs to is no longer kept: start the search again"
            return Fault(FaultKind.GONE, text)
        case NotLoaded():
            return Fault(FaultKind.UNAVAILABLE, _HOW_TO_LOAD, _RETRY)
        case EngineError():
            return Fault(FaultKind.UNAVAILABLE, _NOT_ANSWERING, _RETRY)
    return Fault(FaultKind.INTERNAL, f"Unexpected error; request {request.id}")
