"""What a load makes of the history: versions, instants, and since when what is gone is gone."""

import pytest

from app.engine.history import UNTOLD, Remembered
from indexer.history import Held, continued

A, B = b"content A", b"content B"
OLD, NEW = 1_767_225_600_000, 1_769_904_000_000
MISSED = "2026-02-27"


def known(
    version: int = 1,
    *,
    highest: int = 0,
    gone: str | None = None,
    entry_id: str = "A1",
    kind: str = "organisation",
) -> Remembered:
    return Remembered(kind, entry_id, A, version, highest or version, OLD, gone, "RO177")


def held(digest: bytes | None, entry_id: str = "A1", kind: str = "organisation") -> Held:
    return Held(kind, entry_id, digest, "RO98")


def new(version: int, digest: bytes | None, entry_id: str = "A1", kind: str = "organisation") -> Remembered:
    return Remembered(kind, entry_id, digest, version, version, NEW, None, "RO98")


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
    assert list(continued(before, now, NEW, MISSED)) == after


def test_an_entry_whose_content_was_never_digested_gets_its_next_version_with_the_first_digest() -> None:
    before = known(2)._replace(digest=None)
    assert list(continued([before], [held(None)], NEW, MISSED)) == [before]
    assert list(continued([before], [held(A)], NEW, MISSED)) == [new(3, A)]


def test_entries_are_told_apart_by_kind_and_id_and_stay_in_order() -> None:
    before = [
        known(kind=kind, entry_id=each)
        for kind in ("organisation", "affiliation")
        for each in ("1", "3", "5")
    ]
    now = [held(A, "1"), held(B, "5"), held(A, "6"), held(A, "2", "affiliation"), held(A, "3", "affiliation")]
    assert list(continued(before, now, NEW, MISSED)) == [
        known(entry_id="1"),
        known(entry_id="3", gone=MISSED),
        new(2, B, "5"),
        new(1, A, "6"),
        known(kind="affiliation", entry_id="1", gone=MISSED),
        new(1, A, "2", "affiliation"),
        known(kind="affiliation", entry_id="3"),
        known(kind="affiliation", entry_id="5", gone=MISSED),
    ]
