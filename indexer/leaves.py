"""Reads and checks the leaves of a record: texts, attributes, dates, integers, statuses and codes.

Texts and values are trimmed; empty ones count as absent. Unknown elements and attributes are skipped with a
warning.
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
    """The methods of an lxml element that this package uses; the published type stubs are too vague."""

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
    """A record is refused because of an element; the reader adds file, line and code to the text."""

    def __init__(self, element: Element, what: str) -> None:
        super().__init__(what)
        self.element = element


class Namespaced(Exception):
    """An element has a namespace: the caller strips all namespaces and converts the record again."""


def local(tag: object) -> str:
    """Return the local name of a tag."""
    return str(tag).rpartition("}")[2]


@lru_cache(maxsize=100_000)
def calendar_date(text: str) -> str:
    """Return a ``YYYY-MM-DD`` date unchanged, equal dates as one object; ValueError if it is none."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    calendar.fromisoformat(text)
    return text


def integer(text: str) -> int:
    """Return a whole number of at most 18 digits, which fits 64 bits; ValueError if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise ValueError(text)
    return int(text)


@lru_cache(maxsize=10_000)
def _judged(text: str) -> tuple[str, str | None, bool]:
    """Return a code in upper case, why it is refused or None, and whether it has unusual characters."""
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
    """Reads the leaves of records; ``codes`` are the ids in the release's code systems.

    ``warnings`` collects (kind, detail) until the reader clears it.
    """

    def __init__(self, codes: frozenset[str]) -> None:
        self._codes = codes
        self.warnings: list[tuple[str, str]] = []

    def warn(self, kind: str, detail: str) -> None:
        """Collect one warning."""
        self.warnings.append((kind, detail))

    def unknown(self, element: Element, what: str = "") -> None:
        """Warn that an element, or ``what`` in it, is skipped; the warning gives its path.

        Raises:
            Namespaced: the element has a namespace; without it, it may be known.

        """
        if not what and element.tag.startswith("{"):
            raise Namespaced
        path = self.path(element)
        self.warn("unknown_element", printable(f"{path}/{what}" if what else path))

    def path(self, element: Element) -> str:
        """Return the path of an element: the names from the child of Organisations down to it."""
        above = [local(parent.tag) for parent in element.iterancestors()]
        return "/".join([*reversed(above[:-2]), local(element.tag)])

    def attributes(self, element: Element, *names: str) -> dict[str, str]:
        """Return the named attributes that are not empty, trimmed; warn of others."""
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
        """Return the trimmed ``value`` attribute of an element, or None; warn of any other content."""
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
        """Return the trimmed text of an element, or None; warn of attributes and children."""
        if len(element):
            self.unknown(element[0])
        for key in element.keys():  # noqa: SIM118 - an element is not a dict
            self.unknown(element, f"@{key}")
        return _checked(element, element.tag, (element.text or "").strip(), MAX_TEXT) or None

    def date(self, element: Element) -> str | None:
        """Return the date in an element, or None if it is empty; raises Fault if it is no calendar date."""
        value = self.value(element)
        if value is None:
            return None
        try:
            return calendar_date(value)
        except ValueError:
            what = f"{element.tag} {printable(value)!r} is not a calendar date (YYYY-MM-DD)"
            raise Fault(element, what) from None

    def integer(self, element: Element, name: str, value: str | None) -> int | None:
        """Return the value of the attribute ``name`` as a number, or None; raises Fault for other texts."""
        if value is None:
            return None
        try:
            return integer(value)
        except ValueError:
            raise Fault(element, f"{name} {printable(value)!r} of {element.tag} is not an integer") from None

    def status(self, element: Element) -> str | None:
        """Return ``Active`` or ``Inactive``, or None if empty; raises Fault for any other value."""
        value = self.value(element)
        if value is None:
            return None
        if value not in _STATUSES:
            raise Fault(element, f"Status {printable(value)!r} is neither Active nor Inactive")
        return _STATUSES[value]

    def known(self, code: str) -> str:
        """Return an id of a code system; warn if no code system has it."""
        if code not in self._codes:
            self.warn("unknown_code", printable(code))
        return intern(code)

    def code(self, element: Element, text: str | None) -> str:
        """Return an ODS code in upper case; raises Fault if it is missing or cannot be served."""
        if text is None:
            raise Fault(element, "the record has no code: its OrgId has no extension")
        code, refused, odd = _judged(text)
        if refused:
            raise Fault(element, f"the code {printable(code, MAX_CODE)!r} {refused}")
        if odd:
            self.warn("odd_code", printable(code))
        return code
