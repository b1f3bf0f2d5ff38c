"""What went wrong with a request, said as a fault: what clients may know of an index is that it failed."""

from app.engine.port import EngineError, Gone, NotLoaded
from app.web.message import Fault, FaultKind, Request

_HOW_TO_LOAD = 'No register is loaded: run "ods-indexer load RELEASE" or "ods-indexer load --demo"'
_NOT_ANSWERING = "The index does not answer"
_RETRY = {"Retry-After": "5"}


def of_error(error: Exception, request: Request) -> Fault:
    """Return the fault of an error of the engine, or of one that nobody expected; a fault is its own."""
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
