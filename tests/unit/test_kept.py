"""The documents that a process keeps of what it read from Elasticsearch."""

from app.engine.elastic.kept import Kept


def test_what_was_added_is_known_in_its_scope_alone() -> None:
    kept = Kept()
    kept.add("one", {"A1": b"body", "A2": None})
    assert kept.of("one", ["A1", "A2", "A3"]) == {"A1": b"body", "A2": None}
    assert kept.of("other", ["A1"]) == {}


def test_what_was_not_used_for_longest_goes_first() -> None:
    kept = Kept(4_000)
    for number in range(9):
        kept.add("one", {f"A{number}": b"x" * 600})
        assert kept.of("one", ["A0"])
    assert kept.size <= 4_000
    assert list(kept.of("one", [f"A{number}" for number in range(9)])) == ["A0", "A6", "A7", "A8"]


def test_a_document_that_is_larger_than_the_budget_is_not_kept() -> None:
    kept = Kept(1_000)
    kept.add("one", {"A1": b"x" * 2_000, "A2": b"y"})
    assert kept.of("one", ["A1", "A2"]) == {"A2": b"y"}


def test_a_long_id_is_not_kept_since_its_bytes_are_not_counted() -> None:
    kept = Kept()
    kept.add("one", {"A" * 5_000: None, "A1": None})
    assert kept.of("one", ["A" * 5_000, "A1"]) == {"A1": None}
