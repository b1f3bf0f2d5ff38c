"""What is read of a generation before searches need it."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine.sqlite import ahead
from app.engine.sqlite import index as index_module
from app.engine.sqlite.ahead import Part
from app.engine.sqlite.index import SqliteIndex
from app.engine.sqlite.reader import Reader
from app.register.query import Clause, Operator, Query
from app.register.query import Test as Comparison
from app.settings import Settings
from app.wsgi import create_app
from tests.contract.organisations import fill, organisation

SURGERIES = Query("organisation", (Clause((Comparison("name", Operator.PREFIX, "SURG"),)),))


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    """A loaded index that is read ahead."""
    path = str(tmp_path / "ods.db")
    fill(SqliteIndex(path, keep=2), [organisation(f"A{at}", f"SURGERY {at}") for at in range(9)])
    return SqliteIndex(path, keep=2, ahead=True)


def reading() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == ahead.THREAD]


def end_of_reading() -> None:
    for thread in reading():
        thread.join()


def test_a_search_finds_what_it_needs_in_memory(index: SqliteIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    register = index.live()
    end_of_reading()

    def read(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(Reader, "ranking", read)
    assert register.search(SURGERIES, None).total == 9


def test_the_first_call_waits_until_all_is_read(index: SqliteIndex) -> None:
    index.live()
    assert reading() == []


def test_a_worker_takes_no_request_before_all_is_read(index: SqliteIndex) -> None:
    create_app(Settings(index=f"sqlite:///{index._path}"), ahead=True)
    assert reading() == []


def test_a_generation_that_is_closed_is_read_no_further(
    index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    begun, closed = threading.Event(), threading.Event()

    def parts() -> Iterator[Part]:
        yield lambda _: read.append(1)
        begun.set()
        closed.wait()
        yield lambda _: read.append(2)

    monkeypatch.setattr(ahead, "parts", parts)
    monkeypatch.setattr(index_module, "_FIRST_SECONDS", 0)
    register = index.live()
    begun.wait()
    del register, index._live
    gc.collect()
    closed.set()
    end_of_reading()
    assert read == [1]


def test_a_swap_is_read_ahead_as_well(index: SqliteIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    index.live()
    fill(index, [organisation("A1", "SURGERY 1")], after=1)
    register = index.live()
    end_of_reading()
    monkeypatch.setattr(Reader, "ranking", lambda *_: pytest.fail("it was not read ahead"))
    assert register.search(SURGERIES, None).total == 1
