"""What the OpenAPI document says of R4 besides the registry of parameters."""

from dataclasses import replace

from app.fhir.openapi import Words, described
from app.r4.parameters import PREFIXES
from app.r4.version import r4
from app.web.openapi import TEXT, TRUE_OR_FALSE, Described, Operation, answer, list_of, one_of, record, whole

_WORDS = Words(
    "FHIR R4",
    "The Organisation Data Terminology API: Organization, OrganizationAffiliation, and List for what was "
    "deleted. A parameter that is repeated must hold each time; commas in a value mean or.",
    "https://hl7.org/fhir/R4",
    examples={"Organization": "RR8", "OrganizationAffiliation": "18082", "List": "Organization-deletion"},
    schemas={"active": TRUE_OR_FALSE},
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
_OWN, _ODT = (described(r4(prefix), _WORDS) for prefix in PREFIXES)
DESCRIBED: tuple[Described, ...] = (
    _OWN,
    replace(
        _ODT,
        name="FHIR R4 as at ODT",
        text="The same at the path that clients of the Organisation Data Terminology API know.",
        operations={**_ODT.operations, **_HEALTH},
    ),
)
