"""`last_failure` in the report of ods-indexer status."""

# ruff: noqa: E501 - a program and its sentences

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.engine import open_index
from tests.commands import SECONDS, UNCHECKED, clean, refused, run
from tests.conftest import SAMPLE
from tests.interfaces.conftest import publish
from tests.releases import tiny

NOW = "2026-06-01T10:00:00Z"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return tiny(tmp_path / "small.xml", date(2025, 12, 11), {"A1": "ONE"})


@pytest.fixture
def url(small: Path, tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/ods.db"
    publish(small, made)
    return made


def failure(url: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(
        run("ods-indexer", "status", "--index", url, "--json").stdout
    ).get("last_failure")
    return found


def test_status_tells_of_a_load_that_was_refused_since_the_live_one(
    url: str, small: Path, tmp_path: Path
) -> None:
    assert failure(url) is None
    bad = tmp_path / "bad.zip"
    bad.write_bytes(SAMPLE.read_bytes()[:-5000])
    said = refused(run("ods-indexer", "load", bad, "--index", url, ODS_NOW=NOW))
    assert failure(url) == {"time": "2026-06-01T10:00:00+00:00", "sentence": said}
    text = run("ods-indexer", "status", "--index", url).stdout
    assert f"last failure   2026-06-01T10:00:00+00:00: {said}\n" in text
    assert run("ods-indexer", "load", small, *UNCHECKED, "--index", url).returncode == 0
    assert failure(url) is None


def test_a_failed_first_load_makes_no_index(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_text("no zip")
    url = f"sqlite:///{tmp_path}/typo/ods.db"
    refused(run("ods-indexer", "load", tmp_path / "bad.zip", "--index", url))
    assert not (tmp_path / "typo").exists()
    done = run("ods-indexer", "status", "--json", "--index", url)
    assert (done.returncode, json.loads(done.stdout)) == (1, {"release": None})


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_status_tells_of_a_load_that_was_killed(sent: signal.Signals, url: str, small: Path) -> None:
    slow = "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); import indexer.load as l; l.Load.fill = lambda _: (print(1, flush=True), time.sleep(600)); from indexer.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", slow, "load", small, "--index", url],
        env=clean({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline(), "it does not fill"
    assert failure(url) is None
    before = datetime.now(UTC)
    os.kill(process.pid, sent)
    process.communicate(timeout=SECONDS)
    told = failure(url)
    assert told
    assert abs(datetime.fromisoformat(told["time"]) - before).total_seconds() < 60
    assert told["sentence"] == (
        "The load was interrupted"
        if sent == signal.SIGINT
        else "The load broke off: its process was killed, or the machine stopped"
    )
    assert run("ods-indexer", "load", small, *UNCHECKED, "--index", url).returncode == 0
    assert failure(url) is None


def test_a_load_that_is_refused_because_another_runs_is_told_until_that_one_is_live(
    url: str, small: Path
) -> None:
    index = open_index(url)
    with index.build("2026-03-27", datetime.now(UTC)) as build:
        said = refused(run("ods-indexer", "load", small, "--index", url))
        assert said.startswith("Another load is filling")
        told = failure(url)
        assert told
        assert told["sentence"] == said
        build.packer({})
        build.publish(dict, lambda: datetime.now(UTC))
    assert failure(url) is None
