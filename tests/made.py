"""Registers made by hand for tests of the directory: organisations in a few words, kept in memory.

The organisations are the indexer's own, and so are their ORD documents and their fields.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from app.engine.port import Generation
from app.register.fields import KINDS, Type
from app.register.query import Match, Page, Query
from indexer.documents import ord as ord_
from indexer.fields import fields
from indexer.organisation import Address, Organisation, Period, Relationship, Role, Succession, Target

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
        """Answer a query whose clauses ask for terms."""
        self.calls += 1
        wanted = [{(test.field, test.value) for test in clause.tests} for clause in query.clauses]
        codes = sorted(
            code for code in self.organisations if all(self._terms(code) & each for each in wanted)
        )
        end = None if query.size is None else query.offset + query.size
        matches = [
            Match(code, self._document(code, document) if document else b"")
            for code in codes[query.offset : end]
        ]
        return Page(matches, len(codes) if query.total else None, end is not None and end < len(codes))

    def _terms(self, code: str) -> set[tuple[str, Any]]:
        made = fields(self.organisations[code])
        tokens = KINDS["organisation"].of(Type.TOKEN)
        return {(field.name, term) for field in tokens for term in field.held(made)}

    def _document(self, code: str, document: str) -> bytes:
        made = self.organisations[code]
        if document == "ord":
            return ord_.record(made)
        return orjson.dumps({"code": code, "name": made.name, "status": made.status.lower()})
