"""Servers for tests, started as a user starts them, and what they say."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.conftest import BIN

SECONDS = 60


def clean(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment without settings, but with those given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ODS_")} | environment


@dataclass
class ForTests:
    """A server for tests: its process, and the line that it wrote."""

    process: subprocess.Popen[str]
    line: dict[str, Any]
    log: Path

    @property
    def url(self) -> str:
        """The address."""
        return str(self.line["url"])

    def get(self, path: str, **given: Any) -> requests.Response:
        """Ask for a path."""
        return requests.get(self.url + path, timeout=60, **given)

    def post(self, path: str, **given: Any) -> requests.Response:
        """Send to a path."""
        return requests.post(self.url + path, timeout=60, **given)

    def delete(self, path: str, **given: Any) -> requests.Response:
        """Delete a path."""
        return requests.delete(self.url + path, timeout=60, **given)

    def fail(self, **fault: Any) -> int:
        """Add a fault, and return its id."""
        answer = self.post("/_test/faults", json=fault)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def asked(self) -> list[dict[str, Any]]:
        """Return the requests that it recorded."""
        found: list[dict[str, Any]] = self.get("/_test/requests").json()
        return found


@contextlib.contextmanager
def serving(folder: Path, *given: object, stdin: str | None = None, **environment: str) -> Iterator[ForTests]:
    """Run ods-server with these arguments, its log in a file below `folder`."""
    log = folder / "server.log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [BIN / "ods-server", *map(str, given)],
            env=clean(environment),
            stdin=subprocess.PIPE if stdin is not None else None,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            if stdin is not None:
                assert process.stdin
                process.stdin.write(stdin)
                process.stdin.close()
            assert process.stdout
            line = process.stdout.readline()
            assert line, log.read_text()
            yield ForTests(process, json.loads(line), log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
    assert "Traceback" not in log.read_text()


def is_running(pid: int) -> bool:
    """Return whether a process runs, and is not merely to be waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
