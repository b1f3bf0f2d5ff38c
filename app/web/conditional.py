"""Conditional requests: validators of what one generation answers, and whether a client has it already."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from werkzeug.http import parse_date, parse_etags

from app.engine.port import Register
from app.web.message import Request


def validators(register: Register, *shaping: object) -> dict[str, str]:
    """Return the headers of an answer from a register, shaped by all that is given (fhir-search 72 to 74)."""
    generation = register.generation
    return dict(_validators(register.live_since, generation.name, generation.loaded, *shaping))


def is_unchanged(request: Request, register: Register, known: Mapping[str, str]) -> bool:
    """Say whether the client has what would be sent with these validators."""
    sent = request.headers
    if "if-none-match" in sent:
        tags = parse_etags(sent["if-none-match"])
        return tags.star_tag or tags.contains_weak(known["ETag"][3:-1])
    since = parse_date(sent.get("if-modified-since"))
    return since is not None and register.live_since <= since


@lru_cache(maxsize=256)
def _validators(live_since: datetime, *shaping: object) -> dict[str, str]:
    tag = hashlib.sha256(repr((live_since, shaping)).encode()).hexdigest()[:24]
    return {
        "ETag": f'W/"{tag}"',
        "Last-Modified": format_datetime(live_since, usegmt=True),
        "Cache-Control": "public, no-cache",
    }
