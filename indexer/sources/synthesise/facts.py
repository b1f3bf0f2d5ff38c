"""What seed and number of an organisation say of it: name, address, dates."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from math import sqrt

from indexer.sources.synthesise.kinds import MANX, NORTHERN_IRISH, SCOTTISH, WELSH, kinds
from indexer.sources.synthesise.naming import name, pick, place, street
from indexer.sources.synthesise.plan import ACTIVE, ARCHIVED, CUT_OFF, Plan
from indexer.sources.synthesise.words import HOUSES, THINGS, TOWNS, Town

POSTCODES = 0.45
"""Postcodes to draw from, for each organisation."""

_EPOCH = date(1900, 1, 1).toordinal()
DAYS = [date.fromordinal(_EPOCH + n).isoformat() for n in range(80_000)]
"""Days by their number since 1900-01-01."""
INWARD = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that end a postcode."""
_MIX = 0x9E3779B97F4A7C15


def day(value: date) -> int:
    """Return a date as the number of days since 1900-01-01."""
    return value.toordinal() - _EPOCH


Y2013 = day(date(2013, 4, 1))
_LAST_ARCHIVED = day(CUT_OFF)
_Y1974, _Y1999, _Y2009, _Y2016 = (day(date(year, 4, 1)) for year in (1974, 1999, 2009, 2016))
_REORGANISATIONS = tuple(
    day(date(*when))
    for when in ((1974, 4, 1), (1991, 4, 1), (1998, 4, 1), (2001, 4, 1), (2006, 10, 1), (2011, 4, 1))
)


@dataclass(slots=True)
class Facts:
    """What every form of a record says; days since 1900-01-01, `end` None while open."""

    role: str
    record_class: str
    name: str
    start: int
    end: int | None
    status: str
    changed: int
    country: str
    county: str
    town: Town
    lines: list[str]
    postcode: str


class Draw:
    """Draws the facts of the organisations of a plan, in any order."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._today = day(plan.published)
        self._entries = max(1000, int(POSTCODES * len(plan.codes)))

    def facts(self, number: int, rnd: Callable[[], float]) -> Facts:
        """Return the facts of an organisation; `rnd` must be a generator seeded for it."""
        plan = self._plan
        kind = kinds()[plan.kind[number]]
        country = _country(kind.role, rnd())
        town, postcode = address(country, int(rnd() * self._entries), plan.seed)
        called = name(rnd, kind.role, kind.display, town.name)
        start, end, changed = self._period(number, kind.role, rnd)
        return Facts(
            role=kind.role,
            record_class=kind.record_class,
            name=called,
            start=start,
            end=end,
            status="Active" if plan.state[number] == ACTIVE else "Inactive",
            changed=changed,
            country=country,
            county=town.county if rnd() < 0.55 else "",
            town=town,
            lines=_lines(rnd, called),
            postcode=postcode,
        )

    def _period(self, number: int, role: str, rnd: Callable[[], float]) -> tuple[int, int | None, int]:
        """Return start, end and last change of an organisation."""
        state = self._plan.state[number]
        if rnd() < (0.31 if role == "RO221" else 0.001):
            start = 0
        elif rnd() < 0.3:
            start = pick(rnd, _REORGANISATIONS)
        else:
            latest = (self._today - 190, min(_Y2016, self._today - 60), _Y2009)[state]
            start = _Y1974 + int((latest - _Y1974) * _late(rnd()))
        if state == ACTIVE:
            changed = Y2013 + int((self._today - Y2013) * _late(rnd()))
            return start, self._today + int(rnd() * 700) if rnd() < 0.0029 else None, max(start, changed)
        first, last = (
            (_Y1999, _LAST_ARCHIVED) if state == ARCHIVED else (_LAST_ARCHIVED + 1, self._today - 30)
        )
        end = max(start, first) + int((last - max(start, first)) * rnd())
        early = rnd()
        return start, end, max(end, Y2013) + int((self._today - max(end, Y2013)) * early * early)


def _late(roll: float) -> float:
    """Bend a number from 0 to 1 upwards, to its power of 0.5625.

    Only with square roots: they are the same on every machine, other powers differ in the last bit.
    """
    root = sqrt(roll)
    return root * sqrt(sqrt(sqrt(root)))


@cache
def _towns(country: str) -> tuple[tuple[float, ...], tuple[Town, ...]]:
    towns = TOWNS[country]
    return tuple(accumulate(town.weight for town in towns)), towns


def address(country: str, entry: int, seed: int) -> tuple[Town, str]:
    """Return the town and postcode that the entry of the list of addresses stands for."""
    bits = ((entry + 1) * _MIX ^ (seed + 77) * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    bits ^= bits >> 31
    bits = bits * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    bits ^= bits >> 29
    weights, towns = _towns(country)
    town = towns[bisect_right(weights, (bits & 0xFFFF) / 65536 * weights[-1])]
    bits >>= 16
    district = 1 + bits % town.districts
    bits >>= 10
    letters = INWARD[bits // 9 % 20] + INWARD[bits // 180 % 20]
    outward = f"{town.area}{district}"
    if town.area in {"EC", "WC"}:
        outward += "AMNRVY"[bits // 3600 % 6]
    return town, f"{outward} {1 + bits % 9}{letters}"


def _country(role: str, roll: float) -> str:
    for holders, country in ((WELSH, "WALES"), (SCOTTISH, "SCOTLAND"), (NORTHERN_IRISH, "NORTHERN IRELAND")):
        if role in holders:
            return country
    if role in MANX:
        return "ISLE OF MAN"
    for limit, country in (
        (0.012, "WALES"),
        (0.0132, "SCOTLAND"),
        (0.0142, "ISLE OF MAN"),
        (0.0145, "CHANNEL ISLANDS"),
    ):
        if roll < limit:
            return country
    return "ENGLAND"


def _lines(rnd: Callable[[], float], called: str) -> list[str]:
    """Up to three address lines of at most 35 characters; an empty one is left out."""
    number = f"{1 + int(rnd() * 240)} {street(rnd)}"
    roll = rnd()
    if roll < 0.4:
        return [number]
    locality = place(rnd) if rnd() < 0.4 else ""
    if roll < 0.65:
        return [called[:35].strip(), number[:35], locality]
    if roll < 0.7:
        return [number, "", locality or place(rnd)]
    return [f"{pick(rnd, THINGS)} {pick(rnd, HOUSES)}", number[:35], locality]
