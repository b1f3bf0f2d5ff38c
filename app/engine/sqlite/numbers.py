"""Sets and tables of numbers: what stands in a table at some places, and where some values stand.

A set of places or values is a Roaring bitmap, a table a memoryview of unsigned 32-bit integers: Python reads
integers from it, and numpy reads it as it lies, without a copy. numpy takes 0.3 to 5 ns for a number; a loop
of Python takes 60 to 140 ns.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from app.engine.boxes import Span, Stripe

_DENSE = 32
"""Of so many numbers one: to mark them in an array takes less time than to sort them."""
_SHORT = 32
"""Numbers up to which a list of them takes less time than the calls of numpy."""
_STRIPES = 8
"""Stripes up to which all numbers are compared with each, instead of those that lie in it."""
_SPANS = 4
"""Spans up to which numbers are compared with the ends of each, instead of being placed among all ends."""
_CONTAINER = 1 << 16
"""Numbers of a container of a Roaring bitmap."""
_SPARSE = 4096
"""Numbers up to which a container lists them instead of having a bit for each."""
_WITHOUT_RUNS = 12346
"""The first number of a bitmap without containers of runs (https://github.com/RoaringBitmap/RoaringFormatSpec)."""

Numbers = NDArray[np.uint32]
Table = memoryview


def packed(numbers: "array[int]") -> bytes:
    """Return a table to be compressed: all lower halves, then all third bytes, then all fourth ones.

    The lower halves of rids are nearly random, and the others hardly: apart, they take a third less.
    """
    halves = _array(numbers).view(np.uint16).reshape(-1, 2)
    upper = halves[:, 1]
    planes = halves[:, 0], upper.astype(np.uint8), (upper >> 8).astype(np.uint8)
    return b"".join(plane.tobytes() for plane in planes)


def unpacked(content: bytes) -> Table:
    """Return the table of what `packed` returned."""
    count = len(content) // 4
    halves = np.empty((count, 2), np.uint16)
    halves[:, 0] = np.frombuffer(content, np.uint16, count)
    halves[:, 1] = np.frombuffer(content, np.uint8, count, 3 * count)
    halves[:, 1] <<= 8
    halves[:, 1] |= np.frombuffer(content, np.uint8, count, 2 * count)
    return _table(halves.view(np.uint32).reshape(-1))


class Ranked(NamedTuple):
    """Numbers in order of their values, the places at which another value begins, and these values."""

    order: "array[int]"
    firsts: "array[int]"
    different: "array[int]"


def ranked(numbers: "array[int]", values: "array[int]") -> Ranked:
    """Return numbers in order of their values (array of q); those of one value stay in order."""
    stated = np.asarray(values, np.int64)
    places = np.argsort(stated, kind="stable")
    stated = stated[places]
    begins = np.ones(len(stated), np.bool_)
    begins[1:] = stated[1:] != stated[:-1]
    return Ranked(
        array("I", _array(numbers)[places].tobytes()),
        array("I", np.flatnonzero(begins).astype(np.uint32).tobytes()),
        array("q", stated[begins].tobytes()),
    )


def grouped(groups: "array[int]", size: int) -> tuple["array[int]", "array[int]"]:
    """Return the places at which groups stand, group by group, and where each group begins in these.

    The groups are the numbers below `size`, but 0 is left out. Last comes where the last group ends.
    `groups_of` does the opposite.
    """
    numbers = _array(groups)
    held = np.bincount(numbers, minlength=size)
    none = int(held[0])
    held[0] = 0
    begin = np.concatenate(([0], np.cumsum(held))).astype(np.uint32)
    places = np.argsort(numbers, kind="stable")[none:].astype(np.uint32)
    return array("I", places.tobytes()), array("I", begin.tobytes())


def places_of(order: Table, size: int) -> Table:
    """Return the place of each number below `size` in an order, behind all others for those not in it."""
    found = np.full(size, len(order), np.uint32)
    found[_array(order)] = np.arange(len(order), dtype=np.uint32)
    return _table(found)


def groups_of(table: Table, begin: Table, size: int) -> Table:
    """Return the group of each number below `size` in a table (see `together`), 0 for those not in it."""
    found = np.zeros(size, np.uint32)
    groups = np.arange(max(len(begin) - 1, 0), dtype=np.uint32)
    found[_array(table)] = np.repeat(groups, np.diff(_array(begin)))
    return _table(found)


def collected(numbers: Table | Numbers) -> BitMap:
    """Return a set of numbers that stand in any order."""
    found = _array(numbers)
    if len(found) <= _SHORT:
        return BitMap(found.tolist())
    top = int(found.max(initial=0))
    if len(found) * _DENSE <= top:
        return _set(np.sort(found))
    marked = np.zeros(top + 1, np.bool_)
    marked[found] = True
    return _marked(marked)


def mapped(places: BitMap, table: Table) -> BitMap:
    """Return what stands in a table at these places."""
    return collected(_array(table)[_array(places.to_array())])


def standing(places: BitMap, table: Table) -> list[int]:
    """Return what stands in a table at these places, in their order."""
    found: list[int] = _array(table)[_array(places.to_array())].tolist()
    return found


def holding(table: Table, values: BitMap, among: BitMap | None = None) -> BitMap:
    """Return the places, of all or some, at which one of these values stands in a table."""
    if not values:
        return BitMap()
    if among is None:
        return _marked(_is_among(_array(table), values))
    places = _array(among.to_array())
    return _set(places[_is_among(_array(table)[places], values)])


def together(table: Table, begin: Table, groups: BitMap) -> BitMap:
    """Return what stands in some groups of a table: `begin` says where each begins, and the last one ends."""
    numbers, begins = _array(groups.to_array()), _array(begin)
    starts = begins[numbers].astype(np.int64)
    sizes = begins[numbers + 1] - starts
    before = np.cumsum(sizes) - sizes
    places = np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)
    return collected(_array(table)[places])


def blocks_of(rids: BitMap, size: int) -> list[int]:
    """Return the numbers of the blocks of a size that some rids, which begin with 1, lie in."""
    found = (_array(rids.to_array()) - 1) // size
    differs = np.ones(len(found), np.bool_)
    np.not_equal(found[1:], found[:-1], out=differs[1:])  # np.diff takes twice as long for few
    distinct: list[int] = found[differs].tolist()
    return distinct


def rids_of(rows: Numbers, blocks: Sequence[int], size: int) -> Numbers:
    """Return the rids of rows of some blocks, numbered from 0 as if no block lay between these."""
    return _array(blocks)[rows // size] * size + rows % size + 1


def boxed(
    order: Table, first: Table, second: Table, stripes: Sequence[Stripe], among: BitMap | None = None
) -> BitMap:
    """Return which numbers, of all but 0 or of some, lie in stripes of a plane.

    The tables have both coordinates of each number, and `order` has the numbers in order of the first one;
    those not in it come last.
    """
    across, along = _array(first), _array(second)
    if len(stripes) <= _STRIPES:
        if among is not None:
            numbers = _array(among.to_array())
            across, along = across[numbers], along[numbers]
        met = np.zeros(len(across), np.bool_)
        for span, wanted in stripes:
            met |= _is_within(across, [span]) & _is_within(along, wanted)
        if among is not None:
            return _set(numbers[met])
        met[:1] = False
        return _marked(met)
    if among is None:
        others = np.flatnonzero(across == len(order)).astype(np.uint32)
        numbers = np.concatenate((_array(order), others[others > 0]))
    else:
        numbers = _array(among.to_array())
        numbers = numbers[np.argsort(across[numbers])]
    met, along = np.zeros(len(numbers), np.bool_), along[numbers]
    ends = np.searchsorted(across[numbers], np.array([span for span, _ in stripes], np.uint32)).tolist()
    for (low, high), (_, wanted) in zip(ends, stripes, strict=True):
        met[low:high] = _is_within(along[low:high], wanted)
    marked = np.zeros(len(across), np.bool_)
    marked[numbers] = met
    return _marked(marked)


def _is_within(numbers: Numbers, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Return which numbers lie in one of some spans, which are in order and apart."""
    if len(spans) <= _SPANS:
        within = np.zeros(len(numbers), np.bool_)
        for low, high in spans:
            within |= (numbers >= low) & (numbers < high)
        return within
    edges = np.array(spans, np.uint32).reshape(-1)
    return (np.searchsorted(edges, numbers, "right") % 2).astype(np.bool_)


def _array(numbers: "Table | array[int] | Numbers | Sequence[int]") -> Numbers:
    return np.asarray(numbers, np.uint32)


def _table(numbers: Numbers) -> Table:
    return memoryview(numbers)  # type: ignore[arg-type]


def _is_among(numbers: Numbers, values: BitMap) -> NDArray[np.bool_]:
    low, high = values.min(), values.max()
    if high - low + 1 == len(values):  # such as the places of a range
        return (numbers >= low) & (numbers <= high)
    marked = np.zeros(max(int(numbers.max(initial=0)), high) + 1, np.bool_)
    marked[_array(values.to_array())] = True
    return marked[numbers]


def _set(found: Numbers) -> BitMap:
    """Return a set of numbers that stand in order."""
    return BitMap(array("I", found.tobytes()))  # an array of numpy would be read number by number


def _marked(marked: NDArray[np.bool_]) -> BitMap:
    """Return the set of the places that are marked.

    It is written as a bitmap is stored, container by container: to add number by number takes eight times as
    long where very many are marked.
    """
    parts = [marked[start : start + _CONTAINER] for start in range(0, len(marked), _CONTAINER)]
    counts = list(map(np.count_nonzero, parts))
    held = [key for key, count in enumerate(counts) if count]
    head = [key_or_count for key in held for key_or_count in (key, int(counts[key]) - 1)]
    contents = [_container(parts[key], int(counts[key])) for key in held]
    start = 8 + 8 * len(held)
    offsets = np.cumsum([start, *map(len, contents)][: len(held)])
    return BitMap.deserialize(
        b"".join(
            (
                np.array((_WITHOUT_RUNS, len(held)), "<u4").tobytes(),
                np.array(head, "<u2").tobytes(),
                offsets.astype("<u4").tobytes(),
                *contents,
            )
        )
    )


def _container(marked: NDArray[np.bool_], count: int) -> bytes:
    if count <= _SPARSE:
        return np.flatnonzero(marked).astype("<u2").tobytes()
    return np.packbits(marked, bitorder="little").tobytes().ljust(_CONTAINER // 8, b"\0")
