"""A list of organisations as a CSV file (lookup 6)."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

import orjson

COLUMNS = ("code", "name", "status", "primary_role", "town", "postcode", "opened", "closed")

LONGEST = 10_000
"""Rows of a file."""

HEADERS = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": 'attachment; filename="organisations.csv"',
    "X-Content-Type-Options": "nosniff",
}

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that make a spreadsheet take a cell for a formula."""

_AT_ONCE = 250
"""Documents that are read in one call."""


def lines(codes: Sequence[str], documents: Callable[[Sequence[str]], Mapping[str, bytes]]) -> Iterator[bytes]:
    """Yield the file in pieces; `documents` reads the ORD records of some organisations."""
    above = [COLUMNS]
    for at in range(0, max(len(codes), 1), _AT_ONCE):
        some = codes[at : at + _AT_ONCE]
        found = documents(some) if some else {}
        yield _written([*above, *(_row(orjson.loads(found[code])["Organisation"]) for code in some)])
        above = []


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    location = record.get("GeoLoc", {}).get("Location", {})
    dates = {date["Type"]: date for date in record.get("Date", ())}
    date = dates.get("Operational") or dates.get("Legal") or {}
    roles = record.get("Roles", {}).get("Role", ())
    return (
        record["OrgId"]["extension"],
        record["Name"],
        record["Status"].lower(),
        next((role["id"] for role in roles if role.get("primaryRole")), ""),
        location.get("Town", ""),
        location.get("PostCode", ""),
        date.get("Start", ""),
        date.get("End", ""),
    )


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell
