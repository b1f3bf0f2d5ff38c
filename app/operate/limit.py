"""The rate limit: how many requests the server takes from one address in a time (harness 6)."""

import logging
import threading
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TYPE_CHECKING

from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from app.web import target
from app.web.message import IMPOSED, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger(__name__)

ADDRESSES = 10_000
"""Addresses that are kept; whoever asked longest ago is forgotten first."""
_EXEMPT = ("/health/", "/metrics/")


class RateLimit:
    """The limit of one process."""

    def __init__(self, rate: str, hops: int) -> None:
        """Allow a rate, such as ``10/second``; `hops` is the number of trusted proxies."""
        self._rate, self._hops = parse(rate), hops
        self._limiter = FixedWindowRateLimiter(_Counters())
        self._has_warned = hops > 0

    def check(self, environ: "WSGIEnvironment") -> None:
        """Count a request; raises Fault if its client has asked too often."""
        if environ["REQUEST_METHOD"] == "OPTIONS" or f"{environ['PATH_INFO']}/".startswith(_EXEMPT):
            return
        if not self._has_warned and "HTTP_X_FORWARDED_FOR" in environ:
            self._has_warned = True
            log.warning(
                "A proxy sends requests with X-Forwarded-For, and ODS_RATE_LIMIT takes all its clients "
                "for one: set ODS_TRUSTED_PROXIES to the number of proxies"
            )
        client = network(target.client(environ, self._hops))
        if not self._limiter.hit(self._rate, client):
            again = self._limiter.get_window_stats(self._rate, client).reset_time
            seconds = max(1, ceil(again - time.monotonic()))
            raise Fault(
                IMPOSED[429],
                f"Too many requests: try again in {seconds} seconds.",
                {"Retry-After": str(seconds), "Cache-Control": "no-store"},
            )


def network(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or f"{int(parsed) >> 64:x}::/64")
    return str(parsed)


class _Counters(Storage):
    """The counters of at most ADDRESSES clients; the library's own storage has no bound."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors of this storage."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return the number; the first count begins a time of `expiry` seconds."""
        now = time.monotonic()
        with self._lock:
            count, until = self._kept.pop(key, (0, 0.0))
            if until <= now:
                count, until = 0, now + expiry
            self._kept[key] = count + amount, until
            if len(self._kept) > ADDRESSES:
                self._kept.popitem(last=False)
            return count + amount

    def get(self, key: str) -> int:
        """Return the number counted."""
        return self._kept.get(key, (0, 0.0))[0]

    def get_expiry(self, key: str) -> float:
        """Return when counting begins anew, by the monotonic clock."""
        return self._kept.get(key, (0, 0.0))[1]

    def check(self) -> bool:
        """Return whether counters can be kept."""
        return True

    def reset(self) -> int:
        """Forget all, and return how many that was."""
        with self._lock:
            forgotten = len(self._kept)
            self._kept.clear()
            return forgotten

    def clear(self, key: str) -> None:
        """Forget one."""
        with self._lock:
            self._kept.pop(key, None)
