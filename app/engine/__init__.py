"""Opens an index, the place where registers are stored, by its URL: SQLite or Elasticsearch."""

import os
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from app.engine.options import DEFAULTS, EngineOptions
from app.engine.port import Index, WrongIndex
from app.engine.sqlite.index import SqliteIndex

_SHOWN = 200
"""Characters of a wrong URL that the error shows."""


def open_index(url: str, options: EngineOptions = DEFAULTS) -> Index:
    """Return the index at `url`; neither a file nor a connection is opened yet.

    Raises WrongIndex for a URL that names no engine.
    """
    if path := _path(url):
        return SqliteIndex(path, keep=options.keep, ahead=options.ahead)
    if url.startswith(("http://", "https://")):
        # Imported here: Elasticsearch's client takes longer to import than SQLite takes to open.
        from app.engine.elastic.address import parse  # noqa: PLC0415
        from app.engine.elastic.index import ElasticIndex  # noqa: PLC0415

        if address := parse(url):
            return ElasticIndex(address, options)
    raise WrongIndex(
        f'"{_masked(url)}" is no index URL: use sqlite:///relative/path.db, sqlite:////absolute/path.db '
        "or http://host:9200/prefix, in ODS_INDEX or --index"
    )


def _path(url: str) -> str:
    """Return the path in a URL of SQLite, or "" for any other URL."""
    try:
        parts = urlsplit(url)
        path = unquote(parts.path).removeprefix("/")
        named = parts.scheme == "sqlite" and not (parts.netloc or parts.query or parts.fragment)
        names_file = PurePath(path).name not in {"", ".."} and b"\0" not in os.fsencode(path)
        return path if named and names_file else ""
    except ValueError:
        return ""


def _masked(url: str) -> str:
    """Cut off everything before the last @, which may be a password, and unprintable characters."""
    return "".join(char for char in url.rpartition("@")[2][:_SHOWN] if char.isprintable())
