"""The temporary files of a load, and the sentence for an error in one."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile, gettempdir


class Spool:
    """Byte strings that wait in a file: a given one, or one without a name in the folder for temporary files.

    When it cannot be written, `fault` is raised with the sentence that says so.
    """

    def __init__(self, fault: type[Exception], path: Path | None = None, size: int = 0) -> None:
        """Start with the first bytes of the file at `path`, so many of them, or else empty."""
        self._fault, self._path = fault, path
        self._end = self._flushed = size
        try:
            self._file = path.open("ab+") if path else TemporaryFile()  # noqa: SIM115 - close() does
            self._file.truncate(size)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> Exception:
        if self._path:
            return self._fault(f"{self._path} cannot be written: {error.strerror or error}; make room there")
        return self._fault(no_room(error))

    def add(self, content: bytes) -> int:
        """Add a byte string, and return its place in the file."""
        try:
            self._file.write(content)
        except OSError as error:
            raise self._failed(error) from error
        place = self._end
        self._end += len(content)
        return place

    def read(self, place: int, size: int) -> bytes:
        """Return so many bytes from a place on."""
        try:
            if self._flushed < self._end:
                self._file.flush()
                self._flushed = self._end
            return os.pread(self._file.fileno(), size, place)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # a full disk was reported already, and the file is no longer needed
            self._file.close()


def no_room(error: OSError) -> str:
    """Return the sentence for an error in a temporary file: what failed, where, what to do."""
    try:
        where = gettempdir()
    except OSError:  # the error itself names the folders that were tried
        where = "any folder"
    advice = "make room there, or name another folder with TMPDIR"
    if error.errno == errno.EMFILE:
        advice = "let this user open more files at once (ulimit -n)"
    return f"Temporary files cannot be written in {where}: {error.strerror or error}; {advice}"
