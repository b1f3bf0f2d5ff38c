"""What a load leaves for the next one: the converted plain records, to be found by the bytes that they had.

What a plain record is converted to depends on its bytes, on the software, on the code systems of the release,
on what the packer was trained with, and on how the release's date compares with the dates in the record.
Where all of these are as before, the record need not be read again.

The file begins with the records: of each its head, which the merge compares, and what is made of it. Behind
them is the table of the records. Last come the place of the table and its digest; software and code systems
are part of the digest, so a file of others is not used. A load copies the file, and adds the records that it
did not find. The same file is the spool of the load that writes it. Without the file, a load reads every
record.
"""

import logging
import marshal
import sys
from array import array
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from io import SEEK_END
from pathlib import Path
from shutil import copyfile
from typing import NamedTuple
from zlib import crc32

import zstandard

import app
import indexer
from app.engine.port import Leftover
from app.engine.temporary import Spool
from indexer.known import DIGEST_BYTES, NEW, Done, Key, Known, read_head
from indexer.merge import Above, Precedence
from indexer.release import Release
from indexer.report import Hindered

log = logging.getLogger(__name__)

_MOST = 2
"""Records in the file for each in the table, beyond which all are read again: so the file stays small."""
_SOURCES = {".py", ".toml"}
_PLACE = 8
"""Bytes of the place of the table."""


class Damaged(Exception):
    """A record that the load before left cannot be read."""


class Found(NamedTuple):
    """A converted record: what the merge compares, and where what is made of it stands in the spool."""

    code: str
    precedence: Precedence
    place: int
    size: int
    above: Above


class _Table(NamedTuple):
    """The records of a file, in the order of `Known`."""

    published: str
    """PublicationDate of the release that was loaded last."""
    day: str
    """The day of that load, in UTC."""
    trained: dict[str, bytes]
    """What the packer was trained with."""
    converted: int
    """Records in the file: some are no longer in the table."""
    digests: bytes
    until: bytes
    """Like the columns that follow, an array of I; see `Key`."""
    head_sizes: bytes
    sizes: bytes
    checksums: bytes
    places: bytes
    """Of the heads (array of Q)."""


class _Columns:
    """The columns of a table that is read or made."""

    def __init__(self, table: _Table | None = None) -> None:
        self.digests = bytearray(table.digests if table else b"")
        self.until, self.head_sizes, self.sizes, self.checksums = (
            array("I", column) for column in (table[5:9] if table else (b"",) * 4)
        )
        self.places = array("Q", table.places if table else b"")

    def add(self, key: Key, place: int) -> None:
        """Add a record, the head of which is at a place."""
        self.digests += key.digest
        self.until.append(key.until)
        self.head_sizes.append(key.head_size)
        self.sizes.append(key.size)
        self.checksums.append(key.checksum)
        self.places.append(place)

    def key(self, number: int) -> Key:
        """Return the key of a record."""
        at = number * DIGEST_BYTES
        return Key(
            bytes(self.digests[at : at + DIGEST_BYTES]),
            self.until[number],
            self.head_sizes[number],
            self.sizes[number],
            self.checksums[number],
        )

    def in_order(self) -> Iterator[bytes]:
        """Yield the columns, in the order of `Known`."""
        halves = array("Q", bytes(self.digests))[::2]
        order = sorted(range(len(halves)), key=halves.__getitem__)
        yield b"".join([bytes(self.digests[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES]) for at in order])
        for column in (self.until, self.head_sizes, self.sizes, self.checksums, self.places):
            yield array(column.typecode, map(column.__getitem__, order)).tobytes()


class Reuse:
    """What the load before left, and what this one leaves. Use as a context manager."""

    def __init__(self, leftover: Leftover | None, release: Release, day: str, *, everything: bool) -> None:
        """Read what is there; None: there is nothing to reuse, and nothing is left.

        `day` is that of the load. `everything`: every record has to be read, since all documents are checked.
        """
        self.known: Known | None
        """The records of the load before, where they can be reused."""
        self.trained: dict[str, bytes] | None = None
        """What the packer of the load before was trained with."""
        self._leftover, self._published, self._day = leftover, release.publication_date, day
        self._context = _context(release) if leftover else b""
        self._spool = Spool(Hindered)
        self.forget()
        if leftover and not everything:
            with suppress(OSError, ValueError, EOFError, TypeError):
                self._read(leftover.before)

    def __enter__(self) -> "Reuse":
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def _read(self, path: Path) -> None:
        """Read the table of the file, if its records can be reused."""
        with path.open("rb") as file:
            end = file.seek(-_PLACE - DIGEST_BYTES, SEEK_END)
            place, digest = int.from_bytes(file.read(_PLACE)), file.read()
            file.seek(place)
            content = file.read(end - place)
        if self._digest(content) != digest:
            return
        table = _Table(*marshal.loads(content))  # noqa: S302 - a load of this software made it
        before = _Columns(table)
        if (
            table.published <= self._published
            and table.day <= self._day
            and table.converted <= _MOST * len(before.until)
        ):
            self.known = Known(table.digests, before.until, max(self._published, self._day))
            self.trained = table.trained
            self._before, self._end, self._converted = before, place, table.converted

    def _digest(self, table: bytes) -> bytes:
        return blake2b(table, key=self._context, digest_size=DIGEST_BYTES).digest()

    def forget(self) -> None:
        """Let every record be read, and let go of memory."""
        self.known, self._end, self._converted = None, 0, 0
        self._before = _Columns()
        self._columns = _Columns()

    def start(self) -> Spool:
        """Begin the file that is left, with the records of the one before, or else a file without a name."""
        self._spool.close()
        self._columns = _Columns()
        if self._leftover:
            try:
                if self.known:
                    copyfile(self._leftover.before, self._leftover.after)
                self._spool = Spool(Hindered, self._leftover.after, self._end)
            except (OSError, Hindered) as error:
                log.warning("The next load will read every record again: %s", error)
                self.leave_nothing()
                self.forget()
        if not self._leftover:
            self._spool = Spool(Hindered)
        return self._spool

    def records(self, done: Done) -> Iterator[Found]:
        """Yield the records of a piece; raises Damaged."""
        fresh, at = iter(done.keys), 0
        block = self._spool.add(done.block)
        self._converted += len(done.keys)
        for number in done.numbers:
            if number == NEW:
                key, place = next(fresh), block + at
                head = done.block[at : at + key.head_size]
                at += key.head_size + key.size
            else:
                key, place = self._before.key(number), self._before.places[number]
                content = self._spool.read(place, key.head_size + key.size)
                if crc32(content) != key.checksum:
                    raise Damaged(f"the record at byte {place:,} of what the load before left is damaged")
                head = content[: key.head_size]
            if key.digest:
                self._columns.add(key, place)
            code, precedence, above = read_head(head)
            yield Found(code, precedence, place + key.head_size, key.size, above)

    def finish(self, trained: dict[str, bytes]) -> None:
        """Write the table, when all records are read; `trained` is what the packer was trained with."""
        if self._leftover:
            columns = self._columns.in_order()
            table = _Table(self._published, self._day, trained, self._converted, *columns)
            content = marshal.dumps(tuple(table))
            place = self._spool.add(content)
            self._spool.add(place.to_bytes(_PLACE) + self._digest(content))
        self.forget()

    def leave_nothing(self) -> None:
        """Leave nothing for the next load."""
        if self._leftover:
            with suppress(OSError):
                self._leftover.after.unlink(missing_ok=True)
        self._leftover = None


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
