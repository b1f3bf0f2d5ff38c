"""The index of the bundled sample, kept in the user's cache folder so that most starts need no load."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from app.settings import DISTRIBUTION

_PACKAGES = ("app", "capability", "indexer")
_MOST = 8
"""Indexes that are kept: other versions, and the same version with edited sources, may be in use as well."""


def copy_to(path: Path) -> bool:
    """Copy the kept index to `path`; returns whether there is one."""
    kept = _kept()
    try:
        shutil.copy2(kept, path)
        _touch(kept)
    except OSError:
        path.unlink(missing_ok=True)
        return False
    return True


def keep(path: Path) -> None:
    """Keep the index at `path`, and delete those that were not used for longest.

    Without a cache folder that can be written to, each start loads the sample again.
    """
    kept = _kept()
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        descriptor, scratch = tempfile.mkstemp(dir=kept.parent)
        try:
            os.close(descriptor)
            shutil.copy2(path, scratch)
            _touch(Path(scratch))
            Path(scratch).replace(kept)
        finally:
            Path(scratch).unlink(missing_ok=True)
        used = sorted(kept.parent.glob("sample-*.db"), key=lambda file: file.stat().st_atime)
        for unused in used[:-_MOST]:
            unused.unlink()


def _touch(file: Path) -> None:
    """Note that a file was used: in its time of access, for that of modification is when it went live."""
    os.utime(file, (time.time(), file.stat().st_mtime))


def _kept() -> Path:
    """Return the file for this version of the software."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    name = f"sample-{version(DISTRIBUTION)}-{_fingerprint()}.db"
    return Path(os.path.expanduser(home)) / "ods-api-suite" / name  # noqa: PTH111 - no error without a home


def _fingerprint() -> str:
    """Return a digest of names, sizes and times of the source files, which may change within one version."""
    facts = hashlib.sha256()
    for file in sorted(_files()):
        stat = file.stat()
        facts.update(f"{file} {stat.st_size} {stat.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return facts.hexdigest()[:16]


def _files() -> Iterator[Path]:
    for package in _PACKAGES:
        # Found, but not imported: the server imports nothing of the indexer.
        found = importlib.util.find_spec(package)
        for folder in (found and found.submodule_search_locations) or ():
            yield from (
                file for file in Path(folder).rglob("*") if file.suffix in {".json", ".py", ".toml", ".zip"}
            )
