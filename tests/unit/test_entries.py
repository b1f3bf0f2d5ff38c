"""Entries that wait in the spool of the merge: their order, and ids of their own."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from app.engine.temporary import Spool
from indexer.entries import Entries, Stored


def in_order(
    *added: tuple[str, str], reading: list[int] | None = None, repeated: list[tuple[str, str]] | None = None
) -> list[tuple[str, bytes]]:
    """Spool entries of these ids and second ids, add them as `reading` says, and return what is written.

    `repeated` is given the ids that were repeated.
    """
    spool = Spool(RuntimeError)
    stored = []
    for number, (entry_id, second) in enumerate(added):
        spool.add(second.encode())
        packed = str(number).encode()
        stored.append(Stored("kind", entry_id, spool.add(packed), len(packed), len(second.encode())))
    entries = Entries(spool)
    for number in reading or range(len(stored)):
        entries.add(stored[number])
    try:
        found = list(entries.in_order())
    finally:
        spool.close()
    if repeated is not None:
        repeated += entries.repeated
    return found


def test_no_entries_are_none() -> None:
    assert in_order() == []


def test_the_entry_that_was_read_first_keeps_its_id() -> None:
    found = in_order(("7", "b"), ("7", "a"), ("1", "c"), reading=[2, 1, 0])
    assert found == [("1", b"2"), ("7", b"0"), ("a", b"1")]


def test_second_ids_that_are_taken_are_numbered_in_the_order_of_reading() -> None:
    added = [("x", "x"), ("x", "x"), ("x.2", ""), ("x", "x"), ("7", ""), ("7", "x")]
    repeated: list[tuple[str, str]] = []
    found = in_order(*added, reading=[5, 4, 3, 2, 1, 0], repeated=repeated)
    assert found == [("7", b"4"), ("x", b"0"), ("x.2", b"2"), ("x.3", b"1"), ("x.4", b"3"), ("x.5", b"5")]
    assert repeated == [("7", "x.5")]


names = st.text("ab1.-\xe9\U00010000", max_size=3)


@given(st.lists(st.tuples(names, names), max_size=40), st.randoms(use_true_random=False))
def test_entries_are_written_in_order_of_code_points_each_under_an_id_of_its_own(
    added: list[tuple[str, str]], random
) -> None:
    reading = list(range(len(added)))
    random.shuffle(reading)
    repeated: list[tuple[str, str]] = []
    found = in_order(*added, reading=reading, repeated=repeated)
    used: set[str] = set()
    stated = {entry_id for entry_id, _ in added}
    expected = []
    others = []
    for number, (entry_id, second) in enumerate(added):
        name = entry_id
        if name in used:
            further = (f"{second}.{count}" for count in itertools.count(2))
            name = next(
                each for each in (second, *itertools.islice(further, 99)) if each not in used | stated
            )
            others += [(entry_id, name)] if second != entry_id else []
        used.add(name)
        expected.append((name, str(number).encode()))
    assert found == sorted(expected)
    assert repeated == others
