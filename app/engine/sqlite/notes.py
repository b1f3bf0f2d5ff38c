"""What is remembered of loads beside the generations: files in the folder `ods.db.d`.

`failure.json` is the newest load that was refused; `seen` has a line for each release file that was loaded or
passed over. A load that was killed can write nothing: it leaves its unfinished file, and its lock is free.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from app.engine.port import BROKE_OFF, EngineError, Failure
from app.engine.sqlite.file import writing
from app.engine.sqlite.lock import LOCK, is_held
from app.engine.sqlite.register import SqliteRegister

UNFINISHED = ".building"


class SqliteNotes:
    """The notes of the index at a path; `live` gives its live generation."""

    def __init__(self, path: Path, folder: Path, live: Callable[[], SqliteRegister]) -> None:
        self._path, self._folder, self._live = path, folder, live

    def failure(self) -> Failure | None:
        """Return the newest load since the live generation was made live that was refused or broke off."""
        if broken := self._broken_off():
            return broken
        with suppress(OSError, ValueError, KeyError, TypeError):  # a power cut may have left anything
            noted = json.loads((self._folder / "failure.json").read_bytes())
            if noted["live_since"] == self._live_since():
                return Failure(datetime.fromisoformat(noted["time"]), noted["sentence"])
        return None

    def note_failure(self, failure: Failure) -> None:
        """Remember a load that was refused; an index into which nothing was loaded remembers nothing."""
        if not self._path.exists():
            return
        noted = {
            "time": failure.time.isoformat(),
            "sentence": failure.sentence,
            "live_since": self._live_since(),
        }
        made = self._folder / f"failure.{os.getpid()}"
        with writing(self._path):
            self._folder.mkdir(exist_ok=True)
            made.write_text(json.dumps(noted), encoding="utf-8")
            made.replace(self._folder / "failure.json")

    def seen(self) -> frozenset[str]:
        """Return the SHA-256 of the release files that were loaded or passed over."""
        try:
            return frozenset((self._folder / "seen").read_text(encoding="ascii", errors="replace").split())
        except OSError:
            return frozenset()

    def note_seen(self, sha256: str) -> None:
        """Remember a release file."""
        with writing(self._path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / "seen").open("a", encoding="ascii") as file:
                file.write(f"{sha256}\n")

    def _live_since(self) -> str:
        with suppress(EngineError):
            return self._live().live_since.isoformat()
        return ""

    def _broken_off(self) -> Failure | None:
        left = [path for path in self._folder.glob(f"*{UNFINISHED}") if path.stem != "live"]
        if not left:
            return None
        try:
            if is_held(self._folder / LOCK):
                return None
            since = datetime.fromtimestamp(int(left[0].stat().st_mtime), UTC)
        except OSError:  # a load has ended just now
            return None
        return Failure(since, BROKE_OFF)
