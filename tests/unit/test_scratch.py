"""Temporary folders: none is left, whoever ends how."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.scratch import Scratch

HOLD = "from app.scratch import Scratch; print(Scratch('test').path, flush=True); input()"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files of this test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def aged(path: Path) -> Path:
    """Return a folder, which is now an hour old."""
    then = time.time() - 3_600
    os.utime(path, (then, then))
    return path


def held(folder: Path) -> subprocess.Popen[str]:
    """Start a process that owns a folder until it may end."""
    environment = os.environ | {"TMPDIR": str(folder)}
    command = [sys.executable, "-c", HOLD]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_folder_is_deleted_with_what_is_in_it(folder: Path) -> None:
    with Scratch("test") as made:
        (made / "file").write_text("x")
        assert made.parent == folder
    assert list(folder.iterdir()) == []


def test_a_fork_of_the_owner_deletes_nothing(folder: Path) -> None:
    scratch = Scratch("test")
    child = os.fork()
    if child == 0:
        scratch.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert scratch.path.exists()
    scratch.close()
    assert not scratch.path.exists()


def test_the_folder_of_a_killed_owner_is_deleted_by_the_next_one(folder: Path) -> None:
    with held(folder) as owner:
        assert owner.stdout
        left = aged(Path(owner.stdout.readline().strip()))
        with Scratch("test"):
            assert left.exists(), "its owner lives"
        owner.kill()
        owner.wait(timeout=60)
    with Scratch("test"):
        assert not left.exists()


def test_what_is_young_or_no_folder_of_ours_is_left_alone(folder: Path) -> None:
    young = folder / "ods-test-12345678.ods"
    young.mkdir()
    others = [folder / name for name in ("ods-test-12345678", "other.ods")]
    target = folder / "target"
    for each in (*others, target):
        each.mkdir()
        aged(each)
    shared = folder / "ods-my-releases.ods"
    shared.mkdir()
    shared.chmod(0o755)
    aged(shared)
    link = folder / "ods-test-link.ods"
    link.symlink_to(target)
    with Scratch("test"):
        assert all(path.exists() for path in (young, shared, *others, target, link))
