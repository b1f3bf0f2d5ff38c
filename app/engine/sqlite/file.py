"""Opens the file of one generation, and says what is wrong with it."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import zstandard

from app.engine.port import Generation, WrongIndex, WrongLayout
from app.engine.sqlite.schema import LAYOUT, header


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
    connection = _connect(path)
    try:
        if size != found.size:
            raise ValueError(size)
        ((name, release, loaded, report),) = connection.execute("SELECT * FROM generation")
        generation = Generation(name, release, datetime.fromisoformat(loaded), json.loads(report), size)
    except (sqlite3.Error, ValueError, TypeError) as error:
        connection.close()
        fault = f'{path} is damaged or not whole: load the release again with "ods-indexer load"'
        raise WrongIndex(fault) from error
    return connection, generation


def read_ledger(path: Path) -> list[bytes]:
    """Return ORD's documents of a file's deletions, of whatever layout; raises WrongIndex."""
    try:
        with closing(_connect(path)) as connection:
            has_one = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'deletion_ord'").fetchone()
            rows = connection.execute("SELECT body FROM deletion_ord ORDER BY rid") if has_one else ()
            decompress = zstandard.ZstdDecompressor().decompress
            return [decompress(body) for (body,) in rows]
    except (sqlite3.Error, zstandard.ZstdError) as error:
        raise WrongIndex(f"{path} is damaged or not whole: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    # Serialised by the register's lock: one connection serves all threads of a process.
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
