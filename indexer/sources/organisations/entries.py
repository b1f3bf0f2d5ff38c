"""One entry of a list of organisations, checked: its keys and defaults are those of harness 1."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from indexer.organisation import Address, Contact
from indexer.report import printable
from indexer.sources.organisations.listing import BadList, Item

_KEYS = {
    "code", "name", "roles", "status", "opened", "closed", "record_class", "address", "contacts",
    "relationships", "successors", "predecessors", "last_change",
}  # fmt: skip
_PERIOD = ("start", "end", "status")
_STATUS = {"active": "Active", "inactive": "Inactive"}
_CONTACTS = {"tel": "tel", "fax": "fax", "email": "mailto", "url": "http"}
_OPENED = "1974-04-01"
_LONGEST_CODE, _LONGEST_NAME, _LONGEST_VALUE = 64, 4_000, 10_000
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Part:
    """A role or a relationship: its id, and its dates and status with the organisation's filled in."""

    id: str
    start: str
    end: str | None
    status: str


@dataclass(frozen=True)
class Listed:
    """One organisation of a list."""

    code: str
    name: str
    status: str
    opened: str
    closed: str | None
    record_class: str
    address: Address | None
    contacts: tuple[Contact, ...]
    roles: tuple[Part, ...]
    primary: int
    """The place of the primary role."""
    relationships: tuple[tuple[Part, str], ...]
    """Each with the code of its target."""
    successors: tuple[tuple[str, str | None], ...]
    """Codes and dates."""
    predecessors: tuple[tuple[str, str | None], ...]
    last_change: str | None


def listed(item: Item, roles: Mapping[str, str], types: Mapping[str, str]) -> Listed:
    """Check an entry; `roles` and `types` of relationships are those that exist. Raises BadList."""
    values = _Values(item, item.values, "", _KEYS)
    closed = values.day("closed")
    status = values.choice("status", _STATUS) or ("Inactive" if closed else "Active")
    opened = values.day("opened") or _OPENED
    own = Part("", opened, closed, status)
    held = list(values.parts("roles", {"primary", "id", *_PERIOD}, default=["RO177"], plain="id"))
    if not held:
        raise item.wrong("roles", "at least one role is needed")
    marked = [place for place, role in enumerate(held) if role.flag("primary")]
    if len(marked) > 1:
        raise item.wrong("roles.primary", "only one role can be the primary one")
    related = values.parts("relationships", {"type", "target", *_PERIOD})
    return Listed(
        code=values.code("code"),
        name=values.needed("name", _LONGEST_NAME),
        status=status,
        opened=opened,
        closed=closed,
        record_class=values.choice("record_class", {"RC1": "RC1", "RC2": "RC2"}) or "RC1",
        address=_address(item, values),
        contacts=tuple(
            Contact(each.needed_choice("type", _CONTACTS), each.needed("value"))
            for each in values.parts("contacts", {"type", "value"})
        ),
        roles=tuple(_part(each, each.known("id", roles, "role"), own) for each in held),
        primary=marked[0] if marked else 0,
        relationships=tuple(
            (_part(each, each.known("type", types, "type of relationship"), own), each.code("target"))
            for each in related
        ),
        successors=_parties(values, "successors"),
        predecessors=_parties(values, "predecessors"),
        last_change=values.day("last_change"),
    )


def _part(values: "_Values", part_id: str, own: Part) -> Part:
    start, end = values.day("start"), values.day("end")
    status = values.choice("status", _STATUS)
    inherited = None if status == "Active" else own.end
    return Part(
        part_id,
        start or own.start,
        end or inherited,
        status or ("Inactive" if end else own.status),
    )


def _address(item: Item, values: "_Values") -> Address | None:
    given = values.get("address", dict, "an object")
    if given is None:
        return None
    keys = ("town", "county", "postcode", "country")
    parts = _Values(item, given, "address.", {"lines", *keys})
    lines = parts.get("lines", list, "a list") or []
    if len(lines) > 3:
        raise item.wrong("address.lines", "an address has at most three lines")
    texts = [parts.checked("lines", line) or None for line in lines]
    return Address._make([*texts, *[None] * (3 - len(texts)), *map(parts.text, keys), None])


def _parties(values: "_Values", key: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((each.code("code"), each.day("date")) for each in values.parts(key, {"code", "date"}))


class _Values:
    """The values of one object in a list; each method raises BadList for a wrong one, naming its key."""

    def __init__(self, item: Item, values: Mapping[str, Any], path: str, keys: set[str]) -> None:
        self._item, self._values, self._path = item, values, path
        for key in values:
            if key not in keys:
                raise item.wrong(printable(f"{path}{key}"), "there is no such key")

    def wrong(self, key: str, what: str) -> BadList:
        return self._item.wrong(f"{self._path}{key}", what)

    def get(self, key: str, kind: type, what: str) -> Any:
        """Return a value of a kind; None where there is none, or null."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, kind):
            raise self.wrong(key, f"{what} is needed")
        return value

    def checked(self, key: str, value: object, longest: int = _LONGEST_VALUE) -> str:
        """Return a text without blanks around it."""
        if not isinstance(value, str):
            raise self.wrong(key, "a text is needed")
        text = value.strip()
        if len(text) > longest:
            raise self.wrong(key, f"it has {len(text):,} characters, the limit is {longest:,}")
        if _NOT_XML.search(text):
            raise self.wrong(key, "it has a control character, which XML cannot hold")
        return text

    def text(self, key: str, longest: int = _LONGEST_VALUE) -> str | None:
        value = self._values.get(key)
        return None if value is None else self.checked(key, value, longest) or None

    def needed(self, key: str, longest: int = _LONGEST_VALUE) -> str:
        text = self.text(key, longest)
        if text is None:
            raise self.wrong(key, "it is missing")
        return text

    def code(self, key: str) -> str:
        """Return a code, in the form in which a release is read."""
        text = self.needed(key, _LONGEST_CODE).upper()
        if "/" in text or not text.isprintable():
            raise self.wrong(key, "a code has no slash and no control character")
        return text

    def day(self, key: str) -> str | None:
        text = self.text(key)
        if text is None:
            return None
        try:
            if date.fromisoformat(text).isoformat() == text:
                return text
        except ValueError:
            pass
        raise self.wrong(key, f"{printable(text, 40)} is no date: use YYYY-MM-DD")

    def choice(self, key: str, choices: Mapping[str, str]) -> str | None:
        text = self.text(key)
        if text is not None and text not in choices:
            raise self.wrong(key, f"{printable(text, 40)} is none of {', '.join(choices)}")
        return None if text is None else choices[text]

    def needed_choice(self, key: str, choices: Mapping[str, str]) -> str:
        self.needed(key)
        return self.choice(key, choices) or ""

    def known(self, key: str, names: Mapping[str, str], what: str) -> str:
        text = self.needed(key)
        if text not in names:
            raise self.wrong(key, f"{printable(text, 40)} is no {what} of the bundled sample")
        return text

    def flag(self, key: str) -> bool:
        return bool(self.get(key, bool, "true or false"))

    def parts(
        self, key: str, keys: set[str], default: list[Any] | None = None, plain: str = ""
    ) -> Iterator["_Values"]:
        """Yield the objects of a list; a text stands for an object with the key `plain`."""
        values = self.get(key, list, "a list")
        for value in (default or []) if values is None else values:
            part = {plain: value} if plain and isinstance(value, str) else value
            if not isinstance(part, dict):
                raise self.wrong(key, f"a list of objects{' or texts' if plain else ''} is needed")
            yield _Values(self._item, part, f"{self._path}{key}.", keys)
