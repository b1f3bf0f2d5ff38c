"""Postings of the token fields of one kind: which entries hold which values, and so which terms.

They are made while the rows are written, by a process of its own where there are many entries: the other half
of the work of writing them.
"""

import gc
import marshal
from array import array
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from typing import Any

from pyroaring import BitMap

from app.engine.sqlite.derive import Rids, joined, rids
from app.engine.sqlite.handed import Posting, posting
from app.engine.workers import killed, pool
from app.register.fields import KINDS, Kind, Type

_AT_ONCE = 1024
"""Entries in a batch."""
_AHEAD = 3
"""Batches on their way to the other process."""
_SHORT = 64
"""Bytes of marshalled values up to which many entries are likely to hold the same: those of affiliations."""
_CHUNK = 1 << 20
"""Bytes of postings that come back at once."""


class Holders:
    """The entries of a kind by the values that they hold, in memory."""

    def __init__(self, kind: Kind) -> None:
        """Start empty."""
        self._kind = kind
        self._last = 0
        self._held: dict[str, Rids] = {name: rids() for name in kind.values}
        self._missing = {name: array("I") for name in kind.values}
        self._alike: dict[bytes, array[int]] = defaultdict(lambda: array("I"))
        """The entries by their values, marshalled, where these are short."""

    def take(self, batch: bytes) -> None:
        """Take the values of the next entries."""
        for packed, further in marshal.loads(batch):  # noqa: S302 - `Tokens` made it
            self._last = rid = self._last + 1
            if not further and len(packed) <= _SHORT:
                self._alike[packed].append(rid)
                continue
            for (name, holders), values in zip(self._held.items(), marshal.loads(packed), strict=True):  # noqa: S302
                stated = (*values, *further[name]) if name in further else values
                if not stated:
                    self._missing[name].append(rid)
                for value in stated:  # a value that stands there twice is one in a bitmap
                    holders[value].append(rid)

    def postings(self) -> Iterator[Posting]:
        """Yield the postings of each token field, and the entries that lack it."""
        for packed, alike in self._alike.items():
            for (name, holders), values in zip(self._held.items(), marshal.loads(packed), strict=True):  # noqa: S302
                for some in [holders[value] for value in values] or [self._missing[name]]:
                    some.extend(alike)
        self._alike.clear()
        for field in self._kind.of(Type.TOKEN):
            name = f"{self._kind.name}.{field.name}"
            yield from joined(name, field, self._held)
            if missing := BitMap.intersection(*(BitMap(self._missing[each]) for each in field.values)):
                yield posting(f"{name}.missing", "", missing)


class Tokens:
    """Takes the values of entries in order of rid, and gives the postings when all are there."""

    def __init__(self, kind: Kind, few: int | None) -> None:
        """Start a process at so many entries; None: never."""
        self._kind, self._few = kind, few
        self._waiting: list[tuple[bytes, dict[str, Sequence[str]]]] = []
        self._batches: list[bytes] = []
        self._stack = ExitStack()
        self._process: Executor | None = None
        self._sent: deque[Future[None]] = deque()

    def add(self, packed: bytes, further: Mapping[str, Sequence[str]]) -> None:
        """Take the values of the next entry, marshalled, and further terms by field; raises NoWorkers."""
        self._waiting.append((packed, dict(further)))
        if len(self._waiting) == _AT_ONCE:
            self._pass_on()

    def postings(self) -> Iterator[Posting]:
        """Yield the postings; raises NoWorkers."""
        self._pass_on()
        if self._process is None:
            holders = Holders(self._kind)
            for batch in self._batches:
                holders.take(batch)
            yield from holders.postings()
            return
        with killed():
            # The next chunk is made while this one is written.
            chunks = deque([self._process.submit(_chunk), self._process.submit(_chunk)])
            while chunk := chunks.popleft().result():
                chunks.append(self._process.submit(_chunk))
                yield from marshal.loads(chunk)  # noqa: S302 - our own process made it
        self.close()

    def close(self) -> None:
        """End the process."""
        self._stack.close()

    def _pass_on(self) -> None:
        self._batches.append(marshal.dumps(self._waiting))
        self._waiting.clear()
        if self._process is None:
            if self._few is None or len(self._batches) * _AT_ONCE < self._few:
                return
            self._process = self._stack.enter_context(pool(1, _begin, self._kind.name))
        with killed():
            self._sent.extend(self._process.submit(_take, batch) for batch in self._batches)
            self._batches.clear()
            while len(self._sent) > _AHEAD:
                self._sent.popleft().result()


# In the other process

_holders: list[Holders] = []
_postings: list[Iterator[Posting]] = []


def _begin(kind: str) -> None:
    gc.disable()  # there are no reference cycles
    _holders.append(Holders(KINDS[kind]))


def _take(batch: bytes) -> None:
    _holders[0].take(batch)


def _chunk() -> bytes:
    """Return the next postings, marshalled, or nothing after the last."""
    if not _postings:
        _postings.append(_holders[0].postings())
    found: list[tuple[Any, ...]] = []
    size = 0
    for each in _postings[0]:
        found.append(tuple(each))
        size += len(each.rids)
        if size >= _CHUNK:
            break
    return marshal.dumps(found) if found else b""
