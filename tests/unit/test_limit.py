"""Whom the rate limit takes for one client, and how many it keeps."""

import pytest

from app.operate import limit
from app.operate.limit import RateLimit, network
from app.web.message import Fault


def test_a_network_of_ipv6_is_one_client() -> None:
    assert network("2001:db8::1") == network("2001:db8:0:0:ffff::")
    assert network("2001:db8::1") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"


def test_only_so_many_addresses_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "ADDRESSES", 3)
    limited = RateLimit("1/hour", 0)

    def is_refused(number: int) -> bool:
        try:
            limited.check({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "REMOTE_ADDR": f"192.0.2.{number}"})
        except Fault:
            return True
        return False

    assert not any(map(is_refused, range(4)))
    assert is_refused(3)
    assert not is_refused(0)
