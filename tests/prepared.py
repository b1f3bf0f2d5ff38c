"""The commands, started as forks of a process that has imported them.

A command imports for longer than most tests let it work. The prepared process imports the commands once, by
the entry points that their scripts call. For each start it forks a process that waits for the command, and
that one forks the command. So commands run side by side, with arguments, environment and standard streams of
their own, and end by an exit status or by a signal as other processes do.

Tests of parents and of sessions, and tests that change code, start processes of their own.
"""

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from threading import Lock
from typing import IO, Any, NoReturn, Self

from app.settings import DISTRIBUTION

_START = "from tests.prepared import serve; serve()"
_STREAMS = 3
_LATER = (
    "app.engine.elastic.index",
    *(f"fhir.resources.STU3.{name}" for name in ("codesystem", "organization", "valueset")),
    *(f"fhir.resources.R4B.{name}" for name in ("codesystem", "list", "organization", "valueset")),
    "fhir.resources.R4B.organizationaffiliation",
)
"""What the commands import only where they need it: Elasticsearch's client, and the models of documents."""
_starting = Lock()


class Command:
    """A command that runs; what it has in common with subprocess.Popen has the same names."""

    def __init__(
        self,
        arguments: Sequence[object],
        environment: Mapping[str, str],
        *,
        stdin: IO[Any] | int = 0,
        stdout: IO[Any] | int = 1,
        stderr: IO[Any] | int = 2,
    ) -> None:
        """Start a command by its name, with our standard streams unless others are given."""
        self.args = list(map(str, arguments))
        self.returncode: int | None = None
        self._told, teller = socket.socketpair()
        descriptors = [each if isinstance(each, int) else each.fileno() for each in (stdin, stdout, stderr)]
        asked = json.dumps([self.args, dict(environment), str(Path.cwd())])
        with teller, _starting:
            socket.send_fds(_prepared(), [asked.encode() + b"\n"], [teller.fileno(), *descriptors])
            self.pid = self._next()

    def __enter__(self) -> Self:
        """Return the command."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until it has ended."""
        self.wait()
        self._told.close()

    def _next(self) -> int:
        """Return the next number that the process which waits for the command tells."""
        return int.from_bytes(self._told.recv(4), signed=True)

    def poll(self) -> int | None:
        """Return its status if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0.001)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its status; raises TimeoutExpired."""
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = self._next()
            except TimeoutError as error:
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from error
        return self.returncode

    def send_signal(self, sent: signal.Signals) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sent)

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)


@cache
def _prepared() -> socket.socket:
    """Start the prepared process of this process, and return the socket to ask it by."""
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(
            [sys.executable, "-c", _START, str(its.fileno())],
            cwd=Path(__file__).parents[1],
            pass_fds=[its.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def serve() -> None:
    """Be the prepared process: start what is asked for until nobody can ask any more."""
    points = distribution(DISTRIBUTION).entry_points.select(group="console_scripts")
    commands = {point.name: point.load() for point in points}
    for each in _LATER:
        import_module(each)
    gc.freeze()  # a search for garbage would copy the memory that the processes share
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(fileno=int(sys.argv[1])) as ours:
        while True:
            asked, descriptors = b"", []
            while not asked.endswith(b"\n"):
                data, more, _, _ = socket.recv_fds(ours, 1 << 20, 1 + _STREAMS)
                if not data:
                    return
                asked, descriptors = asked + data, descriptors + more
            if not os.fork():
                ours.close()
                _start(commands, json.loads(asked), descriptors)
            for each in descriptors:
                os.close(each)


def _reap(*_: object) -> None:
    """Let go of the processes that have waited for a command to its end."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _start(
    commands: Mapping[str, Callable[[], Any]], asked: tuple[list[str], dict[str, str], str], given: list[int]
) -> NoReturn:
    """Fork a command; in the process that waits for it tell its id and its status, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    teller, *streams = given
    if pid := os.fork():
        for each in streams:
            os.close(each)
        os.write(teller, pid.to_bytes(4, signed=True))
        _, status = os.waitpid(pid, 0)
        with suppress(OSError):
            os.write(teller, os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))
        os._exit(0)
    os.close(teller)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    arguments, environment, folder = asked
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = arguments
    sys.exit(commands[arguments[0]]())
