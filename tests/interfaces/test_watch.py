"""ods-indexer watch, as a process."""

# ruff: noqa: E501 - commands

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.engine import open_index
from tests.commands import SECONDS, clean, refused, run
from tests.conftest import BIN, SAMPLE, wait_for
from tests.contract.organisations import fill, organisation
from tests.releases import tiny

NAMES = {f"A{number:02}": "X" for number in range(5)}
JANUARY, FEBRUARY, MARCH = date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 27)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ods.db"


@pytest.fixture
def put(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """What puts a small release into the folder."""

    def written(name: str, day: date, names: dict[str, str] = NAMES) -> Path:
        xml = tiny(tmp_path / "made.xml", day, names)
        with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
            archive.write(xml, "HSCOrgRefData_Full.xml")
        return shutil.move(tmp_path / "made.zip", folder / name)

    return written


def once(folder: Path, url: str, *more: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(
        "ods-indexer", "watch", folder, "--index", url, "--once", "--every", "0.1", *more, **environment
    )


def names(url: str) -> list[str]:
    return [each.name for each in open_index(url).generations()]


@pytest.fixture
def started(folder: Path, url: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """What begins to watch in the background."""
    begun = []

    def begin(*more: str) -> subprocess.Popen[str]:
        given = ["watch", str(folder), "--index", url, "--every", "0.1", *more]
        begun.append(
            subprocess.Popen([BIN / "ods-indexer", *given], env=clean({}), stderr=subprocess.PIPE, text=True)
        )
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def test_what_lies_in_a_folder_is_loaded_in_order_of_publication(
    folder: Path, url: str, put: Callable[..., Path]
) -> None:
    put("a.zip", MARCH)
    put("b.zip", JANUARY)
    put("c.ZIP", FEBRUARY)
    done = once(folder, url, ODS_KEEP_GENERATIONS="3")
    assert done.returncode == 0
    assert names(url) == ["2026-03-27.3", "2026-02-27.2", "2026-01-30.1"]
    again = once(folder, url)
    assert (again.returncode, again.stderr) == (0, "")
    assert names(url)[0] == "2026-03-27.3"


def test_what_is_no_release_s_zip_is_left_alone(
    folder: Path, url: str, put: Callable[..., Path], tmp_path: Path
) -> None:
    put(".hidden.zip", JANUARY)
    (folder / "notes.txt").write_text("no zip")
    (folder / "part.zip.part").write_text("no zip")
    (folder / "folder.zip").mkdir()
    shutil.move(put("x.zip", JANUARY), tmp_path / "elsewhere.zip")
    (folder / "link.zip").symlink_to(tmp_path / "elsewhere.zip")
    assert once(folder, url).returncode == 0
    assert not Path(url.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize("grows", [True, False])
def test_a_file_that_still_grows_waits(grows: bool, folder: Path, url: str, put: Callable[..., Path]) -> None:
    path = put("x.zip", JANUARY)
    path.write_bytes(path.read_bytes()[:100])
    # It grows while the watch sleeps between its two looks.
    program = f"import time; sleep = time.sleep; time.sleep = lambda s: (open({str(path)!r}, 'ab').write({b'x' * grows!r}), sleep(s)); from indexer.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "watch", folder, "--index", url, "--every", "0.1", "--once"],
        env=clean({}), capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == (0 if grows else 1)
    assert (folder / "refused").exists() is not grows


@pytest.mark.parametrize("name", ["x.sha256", "x.zip.sha256"])
def test_a_checksum_beside_a_file_must_agree(
    name: str, folder: Path, url: str, put: Callable[..., Path]
) -> None:
    path = put("x.zip", JANUARY)
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    for text in ("", "not a sum", f"{'0' * 64}  x.zip\n", f"{right}  other.zip\n"):
        (folder / name).write_text(text)
        done = once(folder, url)
        assert done.returncode == 0
        assert f"{path} waits: its SHA-256 is not the one in {name}" in done.stderr
        assert path.exists()
    (folder / name).write_text(f"{'0' * 64}  other.zip\n{right.upper()} *x.zip\n")
    assert once(folder, url).returncode == 0
    assert names(url) == ["2026-01-30.1"]


def test_a_refused_file_is_moved_aside_with_its_sentence(
    folder: Path, url: str, put: Callable[..., Path]
) -> None:
    put("good.zip", JANUARY)
    (folder / "bad.zip").write_bytes(SAMPLE.read_bytes()[:-5000])
    put("small.zip", FEBRUARY, {"A01": "X"})
    done = once(folder, url)
    assert done.returncode == 1
    assert names(url) == ["2026-01-30.1"]
    assert {path.name for path in folder.iterdir()} == {"good.zip", "refused"}
    assert {path.name for path in (folder / "refused").iterdir()} == {
        "bad.zip",
        "bad.zip.txt",
        "small.zip",
        "small.zip.txt",
    }
    said = (folder / "refused" / "bad.zip.txt").read_text()
    assert (
        said
        == refused(run("ods-indexer", "load", folder / "refused" / "bad.zip", "--index", url)).replace(
            "/refused/", "/"
        )
        + "\n"
    )
    assert "4 of the 5 organisations" in (folder / "refused" / "small.zip.txt").read_text()
    assert once(folder, url).returncode == 0
    shutil.move(folder / "refused" / "small.zip", folder)
    assert once(folder, url, "--max-change", "80").returncode == 0
    assert names(url)[0].startswith("2026-02-27")


def test_an_older_release_is_passed_over_for_good(folder: Path, url: str, put: Callable[..., Path]) -> None:
    index = open_index(url)
    fill(index, [organisation("A1")], release="2026-03-01", report={"made_by": "sample"})
    put("old.zip", JANUARY)
    done = once(folder, url)
    assert (done.returncode, names(url)) == (0, ["2026-03-01.1"])
    assert "old.zip is passed over: its release of 2026-01-30 is older than the live one" in done.stderr
    assert once(folder, url).stderr == ""


def test_a_rollback_is_not_undone(folder: Path, url: str, put: Callable[..., Path]) -> None:
    put("a.zip", JANUARY)
    put("b.zip", FEBRUARY)
    assert once(folder, url).returncode == 0
    assert run("ods-indexer", "rollback", "--index", url).returncode == 0
    assert once(folder, url).returncode == 0
    assert names(url)[0] == "2026-01-30.1"
    put("c.zip", MARCH)
    assert once(folder, url).returncode == 0
    assert names(url)[0] == "2026-03-27.3"


def test_a_copy_is_loaded_once(folder: Path, url: str, put: Callable[..., Path]) -> None:
    shutil.copy(put("a.zip", JANUARY), folder / "copy.zip")
    assert once(folder, url).returncode == 0
    assert names(url) == ["2026-01-30.1"]


def test_a_release_that_was_loaded_by_hand_is_known(folder: Path, url: str, put: Callable[..., Path]) -> None:
    path = put("a.zip", JANUARY)
    assert run("ods-indexer", "load", path, "--index", url).returncode == 0
    assert once(folder, url).returncode == 0
    assert names(url) == ["2026-01-30.1"]


def test_the_newest_is_loaded_again_where_the_index_is_gone(
    folder: Path, url: str, put: Callable[..., Path], tmp_path: Path
) -> None:
    put("a.zip", JANUARY)
    put("b.zip", FEBRUARY)
    assert once(folder, url).returncode == 0
    for path in (tmp_path / "ods.db", *(tmp_path / "ods.db.d").glob("*.db")):
        path.unlink()
    assert once(folder, url).returncode == 0
    assert [name.partition(".")[0] for name in names(url)] == ["2026-02-27"]


def test_a_file_stays_while_another_load_runs(
    folder: Path, url: str, put: Callable[..., Path], started: Callable[..., subprocess.Popen[str]]
) -> None:
    path = put("a.zip", JANUARY)
    with open_index(url).build("2025-01-01", datetime.now(UTC)):
        done = once(folder, url)
        assert done.returncode == 1
        assert "Nothing can be loaded now: Another load is filling" in done.stderr
        process = started()
        assert process.stderr
        assert "Loading" in process.stderr.readline()
        assert "Another load" in process.stderr.readline()
        assert path.exists()
    wait_for(lambda: Path(url.removeprefix("sqlite:///")).exists())
    wait_for(lambda: names(url)[0].startswith("2026-01-30"))


def test_a_full_temporary_folder_is_not_the_release_s_fault(folder: Path, url: str) -> None:
    shutil.copy(SAMPLE, folder)
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000,) * 2); from indexer.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "watch", folder, "--index", url, "--once", "--every", "0.1"],
        env=clean({}), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, "is tried again: Temporary files cannot be written" in done.stderr) == (1, True)
    assert (folder / SAMPLE.name).exists()


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_told_once(folder: Path, tmp_path: Path) -> None:
    for name in ("bad.zip", "other.zip"):
        (folder / name).write_text("no zip")
    for path in (*tmp_path.parents[:-2], tmp_path):
        path.chmod(0o755)
    (tmp_path / "index").mkdir()
    (tmp_path / "index").chmod(0o777)
    folder.chmod(0o555)
    user = (
        ["setpriv", "--reuid=54321", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        if os.geteuid() == 0
        else []
    )
    program = f"import sys; sys.path.insert(0, {os.environ.get('PYTHONPATH', '')!r}); from indexer.cli import main; main()"
    command = [
        *user,
        sys.executable,
        "-c",
        program,
        "watch",
        str(folder),
        "--every",
        "0.1",
        "--index",
        f"sqlite:///{tmp_path}/index/ods.db",
    ]
    process = subprocess.Popen(command, env=clean({}), stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if said.count("other.zip stays where it is") == 2:  # told in a later look
            process.terminate()
        elif "other.zip stays where it is" in line:
            (folder / "other.zip").write_text("another file that is no zip")
    process.communicate(timeout=SECONDS)
    if "Permission denied" in said and "indexer" in said and "Traceback" in said:
        pytest.skip("another user may not read this environment")
    assert said.count("bad.zip stays where it is") == 1
    assert (folder / "bad.zip").exists()


def test_sigterm_ends_it_between_loads_at_once(folder: Path, url: str, put: Callable[..., Path]) -> None:
    put("a.zip", JANUARY)
    program = "import time; sleep = time.sleep; time.sleep = lambda s: (print(1, flush=True), sleep(s)); from indexer.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "watch", folder, "--index", url, "--every", "600"],
        env=clean({}), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline(), "it does not sleep"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_sigterm_within_a_load_abandons_it(
    folder: Path, url: str, tmp_path: Path, put: Callable[..., Path]
) -> None:
    put("a.zip", JANUARY)
    slow = "import time; import indexer.load as l; l.Load.fill = lambda _: (print(1, flush=True), time.sleep(600)); from indexer.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", slow, "watch", folder, "--index", url, "--every", "0.1"],
        env=clean({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline(), "it does not fill"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=SECONDS)
    assert (process.returncode, "Traceback" in said) == (0, False)
    assert list((tmp_path / "ods.db.d").glob("*.building")) == []
    assert (folder / "a.zip").exists()


def test_a_watch_loads_what_appears_later(
    started: Callable[..., subprocess.Popen[str]], url: str, put: Callable[..., Path]
) -> None:
    process = started()
    put("a.zip", JANUARY)
    wait_for(lambda: Path(url.removeprefix("sqlite:///")).exists())
    put("b.zip", FEBRUARY)
    wait_for(lambda: len(open_index(url).notes.seen()) == 2)
    assert names(url)[0] == "2026-02-27.2"
    process.terminate()
    _, said = process.communicate(timeout=SECONDS)
    assert re.findall(r"(\w\.zip) is live: generation (\S+)", said) == [
        ("a.zip", "2026-01-30.1"),
        ("b.zip", "2026-02-27.2"),
    ]


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert "does not exist" in refused(run("ods-indexer", "watch", tmp_path / "no"), 2)
    assert "'--every'" in refused(run("ods-indexer", "watch", tmp_path, "--every", "0"), 2)
