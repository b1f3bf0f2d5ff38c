"""Every engine keeps generations alike: built aside, swapped in whole, kept, rolled back, dropped."""

# ruff: noqa: E501 - tables

import pickle
import threading
import time
from datetime import UTC, timedelta
from itertools import pairwise

import pytest

from app.clock import clock
from app.engine.history import UNTOLD
from app.engine.port import (
    NOTICED_WITHIN,
    Busy,
    EngineError,
    Gone,
    Index,
    NotLoaded,
    Register,
    WrongIndex,
    again_if_dropped,
)
from app.register.query import Page, Query
from tests.conftest import wait_for
from tests.contract.organisations import START, add, document, fill, organisation, remembered
from tests.engines import Engine


def marked(index: Index, mark: str, *, size: int = 2, after: int = 0, release: str = "2026-01-30") -> str:
    """Publish a generation whose documents all carry a mark, and return its name."""
    entries = [organisation(f"A{number:03}", "SURGERY", mark=mark) for number in range(size)]
    return fill(index, entries, after=after, release=release, report={"organisations": size}).name


def marks(register: Register) -> set[bytes]:
    """Return the documents a register answers with, ids left out of account."""
    found = register.search(Query("organisation", size=1000), "stu3").matches
    return {match.document.replace(match.id.encode(), b"") for match in found}


def mark(name: str) -> set[bytes]:
    """Return what `marks` is for a generation of that mark."""
    return {document("", "SURGERY", name)}


def names(index: Index) -> list[str]:
    """Return the names of the generations kept."""
    return [generation.name for generation in index.generations()]


def number(name: str) -> int:
    """Return the counter in a generation's name."""
    return int(name.rpartition(".")[2])


# Nothing loaded


@pytest.mark.parametrize(
    "ask",
    [
        lambda index: index.live(),
        lambda index: index.read("organisation", "A000", "stu3"),
        lambda index: index.kept("2026-01-30.1"),
        lambda index: index.generations(),
        lambda index: index.rollback(START),
    ],
    ids=["live", "read", "kept", "generations", "rollback"],
)
def test_an_index_into_which_nothing_was_loaded_says_so(engine: Engine, ask) -> None:
    with pytest.raises(NotLoaded, match=" "):
        ask(engine.index())


def test_an_index_that_was_opened_before_the_first_load_sees_it(engine: Engine) -> None:
    url = engine.new_url()
    waiting = engine.index(url)
    with pytest.raises(NotLoaded):
        waiting.live()
    name = marked(engine.index(url), "first")
    assert waiting.live().generation.name == name


# Building and publishing


def test_a_published_generation_says_what_it_is(engine: Engine) -> None:
    index = engine.index()
    report = {
        "organisations": 1,
        "warnings": {"odd_code": 2},
        "files": [{"name": "é > x.xml"}],
        "seconds": 1.5,
    }
    made = fill(index, [organisation("A1")], release="2026-01-30", after=90, report=report)
    (live,) = index.generations()
    assert made == live == index.live().generation
    assert (live.release, live.loaded, live.report) == ("2026-01-30", START + timedelta(seconds=90), report)
    assert live.name.startswith("2026-01-30.")
    assert live.size > 0
    assert live.loaded.tzinfo is not None


def test_a_time_of_another_zone_is_that_instant(engine: Engine) -> None:
    index = engine.index()
    fill(index, [organisation("A1")])
    assert index.live().generation.loaded.astimezone(UTC) == START
    assert index.live().live_since == START


def test_a_generation_is_not_seen_before_it_is_published(engine: Engine) -> None:
    index = engine.index()
    old = marked(index, "old")
    with index.build("2026-02-27", START) as build:
        pack = build.packer({})
        add(build, pack, "organisation", organisation("A9"))
        assert names(index) == [old]
        assert index.live().get("organisation", "A9", "stu3") is None
        new = build.publish(lambda: {"organisations": 1}, clock(START)).name
    assert names(index) == [new, old]


def test_a_build_that_is_not_published_leaves_nothing(engine: Engine) -> None:
    index = engine.index()
    old = marked(index, "old")
    with index.build("2026-02-27", START) as build:
        add(build, build.packer({}), "organisation", organisation("A9"))
    assert names(index) == [old]
    assert marks(index.live()) == mark("old")


@pytest.mark.parametrize("fault", [ValueError, EngineError, KeyboardInterrupt, MemoryError])
def test_an_exception_in_a_build_comes_through_and_leaves_nothing(
    engine: Engine, fault: type[BaseException]
) -> None:
    index = engine.index()
    old = marked(index, "old")
    with pytest.raises(fault), index.build("2026-02-27", START) as build:  # noqa: PT012 - it fails half-way
        add(build, build.packer({}), "organisation", organisation("A9"))
        raise fault
    assert names(index) == [old]
    new = marked(index, "new", after=1)
    assert names(index) == [new, old]


def test_an_exception_in_the_first_build_leaves_an_index_without_a_register(engine: Engine) -> None:
    index = engine.index()
    with pytest.raises(ZeroDivisionError), index.build("2026-02-27", START):
        raise ZeroDivisionError
    with pytest.raises(NotLoaded):
        index.live()


def test_a_packer_can_be_sent_to_another_process(engine: Engine) -> None:
    index = engine.index()
    contents = [organisation(f"A{at:03}", f"SURGERY {at}", roles=["RO1"], changed=at) for at in range(200)]
    with index.build("2026-02-27", START) as build:
        pack = pickle.loads(pickle.dumps(build.packer(build.train({"organisation": contents}))))
        for entry in contents:
            add(build, pack, "organisation", entry)
        build.publish(dict, clock(START))
    found = index.live().search(Query("organisation", size=200), "stu3").matches
    assert [match.document for match in found] == [entry.documents["stu3"] for entry in contents]


def test_a_second_load_is_refused_while_one_runs(engine: Engine) -> None:
    url = engine.new_url()
    index = engine.index(url)
    old = marked(index, "old")
    with index.build("2026-02-27", START):
        for other in (index, engine.index(url)):
            with pytest.raises(Busy, match=r"^[A-Z].* "), other.build("2026-02-27", START):
                pytest.fail("two loads at once")
    assert names(index) == [old]
    assert number(marked(index, "new", after=1)) > number(old)


def test_a_rollback_is_refused_while_a_load_runs(engine: Engine) -> None:
    url = engine.new_url()
    index = engine.index(url)
    older, live = marked(index, "older"), marked(index, "live", after=1)
    with index.build("2026-02-27", START):
        for other in (index, engine.index(url)):
            with pytest.raises(Busy):
                other.rollback(START)
    assert names(index) == [live, older]


# Names and times


def test_a_name_is_never_given_twice(engine: Engine) -> None:
    url = engine.new_url()
    given = []
    for after in range(6):
        index = engine.index(url)
        given.append(marked(index, str(after), after=after))
        if after % 2:
            index.rollback(START)
        with pytest.raises(ZeroDivisionError), index.build("2026-01-30", START):
            raise ZeroDivisionError
    counters = [number(name) for name in given]
    assert counters == sorted(set(counters))


def test_a_release_of_an_earlier_date_is_still_the_newer_generation(engine: Engine) -> None:
    index = engine.index()
    first = marked(index, "first", release="2026-02-27")
    second = marked(index, "second", release="2025-12-11", after=1)
    assert names(index) == [second, first]
    assert index.rollback(START).name == first


def test_live_since_moves_forward_whatever_the_clock_does(engine: Engine) -> None:
    url = engine.new_url()
    index = engine.index(url)
    seen = []
    for after in (0, 0, -500, 3):
        marked(index, "x", after=after)
        seen.append(engine.index(url).live().live_since)
    index.rollback(START - timedelta(days=2))
    seen.append(engine.index(url).live().live_since)
    marked(index, "x", after=10_000)
    seen.append(index.live().live_since)
    assert all(earlier < later for earlier, later in pairwise(seen))
    assert seen[0] == START
    assert seen[-1] == START + timedelta(seconds=10_000)
    assert all(since.microsecond == 0 and since.tzinfo is not None for since in seen)


def test_every_process_tells_the_same_live_since(engine: Engine) -> None:
    url = engine.new_url()
    index = engine.index(url)
    marked(index, "x", after=5)
    marked(index, "y", after=5)
    assert index.live().live_since == engine.index(url).live().live_since == START + timedelta(seconds=6)


# What is kept


@pytest.mark.parametrize("keep", [2, 3, 4])
def test_so_many_generations_outlive_a_load(engine: Engine, keep: int) -> None:
    index = engine.index(keep=keep)
    given = [marked(index, str(after), after=after) for after in range(6)]
    assert names(index) == given[::-1][:keep]


def test_kept_gives_the_old_generation_after_swaps_while_it_is_kept(engine: Engine) -> None:
    url = engine.new_url()
    loading, serving = engine.index(url, keep=3), engine.index(url, keep=3)
    given = {}
    for mark_ in ("a", "b", "c"):
        given[mark_] = marked(loading, mark_, after=len(given))
        for known, name in given.items():
            register = serving.kept(name)
            assert (register.generation.name, marks(register)) == (name, mark(known))
    marked(loading, "d", after=9)
    with pytest.raises(Gone):
        again_if_dropped(lambda: marks(serving.kept(given["a"])))()
    assert marks(serving.kept(given["b"])) == mark("b")
    time.sleep(NOTICED_WITHIN)
    assert marks(serving.live()) == mark("d")


def test_the_live_generation_is_kept_under_its_name(engine: Engine) -> None:
    index = engine.index()
    name = marked(index, "x")
    assert index.kept(name).generation == index.live().generation


@pytest.mark.parametrize(
    "name",
    ["", "x", "2026-01-30", "2026-01-30.999", "2026-01-30.", ".1", "../2026-01-30.1", "lock", "*", "\0", "é", "2026-01-30.1\n", "A" * 5000],
)  # fmt: skip
def test_a_name_of_no_generation_is_gone(engine: Engine, name: str) -> None:
    index = engine.index()
    marked(index, "x")
    with pytest.raises(Gone):
        index.kept(name)


def test_a_register_answers_from_its_own_generation_after_a_swap(engine: Engine) -> None:
    url = engine.new_url()
    index = engine.index(url)
    marked(index, "old", size=3)
    held = index.live()
    marked(engine.index(url), "new", size=5, after=1)
    assert marks(held) == mark("old")
    assert held.search(Query("organisation"), "stu3").total == 3
    time.sleep(NOTICED_WITHIN)
    assert marks(index.live()) == mark("new")
    assert index.live().search(Query("organisation"), "stu3").total == 5


# Going back


def test_a_rollback_makes_the_one_before_live_again(engine: Engine) -> None:
    url = engine.new_url()
    index, serving = engine.index(url), engine.index(url)
    first, second = marked(index, "first"), marked(index, "second", after=1)
    assert marks(serving.live()) == mark("second")
    back = index.rollback(START + timedelta(seconds=9))
    assert (back.name, back.report, back.loaded) == (first, {"organisations": 2}, START)
    assert marks(index.live()) == mark("first")
    time.sleep(NOTICED_WITHIN)
    assert marks(serving.live()) == mark("first")
    assert names(index) == [first, second]
    assert marks(serving.kept(second)) == mark("second")


def test_a_read_sees_swaps_and_rollbacks_at_once_and_says_which_generation_it_is_of(engine: Engine) -> None:
    url = engine.new_url()
    index, serving = engine.index(url), engine.index(url)

    def read(code: str) -> tuple[str, bytes | None]:
        register, found = serving.read("organisation", code, "stu3")
        body = found.document if found else None
        assert register.get("organisation", code, "stu3") == body
        return register.generation.name, body

    first = marked(index, "first")
    assert read("A001") == (first, document("A001", "SURGERY", "first"))
    assert read("A002") == (first, None)
    assert read("A" * 5000) == (first, None)
    since = serving.live().live_since
    second = marked(index, "second", size=3)
    assert read("A001") == (second, document("A001", "SURGERY", "second"))
    assert serving.live().generation.name == second
    index.rollback(START)
    assert read("A002") == (first, None)
    assert serving.live().live_since == since + timedelta(seconds=2)


def test_a_rollback_with_nothing_older_is_refused(engine: Engine) -> None:
    index = engine.index()
    only = marked(index, "only")
    with pytest.raises(Gone, match=f"{only}.*roll back"):
        index.rollback(START)
    assert names(index) == [only]


def test_a_rollback_goes_to_older_generations_only(engine: Engine) -> None:
    index = engine.index(keep=4)
    given = [marked(index, str(after), after=after) for after in range(4)]
    assert index.rollback(START).name == given[2]
    assert index.rollback(START).name == given[1]
    assert names(index) == [given[1], given[3], given[2], given[0]]
    assert index.rollback(START).name == given[0]
    with pytest.raises(Gone):
        index.rollback(START)
    assert names(index) == [given[0], given[3], given[2], given[1]]


def test_the_generation_that_was_rolled_back_from_is_the_first_to_go(engine: Engine) -> None:
    index = engine.index(keep=2)
    first, second = marked(index, "first"), marked(index, "second", after=1)
    index.rollback(START)
    third = marked(index, "third", after=2)
    assert names(index) == [third, first]
    with pytest.raises(Gone):
        index.kept(second)
    assert index.rollback(START).name == first


def test_of_several_rolled_back_from_all_go_before_an_older_one(engine: Engine) -> None:
    index = engine.index(keep=3)
    first, _, _ = (marked(index, str(after), after=after) for after in range(3))
    index.rollback(START)
    index.rollback(START)
    new = marked(index, "new", after=9)
    assert names(index)[0] == new
    assert first in names(index)
    assert len(names(index)) == 3


def test_after_a_rollback_the_next_load_is_the_newest_again(engine: Engine) -> None:
    index = engine.index(keep=3)
    first, second = marked(index, "first"), marked(index, "second", after=1)
    index.rollback(START)
    third = marked(index, "third", after=2)
    assert number(third) > number(second) > number(first)
    assert names(index)[0] == third


# The history


def test_the_history_is_read_whatever_the_layout_of_the_rest(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = engine.new_url()
    rows = [
        remembered("A-1", 2**31, digest=bytes(range(0, 256, 8))),
        remembered("A1", 3, highest=7, digest=None),
        remembered("A\u00c91", gone=UNTOLD),
        remembered("A\uffee1", gone="2026-01-30"),
        remembered("A\U0001f3e51"),
        remembered("2", kind="affiliation", gone="2025-12-11")._replace(detail=None, updated=-1),
        remembered("List/A", kind="resource"),
    ]
    fill(engine.index(url), [organisation("C1")], history=rows)
    for module in ("sqlite.file", "elastic.index"):
        monkeypatch.setattr(f"app.engine.{module}.LAYOUT", 99)
    with pytest.raises(WrongIndex, match="has index layout"):
        engine.index(url).live()
    assert list(engine.index(url).history()) == rows


@pytest.mark.parametrize("size", [0, 1, 2, 7])
def test_a_register_remembers_every_entry_of_its_history_and_no_other(engine: Engine, size: int) -> None:
    rows = [
        remembered("A-1", 2**31, digest=bytes(range(0, 256, 8))),
        remembered("A1", 3, highest=7, digest=None),
        remembered("A\u00c91", gone=UNTOLD),
        remembered("A\uffee1", gone="2026-01-30"),
        remembered("A\U0001f3e51"),
        remembered("2", kind="affiliation", gone="2025-12-11")._replace(detail=None, updated=-1),
        remembered("1", kind="resource"),
    ][:size]
    index = engine.index()
    fill(index, [organisation("A1")], history=rows)
    register = index.live()
    for row in rows:
        assert register.remembered(row.kind, row.id) == row
    known = {(row.kind, row.id) for row in rows}
    for entry_id in ("", "2", "A", "A-1", "A1", "A1 ", "a1", "A\uffee", "Z", "A" * 5_000):
        for kind in ("affiliation", "organisation", "resource"):
            if (kind, entry_id) not in known:
                assert register.remembered(kind, entry_id) is None


def test_a_register_remembers_what_its_own_generation_does(engine: Engine) -> None:
    index = engine.index()
    first, second = remembered("A1"), remembered("A1", 2)
    fill(index, [organisation("A1")], history=[first])
    before = index.live()
    fill(index, [organisation("A1")], history=[second], after=1)
    assert (before.remembered("organisation", "A1"), index.live().remembered("organisation", "A1")) == (
        first,
        second,
    )


def test_the_history_may_be_empty(engine: Engine) -> None:
    index = engine.index()
    assert list(index.history()) == []
    marked(index, "one")
    assert list(index.history()) == []


def test_a_history_has_any_number_of_rows(engine: Engine) -> None:
    index = engine.index()
    rows = [remembered(f"{number:05}", 1 + number % 3) for number in range(10_001)]
    fill(index, [organisation("A1")], history=rows)
    assert list(index.history()) == rows
    for row in (rows[0], rows[1], rows[4_999], rows[5_000], rows[9_999], rows[-1]):
        assert index.live().remembered(row.kind, row.id) == row
    assert index.live().remembered("organisation", "04999 ") is None
    fill(index, [organisation("A1")], history=rows[:10_000])
    assert list(index.history()) == rows[:10_000]


def test_a_rollback_brings_back_the_history_and_forgets_no_version(engine: Engine) -> None:
    index = engine.index(keep=4)
    of_first = [remembered("A1"), remembered("A2", 2), remembered("A3", gone="2025-12-11")]
    fill(index, [organisation("A1")], history=of_first)
    of_second = [
        remembered("A1", 2),
        remembered("A2", 2, gone="2026-01-30"),
        remembered("A3", 2),
        remembered("A4"),
    ]
    fill(index, [organisation("A1")], history=of_second, after=1)
    fill(
        index,
        [organisation("A1")],
        history=[remembered("A1", 5), remembered("A5", gone="2026-01-30")],
        after=2,
    )
    index.rollback(START)
    index.rollback(START)
    assert list(index.history()) == [
        remembered("A1", highest=5),
        remembered("A2", 2),
        remembered("A3", highest=2, gone="2025-12-11"),
        remembered("A4", gone=UNTOLD),
        remembered("A5", gone=UNTOLD),
    ]
    fill(index, [organisation("A1")], history=of_first, after=3)
    assert list(index.history()) == of_first


# While others read


def test_readers_see_one_whole_generation_at_a_time(engine: Engine) -> None:
    url = engine.new_url()
    serving, loading = engine.index(url), engine.index(url)
    marked(loading, "0", size=20)
    stop, faults, seen = threading.Event(), [], set()

    @again_if_dropped
    def search() -> tuple[Register, set[bytes], Page]:
        register = serving.live()
        page = register.search(Query("organisation", size=100), "stu3")
        return register, marks(register), page

    def read() -> None:
        while not stop.wait(0.005):  # the loads need the cores too
            try:
                register, found, page = search()
                known = {match.document.replace(match.id.encode(), b"") for match in page.matches}
                number_ = int(known.copy().pop().decode().rpartition('"mark":"')[2].rstrip('"}'))
                seen.add(number_)
                if (
                    found != known
                    or len(known) != 1
                    or page.total != 20 + number_
                    or len(page.matches) != page.total
                ):
                    faults.append((register.generation.name, found, known, page.total))
            except Exception as error:
                faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        wait_for(lambda: 0 in seen or faults)
        for turn in range(1, 13):
            marked(loading, str(turn), size=20 + turn, after=turn)
        wait_for(lambda: 12 in seen or faults)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert not faults
