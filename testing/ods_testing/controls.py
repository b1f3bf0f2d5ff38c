"""The HTTP controls of a server (`/_test`), asked directly, whatever proxy the environment names."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

_SECONDS = 600
"""How long a load may take."""


class ServerError(Exception):
    """A server could not be found, started or used; the text is a sentence for the developer."""


class Refused(Exception):
    """The server refused what was sent; the text is its sentence."""


class Controls:
    """The controls of the server at an address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(ProxyHandler({}))

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        """Send a request, and return the JSON of the answer; raises Refused and ServerError."""
        request = Request(f"{self.url}/_test{path}", body, {"Content-Type": kind}, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                content = answer.read()
        except HTTPError as error:
            with error:
                raise self._meaning(error) from None
        except (URLError, OSError) as error:
            raise ServerError(f"The ODS server at {self.url} does not answer: {error}") from error
        return json.loads(content) if content else None

    def _meaning(self, error: HTTPError) -> Exception:
        try:
            said = json.loads(error.read())["error"]
        except (ValueError, KeyError, TypeError):
            said = f"status {error.code}"
        if error.code in {400, 413}:
            return Refused(said)
        if error.code == 404:
            return ServerError(
                f"The server at {self.url} has no test controls: start it with --test-controls ({said})"
            )
        return ServerError(f"The ODS server at {self.url} failed: {said}")
