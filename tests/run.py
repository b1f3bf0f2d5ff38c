"""What the processes of one run of the tests share: what is made once."""

import fcntl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run of the tests, by one process or by several side by side; all share a folder."""

    folder: Path

    def once(self, name: str, make: Callable[[], str]) -> str:
        """Return what `make` returns; only the first process that asks for the name calls it."""
        made = self.folder / name
        with made.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                made.write_text(make(), encoding="utf-8")
        return made.read_text(encoding="utf-8")
