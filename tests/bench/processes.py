"""The programs that are measured: started, watched and ended by process id.

Memory is PSS (shared pages counted by share) in bytes, summed over a process and all its descendants.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.server.gunicorn import THREADS
from tests.bench.client import Connection
from tests.nodes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOST = "127.0.0.1"
WORKERS = 2
INTERVAL = 0.2  # seconds between two samples of memory
START_LIMIT = 60.0  # seconds a server has to become ready
STOP_LIMIT = 15.0  # seconds a server has to end after SIGTERM


def command(name: str) -> str:
    """The project's command `name`, of the environment this interpreter belongs to."""
    return str(Path(sys.executable).with_name(name))


def environment() -> dict[str, str]:
    """The environment of this process without the product's settings: defaults are measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ODS_")}


def children(pid: int) -> list[int]:
    """Direct children of a process; none when it has gone."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def pss(pid: int) -> int:
    """PSS of one process in bytes; 0 when it has gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


class PeakMemory(threading.Thread):
    """Samples the memory of a family of processes until it is stopped; `peak` in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._stopped = threading.Event()
        self.peak = 0

    def run(self) -> None:
        """Take samples."""
        while not self._stopped.wait(INTERVAL):
            self.peak = max(self.peak, sum(map(pss, family(self._pid))))

    def stop(self) -> int:
        """End sampling; the peak."""
        self._stopped.set()
        self.join()
        return self.peak


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that came to an end: `seconds` on the clock, `peak` bytes of PSS, its two outputs."""

    status: int
    seconds: float
    peak: int
    output: str
    errors: str


def run_to_end(arguments: Sequence[str], limit: float) -> Finished:
    """Run a program and measure it; TimeoutExpired after `limit` seconds."""
    began = time.perf_counter()
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        memory = PeakMemory(process.pid)
        memory.start()
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.terminate()
            raise
        finally:
            seconds = time.perf_counter() - began
            memory.stop()
    return Finished(process.returncode, seconds, memory.peak, output, errors)


@dataclass(slots=True)
class Server:
    """A server under measurement: `started` is the seconds from start to ready."""

    pid: int
    address: tuple[str, int]
    started: float

    def workers(self) -> list[int]:
        """The processes that answer requests."""
        return children(self.pid)


PRODUCT = (command("ods-server"), "--workers", str(WORKERS))
PLAIN = (
    *(command("gunicorn"), "--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)),
    *("--keep-alive", "75", "--no-control-socket"),
)
"""gunicorn as it is, with the workers and threads of the product; the application follows."""


@contextmanager
def serving(
    arguments: Sequence[str], log: Path, *, index: str = "", ready: str = "/health/ready"
) -> Iterator[Server]:
    """A fresh server on a free port; ended afterwards, by SIGKILL if a request keeps it from ending.

    RuntimeError: it did not become ready, or it ended in disorder.
    """
    port = free_port()
    began = time.perf_counter()
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [*arguments, "--bind", f"{HOST}:{port}"],
            stdout=sink,
            stderr=sink,
            env=environment() | {"ODS_INDEX": index},
        )
    try:
        _wait_until_ready(process, (HOST, port), ready, log)
        yield Server(process.pid, (HOST, port), time.perf_counter() - began)
    finally:
        _end(process)
    if process.returncode not in {0, -signal.SIGTERM, -signal.SIGKILL}:
        raise RuntimeError(f"the server ended with status {process.returncode}: {_tail(log)}")


def _wait_until_ready(
    process: subprocess.Popen[bytes], address: tuple[str, int], ready: str, log: Path
) -> None:
    deadline = time.monotonic() + START_LIMIT
    link = Connection(*address)
    try:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with status {process.returncode}: {_tail(log)}")
            try:
                if link.get(ready).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.01)
    finally:
        link.close()
    raise RuntimeError(f"the server was not ready after {START_LIMIT:.0f} s: {_tail(log)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server gracefully; what does not go is killed by process id."""
    members = family(process.pid)
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").splitlines()[-3:])
