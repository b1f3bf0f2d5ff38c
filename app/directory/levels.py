"""Where organisations belong: the answers to one request, read together (hierarchy 3 to 6)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.directory.ahead import read_ahead
from app.directory.bodies import Bodies
from app.directory.day import Day
from app.directory.placed import Answer, Levels
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
    return list(Walks(bodies).answers(asked))


class Walks:
    """The walks of one request."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._days: dict[str, WalksOfDay] = {}
        self._met: set[str] = set()
        self._answered: Sequence[Asked] = ()

    def answers(self, asked: Sequence[Asked]) -> Iterator[Answer | None]:
        """Read together what walks need, then yield where each organisation belongs on its day.

        None stands for an organisation that the register lacks.
        What the walks meet is kept for the next call, but only of the days of this one: a long list in
        which each organisation has a day of its own would fill the memory.
        """
        self._read(asked, heirs=True)
        for code, date in asked:
            yield self._days[date].answer(code)

    def levels(self, asked: Sequence[Asked]) -> Iterator[Levels | None]:
        """Yield the same answers, without heirs: their levels alone."""
        self._read(asked, heirs=False)
        for code, date in asked:
            body = self._bodies.get(code)
            yield self._days[date].levels(body) if body else None

    def _read(self, asked: Sequence[Asked], *, heirs: bool) -> None:
        """Read together what walks need."""
        bodies = self._bodies
        for code, date in self._answered:
            if code not in self._met:
                bodies.forget(code)
                self._days[date].day.forget(code)
        self._answered = asked
        self._days = {
            date: self._days.get(date) or WalksOfDay(Day(bodies, date))
            for date in dict.fromkeys(date for _, date in asked)
        }
        self._met |= read_ahead(bodies, [(code, self._days[date].day) for code, date in asked], heirs=heirs)
