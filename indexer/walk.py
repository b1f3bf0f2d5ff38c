"""Finds the XML members in files, folders and zips.

A member is a ``.xml`` file on its own, in a folder or a folder inside that folder, in a zip, or in a zip
inside that zip. A zip is recognised by its first bytes, not by its name. Names found in zips are shown to
people and never used as paths: members are streamed, inner zips go to temporary files without a name.
"""

import io
import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

from app.engine.temporary import no_room
from indexer.members import ZIP_FAULTS, Budget, Member, damaged
from indexer.report import NAMED, Hindered, Refused, printable, refusal, unreadable

MAX_ENTRIES = 1_000
MAX_LEVELS = 2
"""Of folders, and of zips."""
MAX_WALK = 10_000
"""Entries of a folder and of those in it."""

# Office documents and e-books are zips too, but nobody ships a register in one: the first entry tells.
_DOCUMENTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"mimetype", b"META-INF/")
_APPLE_DOUBLE = b"\x00\x05\x16\x07"


def _head(file: IO[bytes]) -> bytes:
    """Read how a file begins."""
    file.seek(0)
    return file.read(64)


def _is_zip(start: bytes) -> bool:
    """Tell a zip that may hold a register by its first bytes (an empty zip is one, an office file not)."""
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not start[30:].startswith(_DOCUMENTS)


def _is_candidate(name: str) -> bool:
    """Tell by its name whether a file that is no zip is read; one named .zip is, to say what it really is."""
    return name.lower().endswith((".xml", ".zip"))


def _is_ignored(start: bytes) -> bool:
    """Tell by its first bytes a file that is never read: an office document, or what a Mac adds to a zip."""
    return start.startswith((_APPLE_DOUBLE, b"PK\x03\x04"))


@contextmanager
def _readable(label: str) -> Iterator[None]:
    """Turn an OSError in the block into Refused."""
    try:
        yield
    except OSError as fault:
        raise unreadable(label, fault) from None


class Walk:
    """One walk over what was given; ``stack`` owns every zip and temporary file it opens."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._budget = Budget()
        self._numbers = 0
        self._others: list[str] = []
        self._folders: set[tuple[int, int]] = set()
        self._entries = 0

    def members(self, paths: Sequence[Path]) -> list[Member]:
        """Find the candidates below every path, in the order given, names sorted within a folder.

        Raises:
            Refused: a path is missing, unreadable, empty or of no use; a zip is damaged or over a limit.

        """
        found: list[Member] = []
        names = Counter(path.name for path in paths)
        for path in paths:
            self._others.clear()
            self._folders.clear()
            self._entries = 0
            below = list(self._path(path, path.name if names[path.name] == 1 else str(path)))
            if not below:
                raise refusal(printable(str(path)), f"it holds no XML file, {self._rest()}")
            found.extend(below)
        return found

    def _rest(self) -> str:
        """Say what was found instead of XML."""
        if not self._others:
            return "it is empty"
        more = len(self._others) - NAMED
        return f"only {', '.join(self._others[:NAMED])}" + (f" and {more} more" if more > 0 else "")

    def _path(self, path: Path, name: str) -> Iterator[Member]:
        label = printable(str(path))
        with _readable(label):
            if path.is_dir():
                yield from self._folder(path, label, level=1)
            elif path.is_file():
                yield from self._file(path, printable(name), given=True)
            elif path.exists():
                raise refusal(label, "it is neither a file nor a folder")
            else:
                raise refusal(label, "there is no such file or folder")

    def _folder(self, folder: Path, label: str, level: int) -> Iterator[Member]:
        stat = folder.stat()
        if (stat.st_dev, stat.st_ino) in self._folders:  # links may lead back
            return
        self._folders.add((stat.st_dev, stat.st_ino))
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, MAX_WALK + 1 - self._entries))
        self._entries += len(names)
        if self._entries > MAX_WALK:
            what = f"there are more than {MAX_WALK:,} entries: name the files of the release themselves"
            raise refusal(label, what)
        for name in names:
            inside, shown = folder / name, f"{label}/{printable(name)}"
            with _readable(shown):
                if inside.is_file():
                    yield from self._file(inside, shown, given=False)
                elif inside.is_dir():
                    self._others.append(f"{printable(name)}/")
                    if level < MAX_LEVELS:
                        yield from self._folder(inside, shown, level + 1)

    def _file(self, path: Path, label: str, *, given: bool) -> Iterator[Member]:
        with path.open("rb") as file:
            start = file.read(64)
        if _is_zip(start):
            yield from self._zip(self._stack.enter_context(path.open("rb")), label, path.name, level=1)
            return
        if not given and (not _is_candidate(path.name) or _is_ignored(start)):
            self._others.append(printable(path.name))
            return
        if not start:
            raise refusal(label, "it is empty")
        yield self._member(label, path.name, "", path.stat().st_size, None, lambda: path.open("rb"))

    def _zip(self, file: IO[bytes], label: str, name: str, level: int) -> Iterator[Member]:
        try:
            archive = self._stack.enter_context(zipfile.ZipFile(file))
        except ZIP_FAULTS as fault:
            raise damaged(label, fault) from None
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise refusal(label, f"the zip has {len(entries):,} entries, the limit is {MAX_ENTRIES:,}")
        first = min((entry.header_offset for entry in entries), default=0)
        if first and _is_zip(_head(file)):
            # Cut off behind a zip that it holds: what was found is that zip's directory, not its own.
            raise refusal(
                label, "the zip is cut off: it begins with a member that its directory does not name"
            )
        whole = file.seek(0, io.SEEK_END)
        for entry in entries:
            if entry.is_dir():
                continue
            inside = self._entry(archive, entry, label, name, whole)
            start = self._start(inside)
            if _is_zip(start):
                if level == MAX_LEVELS:
                    raise refusal(inside.label, f"a zip in a zip in a zip: {MAX_LEVELS} levels are the limit")
                yield from self._zip(self._spool(inside), inside.label, inside.name, level + 1)
            elif _is_candidate(inside.name) and not _is_ignored(start):
                if not start:
                    raise refusal(inside.label, "it is empty")
                yield inside
            else:
                self._others.append(printable(entry.filename))

    def _entry(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, label: str, name: str, whole: int
    ) -> Member:
        # A declared packed size is believed only as far as the zip has bytes to back it.
        packed = min(entry.compress_size, whole)
        shown = f"{label} > {printable(entry.filename)}"
        return self._member(shown, entry.filename, name, entry.file_size, packed, lambda: archive.open(entry))

    def _member(
        self, label: str, name: str, around: str, size: int, packed: int | None, raw: Callable[[], IO[bytes]]
    ) -> Member:
        self._numbers += 1
        name = PurePosixPath(name.replace("\\", "/")).name
        return Member(label, name, around, size, self._numbers, packed, raw, self._budget)

    def _start(self, member: Member) -> bytes:
        """Read the first bytes; raises Refused only for a member whose name ends in .xml or .zip."""
        try:
            with member.open() as stream:
                return stream.read(64) or b""
        except Refused:
            if _is_candidate(member.name):
                raise
            return b""

    def _spool(self, member: Member) -> IO[bytes]:
        """Copy an inner zip to an anonymous temporary file: reading a zip needs seeking."""
        with member.open() as stream:
            try:
                spool = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
                # What goes wrong with the stream is refused by itself, and is no OSError here.
                while chunk := stream.read(1 << 20):
                    spool.write(chunk)
                    spool.flush()
            except OSError as error:
                raise Hindered(no_room(error)) from error
        spool.seek(0)
        return spool
