"""A real ods-server, and HTTP to it byte for byte over a socket."""

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.conftest import wait_for
from tests.nodes import free_port
from tests.prepared import Command

FORM = "Content-Type: application/x-www-form-urlencoded"


@dataclass
class Running:
    """A server: its address, its process, and the file of its log."""

    address: str
    process: Command
    log: Path

    @property
    def port(self) -> int:
        """The port it listens on."""
        return urlsplit(self.address).port or 0

    def get(self, path: str, **given: Any) -> requests.Response:
        """Ask for a path."""
        return requests.get(self.address + path, timeout=60, **given)


@contextmanager
def running(index: str, folder: Path, workers: int = 1, **environment: str) -> Iterator[Running]:
    """Run ods-server, its log in a file below `folder`; there is no traceback in it."""
    bind = f"127.0.0.1:{free_port()}"
    log = folder / f"{bind.replace(':', '-')}.log"
    command = ["ods-server", "--index", index, "--bind", bind, "--workers", str(workers)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ODS_")}
    with (
        log.open("wb") as stderr,
        Command(command, kept | environment, stderr=stderr) as process,
    ):
        try:
            wait_for(lambda: requests.get(f"http://{bind}/health/live", timeout=2).ok)
            yield Running(f"http://{bind}", process, log)
        finally:
            process.terminate()
            process.wait(timeout=30)
    assert "Traceback" not in log.read_text()


@dataclass
class Answer:
    """One answer as it came: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def connected(server: Running) -> Iterator[socket.socket]:
    """Open a connection to a server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        yield connection


def read_answer(connection: socket.socket, *, to_head: bool = False) -> Answer:
    """Read one answer, and no byte more than its length."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(1)
        assert received, data
        data += received
    status, *lines = data[:-4].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert re.match(r"HTTP/1\.[01] [2-5]\d\d ", status), status
    body, length = b"", 0 if to_head else int(headers.get("content-length", "0"))
    while len(body) < length:
        received = connection.recv(length - len(body))
        assert received, body
        body += received
    return Answer(int(status.split()[1]), headers, body)


def answer_to(connection: socket.socket, sent: bytes, *, to_head: bool = False) -> Answer:
    """Send bytes and read an answer."""
    connection.sendall(sent)
    return read_answer(connection, to_head=to_head)


def rest_of(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    received = b""
    while data := connection.recv(65_536):
        received += data
    return received


def outcome(content_type: str, body: bytes) -> str:
    """Check that a body is an OperationOutcome in JSON, and return what it says."""
    assert content_type.startswith("application/fhir+json")
    found = json.loads(body)
    assert found["resourceType"] == "OperationOutcome"
    (issue,) = found["issue"]
    assert issue["severity"] == "error"
    text: str = issue["diagnostics"]
    return text


def request(target: str, *headers: str, method: str = "GET", host: str = "ods.example.org") -> bytes:
    """Return a request as it is sent."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode("latin-1")
