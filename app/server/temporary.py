"""The temporary index of a server for tests."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from app.engine import open_index
from app.engine.port import EngineError, Generation
from app.loader import SAMPLE, Loader, Source
from app.scratch import Scratch
from app.server import sample

_STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Temporary:
    """A register to serve for tests: where it was loaded to, and from what."""

    loader: Loader
    source: Source
    folder: Path
    """A temporary folder that ends with the server."""

    @property
    def generation(self) -> Generation:
        """The live generation."""
        return open_index(self.loader.url).live().generation


@contextmanager
def temporary(source: Source, now: str) -> Iterator[Temporary]:
    """Load a source into a temporary index, and delete it at the end.

    Raises NotLoadable, and OSError if there is no room for temporary files.
    """
    with Scratch("server") as folder:
        made = Temporary(Loader(_url(folder / "ods.db"), now), _lasting(source, folder), folder)
        _fill(made, folder / "ods.db")
        yield made


def _url(path: Path) -> str:
    return f"sqlite:///{quote(str(path))}"


def _lasting(source: Source, folder: Path) -> Source:
    """Return a source that can be loaded again: a list is copied, since standard input is read only once."""
    if source.path is None or not source.is_list:
        return source
    if str(source.path) == _STANDARD_INPUT:
        copy = folder / "organisations.json"
        copy.write_bytes(sys.stdin.buffer.read())
        return replace(source, path=copy, label="standard input")
    return source


def _fill(made: Temporary, path: Path) -> None:
    """Load the source, or copy the index of the sample; a time that was set stands in each generation."""
    is_kept = made.source == SAMPLE and not (made.loader.now or os.environ.get("ODS_NOW"))
    if is_kept and sample.copy_to(path):
        try:
            open_index(made.loader.url).live()
        except EngineError:
            path.unlink(missing_ok=True)
        else:
            return
    made.loader.load(made.source)
    if is_kept:
        sample.keep(path)
