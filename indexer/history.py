"""Goes on with the history of an index: what a load makes of what was remembered before (fhir-r4 2 and 8)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.engine.history import Remembered, key, place


class Held(NamedTuple):
    """An entry of the new generation; see `Remembered`."""

    kind: str
    id: str
    digest: bytes | None
    detail: str | None


def continued(
    before: Iterable[Remembered], held: Iterable[Held], updated: int, missed: str
) -> Iterator[Remembered]:
    """Yield the history of a new generation; all three are in order of kind and id.

    An entry with the digest of before keeps version and instant. Any other entry gets the next version, and
    `updated`. `missed` is what `gone` says of entries that are no longer held.
    """
    rows = iter(before)
    row = next(rows, None)
    for kind, entry_id, digest, detail in held:
        at = place(kind, entry_id)
        while row and key(row) < at:
            yield _left(row, missed)
            row = next(rows, None)
        version = 1
        if row and key(row) == at:
            known, row = row, next(rows, None)
            if known.gone is None and known.digest == digest:
                yield known
                continue
            version = known.highest + 1
        yield Remembered(kind, entry_id, digest, version, version, updated, None, detail)
    while row:
        yield _left(row, missed)
        row = next(rows, None)


def _left(row: Remembered, missed: str) -> Remembered:
    return row._replace(gone=missed) if row.gone is None else row
