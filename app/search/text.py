"""The one normaliser of text: what is stored and what is asked for are folded by the same functions.

Rules: fhir-search 17 to 20 (strings) and the postcode rule of the STU3 interface.
"""

import re
import unicodedata

_QUOTES = str.maketrans("\u2018\u2019", "''")
_WHOLE_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")


def fold(text: str) -> str:
    """Fold case, combining marks, curly quotes and white space away; the result is upper-cased.

    Folding twice is folding once, whatever the text. Punctuation stays.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_QUOTES))
        # Case mappings can bring marks back (U+0149 and the like), so they are dropped after them.
        text = unicodedata.normalize("NFKD", text.casefold().upper())
        text = "".join(char for char in text if not unicodedata.category(char).startswith("M"))
    return " ".join(text.upper().split())


def fold_part(text: str) -> str:
    """Fold what is looked for inside of texts: like `fold`, but of blanks at either end one stays."""
    return fold(f"|{text}|").removeprefix("|").removesuffix("|")


def fold_postcode(text: str) -> str:
    """Fold like `fold`, and give a whole UK postcode that lacks its space that space: ``LS1 4AP``."""
    folded = fold(text)
    return f"{folded[:-3]} {folded[-3:]}" if _WHOLE_POSTCODE.fullmatch(folded) else folded
