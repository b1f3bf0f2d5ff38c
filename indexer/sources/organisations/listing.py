"""Reads a list of organisations as JSON or CSV: each entry as a dict of plain values, with its place."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.report import printable

STANDARD_INPUT = Path("-")
_ADDRESS = ("line1", "line2", "line3", "town", "county", "postcode", "country")
_CONTACTS = ("tel", "url")
_PLAIN = ("code", "name", "status", "opened", "closed", "record_class", "last_change")
_RELATIONSHIP = re.compile(r"RE\d+", re.ASCII)


class BadList(Exception):
    """A list cannot be used; the text is a sentence that names the entry and the key."""


@dataclass(frozen=True)
class Item:
    """One entry of a list: `place` says where it stands."""

    place: str
    values: dict[str, Any]

    def wrong(self, key: str, what: str) -> BadList:
        """Return the error for a value of this entry."""
        code = self.values.get("code")
        named = f" ({printable(code.strip(), 64)})" if isinstance(code, str) and code.strip() else ""
        return BadList(f"{self.place}{named}: {key}: {what}")


def read(path: Path) -> list[Item]:
    """Read a list: JSON, or CSV where the name ends in .csv; `-` is JSON from standard input.

    Raises BadList.
    """
    name = "standard input" if path == STANDARD_INPUT else printable(str(path))
    try:
        data = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise BadList(f"{name} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadList(f"{name} is not UTF-8: byte {error.start + 1} belongs to no character") from error
    return list(_csv(name, text) if path.suffix.lower() == ".csv" else _json(name, text))


def _json(name: str, text: str) -> Iterator[Item]:
    try:
        entries = json.loads(text, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as error:
        raise BadList(f"{name} is not JSON: {error}") from error
    if not isinstance(entries, list):
        raise BadList(f"{name}: a list of objects is needed, in square brackets")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise BadList(f"{name}, entry {number}: an object with the keys code and name is needed")
        yield Item(f"{name}, entry {number}", entry)


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"an object has the key {next(key for key in keys if keys.count(key) > 1)} twice")
    return found


def _csv(name: str, text: str) -> Iterator[Item]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    header: list[str] | None = None
    try:
        for row in rows:
            place = f"{name}, line {line}"
            line = rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = _header(place, row)
            elif len(row) > len(header):
                raise BadList(f"{place}: the row has {len(row)} cells and the header {len(header)}")
            else:
                cells = zip(header, map(str.strip, row), strict=False)
                yield Item(place, _entry({key: cell for key, cell in cells if cell}))
    except csv.Error as error:
        raise BadList(f"{name}, line {line}: this is not CSV: {error}") from error
    if header is None:
        raise BadList(f"{name}: a header with the names of the columns is needed, such as code,name")


def _header(place: str, row: list[str]) -> list[str]:
    header = [cell.strip() for cell in row]
    known = {*_PLAIN, *_ADDRESS, *_CONTACTS, "roles", "successors", "predecessors"}
    for key in header:
        if key not in known and not _RELATIONSHIP.fullmatch(key):
            raise BadList(f"{place}: {printable(key) or 'an empty name'} is not the name of a column")
        if header.count(key) > 1:
            raise BadList(f"{place}: the column {key} is there twice")
    return header


def _entry(cells: dict[str, str]) -> dict[str, Any]:
    """Return a row in the form of an entry in JSON."""
    entry: dict[str, Any] = {key: cells[key] for key in _PLAIN if key in cells}
    if "roles" in cells:
        entry["roles"] = cells["roles"].split()
    address = {key: cells[key] for key in _ADDRESS if key in cells}
    if address:
        lines = [address.pop(key, "") for key in _ADDRESS[:3]]
        entry["address"] = {"lines": lines, **address}
    entry["contacts"] = [{"type": key, "value": cells[key]} for key in _CONTACTS if key in cells]
    entry["relationships"] = [
        {"type": key, "target": target}
        for key in cells
        if _RELATIONSHIP.fullmatch(key)
        for target in cells[key].split()
    ]
    for key in ("successors", "predecessors"):
        entry[key] = [{"code": code} for code in cells.get(key, "").split()]
    return entry
