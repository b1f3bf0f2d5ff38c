"""Other servers than the one over the sample: another shape, another register, or none; and a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from app.clock import clock
from app.engine import open_index
from indexer.load import LoadOptions, load
from tests import browser as chromium
from tests.conftest import NOW
from tests.engines import Engine
from tests.interfaces import r4_world
from tests.interfaces.sockets import Running, running
from tests.run import Run

EDGES = Path(__file__).parent.parent / "golden" / "stu3-edges.xml"
"""A small release of what the sample has not: see the comments in it."""

TERMS = EDGES.with_name("r4-terminology.xml")
"""A small release of what the terminology of R4 shows: see the comments in it."""


def publish(release: Path, url: str) -> None:
    """Load a release at NOW into the index at a URL: one more generation."""
    load([release], open_index(url), clock(NOW), LoadOptions())


@pytest.fixture(scope="session")
def legacy(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of the application in the shape of the retired service, over the sample."""
    return make_client(stu3_shape="legacy")


@pytest.fixture(scope="session")
def edges_index(loaded: Callable[[Path], str]) -> str:
    """The URL of an index that holds the small release of edges; only to be read."""
    return loaded(EDGES)


@pytest.fixture(scope="session")
def edges(make_client: Callable[..., FlaskClient], edges_index: str) -> FlaskClient:
    """A client of the application over the small release of edges."""
    return make_client(index=edges_index)


@pytest.fixture(scope="session")
def terms_index(loaded: Callable[[Path], str]) -> str:
    """The URL of an index that holds the small release of terminology; only to be read."""
    return loaded(TERMS)


@pytest.fixture(scope="session")
def terms(make_client: Callable[..., FlaskClient], terms_index: str) -> FlaskClient:
    """A client of the application over the small release of terminology."""
    return make_client(index=terms_index)


@pytest.fixture(scope="session")
def world(run: Run, engine: Engine, make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of the application over the small register of R4."""
    # Not to be forgotten by this process: the others read it too.
    return make_client(index=run.once(f"r4-world-{engine.name}", lambda: r4_world.load(engine.new())))


@pytest.fixture(scope="session")
def unloaded(make_client: Callable[..., FlaskClient], engine: Engine) -> FlaskClient:
    """A client of the application over an index that nothing is loaded into."""
    return make_client(index=engine.new())


@pytest.fixture(scope="module")
def server(sample_index: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server over the bundled sample, which no test stops or changes."""
    with running(sample_index, tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """A Chromium for the tests of a file."""
    if reason := chromium.missing():
        pytest.skip(reason)
    with chromium.browser() as made:
        yield made
