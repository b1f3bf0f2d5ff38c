"""Texts of several parts: which entries have a part that is a given raw text."""

from collections.abc import Iterable

from pyroaring import BitMap

from app.engine.sqlite.reader import Reader
from app.engine.sqlite.schema import MARK
from app.engine.sqlite.texts import Doubt, Look, contain, containing, settle
from app.register.fields import Field

_FEW = 64
"""Candidates that are compared rather than narrowed down further."""


def equal(reader: Reader, kind: str, field: Field, raws: Iterable[str]) -> BitMap:
    """Return the entries that have one of these raw texts as a part.

    They are among those with a part that is folded alike.
    """
    found, unfolded = BitMap(), reader.posting(f"{kind}.{field.name}.unfolded", "")
    for raw in dict.fromkeys(raws):
        folded = field.form(raw)
        alike = _alike(reader, kind, field.name, folded)
        if raw == folded and folded:
            found |= alike - unfolded
        if some := alike & unfolded:
            found |= reader.with_part(kind, field.name, some, [raw])
    return found


def _alike(reader: Reader, kind: str, field: str, folded: str) -> BitMap:
    """Return the entries that have a part of this folded text."""
    every = reader.present(kind, field)
    if not folded:  # such a part is not among the folded ones
        return every
    text = f"{MARK}{folded}{MARK}"
    certain, doubtful = containing(reader, kind, field, text, every, _FEW)
    look = Look(field, doubtful, contain(text))
    return settle(reader, kind, certain | doubtful, [Doubt(certain, [look], negated=False)])
