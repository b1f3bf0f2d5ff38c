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
    found = alike(reader, kind, field.name, plain, every - unfolded)
    # No folded part is empty, but a raw one may be.
    folded = set(forms.values())
    if some := unfolded if "" in folded else alike(reader, kind, field.name, folded, unfolded):
        found |= reader.with_part(kind, field.name, some, forms)
    return found


def alike(reader: Reader, kind: str, field: str, forms: Collection[str], among: BitMap) -> BitMap:
    """Return which of the entries have a part of one of these folded texts."""
    certain, doubtful, looks = BitMap(), BitMap(), list[Look]()
    for folded in forms:
        text = f"{MARK}{folded}{MARK}"
        sure, doubted = containing(reader, kind, field, text, among - certain, _FEW)
        certain |= sure
        doubtful |= doubted
        looks.append(Look(field, doubted, contain(text)))
    return settle(reader, kind, certain | doubtful, [Doubt(certain, looks, negated=False)])
