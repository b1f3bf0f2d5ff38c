"""What an organisation states beside its searched fields, as terms of the field `stated` (fhir-r4 10.4).

A property that has a value is a term, `{property}`, and each of its values gives `{property}/{bucket}`. Many
values share a bucket, of which there are 1,024 for each property. So a filter for a value finds the few
candidates by the term, and compares their ORD records. Where many organisations share a value, the records
would be too many, and the different values are few: there the bucket is the folded value itself (`WHOLE`).
"""

from zlib import crc32

from app.register.text import fold

WHOLE = frozenset(("county", "assigningAuth"))
"""The properties whose terms need no comparison."""

_BUCKETS = tuple(f"/{bucket:03x}" for bucket in range(0x400))


def term(name: str, value: str) -> str:
    """Return the term that all organisations hold whose property has this value, however it is written."""
    folded = fold(value)
    return f"{name}/{folded}" if name in WHOLE else name + _BUCKETS[crc32(folded.encode()) & 0x3FF]
