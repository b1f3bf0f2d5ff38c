"""Files in CSV that clients send: UTF-8, separated by comma, semicolon or tab (lookup 4.3, hierarchy 7)."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from app.web.message import MAX_FILE, Fault, FaultKind, quote

MAX_ROWS = 20_000

csv.field_size_limit(MAX_FILE)  # the limit of the body is the only one for a cell

_BOM = "\ufeff"
_SEPARATORS = (",", ";", "\t")
_NAMED = 20
"""Columns that an error names."""


@dataclass(frozen=True)
class Table:
    """A file: its columns, its rows, all as long as the header, and how it is written."""

    header: list[str]
    rows: list[list[str]]
    separator: str
    line_end: str
    opening: str
    """A byte order mark, or nothing."""

    def column(self, name: str) -> int | None:
        """Return the place of the first column of a name, or None."""
        names = [cell.strip() for cell in self.header]
        return names.index(name) if name in names else None

    @property
    def columns(self) -> str:
        """The names of the columns, for an error."""
        shown = ", ".join(f'"{quote(name.strip())}"' for name in self.header[:_NAMED])
        return f"{shown} and {len(self.header) - _NAMED} more" if len(self.header) > _NAMED else shown

    def write(self, rows: Iterable[Sequence[str]]) -> bytes:
        """Return rows as they are written in this file."""
        return written(rows, self.separator, self.line_end)


def written(rows: Iterable[Sequence[str]], separator: str = ",", line_end: str = "\r\n") -> bytes:
    """Return rows in CSV."""
    lines: list[str] = []
    # The writer quotes a cell for a CR only if the ends of its lines have one.
    writer = csv.writer(SimpleNamespace(write=lines.append), delimiter=separator, lineterminator="\r\n")
    writer.writerows(rows)
    return "".join(line.removesuffix("\r\n") + line_end for line in lines).encode()


def read(body: bytes, named: Sequence[str]) -> Table:
    """Read a file; `named` are the columns that the request names. Raises Fault.

    The separator is the one with which the header has the most of these, else the most frequent one.
    """
    text = _decoded(body)
    opening = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    separator = max(_SEPARATORS, key=lambda each: _fitness(text, each, named))
    lines = io.StringIO(text, newline="")
    records = _records(lines, separator)
    _, header = next(records, (0, []))
    if not header:
        raise Fault(
            FaultKind.MALFORMED, "The file is empty: it needs a first line with the names of its columns"
        )
    end = lines.tell()
    line_end = "\r\n" if text[end - 2 : end] == "\r\n" else "\n"  # cells may have other ones
    rows: list[list[str]] = []
    for line, row in records:
        if len(rows) == MAX_ROWS:
            raise Fault(FaultKind.BODY_TOO_LONG, f"The file has more than {MAX_ROWS} rows: send it in parts")
        if len(row) > len(header):
            where = f"Row {len(rows) + 1} (line {line})"
            fault = f"{where} has {len(row)} cells, but the header has {len(header)} columns"
            raise Fault(FaultKind.MALFORMED, fault)
        rows.append(row + [""] * (len(header) - len(row)))
    return Table(header, rows, separator, line_end, opening)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        fault = f"The file is not UTF-8 at byte {error.start} (line {line}): save it as CSV UTF-8"
        raise Fault(FaultKind.MALFORMED, fault) from None


def _records(lines: io.StringIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not blank, each with the number of its last line; raises Fault."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        yield from ((reader.line_num, record) for record in reader if record)
    except csv.Error as error:
        fault = f"The file is no CSV near line {reader.line_num}: {error}"
        raise Fault(FaultKind.MALFORMED, fault) from None


def _fitness(text: str, separator: str, named: Sequence[str]) -> tuple[int, int]:
    """Return how many of the named columns the header has with a separator, and how many columns in all."""
    try:
        _, header = next(_records(io.StringIO(text, newline=""), separator), (0, []))
    except Fault:
        return 0, 0  # such as "a";"b" read with commas
    names = {cell.strip() for cell in header}
    return sum(name in names for name in named), len(header)
