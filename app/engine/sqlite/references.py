"""Follows references: from the entries that are named to those that name them, and back."""

from array import array
from itertools import compress, repeat
from operator import add

from pyroaring import BitMap

from app.engine.sqlite.order import mapped
from app.engine.sqlite.reader import Reader

_STEP = 16_384
"""Entries that are looked at in one call, which no other thread interrupts."""
_SPARSE = 4
"""Collecting the entries that name one takes as long as looking at so many."""


def naming(reader: Reader, kind: str, field: str, named: BitMap) -> BitMap:
    """Return the entries of a kind whose reference names one of some entries."""
    by_rid = reader.named(kind, field)
    if _SPARSE * len(named) < len(by_rid):
        return _collected(reader, kind, field, named)
    found = BitMap()
    for start in range(0, len(by_rid), _STEP):
        some = by_rid[start : start + _STEP]
        rids = range(start, start + len(some))
        found |= BitMap(array("I", compress(rids, map(named.__contains__, some))))
    return found


def naming_among(reader: Reader, kind: str, field: str, named: BitMap, among: BitMap) -> BitMap:
    """Return those of a few entries of a kind whose reference names one of others."""
    by_rid, rids = reader.named(kind, field), among.to_array()
    return BitMap(array("I", compress(rids, map(named.__contains__, map(by_rid.__getitem__, rids)))))


def _collected(reader: Reader, kind: str, field: str, named: BitMap) -> BitMap:
    """Return the entries that stand together behind each of those they name."""
    found, in_order, begin = BitMap(), reader.naming(kind, field), reader.begin(kind, field)
    rids = named.to_array()
    for at in range(0, len(rids), _STEP):
        some = rids[at : at + _STEP]
        ends = map(begin.__getitem__, map(add, some, repeat(1)))
        together = array("I")
        for part in map(in_order.__getitem__, map(slice, map(begin.__getitem__, some), ends)):
            together += part
        found |= BitMap(together)
    return found


def named(reader: Reader, kind: str, field: str, naming: BitMap) -> BitMap:
    """Return the entries that the references of some entries of a kind name."""
    found = mapped(naming, reader.named(kind, field))
    found.discard(0)
    return found
