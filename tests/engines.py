"""The engines that everything is tested on, and the indexes that tests fill there."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from app.engine import open_index
from app.engine.options import Options
from app.engine.port import Index
from tests import nodes

ENGINES = ("sqlite", "elasticsearch")


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
        return open_index(url or self.new_url(), Options(**options))

    def forget(self, beyond: int) -> None:
        """Drop the indexes made after so many: a cluster does not hold any number of them."""
        for url in self.made[beyond:]:
            if url.startswith("http"):
                drop(url)
        del self.made[beyond:]


def drop(url: str) -> None:
    """Delete whatever a cluster holds for an index URL."""
    base, _, prefix = url.rpartition("/")
    names = requests.get(f"{base}/_cat/indices/{prefix}-*?h=index", timeout=60).text.split()
    for name in names:
        requests.delete(f"{base}/{name}", timeout=60)


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[str]:
    """The address of a real Elasticsearch: that of ELASTICSEARCH_URL, else one started for this run."""
    if url := os.environ.get("ELASTICSEARCH_URL"):
        yield url.rstrip("/")
        return
    if reason := nodes.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with nodes.one() as node:
        yield node.url


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each engine in turn."""
    if request.param == "sqlite":
        made = Engine("sqlite", lambda: f"sqlite:///{tmp_path_factory.mktemp('index') / 'ods.db'}")
    else:
        base = request.getfixturevalue("elasticsearch")
        made = Engine("elasticsearch", lambda: f"{base}/t{secrets.token_hex(6)}")
    yield made
    made.forget(0)


@pytest.fixture
def new_url(engine: Engine) -> Iterator[Callable[[], str]]:
    """What makes URLs of indexes that are forgotten after the test."""
    before = len(engine.made)
    yield engine.new_url
    engine.forget(before)
