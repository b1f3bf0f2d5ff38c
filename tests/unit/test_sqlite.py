"""What is true of the SQLite engine alone: its files, how they can be damaged, and how it is quick."""

# ruff: noqa: E501 - tables

import gc
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from app.clock import clock
from app.engine import open_index
from app.engine.port import EngineError, Generation, Gone, NotLoaded, Unavailable, Unwritable, WrongIndex
from app.engine.sqlite import index as index_module
from app.engine.sqlite.index import SqliteIndex
from app.engine.sqlite.register import SqliteRegister
from app.engine.sqlite.schema import LAYOUT
from app.register.fields import KINDS, Entry
from app.register.query import Clause, Key, Operator, Query
from app.register.query import Test as Comparison
from tests.contract.organisations import START, fill, organisation

ENTRIES = [
    organisation(f"A{at:02}", f"SURGERY {at}", town="LEEDS", roles=["RO1"], changed=at) for at in range(40)
]
ALL = Query("organisation", size=100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where an index may be."""
    return tmp_path / "ods.db"


@pytest.fixture
def index(path: Path) -> SqliteIndex:
    """An index with two generations; their files are `first` and `second`."""
    made = SqliteIndex(str(path), keep=2)
    fill(made, ENTRIES[:3], release="2026-01-30")
    fill(made, ENTRIES, release="2026-02-27", after=1)
    return made


def files(path: Path) -> set[str]:
    """Return the names of all files of an index."""
    return {str(each.relative_to(path.parent)) for each in path.parent.rglob("*") if each.is_file()}


def opened(path: Path) -> SqliteIndex:
    """Return the index as another process opens it."""
    return SqliteIndex(str(path), keep=2)


# The files


def test_an_index_is_a_file_a_generation_and_a_link_to_the_live_one(index: SqliteIndex, path: Path) -> None:
    assert files(path) == {"ods.db", "ods.db.d/lock", "ods.db.d/2026-01-30.1.db", "ods.db.d/2026-02-27.2.db"}
    assert path.samefile(path.parent / "ods.db.d" / "2026-02-27.2.db")
    index.rollback(START)
    assert path.samefile(path.parent / "ods.db.d" / "2026-01-30.1.db")


def test_a_file_that_is_read_has_no_companions(index: SqliteIndex, path: Path) -> None:
    before = files(path)
    index.live().search(ALL, "stu3")
    index.kept("2026-01-30.1").search(ALL, "stu3")
    assert files(path) == before


def test_the_size_told_is_that_of_the_file(index: SqliteIndex, path: Path) -> None:
    assert index.live().generation.size == path.stat().st_size


def test_the_live_file_alone_is_an_index(index: SqliteIndex, path: Path, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / "copied.db"
    alone.parent.mkdir()
    shutil.copyfile(path, alone)
    copy = opened(alone)
    assert copy.live().search(ALL, "stu3") == index.live().search(ALL, "stu3")
    assert [generation.name for generation in copy.generations()] == ["2026-02-27.2"]
    assert copy.kept("2026-02-27.2").generation == index.live().generation
    with pytest.raises(Gone):
        copy.kept("2026-01-30.1")
    with pytest.raises(Gone):
        copy.rollback(START)


def test_a_load_over_a_copied_file_keeps_what_it_held(path: Path, index: SqliteIndex, tmp_path: Path) -> None:
    alone = tmp_path / "copied.db"
    shutil.copyfile(path, alone)
    copy = opened(alone)
    new = fill(copy, ENTRIES[:1], release="2026-03-27", after=9)
    assert new.name == "2026-03-27.3"
    assert [generation.name for generation in copy.generations()] == ["2026-03-27.3", "2026-02-27.2"]
    assert copy.rollback(START).name == "2026-02-27.2"
    assert copy.live().search(ALL, "stu3").total == 40


def test_an_index_may_lie_below_folders_that_are_not_there_yet(tmp_path: Path) -> None:
    made = opened(tmp_path / "a" / "b c" / "ö#%?.db")
    fill(made, ENTRIES)
    assert made.live().search(ALL, "stu3").total == 40


def test_a_relative_path_is_below_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill(open_index("sqlite:///var/ods.db"), ENTRIES)
    assert (tmp_path / "var" / "ods.db").exists()
    absolute = open_index(f"sqlite:///{tmp_path.as_posix()}/var/ods.db")
    assert absolute.live().search(ALL, "stu3").total == 40


def test_the_next_load_clears_what_a_killed_one_left(index: SqliteIndex, path: Path) -> None:
    folder = path.parent / "ods.db.d"
    (folder / "2026-03-27.3.building").write_bytes(b"half")
    os.link(path, folder / "live.building")
    (folder / "README").write_text("not ours")
    fill(index, ENTRIES, release="2026-03-27", after=2)
    assert {name for name in files(path) if "building" in name} == set()
    assert "ods.db.d/README" in files(path)


@pytest.mark.parametrize("step", ["utime", "link", "replace"])
def test_a_load_killed_between_any_two_steps_of_a_swap_leaves_an_index_whole(
    step: str, index: SqliteIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(*((Path, "replace") if step == "replace" else (os, step)), killed)
    with pytest.raises(Killed):
        fill(index, ENTRIES[:5], release="2026-03-27", after=2)
    monkeypatch.undo()
    assert [generation.name for generation in opened(path).generations()] == ["2026-02-27.2", "2026-01-30.1"]
    new = fill(opened(path), ENTRIES[:6], release="2026-03-27", after=3)
    assert [generation.name for generation in opened(path).generations()] == [new.name, "2026-02-27.2"]
    assert {name for name in files(path) if "building" in name} == set()


def test_a_load_killed_right_after_its_swap_is_live_and_can_be_rolled_back(
    index: SqliteIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = SqliteIndex._make_live

    def swap_and_die(*given: object) -> None:
        swap(*given)
        raise SystemExit

    monkeypatch.setattr(SqliteIndex, "_make_live", swap_and_die)
    with pytest.raises(SystemExit):
        fill(index, ENTRIES[:5], release="2026-03-27", after=2)
    monkeypatch.undo()
    live = opened(path).live()
    assert (live.generation.name, live.search(ALL, "stu3").total) == ("2026-03-27.3", 5)
    assert opened(path).kept("2026-03-27.3").generation == live.generation
    new = fill(opened(path), ENTRIES[:6], release="2026-04-24", after=3)
    assert [generation.name for generation in opened(path).generations()] == [new.name, "2026-03-27.3"]


# Files that cannot be served


def truncate(path: Path) -> None:
    """Cut the second half off."""
    os.truncate(path, path.stat().st_size // 2)


def lengthen(path: Path) -> None:
    """Put a page of zeros behind the end."""
    os.truncate(path, path.stat().st_size + 4096)


def execute(statement: str) -> Callable[[Path], None]:
    """Return what changes a file by a statement."""

    def change(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()

    return change


def overwrite(content: bytes) -> Callable[[Path], None]:
    """Return what puts other content in a file's place."""

    def change(path: Path) -> None:
        path.unlink()
        path.write_bytes(content)

    return change


def clear_pages(path: Path) -> None:
    """Fill every page but the first with zeros."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(path.stat().st_size - 4096))


OF_ANOTHER_PROGRAM = "is not an index of ods-api-suite"
DAMAGED = 'is damaged or not whole: load the release again with "ods-indexer load"'
DAMAGES = {
    "empty": (overwrite(b""), OF_ANOTHER_PROGRAM),
    "a text": (overwrite(b"name,code\n" * 1000), OF_ANOTHER_PROGRAM),
    "random": (overwrite(bytes(range(256)) * 64), OF_ANOTHER_PROGRAM),
    "the name of SQLite alone": (overwrite(b"SQLite format 3\0"), OF_ANOTHER_PROGRAM),
    "another program's": (execute("PRAGMA application_id=1"), OF_ANOTHER_PROGRAM),
    "no program's": (execute("PRAGMA application_id=0"), OF_ANOTHER_PROGRAM),
    "of a newer layout": (execute(f"PRAGMA user_version={LAYOUT + 1}"), f"has index layout {LAYOUT + 1} and this version reads {LAYOUT}"),
    "of an older layout": (execute("PRAGMA user_version=0"), f"has index layout 0 and this version reads {LAYOUT}"),
    "cut off": (truncate, DAMAGED),
    "cut off in its first page": (lambda path: os.truncate(path, 200), DAMAGED),
    "too long": (lengthen, DAMAGED),
    "without its last row": (execute("DELETE FROM generation"), DAMAGED),
    "with two last rows": (execute("INSERT INTO generation SELECT * FROM generation"), DAMAGED),
    "with a last row of something else": (execute("UPDATE generation SET report = '{'"), DAMAGED),
    "without a table": (execute("DROP TABLE generation"), DAMAGED),
    "zeros after its first page": (clear_pages, DAMAGED),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "says"), DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_cannot_be_served_is_told_from_one_that_can(
    damage: Callable[[Path], None], says: str, index: SqliteIndex, path: Path
) -> None:
    damage(path)
    for ask in (SqliteIndex.live, SqliteIndex.generations, lambda index: index.kept("2026-01-30.1")):
        with pytest.raises(WrongIndex) as refused:
            ask(opened(path))
        assert str(path) in str(refused.value)
        assert says in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("damage", "says"), DAMAGES.values(), ids=DAMAGES)
def test_a_load_replaces_what_was_ours_and_refuses_what_never_was(
    damage: Callable[[Path], None], says: str, index: SqliteIndex, path: Path
) -> None:
    damage(path)
    content = path.read_bytes()
    if says == OF_ANOTHER_PROGRAM:
        with pytest.raises(WrongIndex, match=says):
            fill(opened(path), ENTRIES)
        assert path.read_bytes() == content
    else:
        fill(opened(path), ENTRIES[:7], release="2026-03-27", after=9)
        assert opened(path).live().search(ALL, "stu3").total == 7


@pytest.mark.parametrize(("damage", "says"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_kept_may_be_damaged_while_what_is_live_is_served(
    damage: Callable[[Path], None], says: str, index: SqliteIndex, path: Path
) -> None:
    damage(path.parent / "ods.db.d" / "2026-01-30.1.db")
    fresh = opened(path)
    assert [generation.name for generation in fresh.generations()] == ["2026-02-27.2"]
    with pytest.raises(Gone):
        fresh.kept("2026-01-30.1")
    with pytest.raises(WrongIndex, match=says):
        fresh.rollback(START)
    assert opened(path).live().generation.name == "2026-02-27.2"
    fill(fresh, ENTRIES, release="2026-03-27", after=9)
    assert not (path.parent / "ods.db.d" / "2026-01-30.1.db").exists()


def test_a_file_in_place_of_the_folder_says_that_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "ods.db.d").write_text("")
    with pytest.raises(Unwritable, match=r"ods\.db cannot be written: "):
        fill(opened(tmp_path / "ods.db"), ENTRIES)


def test_a_folder_in_place_of_the_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ods.db").mkdir()
    with pytest.raises(WrongIndex, match="is not an index"):
        opened(tmp_path / "ods.db").live()
    with pytest.raises(Unwritable, match="directory"):
        fill(opened(tmp_path / "ods.db"), ENTRIES)


def test_a_file_in_place_of_a_folder_above_means_that_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    index = opened(tmp_path / "file" / "ods.db")
    with pytest.raises(NotLoaded):
        index.live()
    with pytest.raises(Unwritable):
        fill(index, ENTRIES)


# No room, no permission


def in_a_subprocess(path: Path, limit: str) -> str:
    """Load into the index in a process of its own after `limit` was carried out, and return what it raised."""
    program = f"""
        import resource, signal
        from pathlib import Path
        from app.engine.port import EngineError
        from app.engine.sqlite.index import SqliteIndex
        from tests.contract.organisations import fill, organisation
        entries = [organisation(f"A{{at:04}}", f"SURGERY NUMBER {{at}}") for at in range(3000)]
        {limit}
        try:
            fill(SqliteIndex({str(path)!r}, keep=2), entries, release="2026-03-27", after=9)
        except EngineError as error:
            print(type(error).__name__, error)
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("kilobytes", [4, 16, 48, 200, 400, 600])
def test_a_disk_that_fills_up_sooner_or_later_is_told_in_a_sentence_and_leaves_what_was_live(
    kilobytes: int, index: SqliteIndex, path: Path
) -> None:
    before = files(path)
    limit = f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes * 1024},) * 2)"
    said = in_a_subprocess(path, limit)
    assert said.startswith(f"Unwritable {path} cannot be written: ")
    assert files(path) == before
    assert opened(path).live().search(ALL, "stu3").total == 40
    fill(opened(path), ENTRIES, release="2026-03-27", after=10)


def test_a_disk_with_just_enough_room_is_filled(index: SqliteIndex, path: Path) -> None:
    limit = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000,) * 2)"
    assert in_a_subprocess(path, limit) == ""
    assert opened(path).live().search(ALL, "stu3").total == 3000


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(Unwritable, match=r"cannot be written: Permission denied \("):
        fill(opened(tmp_path / "ods.db"), ENTRIES)


# SQLite's exceptions

FAULTS = [each for each in vars(sqlite3).values() if isinstance(each, type) and issubclass(each, Exception)]


def test_every_fault_of_sqlite_is_one_that_is_expected() -> None:
    assert {fault for fault in FAULTS if not issubclass(fault, sqlite3.Error)} == {sqlite3.Warning}
    assert len(FAULTS) > 8


class Broken:
    """A connection that fails, whatever it is asked."""

    def __init__(self, fault: type[Exception]) -> None:
        self.fault = fault

    def execute(self, *_: object) -> None:
        """Fail."""
        raise self.fault("it broke")

    def close(self) -> None:
        """Have nothing to let go of."""


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if issubclass(fault, sqlite3.Error)])
@pytest.mark.parametrize(
    "ask",
    [
        lambda register: register.get("organisation", "A01", "stu3"),
        lambda register: register.search(ALL, "stu3"),
        lambda register: register.search(
            Query("organisation", (Clause((Comparison("name", Operator.CONTAINS, "SURG"),)),)), "stu3"
        ),
        lambda register: register.search(Query("organisation", order=(Key("name"), Key("town"))), "stu3"),
    ],
    ids=["get", "all", "a substring", "an order"],
)
def test_whatever_sqlite_raises_on_reading_is_unavailable(
    ask: Callable[[SqliteRegister], object], fault: type[Exception], index: SqliteIndex
) -> None:
    register = index.live()
    with register._readers.borrow() as reader:
        reader.close()
        reader._connection = Broken(fault)
    with pytest.raises(Unavailable, match="it broke"):
        ask(register)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if issubclass(fault, sqlite3.Error)])
def test_whatever_sqlite_raises_on_writing_is_unwritable(
    fault: type[Exception], index: SqliteIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(path)

    def fail(*_: object) -> None:
        raise fault("it broke")

    monkeypatch.setattr(index_module.SqliteBuild, "_finish", fail)
    with pytest.raises(Unwritable, match=f"{path} cannot be written: it broke"):
        fill(index, ENTRIES, release="2026-03-27", after=9)
    assert files(path) == before


def test_a_body_that_cannot_be_unpacked_is_unavailable(index: SqliteIndex, path: Path) -> None:
    execute("UPDATE organisation_stu3 SET body = x'00'")(path)
    for ask in (lambda live: live.get("organisation", "A01", "stu3"), lambda live: live.search(ALL, "stu3")):
        with pytest.raises(Unavailable, match="cannot be read"):
            ask(opened(path).live())


def test_a_list_that_cannot_be_unpacked_is_unavailable(index: SqliteIndex, path: Path) -> None:
    execute("UPDATE posting SET rids = x'00'")(path)
    with pytest.raises(Unavailable, match="cannot be read"):
        opened(path).live().search(
            Query("organisation", (Clause((Comparison("role", Operator.EQ, "RO1"),)),)), "stu3"
        )


# Swaps under a running process


def test_a_file_that_is_swapped_while_it_is_opened_is_opened_again(
    index: SqliteIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size of the old file and that of the new one differ: together they look torn."""
    true_open, turns = index_module.SqliteRegister, []

    def swap_then_open(opened_path: Path, live_since: object) -> SqliteRegister:
        turns.append(opened_path)
        if len(turns) == 1:
            monkeypatch.setattr(index_module, "SqliteRegister", true_open)
            fill(opened(path), ENTRIES[:9], release="2026-03-27", after=9)
            monkeypatch.setattr(index_module, "SqliteRegister", swap_then_open)
            raise WrongIndex("it looks torn")
        return true_open(opened_path, live_since)

    monkeypatch.setattr(index_module, "SqliteRegister", swap_then_open)
    live = opened(path).live()
    assert (live.generation.name, live.live_since) == ("2026-03-27.3", START + timedelta(seconds=9))
    assert len(turns) == 2


def test_a_swap_during_opening_mixes_no_content_and_time(
    index: SqliteIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_open, turns = index_module.SqliteRegister, []

    def swap_then_open(opened_path: Path, live_since: object) -> SqliteRegister:
        turns.append(opened_path)
        if len(turns) == 1:
            monkeypatch.setattr(index_module, "SqliteRegister", true_open)
            fill(opened(path), ENTRIES[:9], release="2026-03-27", after=9)
            monkeypatch.setattr(index_module, "SqliteRegister", swap_then_open)
        return true_open(opened_path, live_since)

    monkeypatch.setattr(index_module, "SqliteRegister", swap_then_open)
    serving = opened(path)
    live = serving.live()
    assert (live.generation.name, live.live_since) == ("2026-03-27.3", START + timedelta(seconds=9))
    assert serving.live() is live


def test_a_generation_dropped_while_it_is_opened_is_gone(
    index: SqliteIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.live()
    monkeypatch.setattr(Path, "exists", lambda _: True)
    with pytest.raises(Gone):
        index.kept("2025-12-11.1")


def test_a_generation_dropped_while_it_is_listed_is_left_out(
    index: SqliteIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [*index._files(), path.parent / "ods.db.d" / "2025-12-11.1.db"]
    monkeypatch.setattr(SqliteIndex, "_files", lambda _: listed)
    assert [each.name for each in index.generations()] == ["2026-02-27.2", "2026-01-30.1"]


def open_files() -> list[str]:
    """Return what this process holds open below its own folders."""
    held = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            held.append(str(link.readlink()))
        except FileNotFoundError:
            continue
    return held


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what is open is read from /proc")
def test_a_dropped_generation_is_let_go_of_at_the_next_question(path: Path) -> None:
    serving, loading = opened(path), opened(path)
    former = ""
    gc.disable()
    try:
        for turn in range(5):
            name = fill(loading, ENTRIES, after=turn).name
            register = serving.live()
            register.search(Query("organisation", order=(Key("name"),)), "stu3")
            serving.kept(name)
            if former:
                serving.kept(former).search(ALL, "stu3")
            former = name
        del register
        serving.live()
        held = [name for name in open_files() if str(path) in name]
        assert not [name for name in held if "(deleted)" in name]
        assert len(held) <= 3
    finally:
        gc.enable()


@pytest.fixture
def many(path: Path) -> SqliteIndex:
    """An index with five generations, the live one last; that of `at` has so many entries more than one."""
    index = SqliteIndex(str(path), keep=5)
    for at in range(5):
        fill(index, ENTRIES[: at + 1], after=at)
    return SqliteIndex(str(path), keep=5)


def names_open(path: Path) -> list[str]:
    """Return which files of an index this process holds open, each once."""
    return sorted({Path(name).name for name in open_files() if str(path) in name})


KEPT = [f"2026-01-30.{number}" for number in range(1, 5)]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what is open is read from /proc")
def test_the_live_generation_and_two_others_at_most_are_open(many: SqliteIndex, path: Path) -> None:
    gc.disable()
    try:
        for name in (*KEPT, *KEPT, KEPT[0], KEPT[2]):
            assert many.kept(name).search(ALL, "stu3").total == KEPT.index(name) + 1
            assert many.live().search(ALL, "stu3").total == 5
            assert len(names_open(path)) <= 3
        assert names_open(path) == [f"{KEPT[0]}.db", f"{KEPT[2]}.db", "ods.db"]
        many.kept(KEPT[0])
        many.kept(KEPT[3])
        assert names_open(path) == [f"{KEPT[0]}.db", f"{KEPT[3]}.db", "ods.db"]
    finally:
        gc.enable()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what is open is read from /proc")
def test_a_generation_that_a_request_reads_is_closed_when_the_request_has_ended(
    many: SqliteIndex, path: Path
) -> None:
    reading = many.kept(KEPT[0])
    for name in KEPT[1:]:
        many.kept(name)
    assert reading.search(ALL, "stu3").total == 1
    assert f"{KEPT[0]}.db" in names_open(path)
    gc.disable()
    try:
        del reading
        assert names_open(path) == [f"{KEPT[2]}.db", f"{KEPT[3]}.db", "ods.db"]
    finally:
        gc.enable()


@pytest.mark.parametrize("ask", [SqliteIndex.live, lambda index: index.kept(KEPT[0])], ids=["live", "kept"])
def test_threads_that_need_a_generation_at_once_open_it_once(
    ask: Callable[[SqliteIndex], SqliteRegister], many: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ask is not SqliteIndex.live:
        many.live()
    true_open, opened_, asking = index_module.SqliteRegister, [], threading.Barrier(4)

    def open_slowly(*given: Any) -> SqliteRegister:
        opened_.append(given)
        with suppress(threading.BrokenBarrierError):
            asking.wait(0.5)  # whoever opens it too would come here now
        return true_open(*given)

    monkeypatch.setattr(index_module, "SqliteRegister", open_slowly)
    with ThreadPoolExecutor(4) as threads:
        registers = list(threads.map(ask, [many] * 4))
    assert len(opened_) == 1
    assert all(register is registers[0] for register in registers)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what is open is read from /proc")
def test_calls_at_once_have_a_reader_each_and_few_stay_open(index: SqliteIndex, path: Path) -> None:
    readers = index.live()._readers
    with ExitStack() as stack:
        lent = [stack.enter_context(readers.borrow()) for _ in range(40)]
        assert len({id(reader) for reader in lent}) == 40
    assert len([name for name in open_files() if str(path) in name]) <= 4
    with readers.borrow() as reader:
        assert reader in lent


@pytest.mark.parametrize("left", [[], ENTRIES[:9]], ids=["dropped", "replaced"])
def test_a_call_waits_for_a_reader_where_the_file_is_another_one_now(
    left: list[Entry], index: SqliteIndex, path: Path
) -> None:
    register = index.live()
    path.unlink()
    if left:
        fill(opened(path), left, release="2026-03-27", after=9)
    with ThreadPoolExecutor(1) as threads:
        with register._readers.borrow():
            answer = threads.submit(register.search, ALL, "stu3")
            with pytest.raises(TimeoutError):
                answer.result(0.2)
        assert answer.result(30).total == 40


def test_many_swaps_leave_no_file_open(path: Path) -> None:
    serving = opened(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(open_files()) + 40, hard))
    try:
        for turn in range(60):
            fill(opened(path), ENTRIES[:1], after=turn)
            assert serving.live().search(ALL, "stu3").total == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# Its URL


@pytest.mark.parametrize(
    "url",
    [
        "", "ods.db", "/var/ods.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://var/ods.db", "sqlite://host/var/ods.db",
        "file:///var/ods.db", "http://[", "http://[::1", "sqlite:///a%00b.db", "sqlite:///a.db?mode=rw", "sqlite:///a.db#1",
        "postgres://ods:hunter2@host/ods", "sqlite://ods:hunter2@host/ods.db", "\x00", "sqlite:///" + "a/" * 3000 + "\ud800",
    ],
)  # fmt: skip
def test_a_url_that_names_no_index_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(WrongIndex) as refused:
        open_index(url).live()
    said = str(refused.value)
    assert "is no index URL: use sqlite:///" in said
    assert "hunter2" not in said
    assert said.isprintable()


def test_a_url_is_not_touched_by_opening_it(path: Path) -> None:
    open_index(f"sqlite:///{path}")
    assert list(path.parent.iterdir()) == []


def test_a_url_may_escape_characters(tmp_path: Path) -> None:
    fill(open_index(f"sqlite:///{tmp_path}/a%20b%23%3F.db"), ENTRIES)
    assert (tmp_path / "a b#?.db").exists()


@pytest.mark.parametrize("name", ["a" * 300, "/".join(["a" * 200] * 30)])
def test_a_path_that_is_too_long_is_told_in_a_sentence(name: str, tmp_path: Path) -> None:
    index = opened(tmp_path / name)
    with pytest.raises(EngineError, match="File name too long"):
        index.live()
    with pytest.raises(Unwritable, match="File name too long"):
        fill(index, ENTRIES)


def test_the_documents_of_every_kind_have_a_table(index: SqliteIndex) -> None:
    with index.live()._readers.borrow() as reader:
        tables = {name for (name,) in reader.rows("SELECT name FROM sqlite_schema")}
    assert tables >= {
        f"{kind.name}_{document.name}" for kind in KINDS.values() for document in kind.documents
    }


def test_a_finished_file_has_no_values_that_only_deriving_reads(index: SqliteIndex) -> None:
    with index.live()._readers.borrow() as reader:
        tables = {name for (name,) in reader.rows("SELECT name FROM sqlite_schema")}
        columns = [name for (name,) in reader.rows("SELECT name FROM pragma_table_info('affiliation')")]
    assert "given" not in tables
    assert columns == ["rid", "id"]


def test_a_build_can_tell_the_time_at_which_it_became_live(path: Path) -> None:
    index = opened(path)
    with index.build("2026-01-30", START) as build:
        build.packer({})
        made = build.publish(dict, clock(START + timedelta(minutes=3)))
    assert isinstance(made, Generation)
    assert (made.loaded, index.live().live_since) == (START, START + timedelta(minutes=3))
