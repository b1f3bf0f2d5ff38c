"""Loads the releases that appear in a folder, in order of publication (harness 6).

A file is complete when its size and time were the same in two looks, and when a checksum beside it agrees.
What was loaded or passed over is remembered in the index, by SHA-256, so that a rollback is not undone.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app.engine.port import EngineError, Index, NotLoaded, WrongLayout
from indexer.digest import digest
from indexer.release import open_release
from indexer.report import Hindered, Refused, printable

log = logging.getLogger(__name__)

_SUM = re.compile(r"\\?([0-9a-fA-F]{64})(?: [ *](.*))?")


class _State(NamedTuple):
    """By what a file is known to be the same as at the last look."""

    size: int
    time: int
    inode: int


class _Release(NamedTuple):
    """A complete release that is not known yet."""

    date: str
    time: int
    path: Path
    sha256: str


class _Known(NamedTuple):
    """What the index remembers."""

    live: str
    """The date of the live release; empty where nothing is live that can be read."""
    seen: frozenset[str]


@dataclass
class Watch:
    """Looks at a folder; `load` loads a release and returns the name of the new generation."""

    folder: Path
    index: Index
    load: Callable[[Path], str]
    failed: bool = False
    """Whether a file was refused, or could not be loaded."""
    _states: dict[Path, _State] = field(default_factory=dict)
    _digests: dict[tuple[Path, _State], str] = field(default_factory=dict)
    _kept: set[tuple[Path, _State]] = field(default_factory=set)
    """Refused files that could not be moved."""
    _said: set[str] = field(default_factory=set)
    """What this look had to say, and the one before."""
    _earlier: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Look once, and load what is complete."""
        self._earlier, self._said = self._said, set()
        before, self._states = self._states, self._found()
        complete = [path for path, state in self._states.items() if before.get(path) == state]
        if not complete:
            return
        try:
            known = self._known()
            found = sorted(filter(None, [self._new(path, known) for path in complete]))
            releases = list({release.sha256: release for release in found}.values())  # copies are loaded once
            if known.seen and not known.live:
                del releases[:-1]  # the index is gone or of another version: those before were loaded into it
            for release in releases:
                self._take(release)
        except EngineError as error:
            self._say(logging.ERROR, f"Nothing can be loaded now: {error}")
            self.failed = True

    def _found(self) -> dict[Path, _State]:
        """Return the files of the folder that may be releases."""
        found = {}
        try:
            for path in sorted(self.folder.iterdir()):
                if (
                    path.suffix.lower() == ".zip"
                    and path.name[0] != "."
                    and not path.is_symlink()
                    and path.is_file()
                ):
                    stat = path.stat()
                    found[path] = _State(stat.st_size, stat.st_mtime_ns, stat.st_ino)
        except FileNotFoundError:  # moved away while we looked
            pass
        except OSError as error:
            self._say(logging.ERROR, f"{self.folder} cannot be read: {error.strerror or error}")
        return found

    def _known(self) -> _Known:
        seen = self.index.notes.seen()
        try:
            live = self.index.live().generation
        except (NotLoaded, WrongLayout):
            return _Known("", seen)
        return _Known(live.release, seen | {live.report.get("archive", "")})

    def _new(self, path: Path, known: _Known) -> _Release | None:
        """Return a release to load; None for one that is known, refused, passed over or incomplete."""
        state = self._states[path]
        if (path, state) in self._kept:
            return None
        try:
            sha256 = self._digests.get((path, state)) or digest(path)
            self._digests[path, state] = sha256
            if (known.live and sha256 in known.seen) or not self._agrees(path, sha256):
                return None
            with open_release([path]) as release:
                found = _Release(release.publication_date, state.time, path, sha256)
        except Refused as error:
            self._refuse(path, error)
            return None
        if found.date < known.live:
            log.info("%s is passed over: its release of %s is older than the live one", path, found.date)
            self.index.notes.note_seen(sha256)
            return None
        return found

    def _take(self, release: _Release) -> None:
        """Load a release; raises EngineError, and then it stays for the next look."""
        log.info("Loading %s, the release of %s", release.path, release.date)
        try:
            generation = self.load(release.path)
        except Refused as error:
            self._refuse(release.path, error)
            return
        log.info("%s is live: generation %s", release.path, generation)
        self.index.notes.note_seen(release.sha256)

    def _agrees(self, path: Path, sha256: str) -> bool:
        """Return whether a checksum beside a file, if there is one, is that of the file."""
        for name in (path.with_suffix(".sha256"), path.with_name(f"{path.name}.sha256")):
            try:
                lines = name.read_text(encoding="utf-8", errors="replace").splitlines()
            except FileNotFoundError:
                continue
            except OSError as error:
                self._say(logging.WARNING, f"{name} cannot be read: {error.strerror or error}")
                return False
            sums = [found for line in lines if (found := _SUM.fullmatch(line.strip()))]
            own = [found for found in sums if (found[2] or path.name).rpartition("/")[2] == path.name]
            if sha256 not in {found[1].lower() for found in own}:
                self._say(logging.WARNING, f"{path} waits: its SHA-256 is not the one in {name.name}")
                return False
        return True

    def _refuse(self, path: Path, error: Refused) -> None:
        """Move a refused file aside, with the sentence; one that the machine hindered stays."""
        if not path.exists():  # taken away while we read it
            return
        self.failed = True
        if isinstance(error, Hindered):
            self._say(logging.ERROR, f"{path} is tried again: {error}")
            return
        log.error("%s is refused: %s", path, error)
        refused = self.folder / "refused"
        try:
            refused.mkdir(exist_ok=True)
            (refused / f"{path.name}.txt").write_text(f"{error}\n", encoding="utf-8", errors="replace")
            path.replace(refused / path.name)
        except OSError as fault:
            self._kept.add((path, self._states[path]))
            where = printable(str(refused))
            log.error("%s stays where it is: %s cannot be written: %s", path, where, fault.strerror or fault)

    def _say(self, level: int, what: str) -> None:
        """Log something that may be so for many looks, once."""
        if what not in self._earlier and what not in self._said:
            log.log(level, "%s", what)
        self._said.add(what)
