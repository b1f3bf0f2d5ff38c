"""Words that names, addresses and postcodes of a synthetic register are made of: towns.csv and words.toml.

Plain facts and common words: towns with their postcode area, county and dialling code, the commonest
surnames, and the parts from which names of villages, houses and streets are put together.
"""

import csv
import tomllib
from importlib.resources import files
from typing import NamedTuple

_HERE = files(__package__)
_WORDS = tomllib.loads((_HERE / "words.toml").read_text(encoding="ascii"))


class Town(NamedTuple):
    """A post town; `weight` is its share of addresses, on no particular scale."""

    name: str
    area: str
    """Of its postcodes."""
    districts: int
    """The highest number after the area."""
    county: str
    dial: str
    weight: int


def _towns() -> dict[str, tuple[Town, ...]]:
    found: dict[str, tuple[Town, ...]] = {}
    for country, name, area, districts, county, dial, weight in csv.reader(
        (_HERE / "towns.csv").read_text(encoding="ascii").splitlines()[1:]
    ):
        town = Town(name, area, int(districts), county, dial, int(weight))
        found[country] = (*found.get(country, ()), town)
    return found


def _words(name: str) -> tuple[str, ...]:
    return tuple(_WORDS[name].split())


TOWNS = _towns()
"""Country as the register writes it -> its towns."""

SURNAMES = _words("surnames")
SYLLABLES = _words("syllables")
PLACE_FIRST = _words("place_first")
PLACE_SECOND = _words("place_second")
THINGS = _words("things")
SAINTS = _words("saints")
STREETS = _words("streets")
HOUSES = _words("houses")
