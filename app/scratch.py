"""Temporary folders that do not outlive their owner: one whose owner was killed is deleted by the next owner.

The owner and its forks hold a lock on the folder, which ends with them. Process numbers would not do, because
processes of several containers may share the folder of temporary files.
"""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_ENDING = ".ods"
_MODE = 0o700
"""That of all temporary folders; a folder of the user's own that has such a name has another."""
_YOUNG_SECONDS = 60
"""A folder as young as that may not be locked yet."""


class Scratch:
    """A temporary folder; use it in a `with` statement, or close it."""

    def __init__(self, purpose: str) -> None:
        """Make a folder, named for its purpose; raises OSError."""
        _clear()
        self.path = Path(tempfile.mkdtemp(prefix=f"ods-{purpose}-", suffix=_ENDING))
        self._owner, self._lock = os.getpid(), os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def close(self) -> None:
        """Delete the folder; forks of the owner may call this too, and delete nothing."""
        if os.getpid() == self._owner:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)

    def __enter__(self) -> Path:
        """Return the path of the folder."""
        return self.path

    def __exit__(self, *_: object) -> None:
        """Delete the folder."""
        self.close()


def _clear() -> None:
    """Delete this user's folders that nobody holds."""
    for left in Path(tempfile.gettempdir()).glob(f"ods-*-*{_ENDING}"):
        with suppress(OSError):  # another user's, or just deleted, or held
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                facts = os.fstat(held)
                is_ours = facts.st_uid == os.geteuid() and stat.S_IMODE(facts.st_mode) == _MODE
                if not is_ours or time.time() - facts.st_mtime < _YOUNG_SECONDS:
                    continue
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)
