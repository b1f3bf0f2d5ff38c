"""The page of results of a search, and all results as a file."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from app.directory.ranking import find, found
from app.directory.recognise import KIND
from app.directory.result import Result
from app.engine.port import Register
from app.pages import labels
from app.pages.asked import LAST_PAGE, Asked
from app.pages.filters import Chip, Facets, chips, facets
from app.pages.organisation import place
from app.register.query import Key, Query
from app.web.message import Fault, FaultKind

ON_PAGE = 20
"""Results on a page."""

Json = dict[str, Any]


class Parent(NamedTuple):
    """What an organisation is to another, and that one's name, perhaps empty, and code."""

    label: str
    name: str
    code: str


class Shown(NamedTuple):
    """One organisation that was found, and what tells it from others of its name."""

    code: str
    name: str
    is_active: bool
    roles: str
    """The active ones: the primary role first, which seldom says what people call a practice or a board."""
    where: str
    parent: Parent | None


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
        """How many results on the last page the total leaves out: they fit only in part or by a branch."""
        return max(0, self.first + len(self.results) - 1 - self.total)


_NOTES = {
    "spelling": "No organisation is spelt quite like that. These come close.",
    "most": "No organisation has all of these words. These have most of them.",
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
    records = _documents(register, {each.document["code"] for each in answer.results}, "ord")
    return View(
        [_result(each, named, records[each.document["code"]], roles) for each in answer.results],
        answer.total,
        min(-(-answer.last // ON_PAGE), LAST_PAGE),
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
        text = f"The search finds {page.total:,} organisations: add words or filters, for {most:,} at most"
        raise Fault(FaultKind.MALFORMED, text)
    return [match.id for match in page.matches]


def _result(result: Result, parents: Mapping[str, Json], record: Json, names: Mapping[str, str]) -> Shown:
    document = result.document
    primary, parent = document["primaryRole"]["id"], document.get("parent")
    others = [
        role["id"]
        for role in record["Organisation"]["Roles"]["Role"]
        if role["Status"] == "Active" and role["id"] != primary
    ]
    return Shown(
        document["code"],
        document["name"],
        document["status"] == "active",
        ", ".join(names.get(role, role) for role in dict.fromkeys((primary, *others))),
        place(document),
        parent
        and Parent(
            labels.relationship(parent["relationship"], "", "out"),
            parents.get(parent["code"], {}).get("name", ""),
            parent["code"],
        ),
    )


def _documents(register: Register, codes: set[str], document: str = "lookup") -> dict[str, Json]:
    found = register.documents(KIND, codes, document) if codes else {}
    return {code: orjson.loads(document) for code, document in found.items()}
