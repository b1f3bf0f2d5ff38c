"""A fault on demand: what is asked for, and which requests it is for (harness 3)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any

from app.web.message import IMPOSED, whole_number

MAX_DELAY = 300
"""Longest delay, in seconds."""
_MOST = 2**31
_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", re.ASCII)
_STATUSES = ", ".join(map(str, IMPOSED))
_ON_REQUEST = ("/health", "/metrics")
"""Addresses that monitors ask: they fail only where the path of a fault names them."""


class WrongFault(Exception):
    """The text is a sentence that names the key, and says what is allowed."""


@dataclass(frozen=True)
class Fault:
    """One fault, with its defaults."""

    path: str = "*"
    method: str = ""
    times: int | None = None
    after: int = 0
    status: int | None = None
    retry_after: str = ""
    body: str | None = None
    content_type: str = ""
    empty: bool = False
    delay: float = 0
    cut: int | None = None
    close: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault is for a request; `path` is as sent, without the query."""
        if self.method not in {"", method} or not fnmatchcase(path, self.path):
            return False
        named = [name for name in _ON_REQUEST if path == name or path.startswith(f"{name}/")]
        return all(self.path.startswith(name) for name in named)

    @property
    def changes_answer(self) -> bool:
        """Whether the right answer is changed, so that it must be whole and must not be cached."""
        return bool(self.empty or self.content_type or self.cut is not None)

    @property
    def does_something(self) -> bool:
        """Whether anything happens; the time to wait is part of another answer."""
        answers = self.status or self.body is not None or self.content_type or self.empty
        return bool(answers or self.delay or self.cut is not None or self.close)


def _is_whole(least: int, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < _MOST


def _is_retry(value: Any) -> bool:
    if not isinstance(value, str):
        return _is_whole(0, value)
    try:
        return bool(_DATE.fullmatch(value) and parsedate_to_datetime(value))
    except ValueError:
        return False


def _is_header(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[!-~]([ -~]{0,998}[!-~])?", value) is not None


def _is_delay(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_DELAY


@dataclass(frozen=True)
class _Kind:
    """The values that a key allows, the advice for any other value, and their types in JSON."""

    allows: Callable[[Any], bool]
    advice: str
    types: tuple[str, ...]


_TRUTH = _Kind(lambda value: isinstance(value, bool), "use true or false", ("boolean",))
KEYS = {
    "path": _Kind(
        lambda value: isinstance(value, str) and bool(value), "use a pattern, such as /STU3/*", ("string",)
    ),
    "method": _Kind(
        lambda value: (
            value is None or (isinstance(value, str) and re.fullmatch("[A-Za-z]+", value) is not None)
        ),
        "use a method, such as GET",
        ("string", "null"),
    ),
    "times": _Kind(
        lambda value: value is None or _is_whole(1, value),
        "use a whole number from 1, or null",
        ("integer", "null"),
    ),
    "after": _Kind(lambda value: _is_whole(0, value), "use a whole number from 0", ("integer",)),
    "status": _Kind(
        lambda value: _is_whole(0, value) and value in IMPOSED, f"use one of {_STATUSES}", ("integer",)
    ),
    "retry_after": _Kind(_is_retry, "use a whole number of seconds, or an HTTP date", ("integer", "string")),
    "body": _Kind(lambda value: isinstance(value, str), "use a text", ("string",)),
    "content_type": _Kind(_is_header, "use a media type, such as text/html", ("string",)),
    "empty": _TRUTH,
    "delay": _Kind(_is_delay, f"use a number of seconds from 0 to {MAX_DELAY}", ("number",)),
    "cut": _Kind(lambda value: _is_whole(0, value), "use a whole number of bytes from 0", ("integer",)),
    "close": _TRUTH,
}
"""What a fault may be made of."""
_NOT_IN_HEADER = frozenset(("path", "method", "times", "after", "body", "content_type"))
_IN_HEADER = tuple(key.replace("_", "-") for key in KEYS if key not in _NOT_IN_HEADER)


def parse(given: Any) -> Fault:
    """Return the fault that a JSON object describes; raises WrongFault."""
    if not isinstance(given, Mapping):
        raise WrongFault("A fault is a JSON object, with keys such as status")
    for key, value in given.items():
        if key not in KEYS:
            raise WrongFault(f'"{key[:100]}" is no key of a fault: use {", ".join(KEYS)}')
        if not KEYS[key].allows(value):
            raise WrongFault(f"{key} has a wrong value: {KEYS[key].advice}")
    known = {key: value for key, value in given.items() if value is not None}
    known["method"] = known.get("method", "").upper()
    known["retry_after"] = str(known.get("retry_after", ""))
    fault = Fault(**known)
    if not fault.does_something:
        raise WrongFault(
            "The fault does nothing: give it status, body, content_type, empty, delay, cut or close"
        )
    return fault


def parse_header(text: str) -> Fault:
    """Return the fault that the header X-ODS-Fault describes; raises WrongFault."""
    given: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in _IN_HEADER:
            raise WrongFault(f'"{name[:100]}" is no key of the header: use {", ".join(_IN_HEADER)}')
        if name in given:
            raise WrongFault(f"{name} is there twice: give it once")
        given[name] = _value(value)
    try:
        return parse({name.replace("-", "_"): value for name, value in given.items()})
    except WrongFault as error:
        key, _, rest = str(error).partition(" ")
        raise WrongFault(f"{key.replace('_', '-')} {rest}") from error


def _value(text: str) -> Any:
    """Return the JSON value that a text in the header denotes."""
    if text in {"true", "false"}:
        return text == "true"
    if (number := whole_number(text, 0)) is not None:
        return number
    return float(text) if re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", text) else text
