"""Finds what was deleted, and lists everything deleted since the first load (ord 8, fhir-r4 8).

A release does not list deletions, so each load compares. Organisations and affiliations that the live
generation has and the new one lacks are in the history of the index. Roles and successions have no history:
there are too many. Those of organisations that changed are read from the live generation.
"""

from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator
from typing import Any

import orjson

from app.engine.history import Remembered
from app.engine.port import Register
from app.register.fields import Entry
from app.register.query import Clause, Operator, Query, Test
from indexer.convert import Facts
from indexer.documents import ord as ord_
from indexer.documents.lists import (
    AFFILIATIONS,
    LISTS,
    ORGANISATIONS,
    ROLES,
    SUCCESSIONS,
    Deleted,
    List,
    stated,
)
from indexer.past import Past

_BY_KIND = {"organisation": ORGANISATIONS, "affiliation": AFFILIATIONS}
_WITH_SUCCESSIONS = Query(
    "organisation", (Clause((Test("succession", Operator.PRESENT),)),), size=None, total=False
)
_AT_ONCE = 1_000
"""Records that are read at once."""


class Deletions:
    """What is known of deletions while a release is written."""

    def __init__(self, past: Past, codes: Container[str], published: str) -> None:
        """Start with the Lists of the live generation.

        `codes` are those of all organisations in the release, `published` is its date.
        """
        self._compared, self._codes, self._published = past.compared, codes, published
        self._lists = {each: _listed(past.live, each) for each in LISTS}
        self._roles, self._successions = array("q"), array("q")
        """The numbers that the release has: as objects, half a million of them take 50 MB."""
        self._changed: list[str] = []

    def organisation(self, facts: Facts, *, changed: bool) -> None:
        """Take notice of an organisation of the new generation; `changed` says that it is not as before."""
        if self._compared:
            self._lists[ORGANISATIONS].pop(facts.code, None)
            self._roles.extend(facts.role_numbers)
            self._successions.extend([each.number for each in facts.succeeded])
            if changed:
                self._changed.append(facts.code)

    def affiliation(self, entry_id: str) -> None:
        """Take notice of an affiliation of the new generation."""
        if self._compared:
            self._lists[AFFILIATIONS].pop(entry_id, None)

    def lists(self, gone: Iterable[Remembered]) -> Iterator[Entry]:
        """Yield the Lists of the new generation; `gone` are the rows of its history that name a release."""
        for row in gone:
            if row.gone and row.kind in _BY_KIND:
                self._lists[_BY_KIND[row.kind]].setdefault(row.id, Deleted(row.id, row.gone))
        if self._compared:
            self._compare(self._compared)
        for each, deleted in self._lists.items():
            yield each.entry(deleted.values(), self._published)

    def _compare(self, live: Register) -> None:
        """Bring the Lists of roles and successions up to date with the release."""
        stated = {ROLES: array("q", sorted(self._roles)), SUCCESSIONS: array("q", sorted(self._successions))}
        for each, numbers in stated.items():
            listed = self._lists[each]
            for back in [value for value in listed if _has(numbers, int(value))]:
                del listed[back]
        # A succession is no part of the content whose change was noticed.
        having = (match.id for match in live.search(_WITH_SUCCESSIONS, None).matches)
        codes = sorted({*self._changed, *(code for code in having if code in self._codes)})
        for at in range(0, len(codes), _AT_ONCE):
            before = live.documents("organisation", codes[at : at + _AT_ONCE], "ord")
            for code in sorted(before):
                record = orjson.loads(before[code])["Organisation"]
                for each, parts in ((ROLES, _roles(record)), (SUCCESSIONS, _successions(record))):
                    for number, display in parts:
                        if not _has(stated[each], number):
                            deleted = Deleted(str(number), self._published, display)
                            self._lists[each].setdefault(deleted.value, deleted)


def _has(ordered: "array[int]", number: int) -> bool:
    at = bisect_left(ordered, number)
    return at < len(ordered) and ordered[at] == number


def _listed(live: Register | None, each: List) -> dict[str, Deleted]:
    """Return what a List of the live generation has, by id."""
    document = live.get("resource", each.id, "r4") if live else None
    return {deleted.value: deleted for deleted in stated(document)}


Json = dict[str, Any]


def _roles(record: Json) -> Iterator[tuple[int, str]]:
    """Yield the numbers of the roles in ORD's record, and what a List shows of each."""
    code = record["OrgId"]["extension"]
    for role in record["Roles"]["Role"]:
        if "uniqueRoleId" in role:
            yield role["uniqueRoleId"], f"{code} {role['id']}"


def _successions(record: Json) -> Iterator[tuple[int, str]]:
    """Yield the numbers of the successions in ORD's record, and what a List shows of each."""
    code = record["OrgId"]["extension"]
    for each in record.get("Succs", {}).get("Succ", ()):
        if "uniqueSuccId" in each:
            parties = [code, each["Target"]["OrgId"]["extension"]]
            if each["Type"] == "Predecessor":
                parties.reverse()
            yield each["uniqueSuccId"], " ".join(parties)


def notifications(gone: Iterable[Remembered]) -> Iterator[Entry]:
    """Yield the entries of ORD's notifications; `gone` are the rows of the history that name a release."""
    for row in gone:
        if row.gone and row.kind == "organisation":
            yield ord_.deletion(row.id, row.detail, row.gone)
