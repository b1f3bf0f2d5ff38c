"""What an index remembers of loads, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest

from app.engine.port import EngineError, Failure
from tests.contract.organisations import START, fill, organisation
from tests.engines import Engine

FAILED = Failure(datetime(2026, 2, 1, 9, 30, tzinfo=UTC), "The release is “bad”: see it")


def test_a_failure_is_told_until_another_generation_is_live(engine: Engine) -> None:
    index = engine.index()
    fill(index, [organisation("A1")])
    assert index.notes.failure() is None
    index.notes.note_failure(FAILED)
    assert engine.index(engine.made[-1]).notes.failure() == FAILED
    fill(index, [organisation("A1")], after=60)
    assert index.notes.failure() is None
    index.notes.note_failure(FAILED)
    index.rollback(START + timedelta(seconds=120))
    assert index.notes.failure() is None


def test_the_newest_failure_is_told(engine: Engine) -> None:
    index = engine.index()
    fill(index, [organisation("A1")])
    index.notes.note_failure(Failure(FAILED.time, "first"))
    index.notes.note_failure(Failure(FAILED.time + timedelta(days=1), "second"))
    assert index.notes.failure() == Failure(FAILED.time + timedelta(days=1), "second")


def test_an_index_into_which_nothing_was_loaded_remembers_no_failure(engine: Engine) -> None:
    index = engine.index()
    index.notes.note_failure(FAILED)
    assert index.notes.failure() is None
    with pytest.raises(EngineError, match="Nothing is loaded"):
        index.live()


def test_releases_that_were_seen_are_remembered_over_loads(engine: Engine) -> None:
    index = engine.index()
    assert index.notes.seen() == frozenset()
    fill(index, [organisation("A1")])
    for digest in ("a" * 64, "b" * 64, "a" * 64):
        index.notes.note_seen(digest)
    fill(index, [organisation("A1")], after=60)
    assert engine.index(engine.made[-1]).notes.seen() == {"a" * 64, "b" * 64}


def test_a_load_that_runs_is_no_failure(engine: Engine) -> None:
    index = engine.index()
    fill(index, [organisation("A1")])
    with index.build("2026-03-27", START):
        assert engine.index(engine.made[-1]).notes.failure() is None
    assert index.notes.failure() is None
