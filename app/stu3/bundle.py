"""The searchset Bundle and its links (fhir-stu3 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from app.fhir.values import instant
from app.register.query import Page
from app.stu3.search import Search
from app.web.message import Pair, segment

Json = dict[str, Any]

_SET_BY_LINKS = ("_count", "_page", "_generation")


@dataclass(frozen=True)
class Walk:
    """The address and the generation in the links of a Bundle."""

    address: str
    """The address of the search, without a query."""
    generation: str | None
    """The `_generation` in links to other pages, so that a walk stays on it; None: no such parameter."""


def bundle(
    search: Search, page: Page, walk: Walk, resources: Iterable[Any], now: datetime, *, legacy: bool
) -> Json:
    """Return the Bundle of a page; `resources` are those of its matches, in the same order.

    `legacy` leaves out `search`, and the links of a count; `app.stu3.shape` does the rest of that shape.
    """
    body: Json = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {"lastUpdated": instant(now)},
        "type": "searchset",
    }
    if page.total is not None:
        body["total"] = page.total
    if not (legacy and search.only_count):
        body["link"] = [{"relation": relation, "url": url} for relation, url in _links(search, page, walk)]
    mode = {} if legacy else {"search": {"mode": "match"}}
    entries = [
        {"fullUrl": f"{walk.address}/{segment(match.id.rpartition('/')[2])}", "resource": resource, **mode}
        for match, resource in zip(page.matches, resources, strict=True)
    ]
    if entries:
        body["entry"] = entries
    return body


def self_link(search: Search, address: str) -> str:
    """Return the address that repeats the search, with the parameters that were used."""
    if search.only_count:
        return f"{address}?{_encoded(search.used)}"
    return f"{address}?{_asked(search)}{_page(search, search.generation)}{search.page}"


def _links(search: Search, page: Page, walk: Walk) -> Iterable[Pair]:
    if search.only_count:
        yield "self", self_link(search, walk.address)
        return
    asked = f"{walk.address}?{_asked(search)}"
    yield "self", f"{asked}{_page(search, search.generation)}{search.page}"
    kept = f"{asked}{_page(search, walk.generation)}"
    last = None if page.total is None else -(-page.total // search.count)
    some = page.more or search.page > 1 if page.total is None else page.total > 0
    if some and (page.total is None or search.page > 1 or page.total > search.count):
        yield "first", f"{kept}1"
        if last:
            yield "last", f"{kept}{last}"
    if page.more:
        yield "next", f"{kept}{search.page + 1}"
    if search.page > 1 and page.matches:
        yield "previous", f"{kept}{search.page - 1}"


def _asked(search: Search) -> str:
    """Return the parameters that all links of the search share, with an & after each."""
    return "".join(f"{_encoded([pair])}&" for pair in search.used if pair[0] not in _SET_BY_LINKS)


def _page(search: Search, generation: str | None) -> str:
    """Return the parameters of a page, without its number at their end."""
    kept = f"_generation={quote(generation, safe='')}&" if generation else ""
    return f"{kept}_count={search.count}&_page="


def _encoded(pairs: Iterable[Pair]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
