"""What an index holds and remembers before a load, and whether the new release can be compared with it."""

import logging
from collections.abc import Container, Iterator
from itertools import takewhile

from app.engine.history import UNTOLD, Remembered
from app.engine.port import Generation, Index, NotLoaded, Register, WrongIndex
from indexer.release import Release

log = logging.getLogger(__name__)


class Past:
    """What an index holds and remembers before a load of a release that has the organisations `codes`."""

    def __init__(self, index: Index, release: Release, codes: Container[str]) -> None:
        """Read it; raises EngineError if the index does not answer: going on would lose the history."""
        self._index = index
        self._readable = True
        self.live = _live(index)
        """The live generation; None if there is none that can be read."""
        self.compared = self.live if self.live and _comparable(self.live.generation, release) else None
        """The live generation, if what the release lacks of it was deleted (fhir-r4 8, 5)."""
        self.missed = release.publication_date if self.compared else UNTOLD
        """What the new history says of entries that the release lacks: since when they are gone."""
        organisations = takewhile(lambda row: row.kind == "organisation", self.rows())
        self.lacking = [row.id for row in organisations if row.gone is None and row.id not in codes]
        """The organisations of the live generation that the release lacks."""

    def rows(self) -> Iterator[Remembered]:
        """Return the history of the index, as far as it can be read."""
        if not self._readable:
            return
        try:
            yield from self._index.history()
        except WrongIndex as error:
            log.warning("What earlier loads knew of versions and deletions is lost: %s", error)
            self._readable = False


def _live(index: Index) -> Register | None:
    try:
        return index.live()
    except NotLoaded:
        return None
    except WrongIndex as error:  # another index layout, or damaged
        what = "This load finds no deletions, and its lists of deleted roles and successions are empty"
        log.warning("%s: %s", what, error)
        return None


def _comparable(live: Generation, release: Release) -> bool:
    if reason := _incomparable(live, release):
        log.warning("This load finds no deletions: %s", reason)
    return not reason


def _incomparable(live: Generation, release: Release) -> str | None:
    """Return why the release cannot be compared with the live one, or None if it can."""
    if release.publication_date < live.release:
        return f"the live release, of {live.release}, is newer than this one, of {release.publication_date}"
    had_archive = any(file["kind"] == "archive" for file in live.report.get("files", ()))
    if had_archive != any(file.kind == "archive" for file in release.files):
        return "only one of the live release and this one has an archive"
    return None
