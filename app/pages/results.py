"""The page of results of a search, and all results as a file."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from app.directory.ranking import Result, find, found
from app.engine.port import Register
from app.pages import labels
from app.pages.asked import LAST_PAGE, Asked
from app.pages.filters import KIND, Chip, Facets, chips, facets
from app.pages.organisation import place
from app.register.query import Key, Query
from app.web.message import Fault, FaultKind

ON_PAGE = 20
"""Results on a page."""

Json = dict[str, Any]


class Shown(NamedTuple):
    """One organisation that was found, and what tells it from others of its name."""

    code: str
    name: str
    is_active: bool
    role: str
    where: str
    parent: str
    """What the parent is to it, the parent's name and code; empty without one."""


class View(NamedTuple):
    """All that the page shows."""

    results: list[Shown]
    total: int
    pages: int
    first: int
    facets: Facets
    chips: list[Chip]
    note: str

    @property
    def near(self) -> int:
        """How many results on the last page are only near to what was asked."""
        return max(0, self.first + len(self.results) - 1 - self.total)


_NOTES = {
    "spelling": "Nothing is spelt quite like that. These are spelt nearly so.",
    "most": "Nothing has all of these words. These have most of them.",
}
"""What the page says if the first result matches so (lookup 2)."""


def view(register: Register, asked: Asked, roles: Mapping[str, str]) -> View:
    """Return what the page shows; `roles` are names by id."""
    code = asked.filters.within
    within = _documents(register, {code} - {""}).get(code, {})
    first = (asked.page - 1) * ON_PAGE
    answer = find(register, asked.q, asked.filters, ON_PAGE, first)
    parents = {each.document["parent"]["code"] for each in answer.results if "parent" in each.document}
    named = _documents(register, parents)
    return View(
        [_result(each, named) for each in answer.results],
        answer.total,
        min(-(-answer.total // ON_PAGE), LAST_PAGE),
        first + 1,
        facets(register, asked, roles, within.get("primaryRole", {}).get("id", "")),
        chips(asked, roles, within.get("name", "")),
        _NOTES.get(answer.results[0].fit.matched, "") if asked.q and answer.results else "",
    )


def codes(register: Register, asked: Asked, most: int) -> list[str]:
    """Return the codes of all that a search finds, in order; raises Fault if they are more than `most`."""
    clauses = found(register, asked.q, asked.filters)
    if clauses is None:
        return []
    page = register.search(Query(KIND, clauses, order=(Key("id"),), size=most), None)
    if page.total and page.total > most:
        text = f"The search finds {page.total:,} organisations: narrow it to {most:,} at most"
        raise Fault(FaultKind.MALFORMED, text)
    return [match.id for match in page.matches]


def _result(result: Result, parents: Mapping[str, Json]) -> Shown:
    document = result.document
    role, parent = document.get("primaryRole", {}), document.get("parent")
    name = parents.get(parent["code"], {}).get("name", "") if parent else ""
    return Shown(
        document["code"],
        document["name"],
        document["status"] == "active",
        role.get("name") or role.get("id", ""),
        place(document),
        f"{labels.relationship(parent['relationship'], '', 'out')} {name} {parent['code']}" if parent else "",
    )


def _documents(register: Register, codes: set[str]) -> dict[str, Json]:
    found = register.documents(KIND, codes, "lookup") if codes else {}
    return {code: orjson.loads(document) for code, document in found.items()}
