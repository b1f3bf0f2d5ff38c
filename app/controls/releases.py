"""Swaps releases in while the server runs, and goes back to the first one."""

import threading
from typing import Any

from app.clock import Clock
from app.controls.controls import Controls
from app.engine.port import Gone, Index
from app.loader import Source


class Releases:
    """The releases of a server for tests; one load or reset at a time."""

    def __init__(self, index: Index, clock: Clock, controls: Controls) -> None:
        """Take the generation that is live now as the first."""
        self._index, self._clock, self._controls = index, clock, controls
        self._first = index.live().generation.name
        self._one = threading.Lock()

    def load(self, content: bytes, *, is_list: bool) -> dict[str, Any]:
        """Load a list of organisations (JSON), or the bytes of a release; raises NotLoadable."""
        file = self._controls.folder / ("organisations.json" if is_list else "release.zip")
        with self._one:
            try:
                file.write_bytes(content)
                report = self._controls.loader.load(Source(file, is_list, file.name))
            finally:
                file.unlink(missing_ok=True)
        return {key: report[key] for key in ("release", "generation", "organisations")}

    def reset(self) -> None:
        """Make the first release live again; it is loaded anew where it is no longer kept."""
        with self._one:
            while self._live() != self._first:
                try:
                    self._index.rollback(self._clock())
                except Gone:
                    self._controls.loader.load(self._controls.source)
                    self._first = self._live()

    def _live(self) -> str:
        return self._index.live().generation.name
