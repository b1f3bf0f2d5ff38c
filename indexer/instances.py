"""The instances of roles and the successions of a register, as entries (fhir-r4 9.3, 10.1 and 16).

They are written when all organisations are read, since both parties of a succession state it, and ids are
unique over the register. A full register has half a million roles. So until then these are numbers in arrays,
and their entries have no document: ORD's record of the organisation tells the rest.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

from app.register import shown
from app.register.fields import Entry, Value
from indexer.organisation import Organisation, Role


class Stated(NamedTuple):
    """A succession as one of its parties states it; the order is that of the document."""

    number: int
    predecessor: str
    successor: str
    start: str | None
    """Of the Legal period."""
    forward: bool


def marks(roles: Sequence[Role]) -> tuple[str, ...]:
    """Return what is searched of each numbered role, as text: its id, whether it is primary, its status."""
    return tuple(
        [f"{role.id}/{_truth(role.primary)}/{role.status}" for role in roles if role.unique_id is not None]
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
        self._codes, self._ends = bytearray(), array("I", (0,))
        """The codes of organisations with such roles, one behind the other, and where each ends."""
        self._numbers, self._sources, self._marks = array("q"), array("I"), array("I")
        """Of each role its number, the place of its organisation, and the place of its mark."""
        self._known: dict[str, int] = {}
        self._successions: dict[int, Stated] = {}
        self.counts: Counter[str] = Counter()
        """Set by `entries`: how many it yields, by type."""

    def take(
        self, code: str, numbers: Sequence[int], marked: Sequence[str], succeeded: Sequence[Stated]
    ) -> None:
        """Take the roles and successions of an organisation; the caller goes in order of their codes."""
        if numbers:
            source = len(self._ends) - 1
            self._codes += code.encode()
            self._ends.append(len(self._codes))
            places = self._known
            self._numbers.extend(numbers)
            self._sources.extend([source] * len(numbers))
            self._marks.extend([places.setdefault(mark, len(places)) for mark in marked])
        for each in succeeded:
            first = self._successions.setdefault(each.number, each)
            if each.forward and not first.forward:
                self._successions[each.number] = first._replace(forward=True)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in order of id, by code point; of roles with one number the first taken."""
        fields = [_fields(mark) for mark in self._known]
        texts = list(map(str, self._numbers))
        before = ""
        for at in sorted(range(len(texts)), key=texts.__getitem__):
            if texts[at] != before:
                before = texts[at]
                source = self._sources[at]
                code = self._codes[self._ends[source] : self._ends[source + 1]].decode()
                self.counts["role"] += 1
                yield Entry(f"role/{before}", {**fields[self._marks[at]], "source": code}, {})
        self.counts["succession"] = len(self._successions)
        for number in sorted(self._successions, key=str):
            yield _succession(self._successions[number])


def _fields(mark: str) -> dict[str, Value]:
    role, primary, status = mark.rsplit("/", 2)
    return {"type": ("role",), "role": (role,), "primary": (primary,), "status": (status,)}


def _succession(stated: Stated) -> Entry:
    number, predecessor, successor, start, forward = stated
    document = {
        "predecessor": predecessor,
        "successor": successor,
        **({"legStartDate": start} if start else {}),
        "forwardSuccession": forward,
    }
    fields: dict[str, Value] = {"type": ("succession",), "source": predecessor, "target": successor}
    return Entry(f"succession/{number}", fields, {"concept": orjson.dumps(document)})


def _truth(value: bool) -> str:
    return "true" if value else "false"
