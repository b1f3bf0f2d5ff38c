"""Downloads the archive of a release into a folder: resumed where it broke off, and checked."""

import fcntl
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.digest import digest
from indexer.report import Refused
from indexer.sources.trud.client import Answer, Client, Passing
from indexer.sources.trud.releases import TrudRelease

log = logging.getLogger(__name__)

_BEGIN = re.compile(r"bytes (\d+)-", re.ASCII)

Progress = Callable[[int, int], object]


def download(client: Client, release: TrudRelease, folder: Path, progress: Progress) -> Path:
    """Return the path of the release's archive in the folder, fetched unless it is there and right.

    Raises Refused.
    """
    path = folder / release.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            if path.is_file() and _is_right(path, release):
                log.info("%s is there already", path)
                return path
            part = folder / f"{release.file}.part"
            for _ in range(2):  # a wrong checksum: one more try
                client.trying(lambda: _fetch(client, release, part, progress))
                if _is_right(part, release):
                    _sync(part)
                    part.replace(path)
                    return path
                log.warning("%s has not the SHA-256 that TRUD lists", release.file)
                part.unlink()
            path.unlink(missing_ok=True)
            what = "twice its SHA-256 was not the one that TRUD lists, and nothing was kept"
            raise Refused(f"{release.file}: {what}")
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror or error}") from error


def _fetch(client: Client, release: TrudRelease, part: Path, progress: Progress) -> None:
    """Fetch what is missing of a part; raises Passing where it breaks off."""
    have = part.stat().st_size if part.is_file() else 0
    if have == release.size:
        return
    if have > release.size:
        part.unlink()
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.answer(release.url, headers) as answer:
        if answer.status == 416:  # it has not so many bytes: begin anew
            part.unlink()
            raise Passing("TRUD does not continue a download", 0)
        answer.check("")
        if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
            raise Passing("TRUD sends a page in place of the file")
        if have and not _continues(answer, have):
            have = 0
        with part.open("ab" if have else "wb") as file:
            progress(have, release.size)
            for block in answer.blocks(release.size - have):
                file.write(block)
                progress(len(block), release.size)
    if (now := part.stat().st_size) < release.size:
        raise Passing(f"TRUD broke off after {now:,} of {release.size:,} bytes")


def _continues(answer: Answer, have: int) -> bool:
    begin = _BEGIN.match(answer.headers.get("Content-Range", ""))
    return answer.status == 206 and begin is not None and int(begin[1]) == have


def _is_right(path: Path, release: TrudRelease) -> bool:
    return path.stat().st_size == release.size and digest(path) == release.sha256


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time write to the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refused(f"Another download into {folder} is running: wait until it has ended") from None
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
