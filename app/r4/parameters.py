"""R4's resource types, their search parameters, and its result parameters (fhir-r4 4, 6 to 9 and 11)."""

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from app.fhir import parameters, systems
from app.fhir.parameters import SearchParameter
from app.fhir.periods import Periods
from app.fhir.ranked import Ranked
from app.fhir.readers import AnyOf, Dates, Reader, Sent, Strings, Terms
from app.fhir.tokens import Codes, Constant, Never, References, Tokens
from app.fhir.values import DAY_MS, parse_date
from app.fhir.version import ResourceType
from app.r4 import conformance
from app.r4.text import organisations
from app.register.fields import KINDS
from app.register.query import Operator, Test
from app.register.resources import of_type
from app.register.text import fold

FOLDER = files("capability") / "r4"
PREFIXES = ("/R4", "/organisation-data-terminology-api/fhir")
"""Where this version is served: at an address of its own, and at ODT's."""

_ROLE = f"Organization.extension('{systems.R4_ORGANISATION_ROLE}')"
_CHANGED = f"extension('{systems.R4_TYPED_DATE_TIME}').extension('dateTime').value"
_SECOND_MS = 1_000
_RECORD_USES = {"full": "Full", "refonly": "RefOnly"}


def _status(value: str, sent: Sent) -> str:
    """Return the status in one alternative of `active`, which may be in any case; raises Rejected."""
    return "Active" if conformance.truth(value, sent) == "true" else "Inactive"


def _record_use(code: str) -> str:
    return _RECORD_USES.get(code.lower(), code)


def _number(code: str) -> str:
    """Return the id of the affiliation with this identifier; those with other ids have none (fhir-r4 5)."""
    return code if code.isdigit() else ""


def _readers() -> Mapping[str, Reader]:
    """Return the readers of search parameters by FHIRPath expression."""
    forms = {field.name: field.form for field in KINDS["organisation"].fields}
    name, lines, town, postcode, country = (
        Strings(field, forms[field]) for field in ("name", "lines", "town", "postcode", "country")
    )
    active = Terms("status", _status)
    primary, participating = (
        References(field, "Organization", systems.ODS_CODE, PREFIXES) for field in ("source", "target")
    )
    absent = Never()
    return {
        "Resource.meta.lastUpdated": Dates("updated"),
        "Resource.id": Tokens(Codes(None, "id", str)),
        "Resource.meta.profile": Constant(()),
        "Resource.meta.tag": absent,
        "Resource.meta.security": absent,
        "Resource.meta.source": absent,
        "Organization.identifier": Tokens(Codes(systems.ODS_CODE, "id")),
        "Organization.name | Organization.alias": name,
        "Organization.name": name,
        "Organization.address": AnyOf((lines, town, postcode, country)),
        "Organization.address.city": town,
        "Organization.address.country": country,
        "Organization.address.postalCode": postcode,
        "Organization.address.state": absent,
        "Organization.address.use": absent,
        "Organization.active": active,
        "Organization.type": Tokens(
            Codes(systems.R4_RECORD_USE, "record_use", _record_use),
            Codes(systems.R4_RECORD_CLASS, "record_class"),
        ),
        "Organization.id | Organization.name | Organization.address": Ranked(organisations),
        "Organization.endpoint": absent,
        "Organization.partOf": absent,
        f"{_ROLE}.extension('roleCode').value": Tokens(Codes(systems.R4_ROLE, "role")),
        f"{_ROLE}.where(extension('active').value=true).extension('roleCode').value": Tokens(
            Codes(systems.R4_ROLE, "active_role")
        ),
        f"Organization.{_CHANGED}": Dates("last_change", DAY_MS),
        f"OrganizationAffiliation.{_CHANGED}": Never(parse_date),
        "OrganizationAffiliation.identifier": Tokens(
            Codes(systems.R4_RELATIONSHIP_INSTANCE, "id", _number, Test("unnumbered", Operator.ABSENT))
        ),
        "OrganizationAffiliation.active": active,
        "OrganizationAffiliation.organization": primary,
        "OrganizationAffiliation.participatingOrganization": participating,
        "OrganizationAffiliation.code": Tokens(Codes(systems.R4_RELATIONSHIP, "type")),
        "OrganizationAffiliation.period": Periods("start", "end"),
        "OrganizationAffiliation.telecom": absent,
        "OrganizationAffiliation.telecom.where(system='email')": absent,
        "OrganizationAffiliation.telecom.where(system='phone')": absent,
        "OrganizationAffiliation.endpoint": absent,
        "OrganizationAffiliation.location": absent,
        "OrganizationAffiliation.network": absent,
        "OrganizationAffiliation.healthcareService": absent,
        "OrganizationAffiliation.specialty": absent,
        "List.status": Tokens(Codes(systems.LIST_STATUS, "status", str.lower)),
        "List.title": Strings("title", fold),
        "List.date": Dates("date", _SECOND_MS),
        "List.identifier": absent,
        **conformance.readers(PREFIXES),
    }


RESULT = {
    "_count": ("number", "Matches on a page: default 20, 0 is _summary=count, more than 1000 is 1000"),
    "_offset": ("number", "How many matches are passed over; default 0"),
    "_summary": ("token", "count, true, text, data or false"),
    "_sort": ("string", "Keys, separated by commas; - before a key descends; default _id"),
    "_elements": ("string", "Names of top-level elements, separated by commas; unknown ones are ignored"),
    "_include": ("string", "What matches refer to, such as OrganizationAffiliation:primary-organization"),
    "_revinclude": ("string", "What refers to matches; values are those of _include"),
    "_total": ("token", "none, estimate or accurate; default accurate"),
    "_format": ("token", "json, xml or their media types"),
    "_pretty": ("token", "true or false"),
    "_generation": ("token", "The generation to search; links to other pages set it"),
    "_totalMethod": ("token", "Accepted and ignored"),
    "mode": ("token", "terminology: the TerminologyCapabilities; any other: the CapabilityStatement"),
}
"""Result parameters by name: type and documentation."""

ON_READ = ("_format", "_pretty", "_elements", "_summary")
ON_METADATA = (*ON_READ, "mode")
_ON_SEARCH = tuple(name for name in RESULT if name != "mode")

_SORT_KEYS = {"_id": "id", "_lastUpdated": "updated"}


def types() -> dict[str, ResourceType]:
    """Return the resource types by name."""
    found = parameters.read(FOLDER / "SearchParameter", _readers())
    common = found["Resource"]
    labels = {"_security": common["_security"], "_tag": common["_tag"]}
    made = (
        _versioned(
            "Organization",
            "organisation",
            common | found["Organization"],
            {"name": "name", "lastChangeDate": "last_change"},
            systems.R4_ORGANIZATION,
        ),
        _versioned(
            "OrganizationAffiliation",
            "affiliation",
            common | found["OrganizationAffiliation"],
            {"date": "start"},
            systems.R4_ORGANIZATION_AFFILIATION,
        ),
        _shared("List", common, found["List"]),
        *(
            _shared(name, common, found[name] | (labels if name in conformance.LABELLED else {}))
            for name in conformance.TYPES
        ),
    )
    return {each.name: each for each in made}


def _shared(
    name: str, common: Mapping[str, SearchParameter], search: Mapping[str, SearchParameter]
) -> ResourceType:
    """Return a type whose entries are of the kind that other types have too."""
    by_id = replace(common["_id"], reader=Tokens(Codes(None, "id", f"{name}/{{}}".format)))
    found = _versioned(name, "resource", {"_id": by_id, "_lastUpdated": common["_lastUpdated"], **search}, {})
    # A code system has thousands of concepts, which are no part of its summary.
    summary = "true" if name == "CodeSystem" else None
    return replace(found, shared_as=of_type("r4", name), summary=summary)


def _versioned(
    name: str,
    kind: str,
    search: Mapping[str, SearchParameter],
    sort_keys: Mapping[str, str],
    profiles: tuple[str, ...] = (),
) -> ResourceType:
    """Return a type; its parameter `_profile`, if it has one, reads the profiles of its resources."""
    profile = {
        each.name: replace(each, reader=Constant(profiles))
        for each in search.values()
        if each.name == "_profile"
    }
    return ResourceType(
        name,
        kind,
        dict(sorted({**search, **profile}.items())),
        _ON_SEARCH,
        {**_SORT_KEYS, **sort_keys},
        interactions=("read", "vread", "search-type"),
        profiles=profiles,
    )
