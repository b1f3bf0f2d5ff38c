"""The fixtures. A run that uses none of them starts nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ods_testing import pool
from ods_testing.controls import ServerError
from ods_testing.process import Options
from ods_testing.server import Content, Organisations, Server

_POOL = pytest.StashKey[pool.Pool]()


@contextmanager
def _told() -> Iterator[None]:
    """Let a test end with one sentence where there is no server for it."""
    try:
        yield
    except ServerError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset the servers that a test may use, before any of its fixtures."""
    used = {"ods_server", "ods_server_of"} & set(getattr(item, "fixturenames", ()))
    if used and _POOL in item.config.stash:
        with _told():
            item.config.stash[_POOL].reset(only_sample="ods_server_of" not in used)


@pytest.fixture(scope="session")
def _ods_pool(pytestconfig: pytest.Config) -> Iterator[pool.Pool]:
    worker = getattr(pytestconfig, "workerinput", {})  # of pytest-xdist
    with _told():
        servers = pytestconfig.stash[_POOL] = pool.made(int(worker.get("workercount", 1)))
    yield servers
    del pytestconfig.stash[_POOL]
    with _told():
        servers.end()


@pytest.fixture(scope="session")
def ods_server(_ods_pool: pool.Pool) -> Server:
    """A server over the bundled sample, reset before each test that uses it."""
    with _told():
        return _ods_pool.get(Options(Content()))


@pytest.fixture(scope="session")
def ods_server_of(_ods_pool: pool.Pool) -> Callable[..., Server]:
    """A function that gives a server over other organisations or another release, at another time."""

    def get(
        *,
        organisations: Organisations | None = None,
        release: str | Path | None = None,
        now: str = "",
        stu3_shape: str = "",
    ) -> Server:
        """Return a server; the same arguments give the same one, none give that of the sample."""
        with _told():
            return _ods_pool.get(Options(Content.of(organisations, release), now, stu3_shape))

    return get
