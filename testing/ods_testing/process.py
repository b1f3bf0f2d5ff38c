"""The process of a server: which ods-server to start, how it is started, and how it ends."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ods_testing.controls import ServerError
from ods_testing.server import Content, Server

_NAME = "ods-server"
_HOW = (
    'There is no ods-server beside this Python or in PATH: install one with "pipx install FOLDER", '
    "where FOLDER is a copy of the repository of ods-api-suite, "
    "or start a container with --test-controls and set ODS_SERVER_URL"
)
_GRACE_SECONDS = 10
_OWN = ("PYTHON", "ODS_")
"""How the names begin of the caller's variables that a server must not see."""


@dataclass(frozen=True)
class Options:
    """What a server is started with."""

    content: Content
    now: str = ""
    stu3_shape: str = ""

    @property
    def arguments(self) -> list[str]:
        """The arguments of ods-server."""
        content = self.content
        if content.release:
            source = ["--release", content.release]
        else:
            source = ["--organisations", "-"] if content.organisations else ["--sample"]
        now = ["--now", self.now] if self.now else []
        return [*source, *now, "--test-controls", "--with-parent"]


class Process:
    """A server that ends with this process, however that ends."""

    def __init__(self, options: Options) -> None:
        """Start it, and wait until it answers; raises ServerError with the last line that it wrote."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
        if options.stu3_shape:
            environment["ODS_STU3_SHAPE"] = options.stu3_shape
        command = [str(command_path()), *options.arguments]
        with tempfile.TemporaryFile() as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603
                    command,
                    env=environment,
                    cwd=tempfile.gettempdir(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for pytest, which ends the server after its tests
                )
            except OSError as error:
                raise ServerError(f"{command[0]} cannot be started: {error.strerror}") from error
            line = self._answer_to(options.content.organisations.encode())
            if not line:
                self.end()
                log.seek(0)
                said = log.read().decode("utf-8", "replace").strip().splitlines()
                raise ServerError((said or [f"{command[0]} ended before it answered"])[-1])
        self.server = Server(json.loads(line)["url"])

    def stop(self) -> None:
        """Ask the server to end."""
        self._process.terminate()

    def end(self) -> None:
        """End the server."""
        self.stop()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def _answer_to(self, content: bytes) -> bytes:
        """Send the list of organisations, and return the line that says that the server answers."""
        process = self._process
        assert process.stdin  # noqa: S101 - for the type checker
        assert process.stdout  # noqa: S101
        try:
            process.stdin.write(content)
            process.stdin.close()
        except BrokenPipeError:
            return b""
        return process.stdout.readline()


def command_path() -> Path:
    """Return the ods-server to start; raises ServerError."""
    if named := os.environ.get("ODS_SERVER"):
        if not (Path(named).is_file() and os.access(named, os.X_OK)):
            raise ServerError(
                f'ODS_SERVER is "{named}": it names no program, so name the path of an ods-server'
            )
        return Path(named).absolute()
    beside = Path(sys.executable).parent / _NAME
    if beside.is_file():
        return beside
    if found := shutil.which(_NAME):
        return Path(found).absolute()
    raise ServerError(_HOW)
