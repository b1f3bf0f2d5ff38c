"""The levels as JSON and as the columns of a CSV file (hierarchy 6 and 7)."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.directory.heirs import Heir
from app.directory.kinds import LEVELS
from app.directory.placed import Answer, Entry, Levels

Json = dict[str, Any]

_COLUMNS = {
    "operator": "operator",
    "pcn": "pcn",
    "commissioner": "commissioner",
    "subIcb": "sub_icb",
    "icb": "icb",
    "region": "region",
}
"""The columns of the levels, by their keys in JSON."""

COLUMNS = (
    *(name for column in _COLUMNS.values() for name in (column, f"{column}_name")),
    "country",
    "links_on",
    "inherited",
    "ambiguous",
    "ended",
    "heirs",
)
"""The columns for the levels of an organisation, in their order."""


def held(body: Mapping[str, Any]) -> Json:
    """Leave out members without a value."""
    return {key: value for key, value in body.items() if value not in (None, "", [], {}, ())}


def answer_json(answer: Answer) -> Json:
    """Return the JSON of an answer of `/levels`."""
    body = answer.body
    shown = {
        "code": body.code,
        "name": body.name,
        "status": status(answer),
        "opened": body.opened,
        "closed": body.closed,
        "levels": levels_json(answer.levels),
    }
    heirs = {} if answer.heirs is None else {"heirs": [_heir(heir) for heir in answer.heirs]}
    return held(shown) | heirs


def status(answer: Answer) -> str:
    """Return the status in the release."""
    return "active" if answer.body.active else "inactive"


def levels_json(levels: Levels) -> Json:
    """Return the JSON of levels; absent ones are left out."""
    certain = {
        level.key: _entry(levels.certain[level.key]) for level in LEVELS if level.key in levels.certain
    }
    return held(
        {
            "date": levels.date,
            "linksOn": levels.links_on,
            **certain,
            "country": levels.country,
            "ambiguous": _entries(levels.ambiguous),
            "ended": _entries(levels.ended),
        }
    )


def cells(answer: Answer) -> list[str]:
    """Return the values of COLUMNS."""
    levels = answer.levels
    row: list[str] = []
    for key in _COLUMNS:
        entry = levels.certain.get(key)
        row += (entry.code, entry.name) if entry else ("", "")
    inherited = [key for key in _COLUMNS if key != "operator" and _is_handed_down(levels, key)]
    return [
        *row,
        levels.country or "",
        levels.links_on or "",
        " ".join(inherited),
        _listed(levels.ambiguous),
        _listed(levels.ended),
        "|".join(heir.body.code for heir in answer.heirs or ()),
    ]


def _is_handed_down(levels: Levels, key: str) -> bool:
    """Return whether a level, certain or ambiguous, comes through the operator."""
    certain = levels.certain.get(key)
    entries = (certain,) if certain else levels.ambiguous.get(key, ())
    return bool(entries) and all(entry.via[:1] == ("RE6",) for entry in entries)


def _listed(entries: Mapping[str, Iterable[Entry]]) -> str:
    """Return lists by level: ``subIcb=01A|02B; icb=QRL|S0E4D``."""
    return "; ".join(f"{key}={'|'.join(entry.code for entry in each)}" for key, each in entries.items())


def _entry(entry: Entry) -> Json:
    shown: Json = {"code": entry.code, "name": entry.name, "role": entry.role, "via": list(entry.via)}
    return shown | {"successorOf": entry.successor_of} if entry.successor_of else shown


def _entries(entries: Mapping[str, Iterable[Entry]]) -> Json:
    return {key: [_entry(entry) for entry in each] for key, each in entries.items()}


def _heir(heir: Heir) -> Json:
    return {
        "code": heir.body.code,
        "name": heir.body.name,
        "role": heir.body.primary_role,
        "date": heir.date,
    }
