"""What a load leaves for the next one: the converted plain records, to be found by the bytes that they had.

What a plain record is converted to depends on its bytes, on the software, on the code systems of the release,
on what the packer was trained with, and on how the release's date compares with the dates in the record.
Where all of these are as before, the record need not be read again.

The file has blocks: each has the records that were converted of one piece. Behind them is the table of the
records. Last come the place of the table and its digest; software and code systems are part of the digest, so
a file of others is not used. A load copies the blocks, and adds those of the records that it did not find.
Without the file, a load reads every record.
"""

import logging
import marshal
import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2b
from io import SEEK_END
from pathlib import Path
from shutil import copyfile
from typing import BinaryIO, NamedTuple

import zstandard

import app
import indexer
from app.engine.port import Leftover
from indexer.convert import Converted
from indexer.known import DIGEST_BYTES, NEW, Done, Known, unpacked
from indexer.release import Release

log = logging.getLogger(__name__)

_DECODED = 16
"""Blocks in memory: the changes of each month lie in blocks of their own."""
_MOST = 2
"""Records in all blocks for each in the table, beyond which all are read again: so the file stays small."""
_SOURCES = {".py", ".toml"}
_PLACE, _SIZE = 8, 4
"""Bytes of numbers in the file."""


class Damaged(Exception):
    """A record that the load before left cannot be read."""


class _Table(NamedTuple):
    """The records of a file, in the order of `Known`."""

    published: str
    """PublicationDate of the release that was loaded last."""
    day: str
    """The day of that load, in UTC."""
    trained: dict[str, bytes]
    """What the packer was trained with."""
    converted: int
    """Records in all blocks: some are no longer in the table."""
    digests: bytes
    until: bytes
    """Array of I."""
    places: bytes
    """Of the block of each (array of Q)."""
    nth: bytes
    """Its number in the block (array of H)."""


class Reuse:
    """What the load before left, and what this one leaves. Use as a context manager."""

    def __init__(self, leftover: Leftover | None, release: Release, day: str, *, everything: bool) -> None:
        """Open what is there; None: there is nothing to reuse, and nothing is left.

        `day` is that of the load. `everything`: every record has to be read, since all documents are checked.
        """
        self.known: Known | None
        """The records of the load before, where they can be reused."""
        self.trained: dict[str, bytes] | None = None
        """What the packer of the load before was trained with."""
        self._leftover, self._published, self._day = leftover, release.publication_date, day
        self._context = _context(release) if leftover else b""
        self._open = ExitStack()
        self._decoded: OrderedDict[int, list[Converted]] = OrderedDict()
        self._after: BinaryIO | None = None
        self.forget()
        if leftover and not everything:
            with suppress(OSError, ValueError, EOFError, TypeError):
                self._before = self._open.enter_context(leftover.before.open("rb"))
                self._read()

    def __enter__(self) -> "Reuse":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _read(self) -> None:
        """Read the table of the file, if its records can be reused."""
        file = self._before
        end = file.seek(-_PLACE - DIGEST_BYTES, SEEK_END)
        place, digest = int.from_bytes(file.read(_PLACE)), file.read()
        file.seek(place)
        content = file.read(end - place)
        if self._digest(content) != digest:
            return
        table = _Table(*marshal.loads(content))  # noqa: S302 - a load of this software made it
        until = array("I", table.until)
        if (
            table.published <= self._published
            and table.day <= self._day
            and table.converted <= _MOST * len(until)
        ):
            self.known = Known(table.digests, until, max(self._published, self._day))
            self.trained = table.trained
            self._table, self._table_until = table, until
            self._table_places, self._table_nth = array("Q", table.places), array("H", table.nth)
            self._end, self._converted = place, table.converted

    def _digest(self, table: bytes) -> bytes:
        return blake2b(table, key=self._context, digest_size=DIGEST_BYTES).digest()

    def forget(self) -> None:
        """Let every record be read, and let go of memory."""
        self.known, self._end, self._converted = None, 0, 0
        self._decoded.clear()
        self._table = _Table("", "", {}, 0, b"", b"", b"", b"")
        self._table_until, self._table_places, self._table_nth = array("I"), array("Q"), array("H")
        self._digests, self._until, self._places, self._nth = bytearray(), array("I"), array("Q"), array("H")

    def start(self) -> None:
        """Begin the file that is left, with the blocks of the one before."""
        self.leave_nothing()  # of a reading that failed
        if self._leftover:
            with self._writing():
                if self.known:
                    copyfile(self._leftover.before, self._leftover.after)
                self._after = self._open.enter_context(self._leftover.after.open("ab"))
                self._after.truncate(self._end)

    def records(self, done: Done) -> Iterator[Converted]:
        """Yield the records of a piece; raises Damaged."""
        fresh = iter(unpacked(done.block))
        for nth, key in enumerate(done.keys):
            if key.digest:
                self._note(key.digest, key.until, self._end, nth)
        if done.keys:
            self._write(len(done.block).to_bytes(_SIZE) + done.block)
            self._converted += len(done.keys)
        for number in done.numbers:
            if number == NEW:
                yield next(fresh)
            else:
                digest = self._table.digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]
                place, nth = self._table_places[number], self._table_nth[number]
                self._note(digest, self._table_until[number], place, nth)
                yield self._block(place)[nth]

    def _note(self, digest: bytes, until: int, place: int, nth: int) -> None:
        """Add a record to the new table."""
        self._digests += digest
        self._until.append(until)
        self._places.append(place)
        self._nth.append(nth)

    def _block(self, place: int) -> list[Converted]:
        """Return the records of a block of the file before."""
        block = self._decoded.get(place)
        if block is None:
            try:
                self._before.seek(place)
                block = unpacked(self._before.read(int.from_bytes(self._before.read(_SIZE))))
            except (OSError, zstandard.ZstdError) as error:
                raise Damaged(f"{self._before.name}: {error}") from error
            if len(self._decoded) == _DECODED:
                self._decoded.popitem(last=False)
            self._decoded[place] = block
        return block

    def finish(self, trained: dict[str, bytes]) -> None:
        """Write the table, when all records are read; `trained` is what the packer was trained with."""
        if not self._after:
            return
        halves = array("Q", self._digests)[::2]
        order = sorted(range(len(halves)), key=halves.__getitem__)
        digests = [bytes(self._digests[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES]) for at in order]
        columns = (
            array(column.typecode, map(column.__getitem__, order)).tobytes()
            for column in (self._until, self._places, self._nth)
        )
        table = _Table(self._published, self._day, trained, self._converted, b"".join(digests), *columns)
        content = marshal.dumps(tuple(table))
        self._write(content + self._end.to_bytes(_PLACE) + self._digest(content))
        with self._writing():
            self._open.close()
        self.forget()

    def _write(self, content: bytes) -> None:
        if self._after:
            with self._writing():
                self._after.write(content)
                self._end += len(content)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Leave nothing if it cannot be written: the load goes on."""
        try:
            yield
        except OSError as error:
            log.warning("The next load will read every record again: %s", error)
            self.leave_nothing()

    def leave_nothing(self) -> None:
        """Delete what was written so far."""
        self._after = None
        if self._leftover:
            with suppress(OSError):
                self._leftover.after.unlink(missing_ok=True)


def _context(release: Release) -> bytes:
    """Return a digest of what the conversion of a plain record depends on beside its bytes."""
    systems = {name: sorted(system.concepts.items()) for name, system in release.code_systems.items()}
    made = blake2b(
        repr((sys.version, sys.byteorder, zstandard.__version__, sorted(systems.items()))).encode()
    )
    for package in (app, indexer):
        folder = Path(package.__path__[0])
        for path in sorted(path for path in folder.rglob("*") if path.suffix in _SOURCES):
            made.update(path.read_bytes())
    return made.digest()
