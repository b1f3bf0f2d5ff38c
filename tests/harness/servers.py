"""Servers for tests, started as a user starts them, and what they say."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import requests

from tests.commands import SECONDS, clean
from tests.prepared import Command


@dataclass
class ForTests:
    """A server for tests: its process, and the line that it wrote."""

    process: Command
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
    told, telling = os.pipe()
    with log.open("w") as stderr, TemporaryFile("w+") as given_to, os.fdopen(told) as output:
        given_to.write(stdin or "")
        given_to.seek(0)
        command = ["ods-server", *given]
        with Command(command, clean(environment), stdin=given_to, stdout=telling, stderr=stderr) as process:
            os.close(telling)
            try:
                line = output.readline()
                assert line, log.read_text()
                yield ForTests(process, json.loads(line), log)
            finally:
                process.terminate()
                process.wait(SECONDS)
    assert "Traceback" not in log.read_text()


def is_running(pid: int) -> bool:
    """Return whether a process runs, and is not merely to be waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
