"""What became of an organisation: the bodies that its successions lead to (hierarchy 5.5)."""

from typing import NamedTuple

from app.directory.bodies import Bodies
from app.directory.body import Body


class Heir(NamedTuple):
    """A body in being that took an organisation's place, and the date of the last succession on the way."""

    body: Body
    date: str


def heirs(bodies: Bodies, code: str, day: str) -> tuple[Heir, ...]:
    """Return the heirs of an organisation on a day, by code.

    Each succession leads on from a body that is not in being on that day; one that is ends its branch.
    """
    met, found, gone = {code}, [], [code]
    while gone:
        bodies.read_successions(gone)
        # In order of code: of two ways of one length, the one through the lower code gives the date.
        steps: dict[str, str] = {}
        for each in sorted(gone):
            for successor, date in bodies.successions(each).items():
                if date <= day and successor not in met:
                    steps.setdefault(successor, date)
        met |= steps.keys()
        bodies.read(steps)
        gone = []
        for successor, date in steps.items():
            if (body := bodies.get(successor)) and body.life.is_in_being(day):
                found.append(Heir(body, date))
            else:
                gone.append(successor)
    return tuple(sorted(found, key=lambda heir: heir.body.code))
