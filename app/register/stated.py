"""What an organisation states beside its searched fields, as terms of the field `stated` (fhir-r4 10.4).

A property that has a value is a term, `{property}`, and each of its values gives `{property}/{bucket}`. Many
values share a bucket, of which there are 4,096 for each property. So a filter for a value finds the few
candidates by the term, and compares their ORD records.
"""

from functools import lru_cache
from zlib import crc32

from app.register.text import fold


@lru_cache(maxsize=32_768)  # counties and authorities repeat, and so do places in addresses
def term(name: str, value: str) -> str:
    """Return the term that all organisations hold whose property has this value, however it is written."""
    return f"{name}/{crc32(fold(value).encode()) & 0xFFF:03x}"
