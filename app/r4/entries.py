"""The entries of a batch, read from its body (fhir-r4 15.3)."""

from typing import Any, NamedTuple

from app.fhir.rejected import Rejected
from app.r4 import bodies
from app.r4.words import Issue
from app.web.message import Request

MOST = 100
"""Entries of a batch."""
_NO_BATCH = Issue(
    "not-supported",
    "Transactions are not supported: this server is read-only; send a batch of GET entries",
)


class Entry(NamedTuple):
    """What an entry asks for, as it was sent; empty where it does not say."""

    method: str = ""
    url: str = ""
    resource: dict[str, Any] | None = None


def read(request: Request, fhir_version: str) -> list[Entry]:
    """Return the entries of the batch in the body of a request; raises Rejected."""
    if not request.body.strip():
        raise Rejected(_NO_BATCH)
    sent = bodies.resource(request, fhir_version, "the batch")
    if (sent.get("resourceType"), sent.get("type")) != ("Bundle", "batch"):
        raise Rejected(_NO_BATCH)
    entries = sent.get("entry", [])
    if not isinstance(entries, list):
        raise Rejected(Issue("invalid", 'The "entry" of the batch is no list: send a list of entries'))
    if len(entries) > MOST:
        raise Rejected(Issue("too-long", f"The batch has {len(entries)} entries: send at most {MOST}", 413))
    return [_asked(each) for each in entries]


def _asked(entry: Any) -> Entry:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        return Entry()
    method, url, resource = request.get("method"), request.get("url"), entry.get("resource")
    return Entry(
        method if isinstance(method, str) else "",
        url if isinstance(url, str) else "",
        resource if isinstance(resource, dict) else None,
    )
