"""Reads ahead: what the walks of many organisations need, in as many batches as the longest way has steps."""

from collections.abc import Iterable

from app.directory.bodies import Bodies
from app.directory.day import Day
from app.directory.kinds import TELLING_PRIMARY_ROLES


def read_ahead(bodies: Bodies, asked: Iterable[tuple[str, Day]], *, heirs: bool) -> set[str]:
    """Read the organisations that walks from `asked` may meet, breadth first; return those met on the way.

    `heirs`: those of the organisations that are asked about are asked for too. It only saves round trips:
    what it misses is read when a walk comes to it.
    """
    frontier: dict[Day, set[str]] = {}
    for code, day in asked:
        frontier.setdefault(day, set()).add(code)
    found: set[str] = set()
    is_start = True
    while frontier:
        bodies.read((code for codes in frontier.values() for code in codes), to_answer=is_start)
        known = [
            (body, day, day.has_gone(body))
            for day, codes in frontier.items()
            for code in codes
            if (body := bodies.get(code))
        ]
        followed = {
            body.code
            for body, _, has_gone in known
            if has_gone and (heirs or not is_start or body.primary_role in TELLING_PRIMARY_ROLES)
        }
        bodies.read_successions(followed)
        ahead: dict[Day, set[str]] = {}
        for body, day, has_gone in known:
            codes = ahead.setdefault(day, set())
            if body.code in followed and has_gone:
                codes.update(bodies.successions(body.code))
            if is_start or not has_gone:
                codes.update([link.target for link in day.held(body)])
        frontier = {}
        for day, codes in ahead.items():
            if new := codes - day.met:
                day.met |= new
                found |= new
                frontier[day] = new
        is_start = False
    return found
