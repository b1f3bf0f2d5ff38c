"""Reads ahead: what the walks of many organisations need, in as many batches as the longest way has steps."""

from collections.abc import Iterable
from typing import NamedTuple

from app.directory.bodies import Bodies
from app.directory.day import Day
from app.directory.kinds import WALKED


class Place(NamedTuple):
    """An organisation on a day."""

    code: str
    day: Day


def read_ahead(bodies: Bodies, asked: Iterable[Place]) -> set[str]:
    """Read the organisations that walks from `asked` may meet, breadth first; return those met on the way.

    It only saves round trips: what it misses is read when a walk comes to it.
    """
    start = frontier = dict.fromkeys(asked)
    met: set[Place] = set()
    while frontier:
        met |= frontier.keys()
        bodies.read(place.code for place in frontier)
        known = [(body, place) for place in frontier if (body := bodies.get(place.code))]
        gone = {body.code for body, place in known if place.day.has_gone(body)}
        bodies.read_successions(gone)
        ahead = dict[Place, None]()
        for body, place in known:
            if body.code in gone:
                ahead |= dict.fromkeys(Place(code, place.day) for code in bodies.successions(body.code))
            if body.code not in gone or frontier is start:
                links = place.day.held(body)
                ahead |= dict.fromkeys(Place(link.target, place.day) for link in links if link.type in WALKED)
        frontier = {place: None for place in ahead if place not in met}
    return {place.code for place in met - start.keys()}
