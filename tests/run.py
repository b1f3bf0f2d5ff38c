"""What the processes of one run of the tests share: what is made once, and quiet for what measures time."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Run:
    """One run of the tests, by one process or by several side by side."""

    def __init__(self, folder: Path) -> None:
        """Keep what is shared in a folder, which is the same for all processes."""
        self.folder = folder

    def once(self, name: str, make: Callable[[], str]) -> str:
        """Return what `make` returns; only the first process that asks for the name calls it."""
        made = self.folder / name
        with _locked(made.with_suffix(".lock")):
            if not made.exists():
                made.write_text(make(), encoding="utf-8")
        return made.read_text(encoding="utf-8")

    @contextmanager
    def quiet(self, *, alone: bool) -> Iterator[None]:
        """Run a step of a test, `alone` while no other process runs one.

        Whoever comes after a process that waits to be alone waits too: otherwise it would wait for ever.
        """
        queue, room = self.folder / "queue.lock", self.folder / "room.lock"
        with room.open("w") as inside:
            with _locked(queue):
                fcntl.flock(inside, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
