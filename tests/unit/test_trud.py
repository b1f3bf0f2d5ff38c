"""What asks TRUD: which addresses it follows, how long it waits, and that the key is shown nowhere."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.report import Refused
from indexer.sources.trud import client as client_module
from indexer.sources.trud.client import Client, Passing
from indexer.sources.trud.secret import hidden, masked
from tests.trud import endless, running

KEY = "0123456789abcdef"


@pytest.fixture
def client() -> Client:
    return Client("https://isd.digital.nhs.uk/", KEY)


@pytest.mark.parametrize(
    "url",
    [
        "https://isd.digital.nhs.uk/x",
        "https://isd.digital.nhs.uk:8443/x",
        "https://files.nhs.uk/x",
        "https://nhs.uk/x",
        "HTTPS://ISD.DIGITAL.NHS.UK/x",
    ],
)
def test_addresses_of_trud_s_host_and_below_nhs_uk_are_followed(url: str, client: Client) -> None:
    client._check(url)


PARTS = ["https://", "http://", "isd.digital.nhs.uk", "nhs.uk", ".", "evil.example", "localhost", "[::1]"]
PARTS += ["@", "\\", "/", "#", "?", ":", "1", "é", " ", "\t"]


@given(st.lists(st.sampled_from(PARTS), max_size=7).map("".join))
def test_no_other_address_is_followed(url: str) -> None:
    client = Client("https://isd.digital.nhs.uk", KEY)
    try:
        client._check(url)
    except Refused:
        return
    host = urlsplit(url).hostname or ""
    assert urlsplit(url).scheme == "https"
    assert host == "nhs.uk" or host.endswith(".nhs.uk")
    assert "@" not in url
    assert "\\" not in url


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80", "http://localhost:8000", "http://[::1]:8000", "http://127.9.9.9"]
)
def test_this_machine_may_be_asked_without_tls(url: str) -> None:
    Client(url, KEY)


def test_any_other_may_not() -> None:
    with pytest.raises(Refused, match="only https is used"):
        Client("http://isd.digital.nhs.uk", KEY)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(client_module.time, "sleep", waited.append)
    return waited


def failing(*waits: float | None) -> Callable[[], str]:
    """Return what fails with these waits, and then succeeds."""
    left = list(waits)

    def call() -> str:
        if left:
            raise Passing("busy", left.pop(0))
        return "done"

    return call


def test_pauses_grow_and_a_wait_that_is_asked_for_counts_over_them(
    client: Client, slept: list[float]
) -> None:
    assert client.trying(failing(None, None)) == "done"
    assert slept == [1, 4]
    slept.clear()
    assert client.trying(failing(300, 0)) == "done"
    assert slept == [300, 0]


def test_three_tries_or_too_long_a_wait_end_it(client: Client, slept: list[float]) -> None:
    with pytest.raises(Refused, match="in 3 tries: busy"):
        client.trying(failing(None, None, None))
    with pytest.raises(Refused, match="asks to wait for 301 seconds, more than 300"):
        client.trying(failing(301))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Fri, 31 Dec 2100 23:59:59 +9999999999999999", None),
    ],
)
def test_a_wait_in_seconds_is_read(value: str, seconds: float | None) -> None:
    assert client_module._wait(value) == seconds


def test_a_wait_until_a_date_is_read() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=100)
    assert 95 < (client_module._wait(format_datetime(soon, usegmt=True)) or 0) <= 100
    assert client_module._wait("Mon, 01 Jan 2001 00:00:00 GMT") == 0


def test_a_body_that_comes_too_slowly_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PACE", 0.1)
    with running() as trud:
        sent: list[int] = []
        trud.on_file = [endless(sent, b"x", pause=0.01)]
        asked = Client(trud.url, KEY)
        with (
            asked.answer(f"{trud.url}/slow") as answer,
            pytest.raises(Passing, match="fewer than 60,000 bytes"),
        ):
            list(answer.blocks(1_000_000))
    assert len(sent) < 1_000


@given(st.text(), st.text())
def test_a_masked_text_does_not_hold_the_key(before: str, after: str) -> None:
    assert KEY not in masked(f"{before}{KEY}{after}{KEY.upper()}", KEY).lower()


def test_what_is_logged_is_masked_with_its_traceback() -> None:
    handler, records = logging.StreamHandler(), []
    handler.emit = lambda record: records.append(logging.Formatter().format(record))  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with hidden(KEY):
            try:
                raise RuntimeError(f"see {KEY}")
            except RuntimeError:
                logging.getLogger("urllib3").exception("asked %s", f"/keys/{KEY.upper()}")
        logging.getLogger("x").warning("after")
    finally:
        root.removeHandler(handler)
    assert records[0].startswith("asked /keys/***\nTraceback")
    assert records[0].endswith("RuntimeError: see ***")
    assert records[1] == "after"
