"""Index URLs of this engine: ``http://user:password@host:9200,other:9200/prefix``."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,60}", re.ASCII)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """Where a cluster is, and what the names of our indices there begin with."""

    hosts: tuple[str, ...]
    """Each ``scheme://host:port``."""
    prefix: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return the URL without its secrets."""
        scheme, _, first = self.hosts[0].partition("://")
        others = (host.partition("://")[2] for host in self.hosts[1:])
        return f"{scheme}://{','.join((first, *others))}/{self.prefix}"


def parse(url: str) -> Address | None:
    """Return the address that a URL names, or None."""
    scheme, _, rest = url.partition("://")
    authority, _, prefix = rest.partition("/")
    login, _, hosts = authority.rpartition("@")
    user, _, password = login.partition(":")
    if scheme not in _PORTS or not PREFIX.fullmatch(prefix):
        return None
    found = tuple(_host(scheme, host) for host in hosts.split(","))
    if not all(found):
        return None
    return Address(found, prefix, unquote(user), unquote(password))


def _host(scheme: str, host: str) -> str:
    """Return ``scheme://host:port``, or nothing for what is no host."""
    try:
        parts = urlsplit(f"{scheme}://{host}")
        port = parts.port or _PORTS[scheme]
    except ValueError:
        return ""
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", re.sub(r":\d*\Z", "", host)):
        return ""
    name = parts.hostname or ""
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}"
