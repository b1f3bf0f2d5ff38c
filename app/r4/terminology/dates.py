"""The Operational and Legal dates of a record, role or relationship as properties (fhir-r4 10.1 and 3.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

DATES = ("opStartDate", "opEndDate", "legStartDate", "legEndDate")
_PREFIXES = {"Operational": "op", "Legal": "leg"}


def dates(stated: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the dates that ORD's `Date` states, by property; one period alone stands for both."""
    found = {}
    for each in stated:
        for prefix in _PREFIXES.values() if len(stated) == 1 else [_PREFIXES[each["Type"]]]:
            found[f"{prefix}StartDate"] = each["Start"]
            if "End" in each:
                found[f"{prefix}EndDate"] = each["End"]
    return found
