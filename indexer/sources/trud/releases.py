"""The list of releases that TRUD publishes, and what it says of each."""

import json
import re
from dataclasses import dataclass
from typing import Any

from indexer.report import Refused
from indexer.sources.trud.client import Client, Passing

LARGEST = 2 << 30
_LONGEST = 8 << 20
"""Bytes of a list."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}\.zip", re.ASCII)
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)


@dataclass(frozen=True)
class TrudRelease:
    """One release: its name at TRUD, its day, and its archive."""

    name: str
    date: str
    url: str
    file: str
    size: int
    sha256: str
    """Lower-case hex."""


def releases(client: Client, key: str, *, latest: bool) -> list[TrudRelease]:
    """Return the releases of the register, newest first, or only the newest; raises Refused."""
    url = f"{client.url}/trud/api/v1/keys/{key}/items/341/releases{'?latest' if latest else ''}"
    found = client.trying(lambda: _asked(client, url))
    listed = found.get("releases")
    if not isinstance(listed, list) or not listed:
        said = client.hide(str(found.get("message") or ""))
        raise Refused(f'TRUD lists no release of item 341 (its message is "{said}"): try again later')
    return [_release(client, entry) for entry in listed]


def _asked(client: Client, url: str) -> dict[str, Any]:
    with client.answer(url, {"Accept": "application/json"}) as answer:
        body = b"".join(answer.blocks(_LONGEST))
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        answer.check(str(found.get("message") or "") if isinstance(found, dict) else "")
        if not isinstance(found, dict):
            raise Passing("TRUD does not answer with a list of releases")
        return found


def _release(client: Client, entry: object) -> TrudRelease:
    values = entry if isinstance(entry, dict) else {}

    def text(key: str) -> str:
        value = values.get(key)
        if not isinstance(value, str) or not value:
            raise Refused(f"TRUD lists a release without {key}")
        return value

    file, sha256 = text("archiveFileName"), text("archiveFileSha256")
    size = values.get("archiveFileSizeBytes")
    if not _NAME.fullmatch(file) or client.hide(file) != file:  # a name is shown as it is
        named = f"TRUD lists a file named {client.hide(file)}"
        raise Refused(f"{named}: only letters, digits, . _ - and .zip at its end are accepted")
    if not _SHA256.fullmatch(sha256):
        raise Refused(f"TRUD lists {file} with a SHA-256 that is none: {client.hide(sha256)}")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= LARGEST:
        raise Refused(f"TRUD lists {file} with {client.hide(str(size))} bytes; at most {LARGEST:,} are read")
    name, day = client.hide(text("name")), client.hide(text("releaseDate"))
    return TrudRelease(name, day, text("archiveFileUrl"), file, size, sha256.lower())
