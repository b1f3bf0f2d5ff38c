"""What many tests stand on: the bundled sample, loaded once, servers over it, and how a run is shared out."""

import gc
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import flask.testing
import hypothesis
import pytest
import requests

from app.clock import clock
from app.engine import open_index
from app.settings import Settings
from app.wsgi import create_app
from indexer.load import LoadOptions, load
from indexer.sources.sample import DEMO
from tests import nodes
from tests.engines import Engine, drop
from tests.run import Run

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SAMPLE = Path(str(files("indexer") / "demo" / DEMO))
BIN = Path(sys.executable).parent

LONGEST = (
    "test_elasticsearch_cluster.py",
    "test_fuzz.py",
    "test_server.py",
    "test_pages_browser.py",
    "test_elasticsearch.py",
    "test_examples.py",
    "test_commands.py",
    "test_watch.py",
    "test_elasticsearch_security.py",
    "test_max_change.py",
    "test_generations.py",
    "test_server_for_tests.py",
    "test_neighbours.py",
    "test_search.py",
    "test_ord_sync.py",
    "test_docker.py",
    "test_agreement.py",
    "test_proxies.py",
    "test_r4_search.py",
    "test_plugin.py",
    "test_deletions.py",
    "test_runner.py",
    "test_trud.py",
    "test_pages.py",
    "test_verify.py",
    "test_load.py",
    "test_r4_operations.py",
    "test_r4_expand_generated.py",
    "test_r4_related_generated.py",
    "test_controls.py",
    "test_related.py",
    "test_levels_oracle.py",
    "test_levels_of_release.py",
)
"""The files that take longest. They are begun with, so that nobody waits for them at the end; in this order,
so that not all nodes of Elasticsearch are there at the same time."""

# Without its bytecode each process of a run, and each server that it starts, would compile the code anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

RUN = pytest.StashKey[Run]()
ENDING = pytest.StashKey[ExitStack]()
NODE = pytest.StashKey[str]()


# How a run is shared out among processes (pytest -n): the tests of a file are run by one of them


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the processes of a run share."""
    ending = config.stash[ENDING] = ExitStack()
    given = getattr(config, "workerinput", None)
    folder = given["folder"] if given else ending.enter_context(tempfile.TemporaryDirectory())
    config.stash[RUN] = Run(Path(folder))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process what it shares with the others; for the first one an Elasticsearch is started."""
    config = node.config
    if NODE not in config.stash:
        config.stash[NODE] = os.environ.get("ELASTICSEARCH_URL", "")
        if not config.stash[NODE] and not nodes.missing():
            (started,) = config.stash[ENDING].enter_context(nodes.temporary())
            config.stash[NODE] = started.url
    node.workerinput["folder"] = str(config.stash[RUN].folder)
    node.workerinput["elasticsearch"] = config.stash[NODE]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what the run shared."""
    if os.environ.get("ELASTICSEARCH_URL") and not hasattr(config, "workerinput"):
        for made in config.stash[RUN].folder.glob("*-elasticsearch"):
            drop(made.read_text())
    config.stash[ENDING].close()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Collect thousands of tests without looking for garbage, and let no later search go through them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    longest = {item.path: LONGEST.index(name) for item in items if (name := item.path.name) in LONGEST}
    items.sort(key=lambda item: longest.get(item.path, len(LONGEST)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[pytest.TestReport]:
    """Let no test be skipped where everything must run."""
    report: pytest.TestReport = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome, report.longrepr = (
            "failed",
            f"skipped, which CI=true does not allow: {report.longrepr}",
        )
    return report


# Fixtures


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """What the processes of this run share."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def elasticsearch(pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of a real Elasticsearch: that of ELASTICSEARCH_URL, else one started for this run."""
    given = getattr(pytestconfig, "workerinput", {}).get("elasticsearch") or os.environ.get(
        "ELASTICSEARCH_URL"
    )
    if given:
        url = given.rstrip("/")
        ready = f"{url}/_cluster/health?wait_for_status=yellow&timeout=5s"
        wait_for(lambda: requests.get(ready, timeout=60).ok, 180)
        yield url
    elif reason := nodes.missing():
        pytest.skip(reason)
    else:
        with nodes.temporary() as (node,):
            node.wait()
            yield node.url


@pytest.fixture(scope="session", params=["sqlite", "elasticsearch"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each engine in turn."""
    if request.param == "sqlite":
        made = embedded(tmp_path_factory)
    else:
        made = clustered(request.getfixturevalue("elasticsearch"))
    yield made
    made.forget(0)


def embedded(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return the embedded engine."""
    return Engine("sqlite", lambda: f"sqlite:///{tmp_path_factory.mktemp('index') / 'ods.db'}")


def clustered(base: str) -> Engine:
    """Return the engine over the Elasticsearch at an address."""
    return Engine("elasticsearch", lambda: f"{base}/t{secrets.token_hex(6)}")


@pytest.fixture
def new_url(engine: Engine) -> Iterator[Callable[[], str]]:
    """What makes URLs of indexes that are forgotten after the test."""
    before = len(engine.made)
    yield engine.new_url
    engine.forget(before)


@pytest.fixture(scope="session")
def loaded(run: Run, engine: Engine) -> Callable[[Path], str]:
    """What loads a release as `load_once` does, with the engine in turn."""
    return partial(load_once, run, engine)


def load_once(run: Run, engine: Engine, release: Path) -> str:
    """Load a release at NOW, once in a run, and return the URL of its index; only to be read."""

    def make() -> str:
        url = engine.new()  # not to be forgotten by this process: the others read it too
        load([release], open_index(url), clock(NOW), LoadOptions())
        return url

    return run.once(f"{release.stem}-{engine.name}", make)


@pytest.fixture(scope="session")
def sample_index(loaded: Callable[[Path], str]) -> str:
    """The URL of an index that holds the bundled sample release; only to be read."""
    return loaded(SAMPLE)


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


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds; what it raises counts as not yet. A loaded machine needs the time."""
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
