"""Requests and responses as frozen values, so that the interfaces do not depend on Flask.

Also the faults common to all interfaces, which each interface writes in its own error format, and decoding.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, unquote_to_bytes
from urllib.parse import quote as percent_encoded

MAX_LINE = 8_000
"""Longest request line, in bytes (fhir-search 16)."""
MAX_FORM = 65_536
"""Longest form body, in bytes."""
MAX_RESOURCE = 1_048_576
"""Longest body that is a FHIR resource, in bytes (fhir-search 16)."""
MAX_FILE = 5_242_880
"""Longest body that is a file, in bytes (lookup 4.3)."""
_DIGITS = 1_000
"""Digits of a number that are read (Python converts at most 4,300); a longer number is beyond any limit."""
_QUOTED = 100
"""Longest quotation of a client's text in an answer, in characters."""

Pair = tuple[str, str]
"""A parameter: name and value, decoded."""


@dataclass(frozen=True)
class Request:
    """One request: `path` as the client sent it, `base` the public address of the interface."""

    method: str
    path: str
    base: str
    query: tuple[Pair, ...] = ()
    """Decoded parameters, repeats kept: those of the URL, then those of a form body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    id: str = ""
    body: bytes = b""
    """A body that is a file; the pairs of a form are in `query`."""

    def values(self, name: str) -> list[str]:
        """Return all values of a parameter in order, except blank ones."""
        return [value for key, value in self.query if key == name and value.strip()]


@dataclass(frozen=True)
class Response:
    """One answer; `headers` includes Content-Type, and Content-Length if it is known of an iterator."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterator[bytes] = b""
    is_constant: bool = False
    """Whether the body is one of few that never change, so that it is worth keeping it compressed."""


class FaultKind(Enum):
    """The kinds of faults, of requests or of the server, that every interface can meet."""

    MALFORMED = "malformed"
    HOST = "host"
    NOT_FOUND = "not found"
    METHOD = "method"
    NOT_ACCEPTABLE = "not acceptable"
    GONE = "gone"
    BODY_TOO_LONG = "body too long"
    LINE_TOO_LONG = "line too long"
    MEDIA_TYPE = "media type"
    HEADERS_TOO_LONG = "headers too long"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    # No request causes these: faults on demand, and the rate limit. Status and text are sent as they are.
    IMPOSED_400 = 400
    IMPOSED_401 = 401
    IMPOSED_403 = 403
    IMPOSED_404 = 404
    IMPOSED_406 = 406
    IMPOSED_410 = 410
    IMPOSED_422 = 422
    IMPOSED_429 = 429
    IMPOSED_500 = 500
    IMPOSED_502 = 502
    IMPOSED_503 = 503
    IMPOSED_504 = 504

    @property
    def status(self) -> int:
        """The HTTP status of the answer; several kinds may share one."""
        return self.value if isinstance(self.value, int) else _STATUSES[self]


_STATUSES = {
    FaultKind.MALFORMED: 400,
    FaultKind.HOST: 400,
    FaultKind.NOT_FOUND: 404,
    FaultKind.METHOD: 405,
    FaultKind.NOT_ACCEPTABLE: 406,
    FaultKind.GONE: 410,
    FaultKind.BODY_TOO_LONG: 413,
    FaultKind.LINE_TOO_LONG: 414,
    FaultKind.MEDIA_TYPE: 415,
    FaultKind.HEADERS_TOO_LONG: 431,
    FaultKind.INTERNAL: 500,
    FaultKind.UNAVAILABLE: 503,
}

IMPOSED = {kind.status: kind for kind in FaultKind if isinstance(kind.value, int)}
"""By status, the kinds that every interface sends with their own status and text."""


class Fault(Exception):
    """A request that cannot be answered: the kind, one sentence, and further headers, such as Allow."""

    def __init__(self, kind: FaultKind, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.kind, self.text, self.headers = kind, text, headers or {}


def quote(sent: str) -> str:
    """Return a client's text for quotation in an answer: shortened, without control characters."""
    return "".join(char for char in sent[: 4 * _QUOTED] if char.isprintable())[:_QUOTED]


def segment(text: str) -> str:
    """Return a code or id as a part of a path; percent-encodes codes with unusual characters."""
    # Encoding the codes of a page takes a tenth of the time of a search, and nearly none needs it.
    return text if text.isascii() and text.isalnum() else percent_encoded(text, safe="")


def whole_number(value: str, least: int, most: int | None = None) -> int | None:
    """Return the number that ASCII digits denote, or None for other texts and numbers beyond the limits."""
    if not re.fullmatch("[0-9]+", value):
        return None
    number = int(value.lstrip("0")[:_DIGITS] or "0")
    return number if least <= number and (most is None or number <= most) else None


def parse_form(raw: bytes) -> tuple[Pair, ...]:
    """Decode a query string or form body: pairs separated by ``&``, ``+`` for a space, strict UTF-8.

    Raises Fault for invalid percent-encoding, invalid UTF-8 and NUL, which werkzeug and urllib would silently
    replace or keep (fhir-search 10).
    """
    pairs = []
    for pair in filter(None, raw.split(b"&")):
        name, _, value = pair.partition(b"=")
        pairs.append((_decode(name.replace(b"+", b" ")), _decode(value.replace(b"+", b" "))))
    return tuple(pairs)


def parse_form_loosely(raw: bytes) -> tuple[Pair, ...]:
    """Decode as `parse_form`, but keep invalid percent-encoding, and replace invalid UTF-8 by U+FFFD."""
    return tuple(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))


def parse_path(raw: bytes) -> str:
    """Check that the path of a request target can be decoded, and return it undecoded; raises Fault."""
    _decode(raw)
    return raw.decode()


def is_path(path: str) -> bool:
    """Return whether a path, given as bytes in Latin-1, can be decoded."""
    try:
        parse_path(path.encode("latin-1", "replace"))
    except Fault:
        return False
    return True


def _decode(raw: bytes) -> str:
    at = raw.find(b"%")
    while at >= 0:
        digits = raw[at + 1 : at + 3]
        if len(digits) < 2 or not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
            raise Fault(
                FaultKind.MALFORMED, "The address or form holds a % that two hexadecimal digits do not follow"
            )
        at = raw.find(b"%", at + 1)
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Fault(FaultKind.MALFORMED, "The address or form is not UTF-8 after percent-decoding") from None
    if "\0" in text:
        raise Fault(FaultKind.MALFORMED, "The address or form holds a NUL character")
    return text
