"""What the tests of the contract stand on: registers by hand, and indexes that are forgotten after a test."""

import pytest

from app.engine.port import Register
from tests.contract.cases import REGISTERS
from tests.contract.organisations import fill
from tests.engines import Engine


@pytest.fixture(scope="session")
def registers(engine: Engine) -> dict[str, Register]:
    """The registers of the cases, by name, loaded once; only to be read."""
    loaded = {}
    for name, contents in REGISTERS.items():
        index = engine.index()
        fill(index, contents)
        loaded[name] = index.live()
    return loaded


@pytest.fixture(autouse=True)
def _tidy(request: pytest.FixtureRequest) -> None:
    """Forget the indexes that a test made."""
    if "engine" in request.fixturenames:
        request.getfixturevalue("new_url")
