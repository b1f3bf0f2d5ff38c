"""The searchset Bundle (fhir-search G)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.fhir.values import instant
from app.register.query import Page
from app.web.message import Pair, segment

Json = dict[str, Any]


def bundle(
    page: Page, address: str, links: Iterable[Pair], resources: Iterable[Any], now: datetime, *, modes: bool
) -> Json:
    """Return the Bundle of a page; `resources` are those of its matches, in the same order.

    `address` is that of the resource type, `links` are relations and addresses; with `modes`, each entry says
    why it is there.
    """
    body: Json = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {"lastUpdated": instant(now)},
        "type": "searchset",
    }
    if page.total is not None:
        body["total"] = page.total
    if linked := [{"relation": relation, "url": url} for relation, url in links]:
        body["link"] = linked
    mode = {"search": {"mode": "match"}} if modes else {}
    entries = [
        {"fullUrl": f"{address}/{segment(match.id.rpartition('/')[2])}", "resource": resource, **mode}
        for match, resource in zip(page.matches, resources, strict=True)
    ]
    if entries:
        body["entry"] = entries
    return body
