"""A cut of a register of real organisations, loaded once."""

from pathlib import Path

import pytest

from app.engine import open_index
from indexer.load import LoadOptions, load
from tests.conftest import NOW

DATA = Path(__file__).with_name("data")


@pytest.fixture(scope="session")
def register(tmp_path_factory):
    index = open_index(f"sqlite:///{tmp_path_factory.mktemp('lookup')}/ods.db")
    load([DATA / "release.zip"], index, lambda: NOW, LoadOptions(validate="none"))
    return index.live()
