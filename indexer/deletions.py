"""The ledger: the list of all organisations deleted since the first load (ord 8, fhir-r4 8).

A release does not list deletions, so each load compares: an organisation that the live generation has and
the new one lacks was deleted. Each generation takes over the ledger of the one before; only codes that
reappear in a release are removed.
"""

import logging
from collections.abc import Container, Iterator
from dataclasses import dataclass

import orjson

from app.engine.port import MAX_IDS, Generation, Index, NotLoaded, Register, WrongIndex
from app.register.fields import Entry
from app.register.query import Query
from indexer.documents.ord import deletion
from indexer.release import Release

log = logging.getLogger(__name__)

_AT_ONCE = 5_000
"""Codes in one page of a query."""


@dataclass(frozen=True)
class Gone:
    """The organisations of the live generation that a release lacks."""

    live: Register
    codes: list[str]


def gone(index: Index, codes: Container[str]) -> Gone | None:
    """Compare the live generation with a release that has `codes`; None if there is none that can be read.

    Raises EngineError when it does not answer: going on would lose the ledger.
    """
    try:
        live = index.live()
    except NotLoaded:
        return None
    except WrongIndex as error:  # another index layout, or damaged
        log.warning("This load finds no deletions: %s", error)
        return None
    return Gone(live, [code for code in _codes(live) if code not in codes])


def ledger(index: Index, release: Release, codes: Container[str], lacking: Gone | None) -> list[Entry]:
    """Return the deletions for a new generation that has the organisations `codes`, in order of code.

    `lacking` is what `gone` returned; raises as it does.
    """
    entries = _known(index)
    if lacking:
        if reason := _incomparable(lacking.live.generation, release):
            log.warning("This load finds no deletions: %s", reason)
        else:
            for code, primary_role in _primary_roles(lacking):
                entries[code] = deletion(code, primary_role, release.publication_date)
    return [entries[code] for code in sorted(entries) if code not in codes]


def _known(index: Index) -> dict[str, Entry]:
    """Return the ledger of the live generation, by code; empty if it cannot be read."""
    try:
        deletions = [orjson.loads(document) for document in index.ledger()]
    except WrongIndex as error:
        log.warning("The list of earlier deletions is lost: %s", error)
        return {}
    return {
        each["OrgID"]: deletion(each["OrgID"], each.get("PrimaryRoleId"), each["time"][:10])
        for each in deletions
    }


def _incomparable(live: Generation, release: Release) -> str | None:
    """Return why the release cannot be compared with the live one, or None if it can."""
    if release.publication_date < live.release:
        return f"the live release, of {live.release}, is newer than this one, of {release.publication_date}"
    had_archive = any(file["kind"] == "archive" for file in live.report.get("files", ()))
    if had_archive != any(file.kind == "archive" for file in release.files):
        return "only one of the live release and this one has an archive"
    return None


def _primary_roles(lacking: Gone) -> Iterator[tuple[str, str | None]]:
    """Yield code and primary role of each organisation that is gone."""
    for at in range(0, len(lacking.codes), MAX_IDS):
        some = lacking.codes[at : at + MAX_IDS]
        for code, document in lacking.live.documents("organisation", some, "ord_summary").items():
            yield code, orjson.loads(document).get("PrimaryRoleId")


def _codes(live: Register) -> Iterator[str]:
    offset, more = 0, True
    while more:
        page = live.search(Query("organisation", size=_AT_ONCE, offset=offset, total=False), None)
        yield from (match.id for match in page.matches)
        offset, more = offset + _AT_ONCE, page.more
