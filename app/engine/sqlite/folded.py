"""The folded texts of a generation, which lie in compressed blocks: by entry, and once by value."""

import sqlite3

import orjson

from app.engine.sqlite.statements import Statements, decompressed, parted

_KEPT = 64
"""Blocks of values that are kept, each of some 6 kB."""


class Folded(Statements):
    """Reads texts through a connection, for one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read through this connection."""
        super().__init__(connection)
        self._values: dict[str, list[str]] = {}

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

    def values(self, kind: str, field: str, number: int) -> list[str]:
        """Return the different texts of a block, in order.

        Both ends of a prefix mostly lie in one block, and those of a longer one in the same.
        """
        name = f"{kind}.{field} value {number}"
        if name not in self._values:
            if len(self._values) >= _KEPT:
                self._values.clear()
            self._values[name] = self.ranking(name).decode().split("\n")
        return self._values[name]
