"""Holds the entries of one kind until all are there, since only then the ranks of their values are known."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
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

    def add(self, packed: bytes, further: Mapping[str, Sequence[str]]) -> None:
        """Take in one packed entry, and further terms; raises Unwritable when the disk is full."""
        entry = Packed.load(packed)
        self.count += 1
        for known, held, value in zip(self._values, self._held, entry.values, strict=True):
            held.append(_NONE if value is None else known.setdefault(value, len(known)))
        for name, terms in further.items():
            entry.terms[name] = (*entry.terms.get(name, ()), *terms)
        dumped = entry.dump()
        self._sizes.append(len(dumped))
        try:
            self._file.write(dumped)
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
            entry = Packed.load(self._file.read(size))
            rank = {"id": place}
            for name, held, order in zip(self._fields, self._held, ranks, strict=True):
                if held[place] != _NONE:
                    rank[name] = order[held[place]]
            action = orjson.dumps({"index": {"_id": entry.id}})
            yield action, decompress(entry.line) + b"," + orjson.dumps({"rank": rank, **entry.terms})[1:]

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
