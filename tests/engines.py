"""The engines that everything is tested on, and the indexes that tests fill there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from app.engine import open_index
from app.engine.options import EngineOptions
from app.engine.port import Index


@dataclass
class Engine:
    """One engine under test."""

    name: str
    new: Callable[[], str]
    made: list[str] = field(default_factory=list)

    def new_url(self) -> str:
        """Return the URL of an index into which nothing was loaded yet."""
        self.made.append(self.new())
        return self.made[-1]

    def index(self, url: str | None = None, **options: Any) -> Index:
        """Open an index, as each process does for itself; without a URL, one where nothing was loaded yet."""
        return open_index(url or self.new_url(), EngineOptions(**options))

    def forget(self, beyond: int) -> None:
        """Drop the indexes made after so many: a cluster does not hold any number of them."""
        for url in self.made[beyond:]:
            if url.startswith("http"):
                drop(url)
        del self.made[beyond:]


def indices(url: str) -> set[str]:
    """Return the names of what a cluster holds for an index URL."""
    base, _, prefix = url.rpartition("/")
    return set(requests.get(f"{base}/_cat/indices/{prefix}-*?h=index", timeout=60).text.split())


def drop(url: str) -> None:
    """Delete whatever a cluster holds for an index URL."""
    base = url.rpartition("/")[0]
    if names := indices(url):
        requests.delete(f"{base}/{','.join(names)}", timeout=60)
