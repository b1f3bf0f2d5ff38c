"""Makes entries ready to be sent, where they are read: what their ranks are made of, and their lines."""

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
    """An entry on its way, but for its id: what its ranks are made of, its terms, the rest of its line."""

    values: list[Sortable]
    """Of the fields that are ranked, then of the references."""
    terms: dict[str, tuple[str, ...]]
    """By token field; others are added when all entries are read."""
    line: bytes
    """Compressed, and without the brace at its end."""

    def dump(self) -> bytes:
        """Return the bytes that `load` takes."""
        return marshal.dumps(tuple(self))

    @staticmethod
    def load(data: bytes) -> "Packed":
        """Return the entry that `dump` made bytes of."""
        return Packed(*marshal.loads(data))  # noqa: S302 - this build made them


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
        source: dict[str, Any] = dict(_source(kind, entry))
        terms = {field.name: held for field in kind.of(Type.TOKEN) if (held := field.held(entry.fields))}
        values: list[Any] = [
            source.get(folded(field.name)) if field.type is Type.TEXT else entry.fields.get(field.name)
            for field in (*ranked(kind), *kind.of(Type.REFERENCE))
        ]
        whole = []
        for document in kind.documents:
            body = entry.documents.get(document.name)
            if body is None:
                continue
            if document.brief:
                source.setdefault("brief", {})[document.name] = body.decode()
            else:
                whole.append(b'"%s":%s' % (document.name.encode(), body))
        source_line = orjson.dumps(source)[1:-1]
        line = b'{"document":{' + b",".join(whole) + b"}" + (b"," + source_line if source_line else b"")
        self._compressor = self._compressor or zstandard.ZstdCompressor(level=_LEVEL)
        return Packed(values, terms, self._compressor.compress(line)).dump()


def _source(kind: Kind, entry: Entry) -> Iterator[tuple[str, object]]:
    """Yield the texts, instants and references that an entry has, with their forms."""
    for field in kind.of(Type.TEXT, Type.INSTANT, Type.REFERENCE):
        value = entry.fields.get(field.name)
        if isinstance(value, int):
            yield field.name, instant(value)
        elif field.type is Type.REFERENCE and value:
            yield field.name, value
        elif isinstance(value, tuple) and value:
            yield field.name, value
            yield folded(field.name), [field.form(part) for part in value]
        elif isinstance(value, str):
            yield field.name, value
            yield folded(field.name), field.form(value)


@lru_cache(maxsize=16_384)
def instant(milliseconds: int) -> str:
    """Return an instant as an index holds it."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat()
