"""Names of organisations: what is called what, with the frequencies that a search meets.

Names are made from patterns with a weight; `{place}` and the like are filled from the lists of words.
`rnd` is a generator of floats in [0, 1) throughout.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import TypeVar

from indexer.sources.synthesise.words import (
    HOUSES,
    PLACE_FIRST,
    PLACE_SECOND,
    SAINTS,
    STREETS,
    SURNAMES,
    SYLLABLES,
    THINGS,
)

Random = Callable[[], float]
Part = str | Callable[[Random, str], str]
Item = TypeVar("Item")

INITIALS = "AABCDEFGHIJJKKLMMNNPRRSSSTUVWY"
SCHOOLS = (
    ("PRIMARY",) * 9
    + ("C OF E PRIMARY",) * 3
    + ("INFANT", "JUNIOR", "HIGH", "GRAMMAR", "SPECIAL", "COMMUNITY")
)
SIDES = (
    "MIDDLE",
    "CASTLE",
    "KINGS",
    "BISHOPS",
    "CHURCH",
    "MARKET",
    "LONG",
    "TEMPLE",
    "GREAT",
    "LITTLE",
    "UPPER",
    "LOWER",
    "NORTH",
    "SOUTH",
    "EAST",
    "WEST",
    "OLD",
    "NEW",
    "HIGH",
    "NETHER",
)
CLINICS = (
    "ADULT",
    "CHILD",
    "OLDER PEOPLE'S",
    "COMMUNITY",
    "NORTH",
    "SOUTH",
    "EAST",
    "WEST",
    "CENTRAL",
    "INTEGRATED",
)


def pick(rnd: Random, values: Sequence[Item]) -> Item:
    """Return one of `values`, each as likely."""
    return values[int(rnd() * len(values))]


def place(rnd: Random, _town: str = "") -> str:
    """Return a village or suburb; `_town` is not used: all fillers are called alike."""
    called = pick(rnd, PLACE_FIRST) + pick(rnd, PLACE_SECOND)
    return f"{pick(rnd, SIDES)} {called}" if rnd() < 0.55 else called


def _place_or_thing(rnd: Random, town: str) -> str:
    return pick(rnd, THINGS) if rnd() < 0.2 else place(rnd, town)


def surname(rnd: Random, _town: str = "") -> str:
    """Return a surname: mostly a common one, else one that hardly anybody has; `_town` is not used."""
    if rnd() < 0.82:
        return pick(rnd, SURNAMES)
    return pick(rnd, SYLLABLES) + pick(rnd, SYLLABLES) + pick(rnd, SYLLABLES)


def _full_place(rnd: Random, _town: str) -> str:
    return f"{pick(rnd, THINGS)} {pick(rnd, HOUSES)}" if rnd() < 0.4 else f"{place(rnd)} {pick(rnd, THINGS)}"


def street(rnd: Random, town: str = "") -> str:
    """Return the name of a street."""
    return f"{_place_or_thing(rnd, town)} {pick(rnd, STREETS)}"


_FILLERS: dict[str, Callable[[Random, str], str]] = {
    "place": place,
    "any": _place_or_thing,
    "house": _full_place,
    "street": street,
    "town": lambda _, town: town,
    "thing": lambda rnd, _: pick(rnd, THINGS),
    "surname": surname,
    "doctor": lambda rnd, _: f"{pick(rnd, INITIALS)}{pick(rnd, INITIALS)} {surname(rnd)}",
    "saint": lambda rnd, _: f"ST {pick(rnd, SAINTS)}'S",
    "school": lambda rnd, _: pick(rnd, SCHOOLS),
    "clinic": lambda rnd, _: pick(rnd, CLINICS),
    "number": lambda rnd, _: str(1 + int(rnd() * 120)),
    "letter": lambda rnd, _: pick(rnd, INITIALS),
}

_HOSPITALS = """
12 {place} HOSPITAL|5 {saint} HOSPITAL|4 {town} GENERAL HOSPITAL|4 ROYAL {thing} HOSPITAL
6 {place} COMMUNITY HOSPITAL|3 {place} WARD {number}|3 {thing} WARD|14 {place} CLINIC
12 {any} HEALTH CENTRE|6 {clinic} MENTAL HEALTH TEAM - {place}|4 {clinic} CHILDREN'S CENTRE, {place}
5 {house} DAY CENTRE|8 {house}|3 {place} OUTPATIENTS DEPARTMENT|2 {thing} UNIT|3 {place} MATERNITY UNIT
4 {clinic} COMMUNITY NURSING TEAM {place}|2 {school} SCHOOL CLINIC, {place}
"""
_SURGERIES = """
42 {any} SURGERY|9 {place} ROAD SURGERY|10 THE {any} SURGERY|9 {house} SURGERY|6 {doctor}'S SURGERY
3 THE SURGERY|12 {street} SURGERY|5 {place} BRANCH SURGERY|5 {town} {thing} SURGERY|3 {saint} SURGERY
"""
_PRACTICES = """
22 {any} MEDICAL CENTRE|9 {any} HEALTH CENTRE|9 DR {doctor}|6 DR {doctor} & PARTNERS
7 {any} MEDICAL PRACTICE|4 {any} GROUP PRACTICE|3 {street} MEDICAL CENTRE|3 {house} MEDICAL CENTRE
2 THE {any} PRACTICE|2 {saint} MEDICAL CENTRE|3 {clinic} COMMUNITY SERVICE - {town}
2 {town} OUT OF HOURS SERVICE|2 {place} URGENT TREATMENT CENTRE
"""
_DENTISTS = """
10 {any} DENTAL PRACTICE|6 {doctor} DENTAL PRACTICE|4 {any} DENTAL CARE|3 {surname} & {surname}
3 MYDENTIST, {street}|3 {town} DENTAL CLINIC|2 {any} ORTHODONTICS|2 BUPA DENTAL CARE {place}
2 DENTAL PRACTICE|2 {house} DENTAL HEALTH
"""
_DENTAL_SURGERIES = (
    "2.87 DENTAL SURGERY|4 {any} DENTAL SURGERY|2 {doctor} DENTAL SURGERY|2 {street} DENTAL SURGERY"
)
_COMPANIES = """
14 {any} CARE LIMITED|9 {surname} HEALTHCARE LIMITED|7 {any} HOMES LIMITED|7 {surname} & {surname} LIMITED
7 {thing} {any} LIMITED|6 {doctor}|6 {any} CARE SERVICES LTD|4 {any} SUPPORT LTD|4 {saint} CARE GROUP
3 THE {any} TRUST|3 {any} (UK) LIMITED|4 MR {doctor}|3 MRS {doctor}|2 {town} {thing} CARE LTD
"""
_CARE_HOMES = """
14 {house}|13 {any} HOUSE|12 {any} CARE HOME|8 {any} NURSING HOME|6 {any} LODGE|6 {number} {street}
5 THE {any}|6 {any} RESIDENTIAL HOME|5 {any} COURT|5 {any} HOME CARE|4 {surname} CARE AT HOME
4 {any} DOMICILIARY CARE LTD|3 {saint} HOSPICE|3 {saint} CARE HOME|4 {town} SUPPORTED LIVING
2 {house} CARE HOME
"""
_PHARMACIES = """
24 {any} PHARMACY|10 BOOTS|8 LLOYDSPHARMACY|5 WELL {town} - {street}|7 {surname} CHEMISTS
7 {surname} PHARMACY|4 ROWLANDS PHARMACY|3 SUPERDRUG PHARMACY|2 TESCO PHARMACY|2 ASDA PHARMACY
2 DAY LEWIS PHARMACY|2 COHENS CHEMIST|5 {house} PHARMACY|3 {street} PHARMACY|3 {town} PHARMACY
2 {place} SURGERY PHARMACY|3 JHOOTS PHARMACY
"""
_OPTICIANS = """
12 {surname} OPTICIANS|8 SPECSAVERS OPTICIANS {town}|5 VISION EXPRESS - {town}
6 {surname} & {surname} OPTOMETRISTS|5 {any} EYECARE|4 BOOTS OPTICIANS|4 {any} OPTICIANS LTD
3 {doctor} OPTOMETRIST|2 SCRIVENS LIMITED {place}|3 {any} VISION
"""
_SCHOOLS = """
34 {any} {school} SCHOOL|16 {saint} {school} SCHOOL|9 {any} ACADEMY|6 {any} NURSERY SCHOOL
4 {saint} CATHOLIC ACADEMY|3 {town} COLLEGE|5 THE {any} SCHOOL|3 {place} {thing} SCHOOL
2 {town} GRAMMAR SCHOOL|4 {house} SCHOOL|5 {place} AND {place} {school} SCHOOL
"""
_TRUSTS = """
5 {town} HOSPITALS NHS FOUNDATION TRUST|4 {town} UNIVERSITY HOSPITALS NHS TRUST
3 {place} HEALTHCARE NHS TRUST|3 {town} AND {place} PARTNERSHIP NHS FOUNDATION TRUST
2 {town} COMMUNITY HEALTH NHS TRUST|1 {town} AMBULANCE NHS TRUST
"""


def _mix(*parts: tuple[float, str]) -> tuple[tuple[float, str], ...]:
    """Return the patterns of several groups, each group with its share of the whole."""
    rows = []
    for share, text in parts:
        group = [row.split(" ", 1) for line in text.split("\n") for row in line.split("|") if row]
        whole = sum(float(weight) for weight, _ in group)
        rows += [(share * float(weight) / whole, pattern) for weight, pattern in group]
    return tuple(rows)


# Primary role -> (weight, pattern).
PATTERNS: dict[str, tuple[tuple[float, str], ...]] = {
    "RO197": _mix((1, _TRUSTS)),
    "RO198": _mix((46, _HOSPITALS), (54, _SURGERIES)),
    "RO180": _mix((35, _HOSPITALS), (65, _SURGERIES)),
    "RO148": _mix((55, _HOSPITALS), (45, _SURGERIES)),
    "RO99": _mix((35, _HOSPITALS), (65, _SURGERIES)),
    "RO176": _mix((30, _HOSPITALS), (55, _SURGERIES), (15, _COMPANIES)),
    "RO177": _mix((44, _PRACTICES), (56, _SURGERIES)),
    "RO96": _mix((9, _PRACTICES), (91, _SURGERIES)),
    "RO227": _mix((70, _PRACTICES), (30, _SURGERIES)),
    "RO315": _mix((60, _PRACTICES), (40, _SURGERIES)),
    "RO110": _mix((35, _DENTISTS), (65, _DENTAL_SURGERIES)),
    "RO157": _mix((58, _COMPANIES), (10, _HOSPITALS), (32, _SURGERIES)),
    "RO172": _mix((80, _COMPANIES), (20, _HOSPITALS)),
    "RO104": _mix((1, _COMPANIES)),
    "RO181": _mix((70, _COMPANIES), (30, _PHARMACIES)),
    "RO166": _mix((45, _COMPANIES), (55, _OPTICIANS)),
    "RO101": _mix((1, _CARE_HOMES)),
    "RO182": _mix((1, _PHARMACIES)),
    "RO280": _mix((1, _PHARMACIES)),
    "RO167": _mix((1, _OPTICIANS)),
    "RO221": _mix((1, _SCHOOLS)),
    "RO222": _mix(
        (60, "3 {house}|2 {any} HOUSE|2 {place} CHILDREN'S CENTRE|1 {town} CIVIC CENTRE"), (40, _HOSPITALS)
    ),
    "RO141": _mix(
        (1, "3 {town} CITY COUNCIL|3 {town} BOROUGH COUNCIL|3 {place} DISTRICT COUNCIL|2 {place} COUNCIL")
    ),
    "RO119": _mix((1, "3 {town} COUNCIL|3 {place} SOCIAL SERVICES|2 {place} COUNTY COUNCIL")),
    "RO272": _mix(
        (1, "6 {any} PCN|3 {town} {clinic} PCN|3 {place} AND {place} PCN|2 {town} PRIMARY CARE NETWORK")
    ),
    "RO179": _mix((1, "4 {town} PCT|3 {place} PRIMARY CARE TRUST|2 {town} AND {place} TEACHING PCT")),
    "RO98": _mix((1, "4 NHS {town} CCG|3 NHS {place} CCG|3 NHS {town} AND {place} ICB")),
    "RO261": _mix((1, "1 NHS {town} AND {place} INTEGRATED CARE BOARD")),
    "RO209": _mix((1, "1 {town} AND {place} COMMISSIONING REGION")),
    "RO142": _mix((1, "1 {place} UNIVERSITY LHB|1 {town} TEACHING LHB")),
    "RO175": _mix((1, "1 HMP {place}")),
    "RO235": _mix((1, "1 {town} MAGISTRATES COURT|1 {town} CROWN COURT")),
}
_OTHERS = _mix((1, "5 {town} {display}|4 {place} {display}|2 {house}|2 {display} {number} {place}"))


@cache
def _compiled(role: str, display: str) -> tuple[tuple[float, ...], tuple[tuple[Part, ...], ...]]:
    """Return the cumulative weights of the patterns of a kind, and the patterns cut into text and fillers."""
    rows = PATTERNS.get(role, _OTHERS)
    cut = [re.split(r"\{(\w+)\}", pattern.replace("{display}", display)) for _, pattern in rows]
    parts = tuple(
        tuple(_FILLERS[piece] if at % 2 else piece for at, piece in enumerate(pieces) if piece)
        for pieces in cut
    )
    return tuple(accumulate(weight for weight, _ in rows)), parts


def name(rnd: Random, role: str, display: str, town: str) -> str:
    """Return a name for a holder of the primary role `role`, in capitals, not escaped for XML."""
    weights, patterns = _compiled(role, display)
    pattern = patterns[min(bisect_right(weights, rnd() * weights[-1]), len(patterns) - 1)]
    return "".join([part if isinstance(part, str) else part(rnd, town) for part in pattern])
