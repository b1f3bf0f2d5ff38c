"""The commands, run as an operator runs them: in processes of their own."""

import os
import subprocess

from tests.conftest import BIN

SECONDS = 60
UNCHECKED = ("--validate", "none")
"""For loads of what other tests validate: a process takes half a second to build the models."""


def run(command: str, *given: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; whatever happens, there is no traceback."""
    done = subprocess.run(
        [BIN / command, *map(str, given)],
        env=clean(environment),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


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
