"""The sentence for an error in a temporary file of a load."""

import errno
from tempfile import gettempdir


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
