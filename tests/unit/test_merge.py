"""Which record stands where a code has several (hscorgrefdata 6)."""

# ruff: noqa: E501 - tables

import json
import sqlite3
from contextlib import closing
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.temporary import Spool
from indexer.merge import Merge, Precedence
from indexer.report import Hindered


def complete(*, full: bool = True, start: str = "2001-01-01", change: str = "2020-01-01") -> Precedence:
    """Return what decides for a complete record."""
    return Precedence(True, full, start, change)


def stub(*, full: bool = True, start: str = "2001-01-01", change: str = "2020-01-01") -> Precedence:
    """Return what decides for a stub."""
    return Precedence(False, full, start, change)


def offer(merge: Merge, code: str, precedence: Precedence, record: bytes) -> None:
    """Put a record into the spool, and offer it."""
    merge.offer(code, precedence, merge.spool.add(record), len(record))


def records(merge: Merge) -> list[bytes]:
    """Return the records that are kept."""
    return [record.content for record in merge.records()]


def stands(*offered: Precedence) -> tuple[int, list[str]]:
    """Offer records of one code in order; return the number of the one that stands, and the beaten."""
    with closing(Spool(Hindered)) as spool:
        merge = Merge(spool)
        for number, precedence in enumerate(offered):
            offer(merge, "A1", precedence, str(number).encode())
        (record,) = records(merge)
        return int(record), merge.beaten


# In each row the first record beats the second, whichever is read first.
RULES = {
    "a complete record beats a stub": (complete(full=False, start="", change=""), stub(start="2025-01-01"), 0),
    "a complete record beats a stub of its own file": (complete(start="1990-01-01"), stub(start="2025-01-01"), 0),
    "of two complete records the full file's stands": (complete(start="1990-01-01", change="2000-01-01"), complete(full=False, start="2025-01-01", change="2026-01-01"), 1),
    "of two in one file the later start": (complete(start="2010-01-01", change="2000-01-01"), complete(start="2009-12-31", change="2026-01-01"), 1),
    "of two in one archive the later start": (complete(full=False, start="2010-01-01"), complete(full=False, start="2009-12-31"), 1),
    "any start beats none": (complete(start="1900-01-01"), complete(start=""), 1),
    "of equal starts the later change": (complete(change="2021-01-02"), complete(change="2021-01-01"), 1),
    "any change beats none": (complete(change="1900-01-01"), complete(change=""), 1),
    "of two stubs the full file's stands": (stub(start="1990-01-01"), stub(full=False, start="2025-01-01"), 0),
    "of two stubs of one file the later start": (stub(start="2010-01-01"), stub(start="2009-12-31"), 0),
    "of two stubs with equal starts the later change": (stub(change="2021-01-02"), stub(change="2021-01-01"), 0),
}  # fmt: skip


@pytest.mark.parametrize(("winner", "loser", "beaten"), RULES.values(), ids=RULES)
def test_the_record_that_stands_does_not_depend_on_the_order_of_reading(
    winner: Precedence, loser: Precedence, beaten: int
) -> None:
    assert stands(winner, loser) == (0, ["A1"] * beaten)
    assert stands(loser, winner) == (1, ["A1"] * beaten)


@pytest.mark.parametrize("precedence", [complete(), stub()], ids=["complete", "stubs"])
def test_of_equal_records_the_later_one_stands(precedence: Precedence) -> None:
    number, _ = stands(precedence, precedence, precedence)
    assert number == 2


def test_every_beaten_complete_record_is_named_and_no_beaten_stub() -> None:
    records = [complete(), complete(full=False), complete(start="1990-01-01"), stub(), stub(full=False)]
    for order in permutations(records):
        number, beaten = stands(*order)
        assert order[number] == complete()
        assert beaten == ["A1", "A1"]


def test_the_record_that_stands_stands_whole_and_codes_do_not_meet() -> None:
    with closing(Spool(Hindered)) as spool:
        merge = Merge(spool)
        offer(merge, "B", complete(), b"B whole")
        offer(merge, "A", stub(), b"A stub")
        offer(merge, "a", complete(), b"other case")
        offer(merge, "A", complete(full=False), b"A whole, and longer")
        offer(merge, "A", stub(), b"A stub again")
        offer(merge, "0", stub(), b"")
        assert records(merge) == [b"", b"A whole, and longer", b"B whole", b"other case"]
        assert len(merge) == 4
        assert "A" in merge
        assert "C" not in merge
        assert merge.beaten == []


def test_records_come_in_the_order_that_an_index_keeps() -> None:
    codes = ["Z", "z", "A1", "A", "A-1", "10", "9", "É", "\U00010000", "\uffff"]
    with closing(Spool(Hindered)) as spool:
        merge = Merge(spool)
        for code in codes:
            offer(merge, code, complete(), code.encode())
        found = [record.decode() for record in records(merge)]
    with closing(sqlite3.connect(":memory:")) as connection:
        rows = connection.execute("SELECT value FROM json_each(?) ORDER BY value", [json.dumps(codes)])
        assert found == [code for (code,) in rows]
    assert [record.encode() for record in found] == sorted(code.encode() for code in codes)


def test_a_record_is_told_with_its_place_in_the_spool() -> None:
    with closing(Spool(Hindered)) as spool:
        merge = Merge(spool)
        for code in ("B", "A", "B"):
            offer(merge, code, complete(), f"record of {code}".encode())
        found = list(merge.records())
        assert [record.content for record in found] == [b"record of A", b"record of B"]
        assert [record.place for record in found] == [11, 22]
        assert all(merge.spool.read(each.place, len(each.content)) == each.content for each in found)


def test_records_can_be_read_twice_and_a_register_can_be_empty() -> None:
    with closing(Spool(Hindered)) as spool:
        merge = Merge(spool)
        assert records(merge) == []
        offer(merge, "A", complete(), b"x" * 100_000)
        assert records(merge) == records(merge) == [b"x" * 100_000]


precedences = st.builds(
    Precedence, st.booleans(), st.booleans(), st.sampled_from(["", "1990-01-01", "2010-01-01"]), st.sampled_from(["", "2020-01-01"])
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("ABC"), precedences)))
def test_any_records_are_merged_as_if_all_of_a_code_were_compared_at_once(
    offered: list[tuple[str, Precedence]],
) -> None:
    with closing(Spool(Hindered)) as spool:
        merge = Merge(spool)
        for number, (code, precedence) in enumerate(offered):
            offer(merge, code, precedence, str(number).encode())
        found = [int(record) for record in records(merge)]
        expected = []
        for code in sorted({code for code, _ in offered}):
            best = max(
                (precedence, number) for number, (each, precedence) in enumerate(offered) if each == code
            )
            expected.append(best[1])
        assert found == expected
        whole = sum(precedence.complete for _, precedence in offered)
        standing = sum(offered[number][1].complete for number in found)
        assert len(merge.beaten) == whole - standing
