"""Holds the entries of one kind until all are there, since only then the ranks of their values are known."""

import marshal
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import orjson
import zstandard

from app.engine.elastic.pack import Packed, Sortable, instant
from app.engine.elastic.schema import ranked
from app.engine.port import Unwritable
from app.engine.temporary import Spool
from app.register.fields import KINDS, Kind, Type
from app.register.query import Stamp

_NONE = 0xFFFF_FFFF

Places = Callable[[str], dict[Sortable, int]]
"""Returns the rank of each id of a kind."""


class Waiting:
    """Entries in a file without a name, and in memory what their ranks are made of."""

    def __init__(self, kind: Kind) -> None:
        """Start empty; raises Unwritable when there is no room for a file."""
        self.count = 0
        self._fields = [field.name for field in ranked(kind)]
        self._references = {field.name: field.of for field in kind.of(Type.REFERENCE)}
        """The kind that each refers to."""
        self._spool = Spool(Unwritable)
        self._sizes = array("I")
        self._names = (*self._fields, *self._references)
        self._values: list[dict[Sortable, int]] = [{} for _ in self._names]
        self._held = [array("I") for _ in self._names]
        self._ids: list[str] = []
        self._referred = any(
            field.of == kind.name for other in KINDS.values() for field in other.of(Type.REFERENCE)
        )
        self._summaries = kind.summaries
        self._counts = {field: Counter[str]() for summary in kind.summaries for field in summary.of}

    def add(
        self, entry_id: str, packed: bytes, further: Mapping[str, Sequence[str]], stamp: Stamp | None
    ) -> None:
        """Take in one packed entry, further terms and its stamp; raises Unwritable when the disk is full."""
        entry = Packed.load(packed)
        self.count += 1
        if self._referred:
            self._ids.append(entry_id)
        if stamp:
            entry.values[self._fields.index("updated")] = stamp.updated
        for known, held, value in zip(self._values, self._held, entry.values, strict=True):
            held.append(_NONE if value is None else known.setdefault(value, len(known)))
        for name, terms in further.items():
            entry.terms[name] = (*entry.terms.get(name, ()), *terms)
        for name, counts in self._counts.items():
            counts.update({*entry.terms.get(name, ())})
        late: dict[str, object] = {**entry.terms}
        if stamp:
            late |= {"version": stamp.version, "updated": instant(stamp.updated)}
        dumped = marshal.dumps((entry_id, late, entry.line))
        self._sizes.append(len(dumped))
        self._spool.add(dumped)

    def ranks(self) -> dict[str, int]:
        """Return how many ranks each field has, and `id`."""
        counts = {name: len(known) for name, known in zip(self._fields, self._values, strict=False)}
        return {"id": self.count, **counts}

    def summaries(self) -> Iterator[tuple[str, bytes]]:
        """Yield the summaries of the entries, by name."""
        for summary in self._summaries:
            yield summary.name, summary.make({field: self._counts[field] for field in summary.of})

    def places(self) -> dict[Sortable, int]:
        """Return the rank of each id, where references name entries of this kind."""
        return {entry_id: place for place, entry_id in enumerate(self._ids)}

    def lines(self, places: Places) -> Iterator[tuple[bytes, bytes]]:
        """Yield the two lines of each entry in a bulk request."""
        decompress = zstandard.ZstdDecompressor().decompress
        ranks = [_ranks(known) for known in self._values[: len(self._fields)]]
        for of, known in zip(self._references.values(), self._values[len(self._fields) :], strict=True):
            there = places(of)
            ranks.append(array("I", [there.get(entry_id, _NONE) for entry_id in known]))
        start = 0
        for place, size in enumerate(self._sizes):
            entry_id, late, line = marshal.loads(self._spool.read(start, size))  # noqa: S302 - `add` made it
            start += size
            rank = {"id": place}
            for name, held, order in zip(self._names, self._held, ranks, strict=True):
                if held[place] != _NONE and order[held[place]] != _NONE:
                    rank[name] = order[held[place]]
            action = orjson.dumps({"index": {"_id": entry_id}})
            yield action, decompress(line) + b"," + orjson.dumps({"id": entry_id, "rank": rank, **late})[1:]

    def close(self) -> None:
        """Let go of the file."""
        self._spool.close()


def _ranks(known: dict[Sortable, int]) -> "array[int]":
    """Return the rank of each value among all, by the number it was given."""
    ranks = array("I", bytes(4 * len(known)))
    for rank, value in enumerate(sorted(known)):  # type: ignore[type-var]
        ranks[known[value]] = rank
    return ranks
