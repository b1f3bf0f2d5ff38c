"""The engines that the contract is kept by, under their names; an engine is added by a row of ENGINES."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app.engine import open_index
from app.engine.options import Options
from app.engine.port import Index, Register
from tests.contract.cases import REGISTERS
from tests.contract.organisations import fill

ENGINES: dict[str, Callable[[pytest.TempPathFactory], str]] = {
    "sqlite": lambda folders: f"sqlite:///{folders.mktemp('index') / 'ods.db'}",
    "elasticsearch": lambda _folders: f"{os.environ['ELASTICSEARCH_URL']}/t{secrets.token_hex(6)}",
}
"""By name: what makes the URL of an index into which nothing was loaded yet."""


@dataclass(frozen=True)
class Engine:
    """One engine under test."""

    name: str
    new_url: Callable[[], str]

    def index(self, url: str | None = None, *, keep: int = 2) -> Index:
        """Open an index, as each process does for itself; without a URL, one where nothing was loaded yet."""
        return open_index(url or self.new_url(), Options(keep=keep))


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Each engine in turn."""
    return Engine(request.param, lambda: ENGINES[request.param](tmp_path_factory))


@pytest.fixture(scope="session")
def registers(engine: Engine) -> dict[str, Register]:
    """The registers of the cases, by name, loaded once; only to be read."""
    loaded = {}
    for name, contents in REGISTERS.items():
        index = engine.index()
        fill(index, contents)
        loaded[name] = index.live()
    return loaded
