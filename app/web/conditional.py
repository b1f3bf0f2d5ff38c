"""Conditional requests: validators of what one generation answers, and whether a client has it already."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from werkzeug.http import parse_date, parse_etags

from app.engine.port import Register
from app.web.message import Request


def validators(register: Register, *shaping: object, since: datetime | None = None) -> dict[str, str]:
    """Return the headers of an answer from a register, shaped by all that is given (fhir-search 72 to 74).

    `since` is when the answer last changed by itself, which may be later than the register did.
    """
    generation = register.generation
    changed = max(register.live_since, since or register.live_since)
    return dict(_validators(changed, since, generation.name, generation.loaded, *shaping))


def is_unchanged(request: Request, known: Mapping[str, str]) -> bool:
    """Say whether the client has what would be sent with these validators."""
    sent = request.headers
    if "if-none-match" in sent:
        tags = parse_etags(sent["if-none-match"])
        return tags.star_tag or tags.contains_weak(known["ETag"][3:-1])
    return "if-modified-since" in sent and _is_before(known["Last-Modified"], sent["if-modified-since"])


def _is_before(changed: str, sent: str) -> bool:
    """Say whether a change is not later than the date that a client sent; an unreadable date is ignored."""
    try:
        since, at = parse_date(sent), parse_date(changed)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return False  # the parser of the standard library raises all of these for a date out of range
    return since is not None and at is not None and at <= since


def validators_of(body: bytes, media_type: str, changed: datetime) -> dict[str, str]:
    """Return the headers of an answer that is not the register's alone, by what it says."""
    return _headers(media_type.encode() + body, changed)


@lru_cache(maxsize=256)
def _validators(changed: datetime, *shaping: object) -> dict[str, str]:
    return _headers(repr((changed, shaping)).encode(), changed)


def _headers(shaping: bytes, changed: datetime) -> dict[str, str]:
    tag = hashlib.sha256(shaping).hexdigest()[:24]
    return {
        "ETag": f'W/"{tag}"',
        "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True),
        "Cache-Control": "public, no-cache",
    }
