"""Conditional requests: the validators (ETag, Last-Modified) of answers, compared with the client's."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from werkzeug.http import parse_date, parse_etags

from app.engine.port import Register
from app.web.message import Request


def validators(register: Register, *shaping: object, since: datetime | None = None) -> dict[str, str]:
    """Return the headers ETag, Last-Modified and Cache-Control of an answer (fhir-search 72 to 74).

    `shaping`: everything besides the register that an answer to the same request depends on. `since`: for
    answers that depend on the date, the start of today; Last-Modified is this time or the last swap or
    rollback, whichever is later.
    """
    generation = register.generation
    changed = max(register.live_since, since or register.live_since)
    return dict(_validators(changed, since, generation.name, generation.loaded, *shaping))


def is_unchanged(request: Request, known: Mapping[str, str]) -> bool:
    """Return whether the client already has the answer with these validators."""
    sent = request.headers
    if "if-none-match" in sent:
        tags = parse_etags(sent["if-none-match"])
        return tags.star_tag or tags.contains_weak(known["ETag"][3:-1])
    return "if-modified-since" in sent and _is_before(known["Last-Modified"], sent["if-modified-since"])


def _is_before(changed: str, sent: str) -> bool:
    """Return whether `changed` is at or before the client's date `sent`; False if that cannot be parsed."""
    try:
        since, at = parse_date(sent), parse_date(changed)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return False  # parse_date raises all of these for dates out of range
    return since is not None and at is not None and at <= since


def validators_of(body: bytes, media_type: str, changed: datetime) -> dict[str, str]:
    """Return the same headers for an answer whose ETag must depend on its body."""
    return headers(_tag(media_type.encode() + body), changed)


def headers(tag: str, changed: datetime) -> dict[str, str]:
    """Return the same headers for an answer with this tag."""
    return {
        "ETag": f'W/"{tag}"',
        "Last-Modified": _written(changed),
        "Cache-Control": "public, no-cache",
    }


def made_now(now: datetime) -> dict[str, str]:
    """Return the headers of an answer that is made anew for each request."""
    return {"Last-Modified": _written(now), "Cache-Control": "no-store"}


@lru_cache(maxsize=256)
def _validators(changed: datetime, *shaping: object) -> dict[str, str]:
    return headers(_tag(repr((changed, shaping)).encode()), changed)


def _tag(shaping: bytes) -> str:
    return hashlib.sha256(shaping).hexdigest()[:24]


def _written(moment: datetime) -> str:
    return _of_second(moment.replace(microsecond=0))


@lru_cache(maxsize=64)
def _of_second(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
