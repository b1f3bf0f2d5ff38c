"""The folded texts of a generation, which lie in compressed blocks of BLOCK entries."""

import sqlite3

import orjson

from app.engine.sqlite.schema import BLOCK
from app.engine.sqlite.statements import Statements, decompressed, parted

_TEXTS = 2_048
"""Texts that are kept: 0.5 MB."""


class Folded(Statements):
    """Reads texts through a connection, for one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read through this connection."""
        super().__init__(connection)
        self._texts: dict[tuple[str, str, int], str] = {}

    def blocks(self, kind: str, field: str, numbers: list[int]) -> dict[int, bytes]:
        """Return some blocks by number: texts between line feeds, each empty where an entry has none."""
        # One row, and one call to decompress all: each would wait for the GIL while another thread computes.
        statement = (
            "SELECT CAST(group_concat(texts, '') AS BLOB), json_group_array(block), "
            f"json_group_array(length(texts)) FROM {kind}_{field}_text "
            "WHERE block IN (SELECT value FROM json_each(?))"
        )
        ((packed, *row),) = self.rows(statement, orjson.dumps(numbers).decode())
        found, sizes = map(orjson.loads, row)
        contents = decompressed(self._decompressor, parted(packed or b"", sizes))
        return dict(zip(found, contents, strict=True))

    def text(self, kind: str, field: str, rid: int) -> str:
        """Return the text of an entry that has one.

        To find both ends of a prefix, and what a longer one begins with, the same texts are read.
        """
        key = kind, field, rid
        if key not in self._texts:
            if len(self._texts) >= _TEXTS:
                self._texts.clear()
            self._texts[key] = self._text(kind, field, rid)
        return self._texts[key]

    def _text(self, kind: str, field: str, rid: int) -> str:
        number, at = divmod(rid - 1, BLOCK)
        row = self.one(f"SELECT texts FROM {kind}_{field}_text WHERE block = ?", number)
        # The whole block would take as long to decode and split as to decompress.
        return self.decompressed(row[0]).split(b"\n", at + 1)[at].decode() if row else ""
