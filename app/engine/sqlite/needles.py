"""Looks for many texts inside of many others at once: in each window of four bytes, by a table of starts.

That takes 1.5 ns for a byte, however many texts are looked for. To ask of each text whether it holds each of
them takes 40 ns a pair.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW = 4
"""Bytes of a window, and of the shortest text that is looked for."""
_FACTOR = np.uint32(2_654_435_761)
_SHIFT = np.uint32(16)
"""A product with the factor has, in its upper half, bits of each byte of a window."""
_PAIR_FACTOR = np.uint64(11_400_714_819_323_198_485)
_PAIR_BITS = 20
"""The same for a pair of windows: two of 500 pairs share one of so many slots in one of ten requests."""

Windows = NDArray[np.uint32]


class _Sized(NamedTuple):
    """The needles of one size, or those of two windows and more."""

    size: int
    starts: NDArray[np.bool_]
    """By slot, whether one may begin with the window."""
    pairs: NDArray[np.uint64]
    """The windows at the start and at the end of the size, in order."""
    near: NDArray[np.uint16] | None
    """By slot of a pair, the place of the pair that may be it; None where two have one slot."""
    longer: dict[bytes, tuple[bytes, ...]]
    """The needles by what two windows show of them, if any is longer."""


class Needles:
    """Texts that are looked for, each of WINDOW bytes or more and without line feed."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Sort the texts by their size in bytes."""
        by_size: dict[int, set[bytes]] = defaultdict(set)
        for needle in map(str.encode, texts):
            by_size[min(len(needle), 2 * WINDOW)].add(needle)
        self._sized = [_sized(size, needles) for size, needles in by_size.items()]
        self._starts = np.logical_or.reduce([each.starts for each in self._sized])

    def rows(self, text: bytes) -> NDArray[np.uint32]:
        """Return which rows of a text, numbered from 0, hold one of the needles."""
        found = [np.zeros(0, np.intp)]
        if len(text) >= WINDOW:
            windows: Windows = np.ndarray((len(text) - WINDOW + 1,), np.uint32, text, strides=(1,))
            slots = _slot(windows)
            begun = np.flatnonzero(self._starts.take(slots))
            slots = slots[begun]
            found += (_at(text, windows, begun[each.starts.take(slots)], each) for each in self._sized)
        feeds = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
        places = np.sort(np.concatenate(found), kind="stable")  # which is quick where they are in order
        before = np.searchsorted(places, np.append(feeds, len(text)))
        return np.flatnonzero(np.diff(before, prepend=0)).astype(np.uint32)


def _sized(size: int, needles: set[bytes]) -> _Sized:
    joined = b"".join(needle[:WINDOW] + needle[size - WINDOW : size] for needle in needles)
    first, last = np.frombuffer(joined, np.uint32).reshape(-1, 2).T
    starts = np.zeros(1 << 16, np.bool_)
    starts[_slot(first)] = True
    pairs = np.sort(_pair(first, last))
    near = np.zeros(1 << _PAIR_BITS, np.uint16)
    near[_pair_slot(pairs)] = np.arange(len(pairs))
    apart = len(np.unique(_pair_slot(pairs))) == len(np.unique(pairs))
    longer: dict[bytes, tuple[bytes, ...]] = {}
    if any(len(needle) > size for needle in needles):
        for needle in needles:
            longer[needle[:size]] = (*longer.get(needle[:size], ()), needle)
    return _Sized(size, starts, pairs, near if apart else None, longer)


def _at(text: bytes, windows: Windows, begun: NDArray[np.intp], sized: _Sized) -> NDArray[np.intp]:
    """Return the places at which a needle stands, of those at which one may begin."""
    places: NDArray[np.intp] = begun[begun <= len(text) - sized.size]
    pairs = _pair(windows[places], windows[places + (sized.size - WINDOW)])
    if sized.near is None:
        near = np.minimum(np.searchsorted(sized.pairs, pairs), len(sized.pairs) - 1)
    else:
        near = sized.near[_pair_slot(pairs)]
    places = places[sized.pairs[near] == pairs]
    if sized.longer:
        met = (text.startswith(sized.longer[text[at : at + sized.size]], at) for at in places.tolist())
        places = places[np.fromiter(met, np.bool_, len(places))]
    return places


def _slot(windows: Windows) -> Windows:
    return windows * _FACTOR >> _SHIFT


def _pair(first: Windows, last: Windows) -> NDArray[np.uint64]:
    return first.astype(np.uint64) << np.uint64(32) | last


def _pair_slot(pairs: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return pairs * _PAIR_FACTOR >> np.uint64(64 - _PAIR_BITS)
