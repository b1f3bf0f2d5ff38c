"""STU3's search parameters, its result parameters, and the order of issues about their values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.resources import files

from app.fhir import parameters, systems
from app.fhir.parameters import SearchParameter
from app.fhir.readers import Dates, Reader, Strings, Terms
from app.fhir.version import ResourceType
from app.register.fields import KINDS
from app.register.resources import of_type
from app.register.text import fold
from app.stu3 import checks
from app.stu3.checks import PRIMARY_ROLE, ROLE, Qualifier, Roles
from app.stu3.words import RoleMissing
from app.web.message import Pair

FOLDER = files("capability") / "stu3"

_ROLE_EXTENSION = f"Organization.extension('{systems.STU3_ORGANIZATION_ROLE}')"


def _readers(*, legacy: bool) -> Mapping[str, Reader]:
    """Return the readers of search parameters by FHIRPath expression."""
    forms = {field.name: field.form for field in KINDS["organisation"].fields}
    # The retired service did not insert the missing space of a postcode (fhir-stu3 1).
    name, town, postcode = (
        Strings(field, fold if legacy else forms[field], checks.text)
        for field in ("name", "town", "postcode")
    )
    url = Terms("url", checks.url)
    return {
        "Resource.meta.lastUpdated": Dates("last_change"),
        "Resource.id": Terms("id", checks.organization_id),
        "Organization.identifier": Terms("id", checks.identifier),
        "Organization.name | Organization.alias": name,
        "Organization.active": Terms("status", checks.status),
        "Organization.address.city": town,
        "Organization.address.postalCode": postcode,
        f"{_ROLE_EXTENSION}.extension('role').value": Roles("role", checks.role),
        f"{_ROLE_EXTENSION}.extension('primaryRole').value": Qualifier(),
        "CodeSystem.url": url,
        "ValueSet.url": url,
    }


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


def together(pairs: Iterable[Pair]) -> Iterator[RoleMissing]:
    """Find `ods-org-primaryRole` without a role (fhir-stu3 4.7)."""
    names = {name for name, _ in pairs}
    if PRIMARY_ROLE in names and not names & {ROLE, f"{ROLE}:not"}:
        yield RoleMissing()


def types(*, legacy: bool) -> dict[str, ResourceType]:
    """Return the resource types by name."""
    found = parameters.read(FOLDER / "SearchParameter", _readers(legacy=legacy))
    common = found["Resource"]
    sort_keys = {"_id": "id", "_lastUpdated": "last_change", "name": "name"}
    organization = ResourceType(
        "Organization",
        "organisation",
        common | found["Organization"],
        tuple(RESULT),
        sort_keys,
        form=str.upper,
    )
    return {
        "Organization": organization,
        "CodeSystem": _resource("CodeSystem", common["_id"], found["CodeSystem"]),
        "ValueSet": _resource("ValueSet", common["_id"], found["ValueSet"]),
    }


def _resource(name: str, by_id: SearchParameter, others: Mapping[str, SearchParameter]) -> ResourceType:
    """Return a type of conformance resources: they all change at once, so it has no time and no order."""
    search = {"_id": replace(by_id, reader=Terms("id", checks.resource_id(name))), **others}
    results = tuple(parameter for parameter in RESULT if parameter != "_sort")
    return ResourceType(name, "resource", search, results, {}, shared_as=of_type("stu3", name))
