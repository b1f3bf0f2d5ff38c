"""Makes entries ready to be sent, where they are read: ids, what their ranks are made of, and their lines."""

import marshal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import zstandard

from app.engine.elastic.schema import folded, ranked
from app.register.fields import KINDS, Entry, Kind, Type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEVEL = 1

Sortable = str | int | None
"""What is ranked: a folded text or an instant."""


class Packed(NamedTuple):
    """An entry on its way: its id, the values that are ranked, and its compressed line without ranks."""

    id: str
    values: list[Sortable]
    line: bytes

    @staticmethod
    def load(data: bytes) -> "Packed":
        """Return what a packer made."""
        return Packed(*marshal.loads(data))  # noqa: S302 - what the packer of this build made


class Packer:
    """Turns entries into lines of a bulk request; it travels to worker processes by pickle."""

    def __init__(self) -> None:
        """Start without a compressor: it belongs to its process."""
        self._compressor: zstandard.ZstdCompressor | None = None

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return Packer, ()

    def __call__(self, kind_name: str, entry: Entry) -> bytes:
        """Return the packed entry."""
        kind = KINDS[kind_name]
        source: dict[str, Any] = {"id": entry.id, **dict(_source(kind, entry))}
        values = [
            source[folded(field.name)] if folded(field.name) in source else entry.fields.get(field.name)
            for field in ranked(kind)
        ]
        whole = []
        for document in kind.documents:
            body = entry.documents[document.name]
            if document.brief:
                source.setdefault("brief", {})[document.name] = body.decode()
            else:
                whole.append(b'"%s":%s' % (document.name.encode(), body))
        line = orjson.dumps(source)[:-1] + b',"document":{' + b",".join(whole) + b"}"
        self._compressor = self._compressor or zstandard.ZstdCompressor(level=_LEVEL)
        return marshal.dumps((entry.id, values, self._compressor.compress(line)))


def _source(kind: Kind, entry: Entry) -> Iterator[tuple[str, object]]:
    """Yield the fields of an entry that have a value, with their forms."""
    for field in kind.fields:
        value = entry.fields.get(field.name)
        if value is None or value == ():
            continue
        if field.type is Type.INSTANT and isinstance(value, int):
            yield field.name, _instant(value)
            continue
        yield field.name, value
        if isinstance(value, str):
            yield folded(field.name), field.form(value)


@lru_cache(maxsize=16_384)
def _instant(milliseconds: int) -> str:
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat()
