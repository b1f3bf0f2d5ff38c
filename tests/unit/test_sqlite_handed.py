"""Rows that one process hands to another through a file, and what is left of the files."""

from pathlib import Path

import pytest
from pyroaring import BitMap

from app.clock import clock
from app.engine.sqlite import handed
from app.engine.sqlite.handed import Posting, Ranking, posting, ranking, read, write
from app.engine.sqlite.index import SqliteIndex
from tests.contract.organisations import START, add, organisation

ROWS: list[Posting | Ranking] = [
    posting("list", "a", BitMap([1, 2, 3])),
    ranking("order", b"content"),
    posting("list", "b", BitMap([70_000])),
]


@pytest.mark.parametrize(("chunk", "chunks"), [(1, 3), (1 << 20, 1)])
def test_rows_are_read_as_they_were_written(
    chunk: int, chunks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handed, "_CHUNK", chunk)
    write(ROWS, tmp_path / "rows")
    found = list(read(tmp_path / "rows"))
    assert len(found) == chunks
    assert [row for each in found for row in each.postings] == [ROWS[0], ROWS[2]]
    assert [row for each in found for row in each.rankings] == [ROWS[1]]


def test_no_rows_are_an_empty_file(tmp_path: Path) -> None:
    write([], tmp_path / "rows")
    assert list(read(tmp_path / "rows")) == []


def test_the_files_are_deleted_when_a_generation_is_made(tmp_path: Path) -> None:
    index = SqliteIndex(str(tmp_path / "ods.db"), keep=2)
    with index.build("2026-01-30", START) as build:
        add(build, build.packer({}), "organisation", organisation("A", "SURGERY"))
        build.publish(dict, clock(START))
    names = {path.name for path in (tmp_path / "ods.db.d").iterdir()}
    assert names == {"2026-01-30.1.db", "lock"}
