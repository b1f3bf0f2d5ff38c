"""Sets and tables of numbers: what stands in a table at some places, and where some values stand.

A set of places or values is a Roaring bitmap, a table an array. Both are read as arrays of numpy, which takes
2 to 5 ns for a number; a loop of Python takes 60 to 140 ns.
"""

from array import array

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

_DENSE = 32
"""Of so many numbers one: to mark them in an array takes less time than to sort them."""

Numbers = NDArray[np.uint32]


def collected(numbers: "array[int] | Numbers") -> BitMap:
    """Return a set of numbers that stand in any order."""
    found = _array(numbers)
    top = int(found.max(initial=0))
    if len(found) * _DENSE <= top:
        return _set(np.sort(found))
    marked = np.zeros(top + 1, np.bool_)
    marked[found] = True
    return _set(np.flatnonzero(marked).astype(np.uint32))


def mapped(places: BitMap, table: "array[int]") -> BitMap:
    """Return what stands in a table at these places."""
    return collected(_array(table)[_array(places.to_array())])


def holding(table: "array[int]", values: BitMap, among: BitMap | None = None) -> BitMap:
    """Return the places, of all or some, at which one of these values stands in a table."""
    if not values:
        return BitMap()
    if among is None:
        return _set(np.flatnonzero(_is_among(_array(table), values)).astype(np.uint32))
    places = _array(among.to_array())
    standing = _array(table)[places]
    return _set(places[_is_among(standing, values)])


def together(table: "array[int]", begin: "array[int]", groups: BitMap) -> BitMap:
    """Return what stands in some groups of a table: `begin` says where each begins, and the last one ends."""
    numbers, begins = _array(groups.to_array()), _array(begin)
    starts = begins[numbers].astype(np.int64)
    sizes = begins[numbers + 1] - starts
    before = np.cumsum(sizes) - sizes
    places = np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)
    return collected(_array(table)[places])


def _array(numbers: "array[int] | Numbers") -> Numbers:
    return np.asarray(numbers, np.uint32)


def _is_among(numbers: Numbers, values: BitMap) -> NDArray[np.bool_]:
    low, high = values.min(), values.max()
    if high - low + 1 == len(values):  # such as the places of a range
        return (numbers >= low) & (numbers <= high)
    marked = np.zeros(max(int(numbers.max(initial=0)), high) + 1, np.bool_)
    marked[_array(values.to_array())] = True
    return marked[numbers]


def _set(found: Numbers) -> BitMap:
    return BitMap(array("I", found.tobytes()))  # an array of numpy would be read number by number
