"""What an index remembers of every entry that it ever held (fhir-r4 2, 8 and 16; ord 8).

Each generation has a history: a row for each entry of a versioned kind that it holds, and for each that an
earlier generation held. What a row has, in which order the rows are (`key`), and how each engine stores them
never changes: every later version reads it, even where it refuses the layout of the rest.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import NamedTuple

UNTOLD = ""
"""Stands in `Remembered.gone` where the entry is gone and no release can be named."""


class Remembered(NamedTuple):
    """A row of the history."""

    kind: str
    id: str
    digest: bytes | None
    """Equal digests say that two generations hold the entry with the same content; None: not known."""
    version: int
    """Counts the contents that the entry had, from 1."""
    highest: int
    """The highest version that any of its contents was given; a rollback may leave it above `version`."""
    updated: int
    """When the content was first loaded, in milliseconds since 1970 UTC."""
    gone: str | None
    """PublicationDate of the first release without the entry, or UNTOLD; None: the generation holds it."""
    detail: str | None
    """What a list of deletions says of the entry beside its id: of an organisation its primary role."""


Place = tuple[int, str]
"""Where a row stands in a history."""

ORDER = ("organisation", "affiliation", "resource")
"""The kinds in the order in which a load knows their entries; a further kind comes after these."""
RANKS = {kind: rank for rank, kind in enumerate(ORDER)}


def place(kind: str, entry_id: str) -> Place:
    """Return where the row of an entry stands in a history."""
    return RANKS[kind], entry_id


def key(row: Remembered) -> Place:
    """Return what a history is in order of: the kinds as in `ORDER`, and of one kind the ids."""
    return RANKS[row.kind], row.id


def joined(live: Iterable[Remembered], newer: Iterable[Iterable[Remembered]]) -> Iterator[Remembered]:
    """Yield the rows of the live generation; `highest` counts the versions of newer ones too.

    A rollback left the newer ones. Each history is in order. An entry that only they know is UNTOLD.
    """
    return iter(reduce(_counting, newer, live))


def _counting(rows: Iterable[Remembered], newer: Iterable[Remembered]) -> Iterator[Remembered]:
    others = iter(newer)
    other = next(others, None)
    for row in rows:
        at = key(row)
        while other and key(other) < at:
            yield other._replace(gone=UNTOLD)
            other = next(others, None)
        if other and key(other) == at:
            yield row._replace(highest=other.highest) if other.highest > row.highest else row
            other = next(others, None)
        else:
            yield row
    while other:
        yield other._replace(gone=UNTOLD)
        other = next(others, None)
