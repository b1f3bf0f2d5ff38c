"""Completes the documents of R4, which are stored without what depends on other loads (fhir-r4 2, 3 and 5).

A stored document is a JSON object without `resourceType`, `id` and `meta`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import orjson

from app.fhir import values
from app.register.query import Stamp

_IDENTIFIER = re.compile(rb'"identifier":\[.*?\],', re.DOTALL)


def whole(resource_type: str, resource_id: str, stamp: Stamp, profiles: Sequence[str], body: bytes) -> bytes:
    """Return a resource in JSON of its stored document."""
    if resource_type == "OrganizationAffiliation" and not resource_id.isdigit():
        # Its id is not the number of the relationship: another one has that (fhir-r4 5, "Id").
        body = _IDENTIFIER.sub(b"", body, count=1)
    named = b'{"resourceType":"%b","id":%b,"meta":' % (resource_type.encode(), orjson.dumps(resource_id))
    return b"%b%b,%b" % (named, _meta(stamp, tuple(profiles)), body[1:])


@lru_cache(maxsize=4_096)  # all that one load changed have one instant
def _meta(stamp: Stamp, profiles: tuple[str, ...]) -> bytes:
    meta = {"versionId": str(stamp.version), "lastUpdated": instant(stamp.updated)}
    return orjson.dumps(meta | ({"profile": profiles} if profiles else {}))


def instant(milliseconds: int) -> str:
    """Return an instant as FHIR writes it, in UTC with milliseconds."""
    return values.instant(datetime.fromtimestamp(milliseconds / 1_000, UTC), "milliseconds")
