"""What the controls of a server for tests need to know of it."""

from dataclasses import dataclass
from pathlib import Path

from app.loader import Loader, Source

PREFIX = "/_test"
"""Where the addresses of the controls lie."""


@dataclass(frozen=True)
class Controls:
    """The first release of a server, what loads the next, and a folder for those that are sent."""

    loader: Loader
    source: Source
    folder: Path
