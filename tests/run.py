"""What the processes of one run of the tests share: what is made once, and quiet for what measures time."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO


class Run:
    """One run of the tests, by one process or by several side by side."""

    def __init__(self, folder: Path) -> None:
        """Keep what is shared in a folder, which is the same for all processes."""
        self.folder = folder
        # Opened now: tests let Path.open fail.
        self._queue, self._room = ((folder / name).open("w") for name in ("queue.lock", "room.lock"))

    def close(self) -> None:
        """Close what this process has open."""
        self._queue.close()
        self._room.close()

    def once(self, name: str, make: Callable[[], str]) -> str:
        """Return what `make` returns; only the first process that asks for the name calls it."""
        made = self.folder / name
        with made.with_suffix(".lock").open("w") as lock, _held(lock):
            if not made.exists():
                made.write_text(make(), encoding="utf-8")
        return made.read_text(encoding="utf-8")

    @contextmanager
    def quiet(self, *, alone: bool) -> Iterator[None]:
        """Run a step of a test, `alone` while no other process runs one.

        Whoever comes after a process that waits to be alone waits too: otherwise it would wait for ever.
        """
        with ExitStack() as held:
            with _held(self._queue):
                held.enter_context(_held(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
            yield


@contextmanager
def _held(lock: TextIO, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    fcntl.flock(lock, how)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)
