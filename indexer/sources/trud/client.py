"""Asks TRUD: tries again what may succeed later, and follows no address that it must not."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from indexer.report import Refused, printable
from indexer.sources.trud.secret import masked

log = logging.getLogger(__name__)

_PAUSES = (1, 4)
"""Seconds between tries."""
_LONGEST_WAIT = 300
_TIMEOUT = (10, 60)
"""Seconds to connect, and for each read."""
_REDIRECTS = 5
_MOVED = {301, 302, 303, 307, 308}
_TOO_MANY = 429
_CHUNK = 1 << 16
_SLOWEST = 60_000
"""Bytes of a body that must arrive within each PACE seconds: a time-out restarts with every byte."""
PACE = 60

T = TypeVar("T")


class Passing(Exception):
    """What went wrong may go right at the next try; `wait` is what the server asks for, in seconds."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Client:
    """Asks the TRUD at an address with a key; the texts of its errors never show the key."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self._key = url.rstrip("/"), key
        self._host = urlsplit(url).hostname or ""
        self._check(self.url)

    def hide(self, text: str) -> str:
        """Return a text of TRUD's, safe to show."""
        return printable(masked(text, self._key))

    def trying(self, what: Callable[[], T]) -> T:
        """Return what a call returns, tried three times where it raises Passing; raises Refused."""
        for pause in (*_PAUSES, None):
            try:
                return what()
            except Passing as error:
                if pause is None:
                    raise Refused(f"TRUD could not be read in {len(_PAUSES) + 1} tries: {error}") from None
                wait = pause if error.wait is None else error.wait
                if wait > _LONGEST_WAIT:
                    asked = f"TRUD asks to wait for {wait:,.0f} seconds"
                    raise Refused(f"{asked}, more than {_LONGEST_WAIT}: try again then") from None
                log.warning("%s: trying again in %g seconds", error, wait)
                time.sleep(wait)
        raise AssertionError

    @contextmanager
    def answer(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator["Answer"]:
        """Give the answer to a request, redirects followed; raises Refused and Passing."""
        with _Session() as session:
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            for _ in range(_REDIRECTS + 1):
                self._check(url)
                with self._asked(session, url, headers or {}) as response:
                    if response.status_code not in _MOVED or "Location" not in response.headers:
                        yield Answer(response, self)
                        return
                    url = self._moved(url, response.headers["Location"])
        raise Refused("TRUD redirects again and again")

    def _moved(self, url: str, location: str) -> str:
        try:
            moved = urljoin(url, location)
        except ValueError:
            raise Refused(f"TRUD redirects to {self.hide(location)}, which is no address") from None
        self._check(moved)
        if urlsplit(moved).hostname != self._host and masked(moved, self._key) != moved:
            raise Refused(f"TRUD redirects to {self.hide(moved)}, and the key is not sent on to another host")
        return moved

    @contextmanager
    def _asked(
        self, session: requests.Session, url: str, headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        given = {"Accept-Encoding": "identity", "User-Agent": "ods-api-suite", **headers}
        try:
            # `auth` that adds nothing: otherwise a password of ~/.netrc would be sent.
            response = session.get(
                url,
                headers=given,
                timeout=_TIMEOUT,
                stream=True,
                allow_redirects=False,
                auth=lambda asked: asked,
            )
        except ValueError:
            raise Refused(f"TRUD names {self.hide(url)}, which is no address") from None
        except requests.RequestException as error:
            raise Passing(f"TRUD at {self._host} cannot be reached ({self.hide(_reason(error))})") from None
        with response:
            yield response

    def _check(self, url: str) -> None:
        """Refuse an address that is not TRUD's, or that anybody on the way could read."""
        shown = self.hide(url)
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise Refused(f"TRUD names {shown}, which is no address") from None
        # Where parsers disagree on the host of an address, it is none.
        if not url.isascii() or not url.isprintable() or set(url) & set("\\@ <>\"'"):
            raise Refused(f"TRUD names {shown}, which is no address")
        if not (host in {self._host, "nhs.uk"} or host.endswith(".nhs.uk")):
            raise Refused(f"TRUD names {shown}, which is neither at {self._host} nor below nhs.uk")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
            raise Refused(f"TRUD names {shown}: only https is used (ODS_TRUD_URL)")


class _Session(requests.Session):
    """A session that leaves redirects to us: requests would read their whole bodies, however long."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Return None, as for an answer that is no redirect."""
        return None


class Answer:
    """The answer to one request."""

    def __init__(self, response: requests.Response, client: Client) -> None:
        self._response, self._client = response, client
        self.status = response.status_code
        self.headers = response.headers

    def blocks(self, limit: int) -> Iterator[bytes]:
        """Yield the body, at most `limit` bytes; raises Passing where it breaks off or comes too slowly."""
        left, until, at_most = limit, time.monotonic() + PACE, limit - _SLOWEST
        try:
            # read1 returns what has arrived; read would wait until a whole block has.
            while left and (block := self._response.raw.read1(min(left, _CHUNK), decode_content=False)):
                left -= len(block)
                yield block
                if (now := time.monotonic()) > until:
                    if left > at_most:
                        raise Passing(f"TRUD sent fewer than {_SLOWEST:,} bytes in {PACE} seconds")
                    until, at_most = now + PACE, left - _SLOWEST
        except (HTTPError, OSError) as error:
            raise Passing(f"TRUD broke off ({self._client.hide(_reason(error))})") from None

    def check(self, message: str) -> None:
        """Raise Passing or Refused for a status that is an error; `message` is what TRUD says of it."""
        if self.status < 400:
            return
        told = f"TRUD answers {self.status}" + (f": {self._client.hide(message)}" if message else "")
        if self.status == _TOO_MANY or self.status >= 500:
            raise Passing(told, _wait(self.headers.get("Retry-After", "")))
        raise Refused(told)


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _wait(value: str) -> float | None:
    """Return the seconds in a Retry-After, which may be a date; None without one that can be read."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
