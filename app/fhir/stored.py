"""Completes the documents of R4, which are stored without what depends on other loads (fhir-r4 2, 3 and 5).

A stored document is a JSON object without `resourceType`, `id` and `meta`. That of an affiliation also lacks
its identifier, which is its id, and its typed periods where both equal its `period`: a full register has
770,000, and a third of their size was this.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import orjson

from app.fhir import systems, values
from app.register.query import Stamp

_PERIOD = re.compile(rb'"period":(\{.*?\})')
_ACTIVE = b'"active":'


def whole(resource_type: str, resource_id: str, stamp: Stamp, profiles: Sequence[str], body: bytes) -> bytes:
    """Return a resource in JSON of its stored document."""
    if resource_type == "OrganizationAffiliation":
        body = _affiliation(resource_id, body)
    named = b'{"resourceType":"%b","id":%b,"meta":' % (resource_type.encode(), orjson.dumps(resource_id))
    return b"%b%b,%b" % (named, _meta(stamp, tuple(profiles)), body[1:])


def typed_periods(legal: str, operational: str) -> str:
    """Return the extensions for two Periods in JSON (fhir-r4 3.1)."""
    return f"{_LEGAL}{legal}}}]}},{_OPERATIONAL}{operational}}}]}}"


_LEGAL, _OPERATIONAL = (
    f'{{"url":"{systems.R4_TYPED_PERIOD}","extension":[{{"url":"dateType","valueCoding":'
    f'{{"system":"{systems.R4_PERIOD_TYPE}","code":"{name}","display":"{name}"}}}},'
    '{"url":"period","valuePeriod":'
    for name in ("Legal", "Operational")
)


def _affiliation(resource_id: str, body: bytes) -> bytes:
    extension, _, rest = body[1:].partition(_ACTIVE)
    period = None if extension else _PERIOD.search(rest)
    if period:
        extension = _same_periods(period[1].decode())
    # An id that is no number was made up, since the relationship has no number of its own (fhir-r4 5, "Id").
    identifier = b'%b"%b"}],' % (_INSTANCE, resource_id.encode()) if resource_id.isdigit() else b""
    return b"{%b%b%b%b" % (extension, identifier, _ACTIVE, rest)


_INSTANCE = f'"identifier":[{{"system":"{systems.R4_RELATIONSHIP_INSTANCE}","value":'.encode()


@lru_cache(maxsize=1_024)
def _same_periods(period: str) -> bytes:
    return f'"extension":[{typed_periods(period, period)}],'.encode()


@lru_cache(maxsize=4_096)  # all that one load changed have one instant
def _meta(stamp: Stamp, profiles: tuple[str, ...]) -> bytes:
    meta = {"versionId": str(stamp.version), "lastUpdated": instant(stamp.updated)}
    return orjson.dumps(meta | ({"profile": profiles} if profiles else {}))


def instant(milliseconds: int) -> str:
    """Return an instant as FHIR writes it, in UTC with milliseconds."""
    return values.instant(datetime.fromtimestamp(milliseconds / 1_000, UTC), "milliseconds")
