"""What many tests stand on: the bundled sample, loaded once, and servers over it."""

import socket
import sys
import time
from collections.abc import Callable
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
from indexer.load import Options, load

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SAMPLE = Path(str(files("indexer") / "demo" / DEMO))
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an index that holds the bundled sample release, loaded at NOW; only to be read."""
    url = f"sqlite:///{tmp_path_factory.mktemp('sample') / 'ods.db'}"
    load([SAMPLE], open_index(url), clock(NOW), Options())
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


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


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
