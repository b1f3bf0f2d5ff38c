"""The instances of roles and the successions of a register, as entries (fhir-r4 9.3, 10.1 and 16).

They are written when all organisations are read, since both parties of a succession state it, and ids are
unique over the register. A full register has half a million roles, so these are a table of numbers.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from app.register import roles, shown
from app.register.fields import Entry
from indexer.organisation import Organisation, Role


class Stated(NamedTuple):
    """A succession as one of its parties states it; the order is that of the document."""

    number: int
    predecessor: str
    successor: str
    start: str | None
    """Of the Legal period."""
    forward: bool


def marks(held: Sequence[Role]) -> tuple[str, ...]:
    """Return what is searched of each numbered role, as `app.register.roles.Mark` reads it."""
    return tuple(
        [f"{role.id}/{_truth(role.primary)}/{role.status}" for role in held if role.unique_id is not None]
    )


def successions(record: Organisation) -> tuple[Stated, ...]:
    """Return the successions of a record that have a number."""
    found = []
    for each in record.successions:
        if each.unique_id is not None:
            parties = record.code, each.target.code
            predecessor, successor = reversed(parties) if each.type == "Predecessor" else parties
            start = shown.periods(each.periods).legal.start if each.periods else None
            found.append(Stated(each.unique_id, predecessor, successor, start, each.forward))
    return tuple(found)


class Instances:
    """The role instances and successions of the organisations of a new generation."""

    def __init__(self) -> None:
        """Start empty."""
        self._codes: list[str] = []
        """Of organisations with such roles."""
        self._numbers, self._sources, self._marks = array("q"), array("I"), array("I")
        """Of each role its number, the place of its organisation, and the place of its mark."""
        self._known: dict[str, int] = {}
        self._successions: dict[int, Stated] = {}

    def take(
        self, code: str, numbers: Sequence[int], marked: Sequence[str], succeeded: Sequence[Stated]
    ) -> None:
        """Take the roles and successions of an organisation; the caller goes in order of their codes."""
        if numbers:
            places = self._known
            self._numbers.extend(numbers)
            self._sources.extend([len(self._codes)] * len(numbers))
            self._marks.extend([places.setdefault(mark, len(places)) for mark in marked])
            self._codes.append(code)
        for each in succeeded:
            first = self._successions.setdefault(each.number, each)
            if each.forward and not first.forward:
                self._successions[each.number] = first._replace(forward=True)

    def roles(self) -> "Written":
        """Return the table of roles; of those with one number it has the first taken."""
        rows = roles.ordered(self._numbers, self._sources, self._marks)
        parts = roles.parts(self._codes, list(self._known), rows)
        entries = [Entry(f"{at:04}", {}, {"part": part}) for at, part in enumerate(parts)]
        return Written(entries, len(rows.numbers))

    def successions(self) -> "Written":
        """Return the entries of successions."""
        return Written(list(map(_succession, self._successions.values())), len(self._successions))


class Written(NamedTuple):
    """Entries, and how many instances they have."""

    entries: list[Entry]
    instances: int


def _succession(stated: Stated) -> Entry:
    number, predecessor, successor, start, forward = stated
    document = {
        "predecessor": predecessor,
        "successor": successor,
        **({"legStartDate": start} if start else {}),
        "forwardSuccession": forward,
    }
    return Entry(
        str(number), {"source": predecessor, "target": successor}, {"concept": orjson.dumps(document)}
    )


def _truth(value: bool) -> str:
    return "true" if value else "false"
