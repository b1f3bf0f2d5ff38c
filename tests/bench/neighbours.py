"""Bad neighbours: connections of clients that hold on to a server and ask nothing sensible of it."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.bench.client import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

UNCLOSED, HALF_SENT, TRICKLING, SILENT, IDLE = 5, 16, 16, 100, 100
DESCRIBED = (
    f"{UNCLOSED} unclosed, {HALF_SENT} half-sent, {TRICKLING} trickling, {SILENT + IDLE} idle connections"
)
PAUSE = 0.5  # seconds between two bytes of a trickle
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "


@contextmanager
def neighbours(address: tuple[str, int], path: str) -> Iterator[None]:
    """Open all of them at one time, and close them afterwards; those that ask anything ask for `path`."""
    opened: list[Connection] = []

    def connect(count: int, *, keep: bool = True) -> list[Connection]:
        links = [Connection(*address, keep=keep) for _ in range(count)]
        opened.extend(links)
        for link in links:
            link.open()
        return links

    stopped = threading.Event()
    try:
        for link in connect(IDLE):
            link.get(path)
        connect(SILENT)
        # The unclosed together, and then at once the half-sent: a server may be busy with each for seconds.
        unclosed = connect(UNCLOSED, keep=False)
        for link in unclosed:
            link.send(path)
        for link in unclosed:
            link.receive()
        slow = [link.open() for link in connect(HALF_SENT + TRICKLING)]
        for one in slow:
            one.sendall(HALF)
        threading.Thread(target=_trickle, args=(slow[HALF_SENT:], stopped), daemon=True).start()
        yield
    finally:
        stopped.set()
        for link in opened:
            link.close()


def _trickle(links: list[socket.socket], stopped: threading.Event) -> None:
    """Send a byte on each now and then."""
    while not stopped.wait(PAUSE):
        for link in links:
            with suppress(OSError):  # the server has closed it
                link.sendall(b"x")
