"""Makes entries ready to be written, wherever they are read: rows, terms, and compressed documents."""

import marshal
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import orjson
import zstandard

from app.engine.sqlite.schema import MARK
from app.register.fields import KINDS, Entry, Field, Kind, Type, Value

_DICTIONARY_BYTES = 32_768
_LEVEL = 1
"""With a trained dictionary, level 3 takes half as long again for a fiftieth less."""


Compress = Callable[[bytes], bytes]


class _Plan(NamedTuple):
    """What is packed of the entries of a kind: fields and names, looked up once."""

    texts: tuple[Field, ...]
    others: tuple[str, ...]
    """The instants, then the references."""
    tokens: tuple[str, ...]
    documents: tuple[tuple[str, Compress], ...]


class Packer:
    """Turns entries into rows with compressed documents; it travels to worker processes by pickle."""

    def __init__(self, dictionaries: dict[str, bytes]) -> None:
        """Compress the documents of `kind.document` with the dictionary under that name, if there is one."""
        self.dictionaries = dictionaries
        self._plans: dict[str, _Plan] = {}

    def __reduce__(self) -> tuple[type, tuple[dict[str, bytes]]]:
        """Leave the compressors behind: they belong to their process."""
        return Packer, (self.dictionaries,)

    def __call__(self, kind: str, entry: Entry) -> bytes:
        """Return, marshalled, its row but for the id, folded texts, other values, and documents."""
        plan = self._plans.get(kind) or self._plans.setdefault(kind, self._plan(KINDS[kind]))
        _, fields, documents = entry
        values: list[Value] = []
        texts: list[str | None] = []
        for field in plan.texts:
            folded, raw = _both(field, fields.get(field.name))
            texts.append(folded)
            # A text that is its own folding, as nearly all are, is kept once.
            values.append(None if raw == folded else raw)
        values += map(fields.get, plan.others)
        held = marshal.dumps([*map(fields.get, plan.tokens, repeat(()))])
        bodies = [
            compress(documents[name]) if name in documents else None for name, compress in plan.documents
        ]
        return marshal.dumps((values, texts, held, bodies))

    def _plan(self, kind: Kind) -> _Plan:
        others = (*kind.of(Type.INSTANT), *kind.of(Type.REFERENCE))
        return _Plan(
            texts=kind.of(Type.TEXT),
            others=tuple(field.name for field in others),
            tokens=kind.values,
            documents=tuple(
                (document.name, self._compress(f"{kind.name}.{document.name}")) for document in kind.documents
            ),
        )

    def _compress(self, document: str) -> Compress:
        """Return what compresses a document of a kind."""
        content = self.dictionaries.get(document)
        trained = zstandard.ZstdCompressionDict(content) if content else None
        # A kind has one dictionary for a document, so nothing needs to say which.
        return zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=trained, write_content_size=True, write_dict_id=False
        ).compress


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
