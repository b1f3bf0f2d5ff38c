"""The temporary files of a load, and the sentence for an error in one."""

import errno
import os
from contextlib import suppress
from tempfile import TemporaryFile, gettempdir


class Spool:
    """Byte strings that wait in a file without a name, in the folder for temporary files.

    When it cannot be written, `fault` is raised with the sentence that says so.
    """

    def __init__(self, fault: type[Exception]) -> None:
        """Start empty."""
        self._fault = fault
        self._end = self._flushed = 0
        try:
            self._file = TemporaryFile()  # noqa: SIM115 - close() does
        except OSError as error:
            raise fault(no_room(error)) from error

    def add(self, content: bytes) -> int:
        """Add a byte string, and return its place in the file."""
        try:
            self._file.write(content)
        except OSError as error:
            raise self._fault(no_room(error)) from error
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
            raise self._fault(no_room(error)) from error

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
