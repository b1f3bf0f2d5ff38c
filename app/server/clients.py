"""The time limits of clients: how far each request has come, and by when the rest must arrive."""

import contextlib
import re
import socket
import threading
import time
from enum import Enum

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
"""Time limit of each stage. A body has at most 64 kB, which takes two seconds at 50 kB/s."""


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


class Clients:
    """The clients with a running time limit. A thread stops receiving from those that exceed it."""

    def __init__(self) -> None:
        self._due: dict[socket.socket, tuple[Stage, float]] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def stage(self, client: socket.socket) -> Stage:
        """Return the stage whose time limit runs for a client, or NOTHING."""
        return self._due.get(client, (Stage.NOTHING, 0.0))[0]

    def reached(self, client: socket.socket, now: Stage) -> None:
        """Start the time limit of a stage, unless the client is at that stage already."""
        if now not in SECONDS:
            self._due.pop(client, None)
        elif now is not self.stage(client):
            self._due[client] = now, time.monotonic() + SECONDS[now]

    def _watch(self) -> None:
        while True:
            time.sleep(_WATCH_SECONDS)
            now = time.monotonic()
            for client, (at, due) in self._due.copy().items():
                if due > now:
                    continue
                if client.fileno() < 0:
                    self._due.pop(client, None)
                    continue
                self._due[client] = at, now + 1  # repeat until the worker has closed it
                # A thread that receives from it, or waits to, now sees the end of the stream.
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RD)
