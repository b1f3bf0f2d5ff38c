"""ods-indexer and the start of ods-server, as an operator meets them: in processes of their own."""

# ruff: noqa: E501 - tables

import io
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from app.engine import open_index
from app.engine.port import Index
from tests.commands import SECONDS, UNCHECKED, clean, refused, run
from tests.conftest import BIN, SAMPLE, wait_for
from tests.contract.organisations import fill, organisation
from tests.releases import synthetic, tiny, unpacked

COUNTS = {
    "organisations": 2500,
    "active": 2173,
    "inactive": 327,
    "roles": 3731,
    "relationships": 3850,
    "ref_only": 60,
    "records_read": 2559,
}

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of an index where nothing was loaded yet."""
    return f"sqlite:///{tmp_path}/var/ods.db"


@pytest.fixture
def loaded(url: str) -> Index:
    """An index with two small generations."""
    index = open_index(url)
    report = {"organisations": 2, "active": 2, "warnings": {"odd_code": 1}, "made_by": "organisations"}
    fill(index, [organisation("A1"), organisation("A2")], release="2026-01-30", report=report)
    fill(index, [organisation("A1"), organisation("A3")], release="2026-02-27", after=5, report=report)
    return index


def names(url: str) -> list[str]:
    """Return the generations kept, the live one first."""
    return [generation.name for generation in open_index(url).generations()]


def files(url: str) -> set[str]:
    """Return the names of all files of an index, but for the note on the last failure."""
    folder = Path(url.removeprefix("sqlite:///")).parent
    found = (each for each in folder.rglob("*") if each.is_file() and each.name != "failure.json")
    return {str(each.relative_to(folder)) for each in found}


# load


@dataclass(frozen=True)
class Demo:
    """The bundled sample, loaded by one process."""

    url: str
    told: dict[str, Any]
    """What the load told."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The bundled sample, only to be read."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo')}/var/ods.db"
    done = run("ods-indexer", "load", "--demo", "--index", url, "--json", "--workers", 1)
    assert done.returncode == 0
    return Demo(url, json.loads(done.stdout))


def test_the_demo_is_loaded_and_counted(demo: Demo) -> None:
    report = demo.told
    assert COUNTS.items() <= report.items()
    assert (report["release"], report["generation"]) == ("2025-12-11", "2025-12-11.1")
    assert report["warnings"] == {"duplicate_record": 2, "missing_status": 2, "stub_without_record": 3}
    assert report["seconds"] > 0
    assert [(file["kind"], file["sequence"], file["records"]) for file in report["files"]] == [
        ("full", 4326, 2455),
        ("archive", 4327, 104),
    ]
    assert all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) for file in report["files"])


@pytest.mark.parametrize(
    "form",
    ["the outer zip", "the two inner zips", "two XML files", "a folder of zips", "a folder of XML files"],
)
def test_a_release_is_loaded_in_every_form_it_comes_in(form: str, url: str, tmp_path: Path) -> None:
    paths = unpacked(tmp_path / "release")[form]
    done = run("ods-indexer", "load", *paths, "--index", url, "--json", "--validate", "none", "--workers", 1)
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert COUNTS.items() <= report.items()
    assert report["warnings"] == {"duplicate_record": 2, "missing_status": 2, "stub_without_record": 3}


def test_a_load_tells_in_words_what_it_did(url: str) -> None:
    done = run("ods-indexer", "load", SAMPLE, "--index", url, "--validate", "none")
    assert done.returncode == 0
    assert re.search(r"^organisations +2,500$", done.stdout, re.MULTILINE)
    assert re.search(r"^generation +2025-12-11\.1$", done.stdout, re.MULTILINE)
    assert re.search(r"^warning +stub_without_record: 3$", done.stdout, re.MULTILINE)
    assert re.search(r"^Read 4\.8 of 4\.8 MB$", done.stderr, re.MULTILINE)
    assert "stub_without_record: 3, such as 4RK71" in done.stderr
    assert "\r" not in done.stderr


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of two organisations."""
    return tiny(tmp_path_factory.mktemp("small") / "small.xml", date(2026, 5, 28), {"A1": "ONE", "A2": "TWO"})


def test_the_index_may_stand_in_the_environment_and_a_flag_wins(
    small: Path, url: str, tmp_path: Path
) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    assert run("ods-indexer", "load", small, *UNCHECKED, ODS_INDEX=other).returncode == 0
    assert run("ods-indexer", "load", small, *UNCHECKED, "--index", url, ODS_INDEX=other).returncode == 0
    assert names(url) == names(other) == ["2026-05-28.1"]


def test_the_time_of_a_load_is_the_clock_s_or_what_is_set(small: Path, url: str) -> None:
    before = datetime.now(UTC)
    assert run("ods-indexer", "load", small, *UNCHECKED, "--index", url).returncode == 0
    assert before <= open_index(url).live().generation.loaded <= datetime.now(UTC)
    assert (
        run("ods-indexer", "load", small, *UNCHECKED, "--index", url, ODS_NOW="2027-01-01T00:00Z").returncode
        == 0
    )
    live = open_index(url).live()
    assert live.generation.loaded == live.live_since == datetime(2027, 1, 1, tzinfo=UTC)


def test_successive_loads_keep_as_many_generations_as_are_set(small: Path, url: str) -> None:
    for _ in range(4):
        assert (
            run("ods-indexer", "load", small, *UNCHECKED, "--index", url, ODS_KEEP_GENERATIONS="3").returncode
            == 0
        )
    assert names(url) == ["2026-05-28.4", "2026-05-28.3", "2026-05-28.2"]


def test_a_load_by_worker_processes_gives_what_one_process_gives(url: str, demo: Demo) -> None:
    assert with_pool("load", "--demo", "--index", url, "--workers", "2", "--json").returncode == 0
    told, alone = (open_index(each).live() for each in (url, demo.url))
    assert {**told.generation.report, "seconds": 0} == {**alone.generation.report, "seconds": 0}
    for code in ("RR8", "ZXA01", "A81001"):
        assert told.get("organisation", code, "stu3") == alone.get("organisation", code, "stu3")


# Whoever runs the tests in the background ignores Ctrl-C, and that would be inherited.
POOLED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import indexer.load, app.engine.sqlite.build as build; indexer.load._SMALL = build._FEW = 0; from indexer.cli import main; main()"


SLOW = POOLED.replace(
    "from indexer.cli",
    "import time; take = indexer.load._Reading.take; indexer.load._Reading.take = lambda *given: (time.sleep(1), take(*given)); from indexer.cli",
)
"""A load that takes a second for each piece of the release."""


def with_pool(*given: str) -> subprocess.CompletedProcess[str]:
    """Run ods-indexer with worker processes however small the release is."""
    done = subprocess.run(
        [sys.executable, "-c", POOLED, *given],
        env=clean({}),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


BAD_RELEASES: dict[str, Callable[[Path], None]] = {
    "missing.zip": lambda path: None,
    "empty.zip": lambda path: path.write_bytes(b"") and None,
    "text.zip": lambda path: path.write_text("no release") and None,
    "cut.zip": lambda path: path.write_bytes(SAMPLE.read_bytes()[:-5000]) and None,
    "empty folder": lambda path: path.mkdir(),
    "page.zip": lambda path: path.write_text("<!DOCTYPE html><html>Sign in") and None,
    "broken.xml": lambda path: path.write_text("<OrgRefData><Manifest>") and None,
}


@pytest.mark.parametrize("name", BAD_RELEASES)
def test_a_release_that_cannot_be_read_is_refused_by_name_and_what_was_live_still_is(
    name: str, url: str, loaded: Index, tmp_path: Path
) -> None:
    path = tmp_path / name
    BAD_RELEASES[name](path)
    before = names(url), files(url)
    assert str(path.name) in refused(run("ods-indexer", "load", path, "--index", url))
    assert (names(url), files(url)) == before


def test_a_path_that_is_no_text_is_refused_all_the_same(url: str) -> None:
    done = subprocess.run(
        [os.fsencode(BIN / "ods-indexer"), b"load", b"\xff\xfe.zip", b"--index", url.encode()],
        env=clean({}),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b".zip" in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        ["load"], ["load", "--demo", "x.zip"], ["load", "--demo", "--workers", "0"], ["load", "--demo", "--workers", "x"],
        ["load", "--demo", "--validate", "some"], ["load", "--demo", "--nonsense"], ["nonsense"], ["status", "more"], ["rollback", "more"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_ends_with_two_and_says_how(given: list[str]) -> None:
    done = run("ods-indexer", *given)
    assert refused(done, 2)
    assert "Usage: ods-indexer" in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        ["--workers", "0"],
        ["--workers", "x"],
        ["--bind", "nonsense"],
        ["--bind", "host:70000"],
        ["--bind", ""],
        ["more"],
    ],
    ids=" ".join,
)
def test_wrong_usage_of_the_server_ends_with_two_and_says_how(given: list[str]) -> None:
    done = run("ods-server", *given)
    assert refused(done, 2)
    assert "Usage: ods-server" in done.stderr


@pytest.mark.parametrize("command", ["ods-indexer", "ods-server"])
def test_help_and_version_are_there(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    version = run(command, "--version")
    assert version.returncode == 0
    assert re.search(r"\d+\.\d+", version.stdout)


# Settings, index URLs


@pytest.mark.parametrize(
    "command",
    [
        ("ods-indexer", "load", "--demo"),
        ("ods-indexer", "status"),
        ("ods-indexer", "rollback"),
        ("ods-server",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("name", "value"),
    [("ODS_WORKERS", "many"), ("ODS_INDEX", "nonsense")],
)  # fmt: skip
def test_a_wrong_setting_ends_every_command_with_a_sentence_that_names_it(
    command: tuple[str, ...], name: str, value: str
) -> None:
    assert name in refused(run(*command, **{name: value}))


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    "command", [("ods-indexer", "status"), ("ods-server", "--bind", "203.0.113.1:1")], ids=" ".join
)
def test_a_variable_that_is_no_setting_is_warned_of_when_a_command_begins(
    command: tuple[str, ...], log_format: str, url: str
) -> None:
    done = run(*command, ODS_INDEX=url, ODS_BASEURL="https://x.example", ODS_LOG_FORMAT=log_format)
    told = done.stderr.splitlines()[0]
    said = "ODS_BASEURL is not a setting and is ignored: did you mean ODS_BASE_URL?"
    assert (json.loads(told)["message"] if log_format == "json" else told) == said


def test_a_variable_that_is_no_setting_is_warned_of_by_gunicorn_of_one_s_own(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import app.wsgi; app.wsgi.app"],
        env=clean({"ODS_INDEX": url, "ODS_BASEURL": "x"}), capture_output=True, text=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    assert done.stderr == "ODS_BASEURL is not a setting and is ignored: did you mean ODS_BASE_URL?\n"


@pytest.mark.parametrize(
    "command",
    [
        ("ods-indexer", "load", "--demo"),
        ("ods-indexer", "status"),
        ("ods-indexer", "rollback"),
        ("ods-server",),
    ],
    ids=" ".join,
)
def test_a_password_in_a_url_is_not_shown(command: tuple[str, ...]) -> None:
    done = run(*command, ODS_INDEX="mysql://ods:hunter2@host/ods")
    assert done.returncode == 1
    assert "hunter2" not in done.stderr + done.stdout


def test_an_index_that_is_not_ours_is_refused_by_every_command(tmp_path: Path) -> None:
    path = tmp_path / "ods.db"
    path.write_text("mine")
    for command in (
        ("ods-indexer", "load", "--demo"),
        ("ods-indexer", "status"),
        ("ods-indexer", "rollback"),
        ("ods-server",),
    ):
        assert f"{path} is not an index of ods-api-suite" in refused(
            run(*command, "--index", f"sqlite:///{path}")
        )
    assert path.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refused(run("ods-indexer", "load", "--demo", "--index", f"sqlite:///{tmp_path}/file/ods.db"))
    assert "ods.db cannot be written: " in said


def limited(limit: str, *given: object, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run ods-indexer with worker processes after `limit` was carried out, by a command `before` it."""
    program = POOLED.replace("main()", f"import resource; {limit}; main()")
    done = subprocess.run(
        [*before, sys.executable, "-c", program, *map(str, given)],
        env=clean({}), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def as_another_user() -> list[str]:
    """Return the start of a command that runs as a user whose processes are counted, which root's are not."""
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is needed to become another user")
    reads_all = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", "--reuid=54321", *reads_all]


def test_processes_that_cannot_be_started_are_told_in_a_sentence_and_one_process_does(
    url: str, loaded: Index, small: Path
) -> None:
    # That the other user can read what its identity alone may not is also why click must not judge by it.
    before = names(url), files(url)
    limit = "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))"
    given = ("load", small, "--index", url, "--json", "--workers")
    user = as_another_user()
    said = refused(limited(limit, *given, 2, before=user))
    assert re.match(r"Worker processes cannot be started: .+; try --workers 1, or allow more", said)
    assert (names(url), files(url)) == before
    assert limited(limit, *given, 1, before=user).returncode == 0


def test_a_full_temporary_folder_is_told_by_name_and_not_as_the_index_s(
    url: str, loaded: Index, small: Path, tmp_path: Path
) -> None:
    before = names(url), files(url)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.write(small)
        archive.writestr("large.txt", bytes(400_000))
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000,) * 2)"
    said = refused(limited(limit, "load", tmp_path / "outer.zip", "--index", url, "--workers", 1))
    assert said.startswith(f"Temporary files cannot be written in {gettempdir()}: File too large; ")
    assert said.endswith("make room there, or name another folder with TMPDIR")
    assert (names(url), files(url)) == before


def test_a_full_disk_is_told_with_the_file_of_the_records(url: str, loaded: Index, tmp_path: Path) -> None:
    before = names(url), files(url)
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000,) * 2)"
    paths = unpacked(tmp_path / "release")["two XML files"]
    said = refused(limited(limit, "load", *paths, "--index", url, "--workers", 1))
    assert said.endswith("ods.db.d/records.building cannot be written: File too large; make room there")
    assert (names(url), files(url)) == before


def test_too_many_open_files_are_told_with_what_to_do(url: str, tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x.xml", "<x/>")
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(100):
            archive.writestr(f"{number}.zip", inner.getvalue())
    limit = "resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))"
    said = refused(limited(limit, "load", tmp_path / "many.zip", "--index", url, "--workers", 1))
    assert said.endswith("Too many open files; let this user open more files at once (ulimit -n)")


@needs_proc
def test_a_file_that_the_disk_does_not_give_is_told_as_the_release_s(url: str, loaded: Index) -> None:
    before = names(url), files(url)
    said = refused(run("ods-indexer", "load", "/proc/self/mem", "--index", url))
    assert said == (
        "/proc/self/mem: it cannot be read (Input/output error): "
        "copy the release to another disk, or download it again"
    )
    assert (names(url), files(url)) == before


# status


def test_status_tells_the_live_release_and_what_is_kept(url: str, loaded: Index) -> None:
    done = run("ods-indexer", "status", "--index", url, "--json")
    assert done.returncode == 0
    status = json.loads(done.stdout)
    assert (status["release"], status["generation"]) == ("2026-02-27", "2026-02-27.2")
    assert (status["organisations"], status["warnings"]) == (2, {"odd_code": 1})
    assert datetime.fromisoformat(status["loaded"]) == loaded.live().generation.loaded
    assert status["size"] == Path(url.removeprefix("sqlite:///")).stat().st_size
    assert [kept["generation"] for kept in status["kept"]] == ["2026-01-30.1"]


def test_status_of_a_load_has_all_that_the_load_told(demo: Demo) -> None:
    status = json.loads(run("ods-indexer", "status", "--index", demo.url, "--json").stdout)
    # The load tells the time it took to the end, which its own record of itself cannot hold.
    told = {name: value for name, value in demo.told.items() if name != "seconds"}
    assert {name: status[name] for name in told} == told
    assert status["seconds"] > 0


def test_status_in_words(url: str, loaded: Index) -> None:
    done = run("ods-indexer", "status", "--index", url)
    assert done.returncode == 0
    for line in (
        r"release +2026-02-27",
        r"generation +2026-02-27\.2",
        r"organisations +2",
        r"warning +odd_code: 1",
        r"kept +2026-01-30\.1, 2 organisations",
    ):
        assert re.search(f"^{line}$", done.stdout, re.MULTILINE), line


def test_status_where_nothing_is_loaded_ends_with_one(url: str) -> None:
    assert "Nothing is loaded into" in refused(run("ods-indexer", "status", "--index", url))
    done = run("ods-indexer", "status", "--index", url, "--json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (1, {"release": None}, "")


def test_status_touches_nothing(url: str, tmp_path: Path) -> None:
    run("ods-indexer", "status", "--index", url)
    assert not (tmp_path / "var").exists()


# rollback


def test_rollback_goes_back_and_says_where_to(url: str, loaded: Index) -> None:
    done = run("ods-indexer", "rollback", "--index", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Generation 2026-01-30.1, release of 2026-01-30, is live again.\n"
    assert names(url) == ["2026-01-30.1", "2026-02-27.2"]
    assert "no generation older than 2026-01-30.1" in refused(run("ods-indexer", "rollback", "--index", url))
    assert names(url) == ["2026-01-30.1", "2026-02-27.2"]


def test_rollback_where_nothing_is_loaded_ends_with_one(url: str) -> None:
    assert "Nothing is loaded into" in refused(run("ods-indexer", "rollback", "--index", url))


# Loads that meet


def test_a_load_and_a_rollback_are_refused_while_a_load_runs(url: str, loaded: Index) -> None:
    before = names(url)
    with loaded.build("2026-03-27", datetime(2026, 3, 28, tzinfo=UTC)):
        assert "Another load is filling" in refused(run("ods-indexer", "load", "--demo", "--index", url))
        assert "Another load is filling" in refused(run("ods-indexer", "rollback", "--index", url))
        assert (
            json.loads(run("ods-indexer", "status", "--index", url, "--json").stdout)["generation"]
            == before[0]
        )
    assert names(url) == before
    assert run("ods-indexer", "rollback", "--index", url).returncode == 0


def test_of_two_loads_at_once_one_is_done_and_the_other_refused(url: str) -> None:
    command = [BIN / "ods-indexer", "load", "--demo", "--index", url]
    started = [
        subprocess.Popen(command, env=clean({}), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=SECONDS)[1] for process in started]
    statuses = [process.returncode for process in started]
    assert sorted(statuses) == [0, 1]
    assert "Another load is filling" in told[statuses.index(1)]
    assert "Traceback" not in "".join(told)
    assert names(url) == ["2025-12-11.1"]


# Loads that are killed


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose load takes a second or two."""
    return synthetic(tmp_path_factory.mktemp("release") / "release.zip", 1000, date(2026, 6, 25))


@pytest.fixture(scope="module")
def many_pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of so many pieces that its load, if it is SLOW, has not ended when it is to be stopped."""
    return synthetic(tmp_path_factory.mktemp("release") / "release.zip", 5000, date(2026, 6, 25))


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """What starts a load by worker processes in a session of its own; it is ended after the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(*given: object, program: str = POOLED) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "load", *map(str, given)],
            env=clean({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        for pid in session(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.communicate()


def session(leader: int) -> list[int]:
    """Return the processes that run in a session, by its leader."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, in_session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(in_session) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def workers_of(leader: int) -> list[int]:
    """Return the worker processes of the load that leads a session: another process forks them for it."""
    parents = {pid: parent_of(pid) for pid in session(leader)}
    return [pid for pid, parent in parents.items() if parent in parents and parent != leader]


def parent_of(pid: int) -> int:
    """Return the parent of a process, 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@needs_proc
def test_a_load_killed_at_any_moment_leaves_what_was_live_and_nothing_behind(
    url: str, loaded: Index, release: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    begun = time.monotonic()
    whole = started(release, "--index", url, "--workers", 2, "--validate", "none")
    _, said = whole.communicate(timeout=SECONDS)
    assert whole.returncode == 0, said
    took = time.monotonic() - begun
    live = names(url)
    pick = random.Random(20260625)
    for part in range(10):
        program = POOLED if part % 2 else POOLED.replace("build._FEW = ", "")
        process = started(release, "--index", url, "--workers", 2, "--validate", "none", program=program)
        time.sleep(took * (part + pick.random()) / 10)
        os.kill(process.pid, signal.SIGKILL)
        wait_for(lambda leader=process.pid: not session(leader))
        # A worker that was just being started says, in Python's own words, that its parent went.
        assert not re.search(r'File ".*/(app|indexer)/', process.communicate()[1])
        now = names(url)
        assert now == live or now[1:] == live[:1]
        live = now
        assert open_index(url).live().get("organisation", "A1", "stu3") is None
    done = run("ods-indexer", "load", release, "--index", url, "--validate", "none", "--json")
    assert done.returncode == 0
    assert names(url) == [json.loads(done.stdout)["generation"], live[0]]
    kept = {"lock", "records", *(f"{name}.db" for name in names(url))}
    assert files(url) == {"ods.db", *(f"ods.db.d/{name}" for name in kept)}


@needs_proc
def test_a_load_whose_worker_is_killed_is_refused_in_a_sentence(
    url: str, loaded: Index, many_pieces: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    before = names(url), files(url)
    process = started(many_pieces, "--index", url, "--workers", 2, program=SLOW)
    assert process.stderr
    process.stderr.readline()
    wait_for(lambda: workers_of(process.pid))
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "Traceback" not in told
    assert told.splitlines()[-1].startswith("Error: A worker process was killed")
    assert (names(url), files(url)) == before
    wait_for(lambda: not session(process.pid))


@needs_proc
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["a worker begins", "some is read"])
def test_a_load_that_is_stopped_leaves_no_process_behind(
    when: str,
    sent: signal.Signals,
    url: str,
    loaded: Index,
    many_pieces: Path,
    started: Callable[..., subprocess.Popen[str]],
) -> None:
    before = names(url)
    process = started(many_pieces, "--index", url, "--workers", 2, program=SLOW)
    assert process.stderr
    if when == "some is read":
        process.stderr.readline()
    wait_for(lambda: workers_of(process.pid))
    time.sleep(0.15)  # it imports what it works with
    os.killpg(process.pid, sent)
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode in {1, -sent}
    assert "Traceback" not in told
    wait_for(lambda: not session(process.pid))
    assert names(url) == before


# The start of a server


def test_a_taken_port_ends_the_server_at_once_with_a_sentence(url: str, loaded: Index) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("ods-server", "--index", url, "--bind", bind)
    assert done.returncode == 1
    assert done.stderr == (  # gunicorn would say that it tries again for five seconds
        f"Error: Cannot listen on {bind}: Address already in use (--bind or ODS_BIND names another address)\n"
    )


@pytest.mark.parametrize(
    "bind", ["203.0.113.1:8000", "no-such-host.invalid:8000", f"{'a' * 80}.invalid:8000", "[::1:8000"]
)
def test_an_address_that_is_not_this_machine_s_ends_the_server_with_a_sentence(
    bind: str, url: str, loaded: Index
) -> None:
    done = run("ods-server", "--index", url, ODS_BIND=bind)
    assert re.match("Cannot listen on|ODS_BIND", refused(done))


def damage(path: Path, how: str) -> None:
    """Damage the file of an index."""
    with path.open("r+b") as file:
        if how == "torn":
            file.truncate(path.stat().st_size // 2)
        elif how == "of another layout":
            file.seek(60)
            file.write(bytes(4))
        else:
            file.write(b"not ours")


@pytest.mark.parametrize(
    ("how", "says"),
    [("torn", "is damaged or not whole: load the release again"), ("of another layout", "has index layout 0"), ("not ours", "is not an index of ods-api-suite")],
)  # fmt: skip
def test_an_index_that_cannot_be_served_ends_the_server_with_a_sentence(
    how: str, says: str, small: Path, url: str, loaded: Index
) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    damage(path, how)
    for command in (("ods-server",), ("ods-indexer", "status"), ("ods-indexer", "rollback")):
        said = refused(run(*command, "--index", url))
        assert str(path) in said
        assert says in said
    done = run("ods-indexer", "load", small, "--index", url)
    assert done.returncode == (1 if how == "not ours" else 0)


def test_what_a_command_prints_is_a_json_object_and_nothing_else(small: Path, url: str) -> None:
    for given in (["load", small], ["status"]):
        told: Any = json.loads(run("ods-indexer", *given, "--index", url, "--json").stdout)
        assert isinstance(told, dict)
