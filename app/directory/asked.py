"""Reads what people and programs send about levels: lists of codes, and dates (hierarchy 7)."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

MAX_CODES = 500

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].+)?", re.ASCII)


class BadValue(Exception):
    """A value cannot be read; the text is one sentence."""


def codes(values: Iterable[str]) -> list[str]:
    """Return the ODS codes of comma-separated lists, in upper case; raises BadValue for none and too many."""
    found = [code for value in values for each in value.split(",") if (code := in_upper_case(each))]
    if not found:
        raise BadValue('The parameter "code" names no organisation: give ODS codes, such as code=A81003,RR8')
    if len(found) > MAX_CODES:
        raise BadValue(
            f'The parameter "code" names {len(found)} organisations: ask for at most {MAX_CODES}, '
            "or send a CSV file with POST"
        )
    return found


def in_upper_case(code: str) -> str:
    """Return a code without blanks around it, in upper case."""
    return code.strip().upper()


def day(value: str) -> str:
    """Return a date as ``YYYY-MM-DD``; raises BadValue if it is none."""
    if found := date(value):
        return found
    raise BadValue(f'The parameter "date" is no date: give it as YYYY-MM-DD, not "{value[:40]}"')


@lru_cache(maxsize=4_096)
def date(value: str) -> str | None:
    """Return a date as ``YYYY-MM-DD``, or None if it is none; an ISO date-time counts as its date."""
    text = value.strip()
    if not text.isascii() or not _DATE.fullmatch(text):
        return None
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text[:10]
