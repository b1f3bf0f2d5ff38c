"""The commands, run as an operator runs them: in processes of their own."""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.prepared import Command

SECONDS = 60
SHORT_RUN = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Options of Java for programs that end before thorough compilation pays."""
UNCHECKED = ("--validate", "none")
"""For loads of what other tests validate: a process takes half a second to build the models."""


def run(command: str, *given: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; whatever happens, there is no traceback."""
    done = ended(command, *given, environment=clean(environment))
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


def ended(*arguments: object, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return its status and what it wrote."""
    with (
        Path(os.devnull).open() as nothing,
        tempfile.TemporaryFile("w+", errors="replace") as output,
        tempfile.TemporaryFile("w+", errors="replace") as error,
        Command(arguments, environment, stdin=nothing, stdout=output, stderr=error) as process,
    ):
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        for stream in (output, error):
            stream.seek(0)
        return subprocess.CompletedProcess(process.args, process.returncode, output.read(), error.read())


def clean(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment without settings, but with those given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ODS_")} | environment


def refused(done: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """Check that a command ended with a status and one sentence, and return the sentence."""
    assert (done.returncode, done.stdout) == (status, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert status == 2 or done.stderr.count("Error: ") == 1
    return last.removeprefix("Error: ")
