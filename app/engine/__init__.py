"""Where a register is kept: an index, opened by its URL."""

from urllib.parse import unquote, urlsplit

from app.engine.port import Index, WrongIndex
from app.engine.sqlite.index import SqliteIndex


def open_index(url: str, *, keep: int = 2) -> Index:
    """Open the index at `url` without touching it yet; `keep` generations outlive a load.

    Raises WrongIndex for a URL that names no engine.
    """
    parts = urlsplit(url)
    path = unquote(parts.path).removeprefix("/")
    if parts.scheme == "sqlite" and not parts.netloc and path:
        return SqliteIndex(path, keep=keep)
    raise WrongIndex(
        f'"{_masked(url)}" is no index URL: use sqlite:///relative/path.db or sqlite:////absolute/path.db'
    )


def _masked(url: str) -> str:
    """Leave out what stands before an @: it may be a password."""
    return url.rpartition("@")[2]
