"""The target of a request: path, query and public address (RFC 9112 3.2, 3.3), read before Flask routes it.

Clients send paths with extra slashes, whole URLs, requests through proxies, and paths below the path of the
public address. This module brings all of them into one form, so that each route is written once and no answer
is a redirect.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from werkzeug.routing import BaseConverter

from app.web.message import MAX_LINE, Fault, FaultKind, parse_path, whole_number

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEY = "ods.target"
_URL = re.compile("(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_LABEL = "[A-Za-z0-9_-]{1,63}"
_AUTHORITY = re.compile(
    rf"(?P<host>(?=[^:]{{1,254}}(:|\Z)){_LABEL}(\.{_LABEL})*\.?|\[(?P<ip6>[0-9A-Fa-f:.]+)\])(:(?P<port>[0-9]*))?"
)
_FORWARDED_FOR = re.compile(
    r"\[(?P<ip6>[^\]]+)\](:[0-9]*)?|(?P<ip4>[0-9.]+)(:[0-9]*)?|(?P<bare>[0-9A-Fa-f:.]+)"
)
"""An address as proxies write it, some with a port."""
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_MAX_PORT = 65_535
_NO_HOST = 'The request needs one Host header that names a host, such as "ods.example.org"'


@dataclass(frozen=True)
class Target:
    """The target of one request, as far as it can be read."""

    path: str
    """As the client sent it, its bytes as Latin-1."""
    query: str
    origin: str
    """Scheme, host and port, without a slash at the end; empty if there is a fault."""
    fault: Fault | None = None
    """The fault of the request line or of the host, if there is one."""


class Authority(NamedTuple):
    """A host and a port; the port may be empty."""

    host: str
    port: str


class Segment(BaseConverter):
    """A code or id in a path; blanks around it are trimmed, and an encoded slash belongs to it."""

    def to_python(self, value: str) -> str:
        """Decode slashes and percent signs, which `_routed` left encoded."""
        return unquote(value).strip(" ")


class Targets:
    """WSGI middleware that reads the target of each request and passes its path on in plain form."""

    def __init__(
        self, following: "WSGIApplication", is_address: Callable[[str], bool], base_url: str, hops: int
    ) -> None:
        """Wrap the application `following`.

        `is_address` returns whether a path in plain form has a route; `base_url` is the public address;
        `hops` is the number of trusted proxies.
        """
        self._following, self._is_address, self._hops = following, is_address, hops
        self._base = _segments(base_url.partition("://")[2].partition("/")[2])

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Read the target, and pass the request on."""
        target = environ[_KEY] = _read(environ, self._hops)
        # Flask needs no host, and would refuse hosts that are valid here, such as one with an underscore.
        environ["HTTP_HOST"], environ["SCRIPT_NAME"] = "localhost", ""
        environ["PATH_INFO"] = self._routed(target.path).encode().decode("latin-1")
        environ["QUERY_STRING"] = target.query
        return self._following(environ, start_response)

    def _routed(self, path: str) -> str:
        """Return a path in plain form, without the path of the public address if a proxy left it there."""
        segments = _segments(path)
        plain = _joined(segments)
        length = len(self._base)
        if length and segments[:length] == self._base and not self._is_address(plain):
            return _joined(segments[length:])
        return plain


def of(environ: "WSGIEnvironment") -> Target:
    """Return the target of a request that came through `Targets`."""
    target: Target = environ[_KEY]
    return target


def client(environ: "WSGIEnvironment", hops: int) -> str:
    """Return the address of the client: the one that the outermost of `hops` trusted proxies has seen.

    It is the peer's where there are no proxies, or where X-Forwarded-For holds no address in that place.
    """
    peer: str = environ.get("REMOTE_ADDR", "")
    forwarded = _FORWARDED_FOR.fullmatch(_forwarded(environ, "FOR", hops))
    try:
        return (
            str(ip_address(forwarded["ip6"] or forwarded["ip4"] or forwarded["bare"])) if forwarded else peer
        )
    except ValueError:
        return peer


def plain(path: str) -> str:
    """Return a path, its bytes as Latin-1, in the form in which routes are found."""
    return _joined(_segments(path))


def _joined(segments: Iterable[str]) -> str:
    return f"/{'/'.join(segments)}"


def _segments(path: str) -> list[str]:
    """Return the parts of a path, decoded except slashes and percent signs."""
    return [_decoded(part) if "%" in part or not part.isascii() else part for part in path.split("/") if part]


def _decoded(part: str) -> str:
    text = unquote_to_bytes(part.encode("latin-1")).decode("utf-8", "replace")
    return text.replace("%", "%25").replace("/", "%2F")


def _read(environ: "WSGIEnvironment", hops: int) -> Target:
    asked: str = environ.get("RAW_URI") or environ["REQUEST_URI"]
    url = _URL.fullmatch(asked)
    rest = url["rest"] if url else asked if asked.startswith("/") else "/"
    path, _, query = rest.partition("#")[0].partition("?")
    path = path or "/"
    try:
        method, protocol = environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"]
        if len(f"{method} {asked} {protocol}") > MAX_LINE:
            raise Fault(FaultKind.LINE_TOO_LONG, f"The request line is longer than {MAX_LINE} bytes")
        if not (url or asked.startswith("/") or (method, asked) == ("OPTIONS", "*") or method == "CONNECT"):
            raise Fault(
                FaultKind.MALFORMED, "The target of the request is neither a path nor an http address"
            )
        origin = _origin(environ, url, hops)
        parse_path(path.encode("latin-1"))
    except Fault as fault:
        return Target(path, query, "", fault)
    return Target(path, query, origin)


def _origin(environ: "WSGIEnvironment", url: re.Match[str] | None, hops: int) -> str:
    """Return scheme, host and port of the public address of a request; raises Fault.

    A trusted proxy's headers win over a whole URL in the request line, which wins over the Host header; Host
    must be valid in any case. Invalid values from a proxy are ignored.
    """
    sent = environ.get("HTTP_HOST")
    if sent is None and environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        sent = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    scheme, authority = environ["wsgi.url_scheme"], _authority(sent or "")
    if authority and url:
        scheme, authority = url["scheme"].lower(), _authority(url["authority"])
    if authority is None:
        raise Fault(FaultKind.HOST, _NO_HOST)
    host, port = _authority(_forwarded(environ, "HOST", hops)) or authority
    port = _port(_forwarded(environ, "PORT", hops)) or port
    forwarded = _forwarded(environ, "PROTO", hops).lower()
    scheme = forwarded if forwarded in _DEFAULT_PORTS else scheme
    return f"{scheme}://{host}" + (f":{port}" if port not in {"", _DEFAULT_PORTS.get(scheme)} else "")


def _forwarded(environ: "WSGIEnvironment", name: str, hops: int) -> str:
    """Return the value set by the outermost trusted proxy, or ""."""
    values = environ.get(f"HTTP_X_FORWARDED_{name}", "").split(",") if hops else ()
    return str(values[-hops]).strip(" ") if 0 < hops <= len(values) else ""


@lru_cache(maxsize=32)
def _authority(text: str) -> Authority | None:
    """Parse host and port; None if the text has no valid host and port."""
    found = _AUTHORITY.fullmatch(text)
    port = _port(found["port"] or "") if found else None
    if found is None or port is None or (found["ip6"] and not _is_ip6(found["ip6"])):
        return None
    return Authority(found["host"], port)


def _port(text: str) -> str | None:
    """Return a port without leading zeros, "" if the text is empty, or None if it is not a valid port."""
    if not text:
        return ""
    number = whole_number(text, 1, _MAX_PORT)
    return None if number is None else str(number)


def _is_ip6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
