"""The SHA-256 of a file, by which a release is known again."""

import hashlib
from pathlib import Path

from indexer.report import printable, unreadable


def digest(path: Path) -> str:
    """Return the SHA-256 of a file; raises Refused where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(printable(str(path)), error) from error
