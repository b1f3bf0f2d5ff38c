"""The leaves of a record: texts, attributes, dates, integers, statuses and codes, each checked.

Text and values are trimmed, and what is empty then is absent. What is not named is skipped with a warning.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date as calendar
from functools import lru_cache
from sys import intern
from typing import Protocol, overload

from indexer.report import printable

MAX_CODE = 64
MAX_TEXT = 4_000
"""Characters of a text or value."""
MAX_WORD = 255
"""Characters of an id, a root, an authority and other attributes."""

_PLAIN = re.compile(r"[0-9A-Z]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGITS = 18
_STATUSES = {"Active": "Active", "Inactive": "Inactive"}


class Element(Protocol):
    """What is needed of an lxml element; its published stubs are vaguer than lxml is."""

    tag: str
    text: str | None
    tail: str | None
    prefix: str | None
    nsmap: dict[str | None, str]
    sourceline: int

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, place: int, /) -> "Element": ...
    @overload
    def __getitem__(self, places: slice, /) -> list["Element"]: ...
    def __iter__(self) -> Iterator["Element"]: ...
    def get(self, name: str, default: str = "", /) -> str: ...  # noqa: D102
    def keys(self) -> list[str]: ...  # noqa: D102
    def items(self) -> list[tuple[str, str]]: ...  # noqa: D102
    def getparent(self) -> "Element | None": ...  # noqa: D102
    def iter(self) -> Iterator["Element"]: ...  # noqa: D102
    def clear(self, *, keep_tail: bool = False) -> None: ...  # noqa: D102
    def remove(self, element: "Element", /) -> None: ...  # noqa: D102
    def itersiblings(self, *, preceding: bool = False) -> Iterator["Element"]: ...  # noqa: D102
    def iterancestors(self) -> Iterator["Element"]: ...  # noqa: D102


class Fault(Exception):
    """What refuses a record, and the element it stands at; the reader knows file, line and code."""

    def __init__(self, element: Element, what: str) -> None:
        super().__init__(what)
        self.element = element


class Namespaced(Exception):
    """An element has a namespace: the walk must be done again without."""


def local(tag: object) -> str:
    """Give the local name of a tag."""
    return str(tag).rpartition("}")[2]


@lru_cache(maxsize=100_000)
def calendar_date(text: str) -> str:
    """Return a date as it is, ``YYYY-MM-DD``, the same object each time; ValueError if it is none."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    calendar.fromisoformat(text)
    return text


def integer(text: str) -> int:
    """Return a whole number of at most 18 digits, as a database holds them; ValueError if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise ValueError(text)
    return int(text)


@lru_cache(maxsize=10_000)
def _judged(text: str) -> tuple[str, str | None, bool]:
    """Judge a code: (upper-cased, why it is refused, whether it is odd)."""
    code = intern(text.upper())
    if len(code) > MAX_CODE:
        return code, f"has more than {MAX_CODE} characters", True
    if "/" in code or any(unicodedata.category(letter) == "Cc" for letter in code):
        return code, "holds a slash or a control character", True
    return code, None, not _PLAIN.fullmatch(code)


def _checked(element: Element, name: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise Fault(element, f"the {name} has {len(text):,} characters, the limit is {limit:,}")
    return text


class Leaves:
    """Reads the leaves of one record after another, knowing the release's code ids.

    ``warnings`` collects (kind, detail).
    """

    def __init__(self, codes: frozenset[str]) -> None:
        self._codes = codes
        self.warnings: list[tuple[str, str]] = []

    def warn(self, kind: str, detail: str) -> None:
        """Collect one warning."""
        self.warnings.append((kind, detail))

    def unknown(self, element: Element, what: str = "") -> None:
        """Note an element that is skipped, or something in it, by its path below the Organisations.

        Raises:
            Namespaced: the element would perhaps be known if it had no namespace.

        """
        if not what and element.tag.startswith("{"):
            raise Namespaced
        path = self.path(element)
        self.warn("unknown_element", printable(f"{path}/{what}" if what else path))

    def path(self, element: Element) -> str:
        """Return the names down to an element from its Organisation (or what stands beside one)."""
        above = [local(parent.tag) for parent in element.iterancestors()]
        return "/".join([*reversed(above[:-2]), local(element.tag)])

    def attributes(self, element: Element, *names: str) -> dict[str, str]:
        """Return the trimmed attributes that are there and not empty."""
        found = {}
        for key, raw in element.items():
            if key in names:
                value = raw.strip()
                if value:
                    found[key] = _checked(element, key, value, MAX_TEXT if key == "value" else MAX_WORD)
            else:
                self.unknown(element, f"@{key}")
        return found

    def value(self, element: Element) -> str | None:
        """Return the trimmed ``value`` of an element that has nothing else."""
        found = ""
        for key, value in element.items():
            if key == "value":
                found = value.strip()
            else:
                self.unknown(element, f"@{key}")
        if len(element):
            self.unknown(element[0])
        return found or None

    def text(self, element: Element) -> str | None:
        """Return the trimmed text of an element that has nothing else."""
        if len(element):
            self.unknown(element[0])
        for key in element.keys():  # noqa: SIM118 - an element is not a dict
            self.unknown(element, f"@{key}")
        return _checked(element, element.tag, (element.text or "").strip(), MAX_TEXT) or None

    def date(self, element: Element) -> str | None:
        """Return the value of a date; Fault if it is no calendar date."""
        value = self.value(element)
        if value is None:
            return None
        try:
            return calendar_date(value)
        except ValueError:
            what = f"{element.tag} {printable(value)!r} is not a calendar date (YYYY-MM-DD)"
            raise Fault(element, what) from None

    def integer(self, element: Element, name: str, value: str | None) -> int | None:
        """Return the value of an attribute of this name; Fault if it is no integer."""
        if value is None:
            return None
        try:
            return integer(value)
        except ValueError:
            raise Fault(element, f"{name} {printable(value)!r} of {element.tag} is not an integer") from None

    def status(self, element: Element) -> str | None:
        """Return ``Active`` or ``Inactive``; Fault at anything else."""
        value = self.value(element)
        if value is None:
            return None
        if value not in _STATUSES:
            raise Fault(element, f"Status {printable(value)!r} is neither Active nor Inactive")
        return _STATUSES[value]

    def known(self, code: str) -> str:
        """Return an id, with a warning if no CodeSystem has it."""
        if code not in self._codes:
            self.warn("unknown_code", printable(code))
        return intern(code)

    def code(self, element: Element, text: str | None) -> str:
        """Return an ODS code in upper case; Fault if it is none that can be served."""
        if text is None:
            raise Fault(element, "the record has no code: its OrgId has no extension")
        code, refused, odd = _judged(text)
        if refused:
            raise Fault(element, f"the code {printable(code, MAX_CODE)!r} {refused}")
        if odd:
            self.warn("odd_code", printable(code))
        return code
