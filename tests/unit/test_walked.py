"""What walks have found is kept, within a budget."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from app.directory.related import TooMany
from app.directory.walked import Walked
from app.register.query import Clause, Operator
from app.register.query import Test as Comparison


class Walk:
    """A walk that counts how often it is made."""

    def __init__(self, *found: str) -> None:
        self.found, self.times = list(found), 0

    def __call__(self) -> list[str]:
        self.times += 1
        return self.found


def test_a_walk_is_made_once_and_found_in_order() -> None:
    kept, walk = Walked(), Walk("RR8", "A81003")
    assert [kept.get(("2025.1", "QWO"), walk) for _ in range(3)] == [["A81003", "RR8"]] * 3
    assert walk.times == 1


def test_another_question_is_another_walk() -> None:
    kept = Walked()
    assert kept.get(("2025.1", "QWO"), Walk("A")) == ["A"]
    assert kept.get(("2025.2", "QWO"), Walk("B")) == ["B"]


def test_clauses_are_kept_as_they_are() -> None:
    kept = Walked()
    clauses = (Clause((Comparison("role", Operator.EQ, "RO177"),)),)
    assert kept.get(1, lambda: clauses) == kept.get(1, Walk()) == clauses
    assert kept.size > 300


def test_nothing_found_is_kept_too() -> None:
    kept, walk = Walked(), Walk()
    assert [kept.get("QWO", walk) for _ in range(2)] == [[], []]
    assert walk.times == 1


def test_a_walk_that_reached_too_much_is_not_made_again() -> None:
    kept = Walked()
    times = []

    def walk() -> list[str]:
        times.append(1)
        raise TooMany

    for _ in range(2):
        with pytest.raises(TooMany):
            kept.get("Y63", walk)
    assert len(times) == 1


def test_what_was_not_asked_for_longest_goes_when_the_budget_is_spent() -> None:
    kept = Walked(budget=1_000)
    first, second, third = Walk("A" * 100), Walk("B" * 100), Walk("C" * 100)
    kept.get(1, first)
    kept.get(2, second)
    kept.get(1, first)
    kept.get(3, third)
    assert kept.size <= 1_000
    kept.get(1, first)
    kept.get(2, second)
    assert (first.times, second.times) == (1, 2)


def test_what_is_larger_than_the_budget_is_not_kept() -> None:
    kept = Walked(budget=1_000)
    assert kept.get(1, Walk("A" * 2_000)) == ["A" * 2_000]
    assert kept.size == 0


def test_threads_that_need_the_same_walk_at_once_make_it_once() -> None:
    kept, walk = Walked(), Walk("A", "B")
    begun, may_end = Event(), Event()

    def slow() -> list[str]:
        begun.set()
        may_end.wait(60)
        return walk()

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(kept.get, 1, slow)
        begun.wait(60)
        others = [threads.submit(kept.get, 1, walk) for _ in range(3)]
        may_end.set()
        assert [each.result() for each in (first, *others)] == [["A", "B"]] * 4
    assert walk.times == 1


def test_a_walk_that_failed_is_made_again() -> None:
    def failing() -> list[str]:
        raise ValueError

    kept, walk = Walked(), Walk("A")
    with pytest.raises(ValueError, match=r"\A\Z"):
        kept.get(1, failing)
    assert kept.get(1, walk) == ["A"]
