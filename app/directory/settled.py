"""The levels of an organisation that searches and code systems show (hierarchy 8).

Only a level that is certain, and none that comes through a trust: a trust may cover several ICBs, and these
levels say where an organisation lies.
"""

from collections.abc import Mapping, Sequence

from app.directory.bodies import Bodies
from app.directory.levels import Asked, Walks
from app.directory.placed import Entry, Levels

FIELDS = {"icb": "icb", "region": "region", "pcn": "pcn", "subIcb": "sub_icb"}
"""The levels that are shown, and the fields of the register with their codes on the day of its load."""

_TRUSTS = frozenset({"RO197", "RO107"})


def settled(levels: Levels) -> dict[str, Entry]:
    """Return those of the levels that are shown, by their keys."""
    found = {key: levels.certain[key] for key in FIELDS if key in levels.certain}
    if found and any(each.role in _TRUSTS for each in _operators(levels)):
        return {key: entry for key, entry in found.items() if entry.via[:1] != ("RE6",)}
    return found


def settled_of(bodies: Bodies, codes: Sequence[str], day: str) -> list[Mapping[str, Entry]]:
    """Return the same for many organisations on a day, read together; nothing for one that is unknown."""
    found = Walks(bodies).levels([Asked(code, day) for code in codes])
    return [settled(levels) if levels else {} for levels in found]


def _operators(levels: Levels) -> Sequence[Entry]:
    certain = levels.certain.get("operator")
    return (certain,) if certain else levels.ambiguous.get("operator", ())
