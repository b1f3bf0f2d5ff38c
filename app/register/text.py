"""Folding of text: stored texts and texts of queries are folded by the same functions before they compare.

Rules: fhir-search 17 to 20 (strings) and the postcode rule of the STU3 interface.
"""

import re
import unicodedata

_QUOTES = str.maketrans("\u2018\u2019", "''")
_WHOLE_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")


def fold(text: str) -> str:
    """Return a text in upper case, without combining marks, with straight quotes and single spaces.

    Punctuation stays. Folding a folded text changes nothing.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_QUOTES))
        # Upper-casing can produce combining marks (from U+0149, for example), so they are dropped after it.
        text = unicodedata.normalize("NFKD", text.casefold().upper())
        text = "".join(char for char in text if not unicodedata.category(char).startswith("M"))
    return " ".join(text.upper().split())


def fold_part(text: str) -> str:
    """Fold a part of a text: like `fold`, but keep one blank at each end that has blanks."""
    return fold(f"|{text}|").removeprefix("|").removesuffix("|")


def fold_postcode(text: str) -> str:
    """Fold like `fold`, and insert the space that a full UK postcode lacks: ``LS1 4AP``."""
    folded = fold(text)
    return f"{folded[:-3]} {folded[-3:]}" if _WHOLE_POSTCODE.fullmatch(folded) else folded
