"""The searchset Bundle (fhir-search G)."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from app.web.message import Pair

Json = dict[str, Any]


class Entry(NamedTuple):
    """An entry of a Bundle: the address of a resource, the resource, and why it is there."""

    url: str
    resource: Any
    mode: str = "match"
    score: float | None = None
    """How well a match fits, from 0 to 1, if that was asked for."""


def bundle(
    total: int | None, links: Iterable[Pair], entries: Iterable[Entry], updated: str, *, modes: bool
) -> Json:
    """Return a Bundle.

    `total` is left out if it is None; `links` are relations and addresses. With `modes`, each entry says why
    it is there.
    """
    body: Json = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {"lastUpdated": updated},
        "type": "searchset",
    }
    if total is not None:
        body["total"] = total
    if linked := [{"relation": relation, "url": url} for relation, url in links]:
        body["link"] = linked
    written = [_written(entry, modes=modes) for entry in entries]
    if written:
        body["entry"] = written
    return body


def _written(entry: Entry, *, modes: bool) -> Json:
    written: Json = {"fullUrl": entry.url, "resource": entry.resource}
    if modes:
        search = written["search"] = {"mode": entry.mode}
        if entry.score is not None:
            search["score"] = entry.score
    return written
