"""Where a register is kept: an index, opened by its URL."""

import os
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from app.engine.port import Index, WrongIndex
from app.engine.sqlite.index import SqliteIndex

_SHOWN = 200
"""Characters of a URL that a sentence repeats."""


def open_index(url: str, *, keep: int = 2) -> Index:
    """Open the index at `url` without touching it yet; `keep` generations outlive a load.

    Raises WrongIndex for a URL that names no engine.
    """
    path = _path(url)
    if path:
        return SqliteIndex(path, keep=keep)
    raise WrongIndex(
        f'"{_masked(url)}" is no index URL: use sqlite:///relative/path.db or sqlite:////absolute/path.db, '
        "in ODS_INDEX or --index"
    )


def _path(url: str) -> str:
    """Return the path that a URL of SQLite names, or nothing for any other URL."""
    try:
        parts = urlsplit(url)
        path = unquote(parts.path).removeprefix("/")
        named = parts.scheme == "sqlite" and not (parts.netloc or parts.query or parts.fragment)
        names_file = PurePath(path).name not in {"", ".."} and b"\0" not in os.fsencode(path)
        return path if named and names_file else ""
    except ValueError:
        return ""


def _masked(url: str) -> str:
    """Leave out what stands before an @, which may be a password, and what cannot be shown."""
    return "".join(char for char in url.rpartition("@")[2][:_SHOWN] if char.isprintable())
