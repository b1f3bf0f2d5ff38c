"""Where the organisations of a release belong on the day of a load, and until when (hierarchy 8)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import Protocol

from app.directory.bodies import SUCCESSOR
from app.directory.body import Body
from app.directory.day import Day
from app.directory.kinds import WALKED
from app.directory.settled import FIELDS, settled
from app.directory.walk import WalksOfDay
from indexer.placing import Placing

Terms = dict[str, tuple[str, ...]]

_Special = list[tuple[str, Placing]]
"""Codes, each with a placing that has more than links."""


class Placings(Protocol):
    """What decides where the organisations of a release belong."""

    def placing(self, code: str) -> Placing | None:
        """Return what decides for an organisation, or None if the release lacks it."""
        ...

    def placings(self) -> Iterator[tuple[str, Placing]]:
        """Yield all codes, each with what decides for it."""
        ...

    def different(self) -> Iterator[Placing]:
        """Yield each of these once."""
        ...


class Levels:
    """The levels of the organisations of a release."""

    def __init__(self, placings: Placings, published: str, day: str) -> None:
        """Find which organisations have dates to come, and which belong to these.

        `published` is the PublicationDate, `day` the one of the load, for which the placings were made.
        """
        self._placings = placings
        special = [
            (code, placing)
            for code, placing in placings.placings()
            if placing.later or placing.successions or placing.document
        ]
        self._bodies = _Bodies(placings, special, published)
        self._walks = WalksOfDay(Day(self._bodies, day))
        self._until = _Until(placings, special, self._bodies, day)
        self._shared: dict[tuple[object, ...], Terms] = {}

    def terms(self, code: str) -> Terms:
        """Return the terms of an organisation for the fields of levels."""
        placing = self._placings.placing(code)
        if placing is None:
            return {}
        if placing.document:
            return self._terms(code, placing)
        key = placing.later, placing.record_class, placing.links
        terms = self._shared.get(key)
        if terms is None:
            terms = self._shared[key] = self._terms(code, placing)
        return terms

    def _terms(self, code: str, placing: Placing) -> Terms:
        body = placing.body(code, self._bodies.published)
        later = placing.later
        terms: Terms = {
            FIELDS[key]: (entry.code,) for key, entry in settled(self._walks.levels(body)).items()
        }
        self._walks.day.forget(code)
        if until := self._until.of(code, body, later):
            terms["levels_until"] = (until,)
        return terms


class _Bodies:
    """The bodies that walks meet."""

    def __init__(self, placings: Placings, special: _Special, published: str) -> None:
        self.published = published
        self._placings = placings
        self._bodies: dict[str, Body | None] = {}
        self._successors: dict[str, dict[str, str]] = defaultdict(dict)
        """The earliest date by successor, by predecessor."""
        for code, placing in special:
            for kind, other, date in placing.successions:
                old, new = (code, other) if kind == SUCCESSOR else (other, code)
                known = self._successors[old]
                known[new] = min(date, known.get(new, date))

    def read(self, codes: Iterable[str]) -> None:
        """Do nothing: all is in memory."""

    def get(self, code: str) -> Body | None:
        """Return an organisation, or None if the release lacks it."""
        if code not in self._bodies:
            placing = self._placings.placing(code)
            self._bodies[code] = placing and placing.body(code, self.published)
        return self._bodies[code]

    def read_successions(self, codes: Iterable[str], *kinds: str) -> None:
        """Do nothing: all is in memory."""

    def successions(self, code: str, kind: str = SUCCESSOR) -> Mapping[str, str]:  # noqa: ARG002 - levels ask no other
        """Return who succeeds an organisation: the earliest date by code."""
        return self._successors.get(code, {})

    def all_successions(self) -> Iterator[tuple[str, str, str]]:
        """Yield predecessor, successor and date."""
        for old, known in self._successors.items():
            for new, date in known.items():
                yield old, new, date


class _Until:
    """Until when the levels of organisations hold.

    They hold until the first date to come of any organisation that their walk may meet: those to which
    relationships and successions lead. One that it does not meet now it can only meet after such a date.
    """

    def __init__(self, placings: Placings, special: _Special, bodies: _Bodies, today: str) -> None:
        self._bodies = bodies
        coming: list[tuple[str, str]] = []
        """Dates to come, each with the organisation that it is of."""
        met: set[str] = set()
        for code, placing in special:
            if placing.later:
                coming.append((placing.later, code))
            if placing.document:
                met.update(self._onward(code, bodies.get(code)))
        for placing in placings.different():
            met.update([target for _, target in placing.stated])
        for old, new, day in bodies.all_successions():
            met.update((old, new))
            if day > today:
                coming.append((day, old))
        self._days = self._spread(coming, met) if coming else {}

    def of(self, code: str, body: Body, later: str) -> str:
        """Return the day from which on the levels of an organisation may be others, or an empty text.

        `later` is the first date to come of its own.
        """
        if not self._days:
            return later
        days = [self._days[each] for each in self._onward(code, body) if each in self._days]
        return min([*days, later] if later else days, default="")

    def _spread(self, coming: list[tuple[str, str]], met: Iterable[str]) -> dict[str, str]:
        """Return the first day that counts for each of the organisations that walks may meet."""
        leading: dict[str, list[str]] = defaultdict(list)
        """The organisations that lead to one."""
        for code in met:
            for target in self._onward(code, self._bodies.get(code)):
                leading[target].append(code)
        days: dict[str, str] = {}
        heapify(coming)
        while coming:
            day, code = heappop(coming)
            if code not in days:
                days[code] = day
                for each in leading.get(code, ()):
                    heappush(coming, (day, each))
        return days

    def _onward(self, code: str, body: Body | None) -> Iterator[str]:
        for link in body.links if body else ():
            if link.type in WALKED:
                yield link.target
        yield from self._bodies.successions(code)
