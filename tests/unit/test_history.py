"""What a load makes of the history: versions, instants, and since when what is gone is gone."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest

from app.engine.history import UNTOLD, Remembered
from app.register.fields import Entry
from app.register.query import Stamp
from indexer.history import History, digest_of

A, B = b"content A", b"content B"
OLD, NEW = 1_767_225_600_000, 1_769_904_000_000
MISSED = "2026-02-27"


class Held(NamedTuple):
    """An entry of the new generation."""

    kind: str
    id: str
    digest: bytes


def known(
    version: int = 1,
    *,
    highest: int = 0,
    gone: str | None = None,
    entry_id: str = "A1",
    kind: str = "organisation",
) -> Remembered:
    return Remembered(kind, entry_id, A, version, highest or version, OLD, gone, "RO177")


def held(digest: bytes, entry_id: str = "A1", kind: str = "organisation") -> Held:
    return Held(kind, entry_id, digest)


def new(version: int, digest: bytes, entry_id: str = "A1", kind: str = "organisation") -> Remembered:
    return Remembered(kind, entry_id, digest, version, version, NEW, None, "RO98")


def continued(before: Iterable[Remembered], now: Iterable[Held]) -> list[Remembered]:
    """Return the history that a load writes, and check that each entry gets the stamp of its row."""
    rows: list[Remembered] = []
    history = History(before, rows.append, NEW, MISSED)
    for each in now:
        stamp = history.stamp(*each, "RO98")
        assert (rows[-1].kind, rows[-1].id) == (each.kind, each.id)
        assert stamp == Stamp(rows[-1].version, rows[-1].updated)
    history.finish("resource")
    assert history.gone == [row for row in rows if row.gone]
    return rows


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        ([], [held(A)], [new(1, A)]),
        ([known(3)], [held(A)], [known(3)]),
        ([known(3, highest=5)], [held(A)], [known(3, highest=5)]),
        ([known(3)], [held(B)], [new(4, B)]),
        ([known(3, highest=5)], [held(B)], [new(6, B)]),
        ([known(3)], [], [known(3, gone=MISSED)]),
        ([known(3, gone="2025-12-11")], [], [known(3, gone="2025-12-11")]),
        ([known(3, gone=UNTOLD)], [], [known(3, gone=UNTOLD)]),
        ([known(3, gone="2025-12-11")], [held(A)], [new(4, A)]),
        ([known(3, gone=UNTOLD)], [held(A)], [new(4, A)]),
    ],
    ids=[
        "an entry that nobody knows", "the same content", "the same after a rollback", "other content",
        "other content after a rollback", "gone", "still gone", "still gone, since nobody knows when",
        "back", "back, gone since nobody knows when",
    ],
)  # fmt: skip
def test_the_history_of_an_entry_goes_on(
    before: list[Remembered], now: list[Held], after: list[Remembered]
) -> None:
    assert continued(before, now) == after


def test_an_entry_whose_content_was_never_digested_gets_its_next_version() -> None:
    assert continued([known(2)._replace(digest=None)], [held(A)]) == [new(3, A)]


def test_entries_are_told_apart_by_kind_and_id_and_stay_in_order() -> None:
    before = [
        known(kind=kind, entry_id=each)
        for kind in ("organisation", "affiliation", "resource")
        for each in ("1", "3", "5")
    ]
    now = [
        held(A, "1"), held(B, "5"), held(A, "6"), held(A, "2", "affiliation"), held(A, "3", "affiliation"),
        held(B, "5", "resource"),
    ]  # fmt: skip
    assert continued(before, now) == [
        known(entry_id="1"),
        known(entry_id="3", gone=MISSED),
        new(2, B, "5"),
        new(1, A, "6"),
        known(kind="affiliation", entry_id="1", gone=MISSED),
        new(1, A, "2", "affiliation"),
        known(kind="affiliation", entry_id="3"),
        known(kind="affiliation", entry_id="5", gone=MISSED),
        known(kind="resource", entry_id="1", gone=MISSED),
        known(kind="resource", entry_id="3", gone=MISSED),
        new(2, B, "5", "resource"),
    ]


def test_the_rows_of_a_kind_are_finished_before_those_of_the_next() -> None:
    rows: list[Remembered] = []
    before = [known(kind=kind) for kind in ("organisation", "affiliation", "resource")]
    history = History(before, rows.append, NEW, MISSED)
    history.finish("affiliation")
    assert rows == history.gone == [known(kind=each, gone=MISSED) for each in ("organisation", "affiliation")]
    assert history.stamp("resource", "A1", A) == Stamp(1, OLD)


def test_what_is_gone_since_nobody_knows_when_is_not_told() -> None:
    history = History([known()], [].append, NEW, UNTOLD)
    history.finish("organisation")
    assert history.gone == []


def test_the_digest_is_of_the_r4_document_and_only_without_one_of_all() -> None:
    def digest(**documents: bytes) -> bytes:
        return digest_of(Entry("A1", {}, documents))

    assert digest(r4=A, ord=A) == digest(r4=A, ord=B) != digest(r4=B, ord=A)
    assert digest(stu3=A, ord=A) != digest(stu3=A, ord=B)
