"""Compresses answers for clients whose Accept-Encoding allows it (RFC 9110 12.5.3; harness 6).

All answers are text, and their ETags are weak, so that one ETag stands for an answer in every coding. Answers
hold no secrets, so their length may depend on what a client has sent.
"""

import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

import zstandard

from app.web.message import Response
from app.web.negotiation import accepted

LEAST = 1_000
"""Longest body that is sent as it is, in bytes: shorter ones fit into one packet anyway."""
_LEVEL = 1
"""Of gzip and of zstd. Level 6 of gzip makes a page of a search 13 % smaller, in three times the time."""
_GZIP = 31
"""What zlib calls a gzip header and trailer."""


class _Stream(Protocol):
    """A compressor of both libraries, which is given a body in pieces."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int = ..., /) -> bytes: ...


class _Coding(NamedTuple):
    name: str
    """In Content-Encoding."""
    whole: Callable[[bytes], bytes]
    """Compresses a body."""
    stream: Callable[[], _Stream]
    block: int
    """The mode of `flush` that ends a block, so that the client can read all that was sent."""


_CODINGS = (
    # A compressor may be used by one thread at a time; a new one takes 8 µs, and keeps no memory.
    _Coding(
        "zstd",
        lambda body: zstandard.ZstdCompressor(_LEVEL).compress(body),
        lambda: zstandard.ZstdCompressor(_LEVEL).compressobj(),
        zstandard.COMPRESSOBJ_FLUSH_BLOCK,
    ),
    _Coding(
        "gzip",
        lambda body: zlib.compress(body, _LEVEL, _GZIP),
        lambda: zlib.compressobj(_LEVEL, wbits=_GZIP),
        zlib.Z_SYNC_FLUSH,
    ),
)


class _Chosen(NamedTuple):
    coding: _Coding | None
    is_demanded: bool
    """Whether the client refuses an answer without this coding, however short it is."""


def compressed(answer: Response, header: str) -> Response:
    """Return an answer for a client with this Accept-Encoding: compressed if that allows it and it pays.

    A client that allows no coding at all gets the answer as it is, rather than 406.
    """
    if answer.status == 304:  # nobody knows how long the body would have been
        return _varying(answer)
    body, chosen = answer.body, _chosen(header)
    if isinstance(body, bytes) and len(body) <= (0 if chosen.is_demanded else LEAST):
        return answer
    if chosen.coding is None:
        return _varying(answer)
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    headers["Content-Encoding"] = chosen.coding.name
    return _varying(Response(answer.status, headers, _made(chosen.coding, answer)))


def _made(coding: _Coding, answer: Response) -> "bytes | _Pieces":
    """Return the body of an answer, compressed."""
    if not isinstance(answer.body, bytes):
        return _Pieces(coding, answer.body)
    return _once(coding, answer.body) if answer.is_constant else coding.whole(answer.body)


@lru_cache(maxsize=64)
def _once(coding: _Coding, body: bytes) -> bytes:
    """Return a body that never changes, compressed; Swagger UI's script takes as long as several searches."""
    return coding.whole(body)


def _varying(answer: Response) -> Response:
    """Return an answer that tells caches that it depends on Accept-Encoding."""
    vary = answer.headers.get("Vary")
    named = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    return Response(answer.status, {**answer.headers, "Vary": named}, answer.body)


class _Pieces(Iterator[bytes]):
    """A body in pieces, each compressed when it is asked for."""

    def __init__(self, coding: _Coding, pieces: Iterator[bytes]) -> None:
        self._stream, self._block, self._pieces = coding.stream(), coding.block, pieces
        self._is_ended = False

    def __next__(self) -> bytes:
        for piece in self._pieces:
            if made := self._stream.compress(piece) + self._stream.flush(self._block):
                return made
        if self._is_ended:
            raise StopIteration
        self._is_ended = True
        return self._stream.flush()

    def close(self) -> None:
        """Close the body, which may hold something until it ends."""
        if close := getattr(self._pieces, "close", None):
            close()


@lru_cache(maxsize=256)  # clients send few different headers
def _chosen(header: str) -> _Chosen:
    """Return the coding to which Accept-Encoding gives the greatest quality; of equal ones, zstd."""
    named = {name.lower(): quality for name, quality in accepted(header)}
    others = named.get("*", 0.0)
    best = max(_CODINGS, key=lambda coding: named.get(coding.name, others))
    quality = named.get(best.name, others)
    plain = named.get("identity", named.get("*"))
    is_best = quality > 0 and quality >= (plain or 0.0)
    return _Chosen(best if is_best else None, is_demanded=is_best and plain == 0.0)
