"""What is kept stays within its bytes, goes in order of use, and is made once."""

import random
import threading
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyroaring import BitMap

from app.engine.sqlite.cache import BUDGET, CACHE, Cache, size_of


def numbers(count: int) -> "array[int]":
    """Return a value of some four bytes a number."""
    return array("I", range(count))


def test_the_process_keeps_less_than_64_megabytes() -> None:
    assert BUDGET < 64 * 1024 * 1024
    assert CACHE.size <= BUDGET


def test_a_value_is_made_once() -> None:
    cache, made = Cache(10_000), []
    for _ in range(3):
        assert cache.get(("a",), lambda: made.append(1) or numbers(5)) == numbers(5)
    assert len(made) == 1


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache, made = Cache(3 * size_of(numbers(1_000))), []

    def use(key: str) -> None:
        cache.get((key,), lambda: made.append(key) or numbers(1_000))

    for key in "abcadabcd":
        use(key)
    assert made == ["a", "b", "c", "d", "b", "c", "d"]


def test_the_bytes_stay_within_the_budget_whatever_is_kept() -> None:
    cache, rng = Cache(100_000), random.Random(1)
    for key in range(2_000):
        cache.get((key,), lambda: numbers(rng.randrange(6_000)))
        assert cache.size <= 100_000
    assert cache.size > 50_000


def test_a_value_beyond_the_budget_is_returned_and_not_kept() -> None:
    cache = Cache(10_000)
    kept = cache.get(("small",), lambda: numbers(10))
    assert cache.get(("large",), lambda: numbers(10_000)) == numbers(10_000)
    assert cache.get(("small",), lambda: numbers(11)) is kept


@pytest.mark.parametrize(
    "value",
    [
        BitMap(range(1, 400_000, 2)),
        BitMap(range(1, 400_000, 50)),
        BitMap(random.Random(2).sample(range(10**6), 1_000)),
        numbers(100_000),
        ["A NAME OF AN ORGANISATION"] * 1_000,
        {f"NAME {at}": BitMap(range(1, 9_999, 5)) for at in range(50)},
    ],
    ids=["a full set", "half a set", "a thin set", "numbers", "texts", "a table of sets"],
)
def test_a_value_counts_what_it_takes(value: object) -> None:
    match value:
        case BitMap():
            takes = len(value.serialize())
        case list():
            takes = sum(map(len, value))
        case dict():
            takes = sum(len(key) + len(held.serialize()) for key, held in value.items())
        case _:
            takes = 4 * len(value)
    assert takes <= size_of(value) <= 5 * takes + 1_000


def private_bytes() -> int:
    """Return the memory that belongs to this process alone."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from /proc")
def test_what_is_left_of_large_sets_takes_no_more_than_it_counts() -> None:
    """The intersection of two sets has room for the smaller one."""
    rng, cache = random.Random(3), Cache(20_000_000)
    one, two = (BitMap(rng.sample(range(370_000), 20_000)) for _ in range(2))
    before = private_bytes()
    for key in range(5_000):
        cache.get((key,), lambda: one & two)
    assert cache.size > 10_000_000
    assert private_bytes() - before < 2 * cache.size


def test_what_is_kept_of_a_closed_generation_is_dropped_by_the_next_call() -> None:
    cache = Cache(100_000)
    for generation in (1, 2):
        for key in "ab":
            cache.get((generation, key), lambda: numbers(1_000))
    both = cache.size
    cache.forget(1)
    kept = cache.get((2, "a"), lambda: numbers(0))
    assert len(kept) == 1_000
    assert cache.size == both / 2
    assert len(cache.get((1, "a"), lambda: numbers(3))) == 3


def test_a_value_of_unknown_size_is_not_kept() -> None:
    with pytest.raises(TypeError):
        Cache(10_000).get(("a",), object)


def test_a_fault_is_raised_and_not_kept() -> None:
    cache = Cache(10_000)
    with pytest.raises(ZeroDivisionError):
        cache.get(("a",), lambda: 1 / 0)
    assert cache.get(("a",), lambda: numbers(3)) == numbers(3)


def meet(cache: Cache, made: list[int], fault: Exception | None) -> list[object]:
    """Return what four threads get that ask for one value, made when all are on their way."""
    asking, go = threading.Barrier(5), threading.Event()

    def make() -> "array[int]":
        made.append(1)
        assert go.wait(30)
        if fault:
            raise fault
        return numbers(3)

    def ask() -> object:
        asking.wait(30)
        try:
            return cache.get(("a",), make)
        except Exception as error:
            return error

    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(ask) for _ in range(4)]
        asking.wait(30)
        go.set()
        return [answer.result(30) for answer in answers]


def test_threads_that_need_a_value_at_once_make_it_once() -> None:
    made: list[int] = []
    answers = meet(Cache(10_000), made, None)
    assert len(made) == 1
    assert all(answer is answers[0] for answer in answers)


def test_threads_that_wait_for_a_value_get_the_fault_of_the_one_that_makes_it() -> None:
    answers = meet(Cache(10_000), [], RuntimeError("it broke"))
    assert [str(answer) for answer in answers] == ["it broke"] * 4


def test_a_thread_that_makes_one_value_holds_up_nobody_who_needs_another() -> None:
    cache, making, go = Cache(10_000), threading.Event(), threading.Event()

    def slow() -> "array[int]":
        making.set()
        assert go.wait(30)
        return numbers(3)

    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(cache.get, "slow", slow)
        assert making.wait(30)
        assert cache.get(("other",), lambda: numbers(4)) == numbers(4)
        assert not answer.done()
        go.set()
        assert answer.result(30) == numbers(3)
