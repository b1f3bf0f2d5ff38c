"""The address of an organisation as members of a JSON object, in documents without blanks."""

from functools import lru_cache
from json.encoder import encode_basestring as _quoted

from indexer.organisation import Address

FHIR = ("line", "city", "district", "postalCode", "country")
LOOKUP = ("lines", "town", "county", "postcode", "country")


@lru_cache(maxsize=1)  # STU3 and R4 ask for the same, one after the other
def members(address: Address, names: tuple[str, ...]) -> str:
    """Return the lines of an address, its town, county, postcode and country, under these names."""
    first, *others = names
    lines = ",".join(map(_quoted, filter(None, address[:3])))
    found = [f'"{first}":[{lines}]'] if lines else []
    found += [f'"{name}":{_quoted(value)}' for name, value in zip(others, address[3:7], strict=True) if value]
    return ",".join(found)
