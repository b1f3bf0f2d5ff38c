"""The lock of the load that runs: it ends with the process that holds it."""

import fcntl
import time
from pathlib import Path
from typing import TextIO

from app.engine.port import Busy

LOCK = "lock"
"""The name of its file."""
_GLANCE = 0.1
"""Seconds for which `is_held` may hold the lock, at most."""


def take(lock: TextIO, path: Path) -> None:
    """Take the load's lock; raises Busy."""
    deadline = time.monotonic() + _GLANCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise Busy(f"Another load is filling {path}: wait until it has ended") from error
            time.sleep(_GLANCE / 10)
        else:
            return


def is_held(path: Path) -> bool:
    """Return whether a load runs; raises OSError where the file cannot be read."""
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
