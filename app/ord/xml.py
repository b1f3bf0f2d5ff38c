"""Writes ORD's XML from its JSON (ord 3, 4.7, 5.3, 7.2), without namespaces and white space."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from app.ord.systems import System

DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>"
_AS_VALUE = ("Status", "LastChangeDate", "Start", "End")
_IN_ATTRIBUTES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}

Json = Mapping[str, Any]


def record(document: Json) -> bytes:
    """Return a record as XML: lower-case keys of an object become attributes, capitalised keys elements."""
    parts = [DECLARATION]
    _element(parts.append, "Organisation", document["Organisation"], "")
    return "".join(parts).encode()


def organisations(rows: Iterable[Json]) -> bytes:
    """Return a list of summaries as XML."""
    return f"{DECLARATION}{_table('Organisations', 'Organisation', rows)}".encode()


def code_system(system: System, document: Json) -> bytes:
    """Return a code system as XML."""
    rows = _table(system.container, system.row, document[system.container])
    opening = f'<CodeSystem oid="{system.oid}" name="{system.name}">'
    return f"{DECLARATION}{opening}{rows}</CodeSystem>".encode()


def _table(container: str, name: str, rows: Iterable[Json]) -> str:
    """Return rows as XML; every key becomes an element with text, also a lower-case one."""
    written = (
        f"<{name}>{''.join(f'<{key}>{escape(value)}</{key}>' for key, value in row.items())}</{name}>"
        for row in rows
    )
    return f"<{container}>{''.join(written)}</{container}>"


def _element(write: Callable[[str], None], name: str, content: Any, parent: str) -> None:
    """Write an element, or one for each item of a list."""
    if isinstance(content, list):
        for item in content:
            _element(write, name, item, parent)
    elif isinstance(content, dict):
        attributes = (f" {key}={_quoted(value)}" for key, value in content.items() if key[0].islower())
        children = [(key, value) for key, value in content.items() if key[0].isupper()]
        write(f"<{name}{''.join(attributes)}{'>' if children else '/>'}")
        for key, value in children:
            _element(write, key, value, name)
        if children:
            write(f"</{name}>")
    elif name in _AS_VALUE or (name, parent) == ("Type", "Date"):
        write(f"<{name} value={_quoted(content)}/>")
    else:
        write(f"<{name}>{escape(str(content))}</{name}>")


def _quoted(value: object) -> str:
    text = "true" if value is True else str(value)
    return f'"{escape(text, _IN_ATTRIBUTES)}"'
