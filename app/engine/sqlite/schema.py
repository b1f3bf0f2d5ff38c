"""What the file of one generation holds.

For each kind a table of its entries (`rid` 1…N in order of id), which has the raw text where that is not its
own folding. Beside it a table for each of its documents, with the entries that have it, and their ids and
stamps (see `stamped`): a page is read from one table, in half the time that it takes from a table of entries
and one of all documents. Each of its texts has a table too: `{kind}_{field}_text` holds the folded texts of
BLOCK entries a row, compressed and separated by line feeds, which no folded text holds. A text of several
parts has a MARK before, between and behind them; its raw form is a JSON array. What the rest of the tables is
for:

* `posting`: for each term of a list the number of entries that hold it, and these as a Roaring bitmap of
  rids. Lists have numbers, which the table `list` gives. The lists of a field are named `kind.field` (tokens,
  and ids of references that no entry has), `kind.field.gram` (three characters of folded text, and two where
  it has no parts), `kind.field.phrase` (words that many texts hold, and pairs of frequent ones), and lists of
  one empty term: `kind.field.missing`, `kind.field.unfolded` (the raw text is not its own folding).
* `ranking`: for each text of one part, and for each instant, by `kind.field` and a word:
  `order`: the rids that have a value, in order of value and rid (see `numbers.packed`);
  `first`: the places at which another value begins (a Roaring bitmap);
  `value`: of an instant, its different values in order (signed 64-bit integers);
  `value 0`, `value 1` …: of a text, its different values in order, VALUES a row, separated by line feeds;
  `fence`: of a text, the first value of each of these rows, separated by line feeds.
  For each reference (see `numbers.packed`):
  `naming`: the rids that name one, in order of the entry they name;
  `begin`: for each rid of the named kind (from 0) where those that name it begin in `naming`, then where the
  last of them end.
  For each summary of a kind, by `kind` and its name: its value.
* `dictionary`: the zstandard dictionary that a kind's documents were compressed with.
* `generation`: one row, written last, so that a file without it is not whole.
* `given`: the instants or references of many entries a row, by `kind.field`, marshalled and compressed. A
  finished file has no such table: it is dropped once all is derived, and postings take its place in the file.
* `history`: see `app.engine.history`; a row is found by bisecting. Neither this table nor `generation.name`
  ever changes: every later version reads them, whatever the layout of the rest.

Filters are therefore sets: AND, OR and NOT are set operations, a total is a cardinality and a page is a
slice, whatever is combined with what.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.register.fields import Document, Kind, Type
from app.register.query import Stamp

APPLICATION_ID = 0x0D5A_9151
LAYOUT = 10

GRAM = 3
MARK = "\x1f"
"""Stands around a text when its trigrams are taken, so that a text of one character has one too.

No folded text holds it: `app.register.text.fold` takes it for a blank.
"""

OF_LIST = "list = (SELECT number FROM list WHERE name = ?)"
INSERT_POSTING = "INSERT INTO posting VALUES ((SELECT number FROM list WHERE name = ?), ?, ?, ?)"
INSERT_RANKING = "INSERT INTO ranking VALUES (?, ?)"
INSERT_GIVEN = "INSERT INTO given VALUES (?, ?)"
INSERT_HISTORY = "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

BLOCK = 64
VALUES = 64


class FileHeader(NamedTuple):
    """What a file's first bytes say of it (https://sqlite.org/fileformat.html, 1.3)."""

    ours: bool
    layout: int
    size: int
    """Bytes that the file ought to have."""


def header(path: Path) -> tuple[FileHeader, int]:
    """Return the header of a file, and the bytes that it has; raises OSError."""
    with path.open("rb") as file:
        start = file.read(72)
        size = os.fstat(file.fileno()).st_size
    page_size, pages, layout, application = (
        int.from_bytes(start[at : at + width]) for at, width in ((16, 2), (28, 4), (60, 4), (68, 4))
    )
    ours = start[:16] == b"SQLite format 3\0" and application == APPLICATION_ID
    return FileHeader(ours, layout, pages * page_size), size


def columns(kind: Kind) -> list[str]:
    """Return the columns of a kind's table behind rid and id: the raw forms of its texts."""
    return [f"{field.name}_raw" for field in kind.of(Type.TEXT)]


def stamped(kind: Kind, document: Document) -> tuple[str, ...]:
    """Return the columns of a document's table between id and body: the stamp, unless it is never read."""
    return Stamp._fields if kind.versioned and not document.brief else ()


def statements(kinds: dict[str, Kind]) -> Iterator[str]:
    """Return what makes the empty tables."""
    for kind in kinds.values():
        values = "".join(f", {column}" for column in columns(kind))
        yield f"CREATE TABLE {kind.name} (rid INTEGER PRIMARY KEY, id TEXT NOT NULL{values})"
        for document in kind.documents:
            table = f"{kind.name}_{document.name}"
            values = "".join(f", {column}" for column in stamped(kind, document))
            key = "rid INTEGER PRIMARY KEY, id TEXT NOT NULL"
            yield f"CREATE TABLE {table} ({key}{values}, body BLOB NOT NULL)"
        for field in kind.of(Type.TEXT):
            table = f"{kind.name}_{field.name}_text"
            yield f"CREATE TABLE {table} (block INTEGER PRIMARY KEY, texts BLOB NOT NULL)"
    yield "CREATE TABLE list (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"
    for name in (f"{kind.name}.{field.name}" for kind in kinds.values() for field in kind.fields):
        rows = ", ".join(f"('{name}{of}')" for of in ("", ".gram", ".phrase", ".missing", ".unfolded"))
        yield f"INSERT INTO list (name) VALUES {rows}"
    yield "CREATE TABLE posting (list INTEGER NOT NULL, term TEXT, holders INTEGER, rids BLOB)"
    yield "CREATE INDEX posting_term ON posting (list, term, holders)"
    yield "CREATE TABLE ranking (list TEXT PRIMARY KEY, content BLOB NOT NULL)"
    yield "CREATE TABLE given (list TEXT NOT NULL, content BLOB NOT NULL)"
    yield "CREATE TABLE dictionary (document TEXT PRIMARY KEY, content BLOB NOT NULL)"
    yield (
        "CREATE TABLE history (kind INTEGER, id TEXT, digest BLOB, version INTEGER, highest INTEGER, "
        "updated INTEGER, gone TEXT, detail TEXT)"
    )
    yield "CREATE TABLE generation (name TEXT, release TEXT, loaded TEXT, report TEXT)"
