"""What the OpenAPI document says of STU3 besides the registry of parameters."""

from app.fhir.openapi import Words, described
from app.stu3.checks import PRIMARY_ROLE, TEXTS
from app.stu3.version import stu3
from app.web.openapi import TRUE_OR_FALSE

DESCRIBED = described(
    stu3(shape="conformant"),
    Words(
        "FHIR STU3",
        "The ODS Lookup API: Organization, CodeSystem and ValueSet. A parameter that is repeated must hold "
        "each time; commas in a value mean or.",
        "https://hl7.org/fhir/STU3",
        examples={
            "Organization": "RR8",
            "CodeSystem": "ODSAPI-OrganizationRole-1",
            "ValueSet": "ODSAPI-OrganizationRole-1",
        },
        schemas={
            "active": TRUE_OR_FALSE,
            PRIMARY_ROLE: TRUE_OR_FALSE,
            **{name: {"type": "string", "minLength": each.least} for name, each in TEXTS.items()},
        },
    ),
)
