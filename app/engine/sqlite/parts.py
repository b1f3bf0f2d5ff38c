"""Texts of several parts: which entries have a part that is a given raw text."""

from collections.abc import Collection, Iterable

from pyroaring import BitMap

from app.engine.sqlite.reader import Reader
from app.engine.sqlite.schema import MARK
from app.engine.sqlite.texts import Doubt, Look, contain, containing, settle
from app.register.fields import Field

_FEW = 64
"""Candidates that are compared rather than narrowed down further."""


def equal(reader: Reader, kind: str, field: Field, raws: Iterable[str]) -> BitMap:
    """Return the entries that have one of these raw texts as a part.

    They are among those with a part that is folded alike. All raw texts are looked for together: each block
    of texts is then read once, and spellings that are folded alike cost no more than one.
    """
    forms = {raw: field.form(raw) for raw in raws}
    plain = [raw for raw, folded in forms.items() if raw and raw == folded]
    every = reader.present(kind, field.name)
    unfolded = every & reader.posting(f"{kind}.{field.name}.unfolded", "")
    found = _alike(reader, kind, field.name, plain, every - unfolded)
    if some := _alike(reader, kind, field.name, set(forms.values()), unfolded):
        found |= reader.with_part(kind, field.name, some, forms)
    return found


def _alike(reader: Reader, kind: str, field: str, forms: Collection[str], among: BitMap) -> BitMap:
    """Return which of the entries have a part of one of these folded texts."""
    if "" in forms:  # such a part is not among the folded ones
        return among
    certain, doubtful, looks = BitMap(), BitMap(), list[Look]()
    for folded in forms:
        text = f"{MARK}{folded}{MARK}"
        sure, doubted = containing(reader, kind, field, text, among - certain, _FEW)
        certain |= sure
        doubtful |= doubted
        looks.append(Look(field, doubted, contain(text)))
    return settle(reader, kind, certain | doubtful, [Doubt(certain, looks, negated=False)])
