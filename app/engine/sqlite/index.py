"""Which generations there are, which one is live, and how one replaces another.

For an index `ods.db` each generation is a file `ods.db.d/{generation}.db`, written once, and `ods.db` is a
hard link to the live one: it is replaced in one step and there is no moment without it. `ods.db.d/lock` is
held by the load that runs (the lock dies with its process) and holds the last counter that was given out.
A generation's modification time is when it was made live.
"""

import logging
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from app.engine.history import Remembered, joined
from app.engine.port import (
    GENERATION_NAME,
    EngineError,
    Generation,
    Gone,
    Leftover,
    NotLoaded,
    Unavailable,
    WrongIndex,
    number_of,
    to_delete,
)
from app.engine.sqlite.build import Made, SqliteBuild
from app.engine.sqlite.cache import CACHE
from app.engine.sqlite.file import read_history, read_name, writing
from app.engine.sqlite.lock import LOCK, take
from app.engine.sqlite.notes import UNFINISHED, SqliteNotes
from app.engine.sqlite.register import SqliteRegister
from app.engine.sqlite.schema import LAYOUT, header
from app.register.query import Match

log = logging.getLogger(__name__)

_RECORDS = "records"
"""What a load leaves for the next one."""
_OPEN = 2
"""Generations that are open beside the live one."""
_FIRST_SECONDS = 1.0
"""How long the first call waits until what many searches need is read; requests would compete with that."""


class SqliteIndex:
    """The embedded engine: one file a generation, no server."""

    engine = "sqlite"
    layout = LAYOUT

    def __init__(self, path: str, *, keep: int, ahead: bool = False) -> None:
        """Name the index at `path`; `keep` generations, the live one included, outlive a load.

        `ahead`: what many searches need is read as soon as a generation is opened as the live one.
        """
        self._path = Path(path)
        self._folder = self._path.with_name(f"{self._path.name}.d")
        self._keep, self._ahead = keep, ahead
        self._opening = threading.Lock()
        self._live: tuple[tuple[int, ...], SqliteRegister] | None = None
        self._kept: OrderedDict[str, SqliteRegister] = OrderedDict()

    @property
    def cached(self) -> int:
        """Bytes that are kept in memory."""
        return CACHE.size

    @property
    def notes(self) -> SqliteNotes:
        """What is remembered of loads."""
        return SqliteNotes(self._path, self._folder, self.live)

    def live(self) -> SqliteRegister:
        """Return the live generation; a swap is noticed here, by the file's identity."""
        seen = self._identity()
        if self._live and self._live[0] == seen:
            return self._live[1]
        with self._opening:
            while not (self._live and self._live[0] == seen):
                before = seen
                try:
                    register = _register(self._path)
                except EngineError:
                    # A file that was swapped while it was opened may look torn: that says nothing.
                    if (seen := self._identity()) == before:
                        raise
                else:
                    if (seen := self._identity()) == before:
                        # Which file is open says nothing of its live_since: open what is kept again.
                        is_first = self._live is None
                        self._live, self._kept = (seen, register), OrderedDict()
                        if self._ahead:
                            register.read_ahead(_FIRST_SECONDS if is_first else 0)
            return self._live[1]

    def read(self, kind: str, entry_id: str, document: str) -> tuple[SqliteRegister, Match | None]:
        """Return the live generation, and its entry with this id if that has the document."""
        live = self.live()
        return live, live.match(kind, entry_id, document)

    def kept(self, name: str) -> SqliteRegister:
        """Return a generation by its name, looking on the disk for one this process has not met."""
        live = self.live()
        if live.generation.name == name:
            return live
        path = self._folder / f"{name}.db"
        if not GENERATION_NAME.fullmatch(name) or not path.exists():
            raise Gone(f'Generation "{name}" is not kept')
        with self._opening:
            if name not in self._kept:
                try:
                    self._kept[name] = _register(path)
                except EngineError as error:  # dropped this moment, or of a version before this one
                    raise Gone(f'Generation "{name}" is not kept') from error
            self._kept.move_to_end(name)
            if len(self._kept) > _OPEN:
                self._kept.popitem(last=False)  # its file is closed once no request reads it
            return self._kept[name]

    def generations(self) -> list[Generation]:
        """Return what is kept, the live one first, then the newest first."""
        found = [self.live().generation]
        for path in self._files():
            if path.stem != found[0].name:
                with suppress(EngineError):  # dropped this moment, or of a version before this one
                    found.append(_register(path).generation)
        return found

    def history(self) -> Iterator[Remembered]:
        """Yield the history of the live generation, of whatever layout that is."""
        if not self._path.exists():
            return iter(())
        live = number_of(read_name(self._path))
        newer = [read_history(path) for path in self._files() if number_of(path.stem) > live]
        return joined(read_history(self._path), newer)

    @contextmanager
    def build(self, release: str, loaded: datetime, workers: int = 1) -> Iterator[SqliteBuild]:
        """Start a generation of a release; what a killed load left is cleared away first."""
        with self._loading() as lock:
            with self._writing():
                self._refuse_foreign()
                self._clear()
                name = f"{release}.{self._next_number(lock)}"
                path = self._folder / f"{name}{UNFINISHED}"
                leftover = Leftover(self._folder / _RECORDS, self._folder / f"{_RECORDS}{UNFINISHED}")
            try:
                make_live = partial(self._publish, path, name, leftover)
                made = Made(self._path, name, release, loaded)
                with self._writing():
                    build = SqliteBuild(path, made, workers, make_live, leftover)
                with closing(build):
                    yield build
            finally:
                with self._writing():
                    path.unlink(missing_ok=True)
                    leftover.after.unlink(missing_ok=True)

    def rollback(self, now: datetime) -> Generation:
        """Make the newest generation older than the live one live again."""
        self.live()  # where there is none, nothing is to be made for a lock
        with self._loading(), self._writing():
            self._clear()
            live = self.live().generation
            older = [path for path in self._files() if number_of(path.stem) < number_of(live.name)]
            if not older:
                raise Gone(f"There is no generation older than {live.name} to roll back to")
            _register(older[0])  # raises WrongIndex rather than make live what cannot be read
            self._make_live(older[0], now)
            _sync(self._path.parent)
            return self.live().generation

    def _publish(self, path: Path, name: str, leftover: Leftover, now: datetime) -> Generation:
        """Give a finished file its name, make it live, and drop what is no longer to be kept."""
        before = ""
        with suppress(EngineError):
            before = self.live().generation.name
        final = path.with_name(f"{name}.db")
        _sync(path)
        # Live first, then named: killed in between, it leaves nothing that looks like a generation of before.
        self._make_live(path, now)
        try:
            path.replace(final)
            others = [other.stem for other in self._files() if other != final]
            for other in to_delete(others, before, self._keep):
                (self._folder / f"{other}.db").unlink()
            with suppress(FileNotFoundError):
                leftover.after.replace(leftover.before)
            _sync(self._folder)
            _sync(self._path.parent)
        except OSError as error:  # it is live: nothing may say that the load failed
            log.warning("Generation %s is live, but %s could not be tidied: %s", name, self._folder, error)
        return self.live().generation

    def _make_live(self, path: Path, now: datetime) -> None:
        since = int(now.timestamp())
        with suppress(FileNotFoundError):
            since = max(since, int(self._path.stat().st_mtime) + 1)
        with suppress(EngineError, FileExistsError):
            # The live one may have no name of its own: a single file, copied here.
            os.link(self._path, self._folder / f"{self.live().generation.name}.db")
        os.utime(path, (since, since))
        link = self._folder / f"live{UNFINISHED}"
        link.unlink(missing_ok=True)
        os.link(path, link)
        link.replace(self._path)

    def _files(self) -> list[Path]:
        """Return the files of the generations on disk, newest first."""
        files = [path for path in self._folder.glob("*.db") if GENERATION_NAME.fullmatch(path.stem)]
        return sorted(files, key=lambda path: number_of(path.stem), reverse=True)

    def _identity(self) -> tuple[int, ...]:
        try:
            stat = self._path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotLoaded(self._path) from error
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror}") from error
        return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)

    @contextmanager
    def _loading(self) -> Iterator[TextIO]:
        """Hold the load's lock."""
        with self._writing():
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / LOCK).open("a+")
        with lock:
            with self._writing():
                take(lock, self._path)
            yield lock

    def _clear(self) -> None:
        """Delete what a killed load left."""
        for leftover in self._folder.glob(f"*{UNFINISHED}"):
            leftover.unlink()

    def _writing(self) -> AbstractContextManager[None]:
        return writing(self._path)

    def _next_number(self, lock: TextIO) -> int:
        """Return a counter never given out before, whatever was dropped or rolled back since."""
        lock.seek(0)
        given = re.match("[0-9]+", lock.read(), re.ASCII)  # a power cut may have left anything
        last = max([int(given[0]) if given else 0, *(number_of(path.stem) for path in self._files())])
        with suppress(EngineError):
            last = max(last, number_of(self.live().generation.name))
        lock.truncate(0)
        lock.write(str(last + 1))
        lock.flush()
        os.fsync(lock.fileno())
        return last + 1

    def _refuse_foreign(self) -> None:
        """Raise WrongIndex for a file that is none of ours: a load would replace it."""
        if not self._path.exists():
            return
        found, _ = header(self._path)
        if not found.ours:
            raise WrongIndex(
                f"{self._path} is not an index of ods-api-suite: move it away or name another one"
            )


def _register(path: Path) -> SqliteRegister:
    try:
        return SqliteRegister(path, datetime.fromtimestamp(int(path.stat().st_mtime), UTC))
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def _sync(path: Path) -> None:
    """Make what was written to a file, or to a folder's list of names, outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
