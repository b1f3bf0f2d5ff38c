"""Words of a text, brought to one form: the words of the register and of questions compare equal.

Rules: lookup 2.1 and, for plurals and words written together, 2.3. `words.toml` is the folding table.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from app.register.text import fold

LONGEST_BEGINNING = 3
"""Characters of the longest beginning of a word that is indexed as a term."""

_TABLE = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_WORD = re.compile(r"[^\W_]+")
_BREAK = "\0"
"""Stands between parts of an address; no XML document holds it."""
_SIGNLESS = bytes(code if bytes([code]).isalnum() or code == 0 else 32 for code in range(256)).upper()
"""ASCII in upper case, with blanks for signs."""
_WORD_OR_BREAK = re.compile(rf"[^\W_]+|{_BREAK}")
_APOSTROPHES = {ord(sign): None for sign in "\u00b4\u02bc\u02b9\u02bb\u2018\u2019\u201b\u2032\uff07"}
# Letters that NFKD leaves whole; `fold` has already written ß as SS.
_LETTERS = str.maketrans(
    {"Ł": "L", "Ø": "O", "Æ": "AE", "Œ": "OE", "Đ": "D", "Ð": "D", "Þ": "TH", "Ħ": "H", "Ŧ": "T", "ẞ": "SS"}
)
_KEPT = 32_768
"""Written words of which the forms are kept."""
_SHORTEST_PLURAL = 4
_SHORTEST_HEAD = 3


def written(text: str) -> list[str]:
    """Return the words of a text as they are written: folded, without signs, before the table."""
    return _WORD.findall(_unsigned(text))


def _written(text: str) -> list[str]:
    """Return the words of a text of several parts as they are written, and the breaks between them."""
    if not text.isascii():
        return _WORD_OR_BREAK.findall(_unsigned(text))
    # ASCII needs no regular expression.
    plain = text.encode().replace(b"&", b" AND ").replace(b"+", b" AND ").translate(_SIGNLESS, b"'`")
    return plain.replace(b"\0", b" \0 ").decode().split()


def _unsigned(text: str) -> str:
    """Return a text in upper case with its signs written out or left out, as far as they are no blanks."""
    if not text.isascii():
        text = fold(text.translate(_APOSTROPHES)).translate(_LETTERS)
    # Four replacements take a tenth of the time of one translation.
    return text.replace("'", "").replace("`", "").replace("&", " AND ").replace("+", " AND ").upper()


def words(text: str) -> list[str]:
    """Return the words of a text in order, each brought to its form by the table."""
    return list(chain.from_iterable(map(forms, _expanded(written(text)))))


def words_of_each(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield the words of each of some texts of an organisation."""
    # One text of all, since each call takes time.
    found = _written(_BREAK.join(texts))
    if "ST" in found:
        found = _all_expanded(found)
    return _parts(list(chain.from_iterable(map(forms, found))))


class Known(NamedTuple):
    """What the table says of a written word."""

    forms: tuple[str, ...]
    """The words that it stands for, in one form each."""
    terms: tuple[str, ...]
    """The forms, and the written word where the table changes it: it can be completed and corrected to."""
    beginnings: tuple[str, ...]
    """The first one, two and three characters of the terms."""


@lru_cache(maxsize=_KEPT)
def known(word: str) -> Known:
    """Return the forms, terms and beginnings of a written word."""
    found = forms(word)
    terms = found if found == (_singular(word),) else tuple(dict.fromkeys((*found, word)))
    return Known(found, terms, tuple(dict.fromkeys(chain.from_iterable(map(_beginnings, terms)))))


def terms(word: str) -> tuple[str, ...]:
    """Return the terms of a written word."""
    return known(word).terms


def beginnings(word: str) -> tuple[str, ...]:
    """Return the beginnings of the terms of a written word."""
    return known(word).beginnings


class Stated(NamedTuple):
    """The words of an organisation as they are written, each ST written out, by field."""

    name_word: tuple[str, ...]
    place_word: tuple[str, ...]


def stated(name: str, places: Iterable[str | None]) -> Stated:
    """Return the words of a name and of the parts of an address; the postcode is no part."""
    # One text of all parts, since each call takes time.
    found = _written(_BREAK.join((name, *filter(None, places))))
    if "ST" in found:
        found = _all_expanded(found)
    end = found.index(_BREAK) if _BREAK in found else len(found)
    return Stated(tuple(found[:end]), tuple([word for word in found[end:] if word != _BREAK]))


def _parts(found: list[str]) -> Iterator[list[str]]:
    """Yield the words between breaks."""
    start = 0
    for _ in range(found.count(_BREAK)):
        end = found.index(_BREAK, start)
        yield found[start:end]
        start = end + 1
    yield found[start:]


def _all_expanded(found: list[str]) -> list[str]:
    """Write out each ST of each part."""
    parts = [(*_expanded(part), _BREAK) for part in _parts(found)]
    return list(chain.from_iterable(parts))[:-1]


def _expanded(found: list[str]) -> list[str]:
    """Write out each ST: SAINT before a saint's name or at the start of the text, else STREET."""
    if "ST" not in found:
        return found
    following = [*found[1:], ""]
    return [
        word if word != "ST" else "SAINT" if after and (not place or after in _SAINTS) else "STREET"
        for place, (word, after) in enumerate(zip(found, following, strict=True))
    ]


class _Forms(dict[str, tuple[str, ...]]):
    """The forms of written words; a server folds words of any client, so it holds 7 MB at most."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= _KEPT:
            self.clear()
        found = self[word] = _forms(word)
        return found


forms = _Forms().__getitem__
"""Returns the words that a written word stands for, in one form each.

Without the calls of a cache that knows what was used last: a lookup folds a thousand words.
"""


def _forms(word: str) -> tuple[str, ...]:
    singular = _singular(word)
    if found := _FORMS.get(word) or _FORMS.get(singular):
        return found
    if tail := _TAIL.search(singular):
        return _forms(word[: tail.start()]) + _forms(tail[0])
    return (singular,)


def _singular(word: str) -> str:
    """Return a word without its plural S; words in SS and short words keep it."""
    plural = len(word) >= _SHORTEST_PLURAL and word[-1] == "S" and word[-2] != "S"
    return word[:-1] if plural else word


def _beginnings(word: str) -> list[str]:
    return [word[:length] for length in range(1, min(len(word), LONGEST_BEGINNING) + 1)]


_FORMS: dict[str, tuple[str, ...]] = {
    spelling: tuple(map(_singular, form.split()))
    for form, spellings in _TABLE["spellings"].items()
    for spelling in spellings
}
_TAIL = re.compile(rf"(?<=.{{{_SHORTEST_HEAD}}})(?:{'|'.join(_TABLE['words']['tails'])})$")
_SAINTS = {spelling for name in _TABLE["words"]["saints"] for spelling in (name, f"{name}S")}
