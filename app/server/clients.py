"""The time limits of clients: how far each request has come, and by when the rest must arrive."""

import contextlib
import re
import socket
import struct
import threading
import time
from enum import Enum
from typing import NamedTuple

from app.web.message import MAX_FORM

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
_STREAMED = re.compile(rb"\r\n(?:expect|transfer-encoding):", re.IGNORECASE)
_WATCH_SECONDS = 0.5


class Stage(Enum):
    """How far a client is with its request."""

    NOTHING = "nothing has arrived"
    HEAD = "a part of the head has arrived"
    BODY = "the head and a part of the body have arrived"
    WHOLE = "the whole request has arrived"
    STREAMED = "the head has arrived; the application receives the body"
    ANSWERED = "the request is answered; the rest of it is ignored"
    GONE = "the client has closed the connection"


SECONDS = {Stage.HEAD: 15, Stage.BODY: 10, Stage.STREAMED: 10, Stage.ANSWERED: 2}
"""Time limit of each stage. A body may take longer while it arrives at BYTES_PER_SECOND."""
BYTES_PER_SECOND = 50_000


def stage(received: bytes) -> Stage:
    """Return the stage of a request, given the bytes received so far."""
    if not received:
        return Stage.NOTHING
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return Stage.HEAD
    if _STREAMED.search(received, 0, end):
        return Stage.STREAMED
    length = _LENGTH.search(received, 0, end + 2)
    if not length or len(received) >= end + 4 + int(length[1]):
        return Stage.WHOLE
    return Stage.BODY if int(length[1]) <= MAX_FORM else Stage.STREAMED


class _Due(NamedTuple):
    """When a client must have finished a stage, when it began it, and the bytes received before a body."""

    stage: Stage
    at: float
    begun: float
    received: int

    def is_fast(self, client: socket.socket, now: float) -> bool:
        """Return whether a body has arrived at BYTES_PER_SECOND so far."""
        return _received(client) - self.received >= (now - self.begun) * BYTES_PER_SECOND


def _received(client: socket.socket) -> int:
    """Return the bytes received on a connection (Linux: `tcpi_bytes_received`), or 0 if none are counted."""
    try:
        (received,) = struct.unpack_from(
            "Q", client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136), 128
        )
    except (OSError, struct.error):
        return 0
    return int(received)


class Clients:
    """The clients with a running time limit. A thread stops receiving from those that exceed it."""

    def __init__(self) -> None:
        self._due: dict[socket.socket, _Due] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def stage(self, client: socket.socket) -> Stage:
        """Return the stage whose time limit runs for a client, or NOTHING."""
        due = self._due.get(client)
        return due.stage if due else Stage.NOTHING

    def reached(self, client: socket.socket, now: Stage) -> None:
        """Start the time limit of a stage, unless the client is at that stage already."""
        if now not in SECONDS:
            self._due.pop(client, None)
        elif now is not self.stage(client):
            at = time.monotonic()
            received = _received(client) if now is Stage.STREAMED else 0
            self._due[client] = _Due(now, at + SECONDS[now], at, received)

    def _watch(self) -> None:
        while True:
            time.sleep(_WATCH_SECONDS)
            now = time.monotonic()
            for client, due in self._due.copy().items():
                if due.at > now:
                    continue
                if client.fileno() < 0:
                    self._due.pop(client, None)
                    continue
                # Look again in a second: at what has arrived, or whether the worker has closed it.
                self._due[client] = due._replace(at=now + 1)
                if due.stage is Stage.STREAMED and due.is_fast(client, now):
                    continue
                # A thread that receives from it, or waits to, now sees the end of the stream.
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RD)
