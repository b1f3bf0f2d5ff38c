"""Merges the records of both files: keeps one record for each code (hscorgrefdata 6).

Which record of a code is kept is known only at the end. Until then the records wait in a spool file; memory
holds the values that decide, and the place of each record in the file.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import NamedTuple

from app.engine.temporary import no_room
from indexer.belonging import Targets
from indexer.report import Hindered


class Precedence(NamedTuple):
    """Decides between two records of one code: the greater is kept, of equal ones the one read later."""

    complete: bool
    in_full_file: bool
    start: str
    """Operational start, ``YYYY-MM-DD``, or empty."""
    last_change: str
    """Empty where the record has none."""


class _Place(NamedTuple):
    precedence: Precedence
    targets: Targets | None
    offset: int
    size: int


class Merge:
    """The records read so far, one for each code. Use as a context manager."""

    def __init__(self) -> None:
        """Start empty, with a spool file in the folder for temporary files."""
        self.beaten: list[str] = []
        """The codes of complete records that another complete record replaced, in reading order."""
        self._standing: dict[str, _Place] = {}
        self._shared: dict[Targets, Targets] = {}
        try:
            self._spool = TemporaryFile()  # noqa: SIM115 - __exit__ closes it
        except OSError as error:
            raise Hindered(no_room(error)) from error
        self._end = 0

    def __enter__(self) -> "Merge":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a full disk was reported already, and the file is no longer needed
            self._spool.close()

    def __contains__(self, code: object) -> bool:
        return code in self._standing

    def __len__(self) -> int:
        return len(self._standing)

    def targets(self, code: str) -> Targets | None:
        """Return what was offered as the targets of the record that is kept, None if there is none."""
        place = self._standing.get(code)
        return place and place.targets

    def offer(self, code: str, precedence: Precedence, record: bytes, targets: Targets | None = None) -> None:
        """Add one record, in reading order; raises Refused when the spool file cannot be written."""
        former = self._standing.get(code)
        if former:
            if former.precedence.complete and precedence.complete:
                self.beaten.append(code)
            if former.precedence > precedence:
                return
        try:
            self._spool.write(record)
        except OSError as error:
            raise Hindered(no_room(error)) from error
        if targets:
            targets = self._shared.setdefault(targets, targets)
        self._standing[code] = _Place(precedence, targets, self._end, len(record))
        self._end += len(record)

    def records(self) -> Iterator[bytes]:
        """Yield the kept records in order of their codes, by code point; raises as `offer`."""
        try:
            self._spool.flush()
            descriptor = self._spool.fileno()
            for code in sorted(self._standing):
                place = self._standing[code]
                yield os.pread(descriptor, place.size, place.offset)
        except OSError as error:
            raise Hindered(no_room(error)) from error
