"""Loads a register for a server of tests, by running ods-indexer as a child process."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_IGNORED = frozenset(("ODS_INDEX", "ODS_BIND", "ODS_WORKERS", "ODS_BASE_URL"))
"""Settings of the server that people use, which do not count for a server of tests."""
_EVERY_CHANGE = {"ODS_MAX_CHANGE": "100"}
"""The releases of a test may differ as much as they like."""
_GRACE_SECONDS = 2
_MARK = "Error: "
_running: "set[subprocess.Popen[str]]" = set()


def without_ignored(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the settings that do not count for a server of tests."""
    return {name: value for name, value in environment.items() if name not in _IGNORED}


class NotLoadable(Exception):
    """A load failed: the sentence of ods-indexer, and its exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Source:
    """What is loaded: a release or a list of organisations in a file, or the bundled sample."""

    path: Path | None = None
    """None: the bundled sample."""
    is_list: bool = False
    label: str = ""
    """What errors call the file, where its path means nothing to the user."""

    @property
    def arguments(self) -> list[str]:
        """The arguments of `ods-indexer load` that name the source."""
        if self.path is None:
            return ["--demo"]
        return ["--organisations", str(self.path)] if self.is_list else ["--", str(self.path)]


SAMPLE = Source()


@dataclass(frozen=True)
class Loader:
    """Loads into the index at a URL; `now` takes the place of the clock, as ODS_NOW does."""

    url: str
    now: str = ""

    def load(self, source: Source) -> dict[str, Any]:
        """Load a source and make it live; returns the report of the load, raises NotLoadable.

        Documents are not validated: that would double the time, and changes no answer.
        """
        environment = (
            without_ignored(os.environ) | _EVERY_CHANGE | ({"ODS_NOW": self.now} if self.now else {})
        )
        options = ("--index", self.url, "--validate", "none", "--json", *source.arguments)
        # -I: neither the current folder nor PYTHONPATH may offer another package called "indexer".
        process = subprocess.Popen(  # noqa: S603 - the arguments are a list
            [sys.executable, "-I", "-m", "indexer", "load", *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        _running.add(process)
        try:
            printed, logged = process.communicate()
        except BaseException:
            _end(process)
            raise
        finally:
            _running.discard(process)
        if process.returncode:
            sentence = _sentence(logged)
            if source.label:
                sentence = sentence.replace(str(source.path), source.label)
            raise NotLoadable(sentence, process.returncode if process.returncode > 0 else 1)
        sys.stderr.write(logged)
        report: dict[str, Any] = json.loads(printed)
        return report


def stop_loads() -> None:
    """Ask the loads that run to end, without waiting for them."""
    for process in _running.copy():
        process.terminate()


def _end(process: "subprocess.Popen[str]") -> None:
    """End a load: it is asked first, so that it ends its own worker processes."""
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _sentence(logged: str) -> str:
    """Return the sentence in which ods-indexer said why it ended."""
    lines = logged.strip().splitlines()
    said = [line.removeprefix(_MARK) for line in lines if line.startswith(_MARK)]
    return (said or lines or ["The load was killed"])[-1]
