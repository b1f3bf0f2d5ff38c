"""What an organisation states beside its searched fields, as terms of the field `stated` (fhir-r4 10.4).

A property that has a value is a term, `{property}`, and each of its values gives `{property}/{bucket}`. Many
values share a bucket, of which there are 4,096 for each property. So a filter for a value finds the few
candidates by the term, and compares their ORD records. Where many organisations share a value, the records
would be too many, and the different values are few: there the bucket is the folded value itself (`WHOLE`).
"""

from functools import lru_cache
from zlib import crc32

from app.register.text import fold

WHOLE = frozenset(("county", "assigningAuth"))
"""The properties whose terms need no comparison."""


@lru_cache(maxsize=32_768)  # counties and authorities repeat, and so do places in addresses
def term(name: str, value: str) -> str:
    """Return the term that all organisations hold whose property has this value, however it is written."""
    folded = fold(value)
    return f"{name}/{folded}" if name in WHOLE else f"{name}/{crc32(folded.encode()) & 0xFFF:03x}"
