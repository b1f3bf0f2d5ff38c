"""Temporary files of a load, and the sentence that says why nothing can be kept in one."""

import errno
from tempfile import gettempdir


def no_room(error: OSError) -> str:
    """Say that nothing can be kept for the time of a load, and what to do."""
    try:
        where = gettempdir()
    except OSError:  # the error itself names the folders that were tried
        where = "any folder"
    advice = "make room there, or name another folder with TMPDIR"
    if error.errno == errno.EMFILE:
        advice = "let this user open more files at once (ulimit -n)"
    return f"Nothing can be kept in {where}, where temporary files go: {error.strerror or error}; {advice}"
