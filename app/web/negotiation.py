"""What a client accepts, by its headers Accept and Accept-Encoding, and whether it is a person's browser."""

import re
from collections.abc import Iterable
from functools import lru_cache

from werkzeug.http import parse_accept_header


@lru_cache(maxsize=256)  # clients send few different headers
def prefers(header: str, media_type: str, *others: str) -> bool:
    """Return whether an Accept header names a media type, and none of the others with a higher quality."""
    ranges = [(name.partition(";")[0].strip().lower(), quality) for name, quality in accepted(header)]
    named = dict(ranges)
    quality = named.get(media_type, 0.0)
    return quality > 0 and all(quality >= named.get(other, 0.0) for other in others)


def is_for_people(asked: str, accept: str, *others: str) -> bool:
    """Return whether an answer is to be HTML: as `format` says, or if that is empty, Accept (lookup 6).

    `others` are the media types that the address has besides HTML and JSON.
    """
    return asked == "html" if asked else prefers(accept, "text/html", "application/json", *others)


def accepted(header: str) -> Iterable[tuple[str, float]]:
    """Return the items of an Accept header, or of one like it, with their qualities."""
    # Java sends q=.2, which werkzeug does not parse.
    return parse_accept_header(re.sub(r"(?i)(;\s*q\s*=\s*)\.(?=\d)", r"\g<1>0.", header))
