"""What many tests stand on: the bundled sample, loaded once, and servers over it."""

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import flask.testing
import pytest
import requests

from app.clock import clock
from app.engine import open_index
from app.settings import Settings
from app.wsgi import create_app
from indexer.cli import DEMO
from indexer.load import LoadOptions, load
from tests import nodes
from tests.engines import Engine

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SAMPLE = Path(str(files("indexer") / "demo" / DEMO))
BIN = Path(sys.executable).parent


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


@pytest.fixture(scope="session", params=["sqlite", "elasticsearch"])
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


@pytest.fixture(scope="session")
def sample_index(engine: Engine) -> str:
    """The URL of an index that holds the bundled sample release, loaded at NOW; only to be read."""
    url = engine.new_url()
    load([SAMPLE], open_index(url), clock(NOW), LoadOptions())
    return url


@pytest.fixture(scope="session")
def make_client(sample_index: str) -> Callable[..., flask.testing.FlaskClient]:
    """A maker of HTTP clients of the application over the sample, with other settings where given."""

    def make(**settings: Any) -> flask.testing.FlaskClient:
        values = {"index": sample_index, "base_url": "https://ods.example.org", "now": NOW}
        return create_app(Settings(**(values | settings))).test_client()

    return make


@pytest.fixture(scope="session")
def client(make_client: Callable[..., flask.testing.FlaskClient]) -> flask.testing.FlaskClient:
    """An HTTP client of the application over the sample, in the default shape."""
    return make_client()


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until a condition holds; what it raises counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (OSError, requests.RequestException):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)
