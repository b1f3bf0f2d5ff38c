"""Follows references: from the entries that are named to those that name them, and back."""

from pyroaring import BitMap

from app.engine.sqlite.numbers import holding, mapped, together
from app.engine.sqlite.reader import Reader

_SPARSE = 8
"""Collecting the entries that name one takes as long as looking at so many."""


def naming(reader: Reader, kind: str, field: str, named: BitMap) -> BitMap:
    """Return the entries of a kind whose reference names one of some entries."""
    by_rid = reader.named(kind, field)
    if _SPARSE * len(named) < len(by_rid):
        return together(reader.naming(kind, field), reader.begin(kind, field), named)
    return holding(by_rid, named)


def naming_among(reader: Reader, kind: str, field: str, named: BitMap, among: BitMap) -> BitMap:
    """Return those of a few entries of a kind whose reference names one of others."""
    return holding(reader.named(kind, field), named, among)


def named(reader: Reader, kind: str, field: str, naming: BitMap) -> BitMap:
    """Return the entries that the references of some entries of a kind name."""
    found = mapped(naming, reader.named(kind, field))
    found.discard(0)
    return found
