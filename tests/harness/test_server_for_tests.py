"""ods-server --sample, --release and --organisations: a server for tests, from its first line to its end."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
import requests

from tests.commands import SECONDS, clean, run
from tests.conftest import BIN, SAMPLE, wait_for
from tests.harness.servers import is_running, serving
from tests.interfaces.conftest import EDGES
from tests.releases import synthetic

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


def ended(*given: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ods-server to its end."""
    done = run("ods-server", *given, **environment)
    assert done.stdout == ""
    return done


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """A folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_the_sample_is_served_and_the_line_says_where_and_what(tmp_path: Path, temporary: Path) -> None:
    with serving(tmp_path, "--sample", TMPDIR=str(temporary)) as server:
        assert server.line == {
            "url": server.url,
            "generation": "2025-12-11.1",
            "organisations": 2500,
        }
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        assert server.get("/STU3/Organization/RR8").json()["name"] == "LEEDS TEACHING HOSPITALS NHS TRUST"
        assert server.get("/_test/requests").status_code == 404
        ignored = server.get("/STU3/Organization/RR8", headers={"X-ODS-Fault": "status=503"})
        assert ignored.status_code == 200
        assert len(list(temporary.iterdir())) > 0
    assert server.process.returncode == 0
    assert list(temporary.iterdir()) == []


def test_the_cache_keeps_the_eight_indexes_that_were_used_last(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "ods-api-suite"
    cache.mkdir(parents=True)
    for age in range(10):
        file = cache / f"sample-0.0.{age}-x.db"
        file.write_bytes(b"")
        os.utime(file, (1_000_000 - age, 2_000_000))
    with serving(tmp_path, "--sample", XDG_CACHE_HOME=str(tmp_path / "cache")):
        kept = {file.name for file in cache.iterdir()}
    assert len(kept) == 8
    assert kept > {f"sample-0.0.{age}-x.db" for age in range(7)}


def test_a_second_start_needs_no_load(tmp_path: Path) -> None:
    for expected in (True, False):
        with serving(tmp_path, "--sample", XDG_CACHE_HOME=str(tmp_path / "cache")) as server:
            assert ("Read " in server.log.read_text()) is expected
            assert server.get("/health/ready").json()["generation"] == "2025-12-11.1"
    (kept,) = (tmp_path / "cache" / "ods-api-suite").iterdir()
    kept.write_bytes(b"torn")
    with serving(tmp_path, "--sample", XDG_CACHE_HOME=str(tmp_path / "cache")) as server:
        assert server.get("/STU3/Organization/RR8").status_code == 200


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with serving(tmp_path, "--sample", XDG_CACHE_HOME=str(tmp_path / "file")) as server:
        assert server.get("/STU3/Organization/RR8").status_code == 200


def test_a_release_is_served_and_other_settings_count(tmp_path: Path) -> None:
    settings = {"ODS_INDEX": "nonsense", "ODS_BIND": "nonsense", "ODS_WORKERS": "none", "ODS_BASE_URL": "x"}
    with serving(tmp_path, "--release", EDGES, ODS_STU3_SHAPE="legacy", **settings) as server:
        assert (server.line["generation"], server.line["organisations"]) == ("2026-01-09.1", 12)
        bundle = server.get("/STU3/Organization?_summary=count").json()
        assert (bundle["total"], "link" in bundle) == ("12", False)


@pytest.mark.parametrize("how", ["file", "csv", "standard input"])
def test_a_list_of_organisations_is_served(how: str, tmp_path: Path) -> None:
    file = tmp_path / ("list.csv" if how == "csv" else "list.json")
    text = "code,name\nA1,ONE SURGERY\n" if how == "csv" else '[{"code": "A1", "name": "ONE SURGERY"}]'
    file.write_text(text)
    given, stdin = ("-", text) if how == "standard input" else (file, None)
    options = ("--organisations", given, "--now", "2026-02-03T04:05Z")
    with serving(tmp_path, *options, stdin=stdin) as server:
        assert (server.line["generation"], server.line["organisations"]) == ("2026-02-03.1", 1)
        assert server.get("/STU3/Organization/A1").json()["name"] == "ONE SURGERY"


def test_a_bad_list_ends_the_server_with_two_and_names_the_entry(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text('[{"code": "A1", "name": "ONE"}, {"code": "A2", "name": "TWO", "colour": "red"}]')
    done = ended("--organisations", str(file))
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert all(part in said for part in (str(file), "2", "A2", "colour"))


def test_an_error_in_standard_input_does_not_name_a_temporary_file() -> None:
    done = subprocess.run(
        [BIN / "ods-server", "--organisations", "-"],
        env=clean({}),
        input='[{"name": "ONE"}]',
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: standard input, entry 1")


def test_a_time_stands_in_place_of_the_clock(tmp_path: Path) -> None:
    with serving(tmp_path, "--sample", "--now", "2026-02-03T04:05:06Z") as server:
        answer = server.get("/STU3/Organization?name=leeds")
        assert answer.json()["meta"]["lastUpdated"] == "2026-02-03T04:05:06+00:00"
        assert answer.headers["Last-Modified"] == "Tue, 03 Feb 2026 04:05:06 GMT"


def test_the_port_may_be_chosen_and_all_addresses_served(tmp_path: Path) -> None:
    with serving(tmp_path, "--sample", "--bind", "0.0.0.0:0", "--test-controls") as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.get("/health/live").ok
        assert "Whoever reaches 0.0.0.0 can use the test controls" in server.log.read_text()


@pytest.mark.parametrize(
    "given",
    [
        ["--sample", "--release", "x.zip"],
        ["--sample", "--organisations", "x.json"],
        ["--release", "x.zip", "--organisations", "x.json"],
        ["--sample", "--index", "sqlite:///x.db"],
        ["--release", "x.zip", "--workers", "2"],
        ["--sample", "--now", "yesterday"],
        ["--sample", "--now", ""],
        ["--sample", "--bind", "nonsense"],
        ["--test-controls"],
        ["--with-parent"],
        ["--now", "2026-01-01T00:00Z"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two_and_a_sentence(given: list[str]) -> None:
    done = ended(*given)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_a_release_that_cannot_be_loaded_ends_the_server_with_its_sentence(temporary: Path) -> None:
    done = ended("--release", "no-such.zip", TMPDIR=str(temporary))
    assert done.returncode == 1
    assert "no-such.zip" in done.stderr.splitlines()[-1]
    assert list(temporary.iterdir()) == []


def test_a_taken_port_ends_the_server_with_a_sentence(tmp_path: Path, temporary: Path) -> None:
    with serving(tmp_path, "--sample") as server:
        bind = server.url.removeprefix("http://")
        done = ended("--sample", "--bind", bind, TMPDIR=str(temporary))
    assert done.returncode == 1
    assert f"Cannot listen on {bind}" in done.stderr
    assert list(temporary.iterdir()) == []


# Its end


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_though_answers_are_delayed(
    sent: signal.Signals, tmp_path: Path, temporary: Path
) -> None:
    with serving(tmp_path, "--sample", "--test-controls", TMPDIR=str(temporary)) as server:
        server.fail(path="/lookup", delay=60)
        with pytest.raises(requests.RequestException):
            requests.get(f"{server.url}/lookup?q=leeds", timeout=0.5)
        server.process.send_signal(sent)
        server.process.wait(30)  # the delay is twice that
    assert server.process.returncode == 0
    assert list(temporary.iterdir()) == []


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for task in tasks for each in task.read_text().split()]


@needs_proc
def test_a_signal_ends_it_while_the_next_release_is_loaded(tmp_path: Path, temporary: Path) -> None:
    release = synthetic(tmp_path / "release.zip", 20_000, date(2026, 6, 25))
    with serving(tmp_path, "--sample", "--test-controls", TMPDIR=str(temporary)) as server:
        (worker,) = children(server.process.pid)
        logged = server.log.read_text()

        def load() -> None:
            with suppress(requests.RequestException):
                server.post("/_test/release", data=release.read_bytes())

        with ThreadPoolExecutor(1) as pool:
            pool.submit(load)
            wait_for(lambda: bool(children(worker)))
            (loading,) = children(worker)
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(SECONDS)
    assert not is_running(loading)
    assert "Read" not in server.log.read_text().removeprefix(logged), "the load was finished first"
    assert list(temporary.iterdir()) == []


@needs_proc
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_group_ends_it_during_the_load(sent: signal.Signals, temporary: Path) -> None:
    with subprocess.Popen(
        [BIN / "ods-server", "--release", SAMPLE],
        env=clean({"TMPDIR": str(temporary)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests in the background ignores Ctrl-C, and that would be inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        wait_for(lambda: bool(children(process.pid)))
        (load,) = children(process.pid)
        os.killpg(process.pid, sent)
        printed, logged = process.communicate(timeout=SECONDS)
    assert (process.returncode, printed) == (0, "")
    assert "Traceback" not in logged
    assert not is_running(load)
    assert list(temporary.iterdir()) == []


PARENT = """
import os, subprocess, sys
command = [sys.argv[1], "--sample", "--with-parent"]
server = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
if sys.argv[2] == "serving":
    server.stdout.readline()
os.write(1, f"{server.pid}\\n".encode())
sys.stdin.read()
"""


@needs_proc
@pytest.mark.parametrize("when", ["serving", "starting"])
def test_it_ends_when_the_process_that_started_it_is_killed(when: str, temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, BIN / "ods-server", when],
        env=clean({"TMPDIR": str(temporary)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout
        server = int(parent.stdout.readline())
        assert is_running(server)
        parent.kill()
    wait_for(lambda: not is_running(server))
    wait_for(lambda: list(temporary.iterdir()) == [])


@needs_proc
def test_a_thread_that_started_it_may_end(tmp_path: Path) -> None:
    program = (
        PARENT.replace("import os,", "import threading, time, os,")
        .replace(
            "server = subprocess.Popen(",
            "started = []\nthread = threading.Thread(target=lambda: started.append(subprocess.Popen(",
        )
        .replace(
            "start_new_session=True)",
            "start_new_session=True)))\nthread.start(); thread.join(); (server,) = started",
        )
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, BIN / "ods-server", "serving"],
        env=clean({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout
        server = int(parent.stdout.readline())
        time.sleep(2.5)
        assert is_running(server)
        os.kill(server, signal.SIGTERM)
        parent.kill()
    wait_for(lambda: not is_running(server))
