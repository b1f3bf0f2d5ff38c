"""A closed-loop HTTP client: every client sends its next request when the answer to the last one is there.

One client is one keep-alive connection over a raw socket, or a new connection for each request. Several
clients are processes of their own, so that the client is not what is measured. A client stops by itself,
after a time and after a number of requests, and talks to loopback addresses only.
"""

from __future__ import annotations

import ipaddress
import multiprocessing
import re
import socket
import time
from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TIMEOUT = 30.0  # seconds for one answer
LONGEST = 600.0  # seconds for one run, whatever was asked for
MOST = 2_000_000  # requests for one client
FHIR = "application/fhir+json"
SHOWN = 200  # characters of a path in a fault

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
_TOTAL = re.compile(rb'"total": ?"?(\d+)|<total value="(\d+)"')


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the class it is counted in, path with query, and the status that is no error.

    With a body it is a POST, else a GET.
    """

    kind: str
    path: str
    expect: int = 200
    body: bytes = b""
    media_type: str = FHIR


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of one answer, and whether the server closes the connection after it.

    `total` is a Bundle's, None where the body has none.
    """

    status: int
    body: bytes
    closes: bool = False

    @property
    def total(self) -> int | None:
        """The total that stands near the start of a Bundle, JSON or XML."""
        found = _TOTAL.search(self.body, 0, 600)
        return int(found[1] or found[2]) if found else None


@dataclass(slots=True)
class Tally:
    """What one client saw of one class: seconds of each answer, totals of Bundles, faults."""

    seconds: array[float] = field(default_factory=lambda: array("d"))
    totals: array[int] = field(default_factory=lambda: array("q"))
    errors: int = 0
    fault: str = ""  # the first one, for people

    def add(self, other: Tally) -> None:
        """Take in what another client saw of the same class."""
        self.seconds.extend(other.seconds)
        self.totals.extend(other.totals)
        self.errors += other.errors
        self.fault = self.fault or other.fault


@dataclass(frozen=True, slots=True)
class Figures:
    """One class of a run; times in milliseconds. `hits` is the median total of its Bundles, None without."""

    count: int
    errors: int
    p50: float
    p90: float
    p99: float
    worst: float
    hits: int | None
    fault: str


@dataclass(frozen=True, slots=True)
class Run:
    """All classes of a run, its length in seconds and its requests per second."""

    classes: Mapping[str, Figures]
    seconds: float
    rate: float

    @property
    def count(self) -> int:
        """Answers of all classes."""
        return sum(figures.count for figures in self.classes.values())

    @property
    def errors(self) -> int:
        """Errors of all classes."""
        return sum(figures.errors for figures in self.classes.values())


class Connection:
    """A connection to a loopback address; it is opened again after a fault or a `close`.

    `keep`: it is kept after an answer, else the request asks the server to close it.
    """

    def __init__(self, host: str, port: int, *, keep: bool = True) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not a loopback address")
        self._address, self._keep = (host, port), keep
        close = "" if keep else "Connection: close\r\n"
        self._tail = f" HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: */*\r\n{close}".encode()
        self._socket: socket.socket | None = None

    def get(self, path: str, body: bytes = b"", media_type: str = FHIR) -> Answer:
        """Ask for a path, with a body by POST; OSError: there is no connection, or the answer breaks off."""
        try:
            self.send(path, body, media_type)
            answer = self.receive()
        except OSError:
            self.close()
            raise
        if answer.closes or not self._keep:
            self.close()
        return answer

    def open(self) -> socket.socket:
        """Open the connection if it is not open."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def send(self, path: str, body: bytes = b"", media_type: str = FHIR) -> None:
        """Send a request for a path."""
        method, more = b"GET ", b""
        if body:
            method = b"POST "
            more = f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n".encode()
        self.open().sendall(b"".join((method, path.encode("ascii"), self._tail, more, b"\r\n", body)))

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def receive(self) -> Answer:
        """Receive one answer; the connection stays open on this side."""
        link = self.open()
        data = link.recv(65536)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += _more(link)
        head = data[: end + 2]
        status = int(head[9:12])
        length = _LENGTH.search(head)
        body = data[end + 4 :]
        if length:
            body = _fill(link, body, int(length[1]))
        elif _CHUNKED.search(head):
            body = _chunks(link, body)
        elif status not in {204, 304}:
            raise ConnectionError("an answer without a length")
        return Answer(status, body, _CLOSE.search(head) is not None)


def _more(link: socket.socket) -> bytes:
    data = link.recv(262_144)
    if not data:
        raise ConnectionError("the server closed the connection inside an answer")
    return data


def _fill(link: socket.socket, body: bytes, length: int) -> bytes:
    if len(body) == length:
        return body
    parts, have = [body], len(body)
    while have < length:
        parts.append(_more(link))
        have += len(parts[-1])
    return b"".join(parts)


def _chunks(link: socket.socket, data: bytes) -> bytes:
    body = b""
    while True:
        while (end := data.find(b"\r\n")) < 0:
            data += _more(link)
        size = int(data[:end].split(b";")[0], 16)
        data = _fill(link, data, max(len(data), end + 2 + size + 2))
        if size == 0:
            return body
        body += data[end + 2 : end + 2 + size]
        data = data[end + 4 + size :]


def ask(
    link: Connection,
    requests: Sequence[Request],
    first: int,
    seconds: float,
    count: int,
    ended: Callable[[], bool] = lambda: False,
) -> dict[str, Tally]:
    """Send requests in a circle from the one numbered `first` until time or count is up, or all has ended."""
    tallies: dict[str, Tally] = {}
    clock = time.perf_counter
    end = clock() + seconds
    for turn in range(count):
        request = requests[(first + turn) % len(requests)]
        tally = tallies.setdefault(request.kind, Tally())
        began = clock()
        if began >= end or ended():
            break
        try:
            answer = link.get(request.path, request.body, request.media_type)
        except (OSError, ValueError) as fault:
            if isinstance(fault, TimeoutError):  # as long at least
                tally.seconds.append(clock() - began)
            tally.errors += 1
            tally.fault = tally.fault or f"{fault} at {request.path[:SHOWN]}"
            time.sleep(0.01)
            continue
        tally.seconds.append(clock() - began)
        if answer.status != request.expect:
            tally.errors += 1
            tally.fault = tally.fault or f"status {answer.status} at {request.path[:SHOWN]}"
        elif (total := answer.total) is not None:
            tally.totals.append(total)
    return tallies


def _in_process(results: multiprocessing.Queue, *given: object) -> None:
    results.put(ask(*given))


def run(
    address: tuple[str, int],
    requests: Sequence[Request],
    *,
    clients: int = 1,
    seconds: float = LONGEST,
    count: int | None = None,
    keep: bool = True,
    ended: Callable[[], bool] | None = None,
) -> Run:
    """Send `requests` with `clients` clients, for at most `seconds` and `count` requests each.

    Without a count, one client sends each request once and several go round the list until time is up; each
    client starts at another place of the list. With `ended`, one client goes round until that says so.
    Without `keep`, each request has a connection of its own.
    ValueError when the address is not a loopback address.
    """
    link = Connection(*address, keep=keep)
    seconds = min(seconds, LONGEST)
    each = min(count or (len(requests) if clients == 1 else MOST), MOST)
    tallies: dict[str, Tally] = {}
    began = time.perf_counter()
    if ended:
        tallies = ask(link, requests, 0, seconds, MOST, ended)
    elif clients == 1:
        tallies = ask(link, requests, 0, seconds, each)
    else:
        for part in _in_processes(link, requests, clients, seconds, each):
            for kind, tally in part.items():
                tallies.setdefault(kind, Tally()).add(tally)
    took = time.perf_counter() - began
    link.close()
    classes = {kind: figures(tally) for kind, tally in tallies.items() if tally.seconds or tally.errors}
    return Run(classes, took, sum(one.count for one in classes.values()) / took)


def _in_processes(
    link: Connection, requests: Sequence[Request], clients: int, seconds: float, each: int
) -> list[dict[str, Tally]]:
    """One process, with a connection like `link`, for each client; what those saw that ended in time."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [
        context.Process(
            target=_in_process,
            args=(results, link, requests, len(requests) * place // clients, seconds, each),
            daemon=True,
        )
        for place in range(clients)
    ]
    for process in processes:
        process.start()
    deadline = time.monotonic() + seconds + TIMEOUT + 5
    parts = []
    try:
        while len(parts) < clients:
            parts.append(results.get(timeout=max(0.1, deadline - time.monotonic())))
    except Empty:
        parts.append({"client": Tally(errors=clients - len(parts), fault="a client did not come to an end")})
    for process in processes:
        process.join(1)
        if process.is_alive():
            process.kill()
    return parts


@contextmanager
def looping(address: tuple[str, int], requests: Sequence[Request]) -> Iterator[None]:
    """Let another client go round `requests` for a while."""
    context = multiprocessing.get_context("fork")
    client = context.Process(target=ask, args=(Connection(*address), requests, 0, LONGEST, MOST), daemon=True)
    client.start()
    try:
        yield
    finally:
        client.kill()
        client.join()


def figures(tally: Tally) -> Figures:
    """The figures of one class; a percentile is the smallest time that so many answers did not exceed."""
    ordered = sorted(tally.seconds)
    totals = sorted(tally.totals)
    return Figures(
        count=len(ordered),
        errors=tally.errors,
        p50=percentile(ordered, 50),
        p90=percentile(ordered, 90),
        p99=percentile(ordered, 99),
        worst=percentile(ordered, 100),
        hits=totals[len(totals) // 2] if totals else None,
        fault=tally.fault,
    )


def percentile(ordered: Sequence[float], share: int) -> float:
    """The nearest-rank percentile of sorted seconds, in milliseconds; 0 of nothing."""
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * share // 100)
    return round(ordered[max(rank, 1) - 1] * 1000, 3)
