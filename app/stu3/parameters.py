"""STU3's search parameters, its result parameters, and the order of issues about their values."""

from importlib.resources import files

from app.fhir import parameters, systems
from app.fhir.parameters import SearchParameter

FOLDER = files("capability") / "stu3"

_ROLE_EXTENSION = f"Organization.extension('{systems.STU3_ORGANIZATION_ROLE}')"

_FIELDS = {
    "Resource.id": "id",
    "Resource.meta.lastUpdated": "last_change",
    "Organization.identifier": "id",
    "Organization.name | Organization.alias": "name",
    "Organization.active": "status",
    "Organization.address.city": "town",
    "Organization.address.postalCode": "postcode",
    f"{_ROLE_EXTENSION}.extension('role').value": "role",
    f"{_ROLE_EXTENSION}.extension('primaryRole').value": "primary_role",
    "CodeSystem.url": "url",
    "ValueSet.url": "url",
}

ROLE, PRIMARY_ROLE = "ods-org-role", "ods-org-primaryRole"


def _registry() -> dict[str, dict[str, SearchParameter]]:
    found = parameters.read(FOLDER / "SearchParameter", _FIELDS)
    common = found["Resource"]
    # No _lastUpdated for code systems: the time of all of them is that of the release.
    return {
        "Organization": common | found["Organization"],
        "CodeSystem": {"_id": common["_id"]} | found["CodeSystem"],
        "ValueSet": {"_id": common["_id"]} | found["ValueSet"],
    }


SEARCH: dict[str, dict[str, SearchParameter]] = _registry()
"""Search parameters by resource type and name."""

RESULT = {
    "_count": ("number", "Matches on a page: 0 to 20, default 20; 0 is _summary=count"),
    "_page": ("number", "The number of the page, from 1; default 1"),
    "_summary": ("token", "count, true, text, data or false"),
    "_sort": ("string", "_id, _lastUpdated, name; - before a key descends; default _id"),
    "_elements": ("string", "Names of top-level elements, separated by commas; unknown ones are ignored"),
    "_total": ("token", "none, estimate or accurate; default accurate"),
    "_format": ("token", "json, xml or their media types"),
    "_pretty": ("token", "true or false"),
    "_generation": ("token", "The generation to search; links to other pages set it"),
    "_totalMethod": ("token", "Accepted and ignored"),
}
"""Result parameters by name: type and documentation."""

ON_READ = ("_format", "_pretty", "_elements", "_summary")
"""The parameters that a read and `metadata` accept."""

_NOT_ON_RESOURCES = ("_sort",)

_ORDER = (
    "name",
    "name:contains",
    "name:exact",
    "address-postalcode",
    "address-postalcode:contains",
    "address-postalcode:exact",
    "address-city",
    "address-city:contains",
    "address-city:exact",
    "active",
    PRIMARY_ROLE,
    ROLE,
    "_lastUpdated",
    "identifier",
    "_id",
    "_count",
    "_page",
    "_summary",
)


def rank(name: str) -> int:
    """Return the place among the issues of one about this parameter's value (fhir-stu3 7.1)."""
    base = name.partition(":")[0]
    if name in _ORDER:
        return _ORDER.index(name)
    # A modifier that is not in the list comes after its parameter's modifiers that are.
    ranks = [at for at, each in enumerate(_ORDER) if each.partition(":")[0] == base]
    return ranks[-1] if ranks else len(_ORDER)


def result_parameters(resource_type: str) -> tuple[str, ...]:
    """Return the names of the result parameters of a search of this type (fhir-stu3 5 and 9)."""
    return tuple(name for name in RESULT if resource_type == "Organization" or name not in _NOT_ON_RESOURCES)
