"""Merges the records of both files: keeps one record for each code (hscorgrefdata 6).

Which record of a code is kept is known only at the end. Until then the records wait in a spool file; memory
holds the values that decide, and the place of each record in the file. These are numbers in arrays: as
objects they took a quarter of the memory of a load.
"""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from app.engine.temporary import Spool
from indexer.belonging import Targets
from indexer.placing import Placing


class Precedence(NamedTuple):
    """Decides between two records of one code: the greater is kept, of equal ones the one read later."""

    complete: bool
    in_full_file: bool
    start: str
    """Operational start, ``YYYY-MM-DD``, or empty."""
    last_change: str
    """Empty where the record has none."""

    @property
    def rank(self) -> int:
        """A number of 63 bits that compares as the precedence does."""
        days = (day.replace("-", "").rjust(8, "0") for day in (self.start, self.last_change))
        return int(f"{self.complete:d}{self.in_full_file:d}{''.join(days)}")


_COMPLETE = Precedence(complete=True, in_full_file=False, start="", last_change="").rank
"""The least rank of a complete record."""


class Above(NamedTuple):
    """What a record says of where its organisation belongs."""

    targets: Targets | None
    """See `belonging.held`."""
    placing: Placing


class Kept(NamedTuple):
    """A record that is kept, and its place in the spool file."""

    code: str
    place: int
    content: bytes


class Merge:
    """The records read so far, one for each code."""

    def __init__(self, spool: Spool) -> None:
        """Start empty; `spool` has the records."""
        self.beaten: list[str] = []
        """The codes of complete records that another complete record replaced, in reading order."""
        self._standing: dict[str, int] = {}
        """For each code the index of its record in the arrays."""
        self._ranks, self._above = array("q"), array("I")
        self._places, self._sizes = array("Q"), array("I")
        self._shared: dict[Above | None, int] = {}
        self._different: list[Above | None] = []
        self.spool = spool

    def __contains__(self, code: object) -> bool:
        return code in self._standing

    def __len__(self) -> int:
        return len(self._standing)

    def targets(self, code: str) -> Targets | None:
        """Return the targets that were offered with the record that is kept, None if there is none."""
        above = self._above_of(code)
        return above and above.targets

    def placing(self, code: str) -> Placing | None:
        """Return the placing that was offered with the record that is kept, None if there is none."""
        above = self._above_of(code)
        return above and above.placing

    def placings(self) -> Iterator[tuple[str, Placing]]:
        """Yield all codes, each with the placing that was offered with its record."""
        for code, at in self._standing.items():
            if above := self._different[self._above[at]]:
                yield code, above.placing

    def different(self) -> Iterator[Placing]:
        """Yield each different placing that was offered, also those of records that are not kept."""
        return (above.placing for above in self._different if above)

    def _above_of(self, code: str) -> Above | None:
        at = self._standing.get(code)
        return None if at is None else self._different[self._above[at]]

    def offer(
        self, code: str, precedence: Precedence, place: int, size: int, above: Above | None = None
    ) -> None:
        """Add one record, in reading order: where it is in the spool file, and how many bytes it has."""
        rank = precedence.rank
        at = self._standing.get(code)
        if at is not None:
            if self._ranks[at] >= _COMPLETE and precedence.complete:
                self.beaten.append(code)
            if self._ranks[at] > rank:
                return
        shared = self._shared.setdefault(above, len(self._shared))
        if shared == len(self._different):
            self._different.append(above)
        if at is None:
            self._standing[code] = len(self._ranks)
            self._ranks.append(rank)
            self._above.append(shared)
            self._places.append(place)
            self._sizes.append(size)
        else:
            self._ranks[at], self._above[at] = rank, shared
            self._places[at], self._sizes[at] = place, size

    def records(self) -> Iterator[Kept]:
        """Yield the kept records in order of their codes, by code point."""
        for code in sorted(self._standing):
            at = self._standing[code]
            yield Kept(code, self._places[at], self.spool.read(self._places[at], self._sizes[at]))

    def keep_codes(self) -> None:
        """Let go of all but the codes, when the records are written."""
        self._shared.clear()
        self._different.clear()
        self._ranks, self._above = array("q"), array("I")
        self._places, self._sizes = array("Q"), array("I")
