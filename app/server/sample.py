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
_UNUSED_SECONDS = 7 * 24 * 3600


def copy_to(path: Path) -> bool:
    """Copy the kept index to `path`; returns whether there is one."""
    kept = _kept()
    try:
        shutil.copy2(kept, path)
        # The time of access tells which files are used; that of modification is when the sample went live.
        os.utime(kept, (time.time(), kept.stat().st_mtime))
    except OSError:
        path.unlink(missing_ok=True)
        return False
    return True


def keep(path: Path) -> None:
    """Keep the index at `path`, and delete those that were not used for a week.

    Without a cache folder that can be written to, each start loads the sample again.
    """
    kept = _kept()
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        descriptor, scratch = tempfile.mkstemp(dir=kept.parent)
        try:
            os.close(descriptor)
            shutil.copy2(path, scratch)
            Path(scratch).replace(kept)
        finally:
            Path(scratch).unlink(missing_ok=True)
        for other in kept.parent.glob("sample-*.db"):
            if other != kept and other.stat().st_atime < time.time() - _UNUSED_SECONDS:
                other.unlink()


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
