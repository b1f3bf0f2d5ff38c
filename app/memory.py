"""What the C library is told about memory, where it is glibc; others are left alone."""

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8
"""The number of arenas, in `malloc.h`."""


def give_back() -> None:
    """Give memory that is no longer used back to the system.

    glibc keeps what was freed between other blocks. After the writing of a full release that is 150 MB.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_arena() -> None:
    """Let all threads allocate from one arena: glibc gives each its own, and 20 to 40 MB lie idle in them."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
