"""Documents that were read before, kept within a budget of bytes: a few organisations belong to every answer.

The boards, regions and operators to which the others belong are read for nearly every page and level; each
read that is answered here saves a request to the cluster.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cachetools import LRUCache

BUDGET = 32 * 1024 * 1024
"""Bytes: some 10,000 records."""

_ENTRY = 400
"""Bytes that an entry takes beside its document: its key, and its places in tables."""
_LONGEST = 64
"""Characters of the longest id that is kept: clients choose which ids are read, real or not."""


class Key(NamedTuple):
    """A document: `scope` names the generation, the kind and the document, `id` the entry."""

    scope: str
    id: str


class Kept:
    """Documents, None where the generation has no such entry; what was not used for longest goes first."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Keep so many bytes at most."""
        self._lock = threading.Lock()
        self._documents: LRUCache[Key, bytes | None] = LRUCache(budget, getsizeof=_size)

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return int(self._documents.currsize)

    def clear(self) -> None:
        """Drop all documents: another generation is live now."""
        with self._lock:
            self._documents.clear()

    def of(self, scope: str, ids: Iterable[str]) -> dict[str, bytes | None]:
        """Return those of the documents that are kept."""
        with self._lock:
            keys = (Key(scope, each) for each in ids)
            return {key.id: self._documents[key] for key in keys if key in self._documents}

    def add(self, scope: str, documents: Mapping[str, bytes | None]) -> None:
        """Keep documents, but none that is larger than the budget or has a long id."""
        with self._lock:
            for entry_id, document in documents.items():
                if len(entry_id) <= _LONGEST and _size(document) <= self._documents.maxsize:
                    self._documents[Key(scope, entry_id)] = document


def _size(document: bytes | None) -> int:
    return _ENTRY + len(document or b"")
