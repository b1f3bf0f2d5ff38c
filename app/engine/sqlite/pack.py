"""Makes entries ready to be written, wherever they are read: rows, terms, and compressed documents."""

import marshal
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import zstandard

from app.engine.sqlite.schema import MARK
from app.register.fields import KINDS, Entry, Field, Type, Value

_DICTIONARY_BYTES = 32_768
_LEVEL = 1
"""With a trained dictionary, level 3 takes half as long again for a fiftieth less."""


class Packer:
    """Turns entries into rows with compressed documents; it travels to worker processes by pickle."""

    def __init__(self, dictionaries: dict[str, bytes]) -> None:
        """Compress the documents of `kind.document` with the dictionary under that name, if there is one."""
        self.dictionaries = dictionaries
        self._compressors: dict[str, zstandard.ZstdCompressor] = {}

    def __reduce__(self) -> tuple[type, tuple[dict[str, bytes]]]:
        """Leave the compressors behind: they belong to their process."""
        return Packer, (self.dictionaries,)

    def __call__(self, kind_name: str, entry: Entry) -> bytes:
        """Return, marshalled, its row but for the id, folded texts, other values, and documents."""
        kind = KINDS[kind_name]
        values: list[Value] = []
        texts: list[str | None] = []
        for field in kind.of(Type.TEXT):
            folded, raw = _both(field, entry.fields.get(field.name))
            texts.append(folded)
            # A text that is its own folding, as nearly all are, is kept once.
            values.append(None if raw == folded else raw)
        values += [entry.fields.get(field.name) for field in kind.of(Type.INSTANT)]
        values += [entry.fields.get(field.name) for field in kind.of(Type.REFERENCE)]
        held = marshal.dumps([entry.fields.get(name) or () for name in kind.values])
        bodies = [self._compress(kind_name, document.name, entry) for document in kind.documents]
        return marshal.dumps((values, texts, held, bodies))

    def _compress(self, kind: str, name: str, entry: Entry) -> bytes | None:
        """Return a document of an entry, compressed, or None if the entry has no such document."""
        if name not in entry.documents:
            return None
        document = f"{kind}.{name}"
        compressor = self._compressors.get(document)
        if compressor is None:
            content = self.dictionaries.get(document)
            trained = zstandard.ZstdCompressionDict(content) if content else None
            compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=trained, write_dict_id=False)
            self._compressors[document] = compressor
        return compressor.compress(entry.documents[name])


def _both(field: Field, value: Value) -> tuple[str | None, str | None]:
    """Return the folded and the raw form of a text, None for one without a value."""
    if isinstance(value, str):
        return field.form(value), value
    if not isinstance(value, tuple) or not value:
        return None, None
    parts = tuple(map(field.form, value))
    folded = f"{MARK}{MARK.join(filter(None, parts))}{MARK}" if any(parts) else ""
    return folded, folded if parts == value and all(parts) else orjson.dumps(value).decode()


def train(samples: Mapping[str, Sequence[Entry]]) -> dict[str, bytes]:
    """Return a dictionary for each document that the samples, by kind, suffice for."""
    dictionaries = {}
    for kind, entries in samples.items():
        for name in (document.name for document in KINDS[kind].documents):
            bodies: list[Any] = [entry.documents[name] for entry in entries if name in entry.documents]
            try:
                trained = zstandard.train_dictionary(_DICTIONARY_BYTES, bodies, level=_LEVEL)
            except zstandard.ZstdError:
                continue  # too few or too small: a register of that size goes without
            dictionaries[f"{kind}.{name}"] = trained.as_bytes()
    return dictionaries
