"""Opens the file of one generation, and says what is wrong with it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from app.engine.history import ORDER, Remembered
from app.engine.port import Generation, Unwritable, WrongIndex, WrongLayout
from app.engine.sqlite.schema import LAYOUT, header

_KIB = 512
"""KiB of pages that a connection keeps: there may be many connections, and the kernel keeps the pages too."""

_KINDS = " ".join(f"WHEN {rank} THEN '{kind}'" for rank, kind in enumerate(ORDER))
_HISTORY = (
    f"SELECT CASE kind {_KINDS} END, id, digest, version, highest, updated, gone, detail "
    "FROM history ORDER BY rowid"
)


def open_generation(path: Path) -> tuple[sqlite3.Connection, Generation]:
    """Connect to a whole generation of this layout, or raise WrongIndex saying what is wrong with it.

    Raises OSError for a file that cannot be read at all.
    """
    try:
        found, size = header(path)
    except IsADirectoryError as error:
        raise WrongIndex(
            f"{path} is not an index of ods-api-suite, but a folder: name another one"
        ) from error
    if not found.ours:
        raise WrongIndex(f"{path} is not an index of ods-api-suite: name another one")
    if found.layout != LAYOUT:
        raise WrongLayout(path, found.layout, LAYOUT)
    fault = f'{path} is damaged or not whole: load the release again with "ods-indexer load"'
    if size != found.size:
        raise WrongIndex(fault)
    try:
        with ExitStack() as opened:
            connection = opened.enter_context(closing(connect(path)))
            ((name, release, loaded, report),) = connection.execute("SELECT * FROM generation")
            generation = Generation(name, release, datetime.fromisoformat(loaded), json.loads(report), size)
            opened.pop_all()
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise WrongIndex(fault) from error
    return connection, generation


def read_history(path: Path) -> Iterator[Remembered]:
    """Yield the history of a file of any layout; raises WrongIndex."""
    with _any_layout(path) as connection:
        yield from map(Remembered._make, connection.execute(_HISTORY))


def read_name(path: Path) -> str:
    """Return the name of the generation in a file of any layout; raises WrongIndex."""
    with _any_layout(path) as connection:
        ((name,),) = connection.execute("SELECT name FROM generation")
        return str(name)


@contextmanager
def _any_layout(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a file for what every layout has."""
    try:
        with closing(connect(path)) as connection:
            yield connection
    except (sqlite3.Error, ValueError) as error:
        raise WrongIndex(f"{path} is damaged or not whole: {error}") from error


def connect(path: Path) -> sqlite3.Connection:
    """Connect to a file that nobody changes; one thread at a time may use the connection.

    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
    # Not mapped into memory: a file cut short would end the process, and a third less of 6 us is little.
    try:
        connection.execute(f"PRAGMA cache_size=-{_KIB}")  # reads the schema
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Raise Unwritable for an error of the disk in a block in which nothing but the index is written."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise unwritable(index, error) from error


def unwritable(index: Path, error: Exception) -> Unwritable:
    """Say why the index cannot be written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return Unwritable(f"{index} cannot be written: {reason} (--index or ODS_INDEX names another place)")
