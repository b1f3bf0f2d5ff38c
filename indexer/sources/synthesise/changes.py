"""Chooses what changes from one release to the next, for `mutate`: a kind of change for each chosen code."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from indexer.report import Refused
from indexer.sources.synthesise.survey import Seen, Survey

Change = Literal[
    "opened",
    "deleted",
    "closed",
    "renamed",
    "moved",
    "role_added",
    "role_ended",
    "relationship_added",
    "relationship_ended",
    "succeeded",
]
# About what a month brings to the register, which is some 4,000 changes.
_MONTHLY: dict[Change, int] = {
    "opened": 870,
    "deleted": 60,
    "closed": 800,
    "renamed": 290,
    "moved": 380,
    "role_added": 250,
    "role_ended": 150,
    "relationship_added": 600,
    "relationship_ended": 500,
    "succeeded": 100,
}
ALL_KINDS = 50
"""From so many changes on, every kind is among them."""
# Those that fewest organisations can undergo choose first.
_FIRST: tuple[Change, ...] = (
    "deleted",
    "succeeded",
    "role_ended",
    "relationship_ended",
    "relationship_added",
    "role_added",
    "closed",
    "moved",
    "renamed",
)


@dataclass(frozen=True)
class Chosen:
    """What is to change: a kind for each code, successors by code, templates of new codes."""

    changes: dict[str, Change]
    successors: dict[str, str]
    templates: list[str]
    """One for each code to open."""


def choose(survey: Survey, count: int, rng: Random) -> Chosen:
    """Choose `count` changes; raises Refused where the release has too little to change."""
    wanted = _wanted(count)
    codes = sorted(code for code in survey.complete if survey.records[code] - (code in survey.stubs) == 1)
    rng.shuffle(codes)
    changes: dict[str, Change] = {}
    successors: dict[str, str] = {}
    touched: set[str] = set()
    others = _Successors(survey, codes)
    short = 0
    for change in _FIRST:
        left = wanted[change]
        for code in codes:
            if not left:
                break
            if code in touched or not _CAN[change](survey, code, survey.complete[code]):
                continue
            if change == "succeeded":
                successor = others.take(code, touched)
                if not successor:
                    continue
                successors[code] = successor
                touched.add(successor)
            touched.add(code)
            changes[code] = change
            left -= 1
        short += left
    opening = wanted["opened"] + short
    templates = [
        code for code in codes if survey.complete[code].is_active and survey.complete[code].file == 0
    ]
    if opening and not templates:
        raise Refused(
            f"The release has too few organisations for {count:,} changes: name fewer with --changes"
        )
    return Chosen(changes, successors, [templates[place % len(templates)] for place in range(opening)])


def _wanted(count: int) -> dict[Change, int]:
    """Return how many changes of each kind there are to be, in their usual proportions."""
    total = sum(_MONTHLY.values())
    least = 1 if count >= ALL_KINDS else 0
    wanted = {change: max(least, count * each // total) for change, each in _MONTHLY.items()}
    wanted["opened"] += count - sum(wanted.values())
    return wanted


class _Successors:
    """Organisations by file and primary role, so that a succession within one file needs no stub."""

    def __init__(self, survey: Survey, codes: list[str]) -> None:
        self._survey = survey
        self._groups: dict[tuple[int, str], list[str]] = defaultdict(list)
        for code in codes:
            seen = survey.complete[code]
            self._groups[seen.file, seen.primary_role].append(code)

    def take(self, code: str, touched: set[str]) -> str | None:
        """Return an organisation that is not touched yet to succeed another one."""
        seen = self._survey.complete[code]
        group = self._groups[seen.file, seen.primary_role]
        while group:
            other = group.pop()
            if other not in touched and other != code:
                return other
        return None


# Whether an organisation can undergo a change.
_CAN: dict[Change, Callable[[Survey, str, Seen], bool]] = {
    "deleted": lambda survey, code, _: code not in survey.referred and code not in survey.stubs,
    "succeeded": lambda *_: True,
    "role_ended": lambda _survey, _code, seen: seen.is_active and seen.has_open_role,
    "relationship_ended": lambda _survey, _code, seen: seen.is_active and seen.has_open_relationship,
    "relationship_added": lambda survey, _, seen: (
        seen.is_active and len(survey.links[seen.file, seen.primary_role]) > 1
    ),
    "role_added": lambda survey, _, seen: seen.is_active and bool(survey.roles[seen.primary_role]),
    "closed": lambda _survey, _code, seen: seen.can_close,
    "moved": lambda _survey, _code, seen: seen.has_postcode,
    "renamed": lambda _survey, _code, seen: seen.is_active,
}
