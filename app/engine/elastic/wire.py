"""HTTP with one node of a cluster: what Elasticsearch's client needs of it, and no more.

A request is sent in one call. The library that the client uses otherwise sends head and body in two, so the
node wakes up for half a request, and it parses headers as those of mails: a quarter of the time of a read.
"""

import re
import select
import socket
import ssl
import time
from collections import deque

from elastic_transport import (
    ApiResponseMeta,
    BaseNode,
    ConnectionError,  # noqa: A004
    ConnectionTimeout,
    HttpHeaders,
    NodeConfig,
    TlsError,
)
from elastic_transport._node import NodeApiResponse
from elastic_transport.client_utils import DEFAULT, DefaultType

_RECEIVED = 256 * 1024
"""Bytes that are received at a time."""
_TOGETHER = 64 * 1024
"""Bytes of a body up to which it is copied behind its head."""
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_CHUNK = re.compile(rb"([0-9a-fA-F]+)[^\r\n]*")
_END = b"\r\n"


class Node(BaseNode):
    """A node, and the connections to it that are idle."""

    _CLIENT_META_HTTP_CLIENT = ("so", "1")

    def __init__(self, config: NodeConfig) -> None:
        """Open nothing yet."""
        super().__init__(config)
        self._idle: deque[_Connection] = deque(maxlen=config.connections_per_node)
        name = f"[{self.host}]" if ":" in self.host else self.host
        self._name = f"{name}:{self.port}"

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> NodeApiResponse:
        """Return the answer; raises TransportError. The time-out is that of each wait for the node."""
        seconds = self.config.request_timeout if isinstance(request_timeout, DefaultType) else request_timeout
        sent = {**self._headers, **(headers or {}), "host": self._name}
        if body or method in {"POST", "PUT"}:
            sent["content-length"] = str(len(body or b""))
        lines = [f"{method} {self.path_prefix}{target} HTTP/1.1", *(f"{key}: {sent[key]}" for key in sent)]
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        begun = time.monotonic()
        try:
            connection = self._connection(seconds)
            try:
                status, received, content = connection.exchange(head, body or b"", is_head=method == "HEAD")
            except BaseException:
                connection.close()
                raise
        except TimeoutError as error:
            raise ConnectionTimeout("Connection timed out", errors=(error,)) from error
        except ssl.SSLError as error:
            raise TlsError(str(error), errors=(error,)) from error
        except (OSError, ValueError) as error:
            raise ConnectionError(str(error), errors=(error,)) from error
        if received.get("connection", "").lower() == "close":
            connection.close()
        else:
            self._idle.append(connection)
        taken = time.monotonic() - begun
        return NodeApiResponse(
            ApiResponseMeta(status, "1.1", HttpHeaders(received), taken, self.config), content
        )

    def close(self) -> None:
        """Close the connections that are idle."""
        while self._idle:
            self._idle.pop().close()

    def _connection(self, seconds: float | None) -> "_Connection":
        """Return a connection, the one that was used last if the node has not closed it."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took the last one
                break
            if connection.is_open():
                connection.wait_at_most(seconds)
                return connection
            connection.close()
        return _Connection(self.config, seconds)


class _Connection:
    """A connection that one request uses at a time."""

    def __init__(self, config: NodeConfig, seconds: float | None) -> None:
        """Open it; raises OSError."""
        self._socket = socket.create_connection((config.host, config.port), seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        if config.scheme == "https":
            context = config.ssl_context or ssl.create_default_context()
            try:
                self._socket = context.wrap_socket(self._socket, server_hostname=config.host)
            except BaseException:
                self._socket.close()
                raise
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def is_open(self) -> bool:
        """Return whether nothing has come that nobody asked for, such as the end of the connection."""
        return not self._poll.poll(0)

    def wait_at_most(self, seconds: float | None) -> None:
        """Set the time-out of each wait."""
        self._socket.settimeout(seconds)

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def exchange(self, head: bytes, body: bytes, *, is_head: bool) -> tuple[int, dict[str, str], bytes]:
        """Send a request; return status, headers and body of the answer. Raises OSError and ValueError."""
        if len(body) <= _TOGETHER:
            self._socket.sendall(head + body)
        else:
            self._socket.sendall(head)
            self._socket.sendall(body)
        status = 100
        while 100 <= status < 200:  # what comes before the answer
            first, *lines = self._until(_END + _END).split(_END)
            found = _STATUS.match(first)
            if not found:
                raise ValueError("The answer is not HTTP")
            status = int(found[1])
        pairs = (line.decode("latin-1").partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if is_head or status in {204, 304}:
            return status, headers, b""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return status, headers, b"".join(iter(self._chunk, b""))
        if "content-length" in headers:
            return status, headers, self._take(int(headers["content-length"]))
        raise ValueError("The answer does not say where it ends")

    def _chunk(self) -> bytes:
        """Return the next chunk, an empty one at the end."""
        found = _CHUNK.fullmatch(self._until(_END))
        if not found:
            raise ValueError("A chunk of the answer does not say how long it is")
        size = int(found[1], 16)
        if size:
            return self._take(size + len(_END))[:size]
        while self._until(_END):  # trailers
            pass
        return b""

    def _until(self, end: bytes) -> bytes:
        """Return what comes before some bytes, which are dropped."""
        while (at := self._received.find(end)) < 0:
            self._received += self._more()
        found, self._received = self._received[:at], self._received[at + len(end) :]
        return found

    def _take(self, size: int) -> bytes:
        """Return so many bytes."""
        parts, left = [self._received], size - len(self._received)
        while left > 0:
            parts.append(self._more())
            left -= len(parts[-1])
        whole = b"".join(parts) if len(parts) > 1 else parts[0]
        found, self._received = whole[:size], whole[size:]
        return found

    def _more(self) -> bytes:
        received = self._socket.recv(_RECEIVED)
        if not received:
            raise ConnectionResetError("The connection was closed before the answer was complete")
        return received
