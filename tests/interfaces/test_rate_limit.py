"""The rate limit: whom it counts, what it leaves alone, and how each interface refuses."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from tests.interfaces.helpers import ask

# Whom the limit counts does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Maker = Callable[..., FlaskClient]


def get(client: FlaskClient, peer: str, forwarded: str = "", target: str = "/STU3/Organization/RR8") -> int:
    """Ask as a peer, and return the status."""
    builder = EnvironBuilder(path=target.partition("?")[0], query_string=target.partition("?")[2])
    environ = builder.get_environ() | {"REMOTE_ADDR": peer, "REQUEST_URI": target}
    if forwarded:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    return TestResponse(
        *run_wsgi_app(client.application, environ, buffered=True), builder.get_request()
    ).status_code


def test_a_client_that_asks_too_often_is_refused_and_others_are_not(make_client: Maker) -> None:
    client = make_client(rate_limit="2/hour")
    assert [get(client, "192.0.2.1") for _ in range(4)] == [200, 200, 429, 429]
    assert get(client, "192.0.2.2") == 200


@pytest.mark.parametrize(
    ("target", "read"),
    [
        ("/STU3/Organization/RR8", lambda body: body["issue"][0]["diagnostics"]),
        ("/ORD/2-0-0/roles", lambda body: body["errorText"]),
        ("/lookup?text=leeds", lambda body: body["error"]),
        ("/no/such/address", lambda body: body["error"]),
    ],
)
def test_each_interface_refuses_in_its_own_words(
    make_client: Maker, target: str, read: Callable[[Any], str]
) -> None:
    client = make_client(rate_limit="1/hour")
    ask(client, target)
    answer = ask(client, target)
    assert answer.status_code == 429
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers.get("Access-Control-Expose-Headers", "").split(", ")
    assert ("Retry-After" in exposed) == ("ORD" not in target)  # ORD's errors expose no headers
    seconds = int(answer.headers["Retry-After"])
    assert 3500 < seconds <= 3600
    assert read(answer.json) == f"Too many requests: try again in {seconds} seconds."


def test_requests_that_cannot_be_read_count_too(make_client: Maker) -> None:
    client = make_client(rate_limit="2/hour")
    assert [get(client, "192.0.2.1", target="/x%zz") for _ in range(3)] == [400, 400, 429]


def test_health_checks_metrics_and_preflights_are_exempt(make_client: Maker) -> None:
    client = make_client(rate_limit="1/hour")
    for _ in range(3):
        for target in ("/health/live", "//health/ready", "/metrics"):
            assert ask(client, target).status_code != 429
        assert ask(client, "/STU3/Organization", method="OPTIONS").status_code == 204
    for target in ("/healthy", "/metricsfoo"):
        client = make_client(rate_limit="1/hour")
        assert [ask(client, target).status_code for _ in range(2)] == [404, 429]


@pytest.mark.parametrize(
    ("hops", "forwarded", "same"),
    [
        (0, ("198.51.100.1", "198.51.100.2"), True),
        (1, ("198.51.100.1", "198.51.100.2"), False),
        (1, ("203.0.113.5, 198.51.100.1", "203.0.113.6, 198.51.100.1"), True),
        (2, ("203.0.113.5, 198.51.100.1", "203.0.113.6, 198.51.100.1"), False),
        (2, ("198.51.100.1", "198.51.100.2"), True),
        (1, ("198.51.100.1:1000", "198.51.100.1:2000"), True),
        (1, ("198.51.100.1:1000", "198.51.100.2:1000"), False),
        (1, ("[2001:db8::1]:1", "2001:db8::ffff"), True),
        (1, ("2001:db8:0:1::1", "2001:db8:0:2::1"), False),
        (1, ("::ffff:198.51.100.1", "198.51.100.1"), True),
        (1, ("<script>", "unknown"), True),
    ],
)
def test_the_address_is_the_one_that_the_outermost_trusted_proxy_saw(
    make_client: Maker, hops: int, forwarded: tuple[str, str], same: bool
) -> None:
    client = make_client(rate_limit="1/hour", trusted_proxies=hops)
    first, second = (get(client, "192.0.2.1", each) for each in forwarded)
    assert (first, second) == (200, 429 if same else 200)


def test_a_proxy_that_is_not_trusted_is_warned_of_once(
    make_client: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    for hops, limited in ((0, "9/hour"), (1, "9/hour"), (0, "")):
        caplog.clear()
        client = make_client(rate_limit=limited, trusted_proxies=hops)
        for _ in range(3):
            get(client, "192.0.2.1", "198.51.100.1")
        said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
        assert len(said) == (1 if limited and not hops else 0)
        assert all("ODS_TRUSTED_PROXIES" in each for each in said)
