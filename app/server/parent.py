"""Ends a server when the process that started it has ended."""

import os
import signal

_EVERY_SECONDS = 1


def end_with_parent() -> None:
    """Send this process SIGTERM as soon as it has another parent.

    A timer needs no thread. PR_SET_PDEATHSIG would react to the end of the parent's thread that started us.
    """
    parent = os.getppid()

    def look(*_: object) -> None:
        if os.getppid() != parent:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _EVERY_SECONDS, _EVERY_SECONDS)
