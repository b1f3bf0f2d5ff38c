"""Goes on with the history of an index: what a load makes of what was remembered before (fhir-r4 2 and 8)."""

import sys
from collections.abc import Callable, Iterable
from hashlib import blake2b

from app.engine.history import Place, Remembered, key, place
from app.register.fields import Entry
from app.register.query import Stamp

DIGEST_BYTES = 8
"""Only the digests of one entry are compared with each other."""

_END: Place = (sys.maxsize, "")


def digest_of(entry: Entry) -> bytes:
    """Return the digest of an entry's content: of its R4 document, where it has none of all documents.

    The R4 document says what a version is (fhir-r4 2). ORD's record also says the relationships and
    successions, which are no part of an Organization.
    """
    content = entry.documents.get("r4") or b"".join(entry.documents.values())
    return blake2b(content, digest_size=DIGEST_BYTES).digest()


class History:
    """The history of a new generation, which is written while the entries are, in its order (`key`)."""

    def __init__(
        self, before: Iterable[Remembered], remember: Callable[[Remembered], None], updated: int, missed: str
    ) -> None:
        """Go on with the rows `before`, in order; `remember` writes a row.

        `updated` is the instant of the load, in milliseconds. `missed` is what `gone` says of entries that
        are no longer held.
        """
        self.updated = updated
        self.gone: list[Remembered] = []
        """The rows written so far of entries that are gone since a known release."""
        self._before, self._remember = iter(before), remember
        self._missed = missed
        self._row: Remembered
        self._at: Place
        self._advance()

    def stamp(self, kind: str, entry_id: str, digest: bytes, detail: str | None = None) -> Stamp:
        """Write the row of an entry of the new generation, and return its version.

        An entry with the digest of before keeps version and instant. Any other gets the next version.
        """
        at = place(kind, entry_id)
        if self._at < at:
            self._pass(at)
        version = 1
        if self._at == at:
            known = self._row
            self._advance()
            if known.gone is None and known.digest == digest:
                self._remember(known)
                return Stamp(known.version, known.updated)
            version = known.highest + 1
        self._remember(Remembered(kind, entry_id, digest, version, version, self.updated, None, detail))
        return Stamp(version, self.updated)

    def finish(self, kind: str) -> None:
        """Write the rows that are left of a kind, and of those before it."""
        rank, _ = place(kind, "")
        self._pass((rank + 1, ""))

    def _pass(self, at: Place) -> None:
        """Write the rows before a place: the new generation lacks their entries."""
        while self._at < at:
            row = self._row if self._row.gone is not None else self._row._replace(gone=self._missed)
            self._remember(row)
            if row.gone:
                self.gone.append(row)
            self._advance()

    def _advance(self) -> None:
        row = next(self._before, None)
        if row is None:
            self._at = _END
        else:
            self._row, self._at = row, key(row)
