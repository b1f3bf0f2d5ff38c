"""Finds what a release lacks, and lists all organisations deleted since the first load (ord 8, fhir-r4 8).

A release does not list deletions, so each load compares: an organisation that the live generation has and
the new one lacks was deleted. The history of the index keeps when; only codes that reappear in a release are
removed from the list.
"""

import logging
from collections.abc import Container, Iterable, Iterator

from app.engine.history import UNTOLD, Remembered
from app.engine.port import Generation, Index, NotLoaded, Register, WrongIndex
from app.register.fields import Entry
from indexer.documents.ord import deletion
from indexer.release import Release

log = logging.getLogger(__name__)


class Past:
    """What an index holds and remembers before a load of a release that has the organisations `codes`."""

    def __init__(self, index: Index, codes: Container[str]) -> None:
        """Read it; raises EngineError if the index does not answer: going on would lose the history."""
        self._index = index
        self.live = _live(index)
        """The live generation; None if there is none that can be read."""
        self.lacking: list[str] = []
        """The organisations of the live generation that the release lacks."""
        self._readable = True
        try:
            self.lacking = [
                row.id
                for row in index.history()
                if row.gone is None and row.id not in codes and row.kind == "organisation"
            ]
        except WrongIndex as error:
            log.warning("What earlier loads knew of versions and deletions is lost: %s", error)
            self._readable = False

    def rows(self) -> Iterator[Remembered]:
        """Return the history of the index; nothing if it cannot be read."""
        return self._index.history() if self._readable else iter(())

    def missed(self, release: Release) -> str:
        """Return what the new history says of entries that the release lacks: since when they are gone."""
        if not self.live:
            return UNTOLD
        if reason := _incomparable(self.live.generation, release):
            log.warning("This load finds no deletions: %s", reason)
            return UNTOLD
        return release.publication_date


def deletions(rows: Iterable[Remembered]) -> list[Entry]:
    """Return the entries of the organisations that a history lists as deleted."""
    return [deletion(row.id, row.detail, row.gone) for row in rows if row.gone and row.kind == "organisation"]


def _live(index: Index) -> Register | None:
    try:
        return index.live()
    except NotLoaded:
        return None
    except WrongIndex as error:  # another index layout, or damaged
        log.warning("This load finds no deletions: %s", error)
        return None


def _incomparable(live: Generation, release: Release) -> str | None:
    """Return why the release cannot be compared with the live one, or None if it can."""
    if release.publication_date < live.release:
        return f"the live release, of {live.release}, is newer than this one, of {release.publication_date}"
    had_archive = any(file["kind"] == "archive" for file in live.report.get("files", ()))
    if had_archive != any(file.kind == "archive" for file in release.files):
        return "only one of the live release and this one has an archive"
    return None
