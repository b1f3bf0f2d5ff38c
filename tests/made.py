"""Registers made by hand for tests of the directory: organisations in a few words, kept in memory.

The organisations are the indexer's own, and so are their ORD documents and their fields.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property

import orjson

from app.engine.port import Generation
from app.register.fields import KINDS, Entry, Type
from app.register.query import Clause, Page, Query
from indexer.convert import Vocabulary
from indexer.documents import ord as ord_
from indexer.organisation import Address, Organisation, Period, Relationship, Role, Succession, Target
from tests.contract.oracle import answer, matches

PUBLISHED = "2025-12-11"


def periods(operational: str = "", legal: str = "") -> tuple[Period, ...]:
    """Return periods written as ``2013-04-01/2020-03-31``, ``2013-04-01/`` (no End) or nothing."""
    stated = (("Operational", operational), ("Legal", legal))
    made = ((name, *text.split("/")) for name, text in stated if text)
    return tuple(Period(name, start, end or None) for name, start, end in made)


def role(role_id: str, operational: str = "2000-01-01/", legal: str = "", status: str = "Active") -> Role:
    return Role(role_id, None, False, periods(operational, legal), status)


def link(
    type_id: str, target: str, operational: str = "2000-01-01/", legal: str = "", status: str = "Active"
) -> Relationship:
    return Relationship(type_id, None, periods(operational, legal), status, Target(target, None, None))


def succession(kind: str, target: str, date: str) -> Succession:
    """Return a succession; `kind` is ``Predecessor`` or ``Successor``."""
    return Succession(None, False, (Period("Legal", date, None),), kind, Target(target, None, None))


def organisation(
    code: str,
    primary: str,
    operational: str = "2000-01-01/",
    *parts: Role | Relationship | Succession,
    legal: str = "",
    role_legal: str = "",
    status: str = "Active",
    site: bool = False,
    country: str | None = "ENGLAND",
    name: str | None = None,
) -> Organisation:
    """Return an organisation whose primary role has no dates but `role_legal`."""
    main = Role(primary, None, True, periods("", role_legal), status)
    return Organisation(
        code=code,
        root=None,
        assigning_authority=None,
        record_class="RC2" if site else "RC1",
        ref_only=False,
        name=name or f"NAME OF {code}",
        status=status,
        last_change=None,
        periods=periods(operational, legal),
        address=country and Address(*[None] * 6, country, None),
        contacts=(),
        roles=(main, *(each for each in parts if isinstance(each, Role))),
        relationships=tuple(each for each in parts if isinstance(each, Relationship)),
        successions=tuple(each for each in parts if isinstance(each, Succession)),
    )


class Made:
    """A register in memory; it counts how often it is read."""

    def __init__(self, organisations: Iterable[Organisation], published: str = PUBLISHED) -> None:
        self.organisations = {each.code: each for each in organisations}
        self.generation = Generation(f"{published}.1", published, datetime(2026, 1, 1, tzinfo=UTC))
        self.live_since = self.generation.loaded
        self.calls = 0

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        return self.documents(kind, [entry_id], document).get(entry_id)

    def documents(self, kind: str, ids: Collection[str], document: str) -> dict[str, bytes]:
        self.calls += 1
        return {code: self._document(code, document) for code in ids if code in self.organisations}

    def search(self, query: Query, document: str | None) -> Page:
        """Answer a query of organisations."""
        self.calls += 1
        page = answer(self._contents["organisation"], query, None, self._contents)
        if document:
            matches = [each._replace(document=self._document(each.id, document)) for each in page.matches]
            page = page._replace(matches=matches)
        return page

    def totals(self, kind: str, asked: Sequence[tuple[Clause, ...]]) -> list[int]:
        self.calls += 1
        return [len(matches(kind, self._contents[kind], clauses, self._contents)) for clauses in asked]

    @cached_property
    def _contents(self) -> dict[str, list[Entry]]:
        made = Vocabulary({}, {}, {}, self.generation.release)
        found: dict[str, list[Entry]] = {"organisation": [], "affiliation": []}
        for each in sorted(self.organisations.values()):
            for kind, (entry_id, values, _), second_id in made.entries(each):
                tokens = {field.name: field.held(values) for field in KINDS[kind].of(Type.TOKEN)}
                found[kind].append(Entry(second_id or entry_id, values | tokens, {}))
        return found

    def _document(self, code: str, document: str) -> bytes:
        made = self.organisations[code]
        if document == "ord":
            return ord_.record(made)
        return orjson.dumps({"code": code, "name": made.name, "status": made.status.lower()})
