"""The address of an organisation as members of a JSON object, in documents without blanks."""

from json.encoder import encode_basestring as _quoted

from indexer.organisation import Address

FHIR = ("line", "city", "district", "postalCode", "country")
LOOKUP = ("lines", "town", "county", "postcode", "country")


def members(address: Address, names: tuple[str, ...]) -> str:
    """Return the lines of an address, its town, county, postcode and country, under these names."""
    first, *others = names
    lines = ",".join([_quoted(line) for line in address[:3] if line])
    found = [f'"{first}":[{lines}]'] if lines else []
    found += [f'"{name}":{_quoted(value)}' for name, value in zip(others, address[3:7], strict=True) if value]
    return ",".join(found)
