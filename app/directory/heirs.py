"""What became of an organisation, and what it came from: where successions lead (hierarchy 5.5)."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

from app.directory.bodies import SUCCESSOR, Known
from app.directory.body import Body


class Heir(NamedTuple):
    """A body in being that took an organisation's place, and the date of the last succession on the way."""

    body: Body
    date: str


def heirs(bodies: Known, code: str, day: str, depth: int = sys.maxsize) -> tuple[Heir, ...]:
    """Return the heirs of an organisation on a day, at most so many successions away, by code.

    Each succession leads on from a body that is not in being on that day; one that is ends its branch.
    """
    if not bodies.successions(code):  # nearly all have none
        return ()
    met, found, gone = {code}, [], [code]
    while gone and depth:
        steps = _step(bodies, gone, SUCCESSOR, day, met)
        gone = []
        for successor, date in steps.items():
            if (body := bodies.get(successor)) and body.life.is_in_being(day):
                found.append(Heir(body, date))
            else:
                gone.append(successor)
        depth -= 1
    return tuple(sorted(found, key=lambda heir: heir.body.code))


def line(bodies: Known, code: str, kind: str, day: str, depth: int = sys.maxsize) -> list[Body]:
    """Return every organisation that successions of a kind lead to, dated up to a day (fhir-r4 15.2)."""
    met, reached = {code}, [code]
    found: list[Body] = []
    while reached and depth:
        reached = list(_step(bodies, reached, kind, day, met))
        found += filter(None, map(bodies.get, reached))
        depth -= 1
    return found


def _step(bodies: Known, codes: Iterable[str], kind: str, day: str, met: set[str]) -> dict[str, str]:
    """Read where successions of a kind, dated up to a day, lead to first; return their dates, by code."""
    starts = sorted(codes)
    bodies.read_successions(starts, kind)
    steps: dict[str, str] = {}
    # In order of code: of two ways of one length, the one through the lower code gives the date.
    for each in starts:
        for other, date in bodies.successions(each, kind).items():
            if date <= day and other not in met:
                steps.setdefault(other, date)
    met.update(steps)
    bodies.read(steps)
    return steps
