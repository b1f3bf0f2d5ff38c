"""Rows are written in this process or in one of its own: what a build holds, and what a fault leaves."""

from pathlib import Path

import pytest

from app.clock import clock
from app.engine.port import Build, Unwritable
from app.engine.sqlite.index import SqliteIndex
from app.register.query import Query
from tests.contract.organisations import START, add, organisation

SEVERAL = 600
"""Entries of more than one batch."""


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    """An empty index."""
    return SqliteIndex(str(tmp_path / "ods.db"), keep=2)


def fill(build: Build) -> None:
    """Add entries."""
    pack = build.packer({})
    for number in range(SEVERAL):
        add(build, pack, "organisation", organisation(f"A{number:03}", f"SURGERY {number}"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_holds_what_was_added(workers: int, index: SqliteIndex) -> None:
    with index.build("2026-01-30", START, workers) as build:
        fill(build)
        build.publish(dict, clock(START))
    found = index.live().search(Query("organisation", size=SEVERAL), "stu3")
    assert [match.id for match in found.matches] == [f"A{number:03}" for number in range(SEVERAL)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_the_file_is_told_and_leaves_nothing(workers: int, index: SqliteIndex) -> None:
    with index.build("2026-01-30", START, workers) as build:
        fill(build)
        fill(build)
        with pytest.raises(Unwritable, match="UNIQUE"):
            build.publish(dict, clock(START))
    assert index._files() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_can_be_abandoned(workers: int, index: SqliteIndex, tmp_path: Path) -> None:
    with index.build("2026-01-30", START, workers) as build:
        fill(build)
    assert [path.name for path in (tmp_path / "ods.db.d").iterdir()] == ["lock"]
