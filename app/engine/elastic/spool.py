"""Holds the entries of one kind until all are there, since only then the ranks of their values are known."""

from array import array
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile

import orjson
import zstandard

from app.engine.elastic.pack import Packed, Sortable
from app.engine.elastic.schema import ranked
from app.engine.port import Unwritable
from app.engine.temporary import no_room
from app.register.fields import Kind

_NONE = 0xFFFF_FFFF


class Spool:
    """Entries in a file without a name, and in memory what their ranks are made of."""

    def __init__(self, kind: Kind) -> None:
        """Start empty, with a file in the folder for temporary files."""
        self.count = 0
        self._fields = [field.name for field in ranked(kind)]
        try:
            self._file = TemporaryFile()  # noqa: SIM115 - close() does
        except OSError as error:
            raise Unwritable(no_room(error)) from error
        self._sizes = array("I")
        self._values: list[dict[Sortable, int]] = [{} for _ in self._fields]
        self._held = [array("I") for _ in self._fields]

    def add(self, packed: bytes) -> None:
        """Take in one packed entry; raises Unwritable when the file's disk is full."""
        entry = Packed.load(packed)
        self.count += 1
        for known, held, value in zip(self._values, self._held, entry.values, strict=True):
            held.append(_NONE if value is None else known.setdefault(value, len(known)))
        line = b"\0".join((orjson.dumps({"index": {"_id": entry.id}}), entry.line))
        self._sizes.append(len(line))
        try:
            self._file.write(line)
        except OSError as error:
            raise Unwritable(no_room(error)) from error

    def ranks(self) -> dict[str, int]:
        """Return how many ranks each field has, and `id`."""
        counts = {name: len(known) for name, known in zip(self._fields, self._values, strict=True)}
        return {"id": self.count, **counts}

    def lines(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the two lines of each entry in a bulk request."""
        decompress = zstandard.ZstdDecompressor().decompress
        ranks = [_ranks(known) for known in self._values]
        try:
            self._file.seek(0)
        except OSError as error:  # what was still to be written
            raise Unwritable(no_room(error)) from error
        for place, size in enumerate(self._sizes):
            action, _, packed = self._file.read(size).partition(b"\0")
            rank = {"id": place}
            for name, held, order in zip(self._fields, self._held, ranks, strict=True):
                if held[place] != _NONE:
                    rank[name] = order[held[place]]
            yield action, decompress(packed) + b',"rank":' + orjson.dumps(rank) + b"}"

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # a full disk was told already
            self._file.close()


def _ranks(known: dict[Sortable, int]) -> "array[int]":
    """Return the rank of each value among all, by the number it was given."""
    ranks = array("I", bytes(4 * len(known)))
    for rank, value in enumerate(sorted(known)):  # type: ignore[type-var]
        ranks[known[value]] = rank
    return ranks
