"""What the OpenAPI document says of R4 besides the registry of parameters."""

from collections.abc import Iterator
from dataclasses import replace

from app.fhir.negotiation import JSON_TYPES, XML_TYPES
from app.fhir.openapi import PREFER, Addresses, Words, described
from app.r4.batch import OF_WHOLE
from app.r4.entries import MOST
from app.r4.operations import DEEPEST, OPERATIONS, RESULTS, TYPE
from app.r4.operations import Operation as Asked
from app.r4.parameters import PREFIXES
from app.r4.terminology import openapi as terminology
from app.r4.version import r4
from app.r4.versions import FORMS, NAME
from app.r4.versions import TEXT as VERSIONS
from app.web.openapi import (
    DATE,
    TEXT,
    TRUE_OR_FALSE,
    Described,
    Json,
    Operation,
    answer,
    list_of,
    needed,
    one_of,
    parameter,
    record,
    whole,
)

_WORDS = Words(
    "FHIR R4",
    "The Organisation Data Terminology API: Organization, OrganizationAffiliation, List for what was "
    "deleted, CodeSystem and ValueSet, and the resources that describe these. A parameter that is repeated "
    "must hold each time; commas in a value mean or. Not listed: parameters of related resources, such as "
    "primary-organization.name, which metadata describes.",
    "https://hl7.org/fhir/R4",
    examples={
        "Organization": "RR8",
        "OrganizationAffiliation": "18082",
        "List": "Organization-deletion",
        "CodeSystem": "ODSOrganisationRole",
        "ValueSet": "England-PeriodType",
        "NamingSystem": "ods-organization-code",
        "StructureDefinition": "England-Organization-ODS",
        "SearchParameter": "Organization-name",
        "OperationDefinition": "Organization-members",
    },
    schemas=dict.fromkeys(("active", "abstract", "experimental"), TRUE_OR_FALSE),
)
_CHECK = record(
    {
        "status": one_of(["pass", "fail"]),
        "timeout": {"const": False},
        "responseCode": whole(200),
        "outcome": TEXT,
    }
)
_STATUS = record(
    {
        "status": one_of(["pass", "fail"]),
        "version": TEXT,
        "checks": record({"index:status": list_of(_CHECK)}),
    }
)
_PING = record({"status": {"const": "pass"}, "version": TEXT})


def _status(text: str) -> dict[str, object]:
    return answer(text, {"application/json": _STATUS})


_HEALTH = {
    ("get", "/organisation-data-terminology-api/_ping"): Operation(
        "Whether the server runs", {200: answer("It runs", {"application/json": _PING})}
    ),
    ("get", "/organisation-data-terminology-api/_status"): Operation(
        "Whether a register is loaded and answers",
        {200: _status("It is ready"), 503: _status("It is not ready")},
    ),
}
_BATCH = record(
    {
        "resourceType": {"const": "Bundle"},
        "type": {"const": "batch"},
        "entry?": list_of(record({"request": record({"method": one_of(["GET", "POST"]), "url": TEXT})})),
    }
)


def _described(prefix: str) -> Described:
    """Return what the document says of R4 under a prefix."""
    version = r4(prefix)
    addresses, found = Addresses(version, _WORDS), described(version, _WORDS)
    bundle = addresses.resource("Bundle")
    more = {
        ("get", f"{prefix}/{TYPE}/{{id}}/${each.name}"): Operation(
            each.text,
            {200: answer("A Bundle, with a link to the next page", bundle)},
            tuple(_parameters(each, addresses)),
            faults=(404, 406, 410, 422),
        )
        for each in OPERATIONS
    }
    told = Operation(
        VERSIONS,
        {200: answer("Parameters", addresses.resource("Parameters"))},
        (*map(addresses.result, FORMS), PREFER),
        faults=(406,),
    )
    batch = Operation(
        f"Answer a batch of at most {MOST} reads, searches and operations",
        {200: answer("A Bundle of the answers, in the order of the entries", bundle)},
        (*map(addresses.result, OF_WHOLE), PREFER),
        dict.fromkeys(JSON_TYPES, _BATCH) | {name: {} for name in XML_TYPES},
        faults=(406, 413, 415, 422),
    )
    own = dict(terminology.operations(addresses))
    return replace(
        found,
        operations={
            **found.operations,
            **more,
            **own,
            ("get", f"{prefix}/${NAME}"): told,
            ("post", prefix): batch,
        },
    )


def _parameters(operation: Asked, addresses: Addresses) -> Iterator[Json]:
    yield needed("id", "The ODS code", _WORDS.examples[TYPE])
    depth = whole(1, DEEPEST if "relationship" in operation.parameters else None)
    schemas = {"date": DATE, "activeOnly": TRUE_OR_FALSE, "depth": depth}
    for name, each in operation.parameters.items():
        yield parameter(name, each.text, schemas.get(name, TEXT))
    yield from map(addresses.result, RESULTS)
    yield PREFER


_OWN, _ODT = map(_described, PREFIXES)
DESCRIBED: tuple[Described, ...] = (
    _OWN,
    replace(
        _ODT,
        name="FHIR R4 as at ODT",
        text="The same at the path that clients of the Organisation Data Terminology API know.",
        operations={**_ODT.operations, **_HEALTH},
    ),
)
