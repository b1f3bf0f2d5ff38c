"""Where organisations belong: the answers to one request, read together (hierarchy 3 to 6)."""

from collections.abc import Sequence
from typing import NamedTuple

from app.directory.ahead import read_ahead
from app.directory.bodies import Bodies
from app.directory.day import Day
from app.directory.placed import Answer
from app.directory.walk import WalksOfDay


class Asked(NamedTuple):
    """An organisation that is asked about, and the day."""

    code: str
    date: str


def levels(bodies: Bodies, code: str, date: str) -> Answer | None:
    """Return where an organisation belongs on a day, or None if the register lacks it."""
    return answers(bodies, [Asked(code, date)])[0]


def answers(bodies: Bodies, asked: Sequence[Asked]) -> list[Answer | None]:
    """Return the same for many organisations, read together."""
    return Walks(bodies).answers(asked)


class Walks:
    """The walks of one request."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._days: dict[str, WalksOfDay] = {}
        self._met: set[str] = set()

    def answers(self, asked: Sequence[Asked]) -> list[Answer | None]:
        """Return where organisations belong, each on its day, or None for those that the register lacks.

        What the walks meet is kept for the next call, but only of the days of this one: a long list in
        which each organisation has a day of its own would fill the memory.
        """
        bodies = self._bodies
        self._days = {
            date: self._days.get(date) or WalksOfDay(Day(bodies, date))
            for date in dict.fromkeys(date for _, date in asked)
        }
        self._met |= read_ahead(bodies, [(code, self._days[date].day) for code, date in asked])
        found = [self._days[date].answer(code) for code, date in asked]
        for code, date in asked:
            if code not in self._met:
                bodies.forget(code)
                self._days[date].day.forget(code)
        return found
