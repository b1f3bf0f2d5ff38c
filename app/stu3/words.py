"""STU3's OperationOutcomes: its words, and the Spine error codes of the live service (fhir-stu3 7)."""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from app.fhir import systems
from app.fhir.issues import IMPOSED_CODES
from app.fhir.rejected import (
    BOOLEAN,
    Problem,
    Rejected,
    Repeated,
    UnacceptableFormat,
    Unexpected,
    UnknownFormat,
    UnknownId,
    UnknownParameter,
    UnknownSortKey,
    Unreadable,
    UnsupportedModifier,
)
from app.fhir.values import BadDate, BadEscape, BadPrefix
from app.fhir.version import Outcome
from app.web.message import IMPOSED, Fault, FaultKind, Request, quote

_DISPLAYS = {
    "NO_RECORD_FOUND": "No record found",
    "INVALID_CODE_SYSTEM": "Invalid code system",
    "INVALID_CODE_VALUE": "Invalid code value",
    "INVALID_IDENTIFIER_SYSTEM": "Invalid identifier system",
    "INVALID_IDENTIFIER_VALUE": "Invalid identifier value",
    "INVALID_PARAMETER": "Invalid parameter",
    "INVALID_VALUE": "An input field has an invalid value for its type",
    "BAD_REQUEST": "Bad request",
    "UNSUPPORTED_MEDIA_TYPE": "Unsupported media type",
    "INTERNAL_SERVER_ERROR": "Internal server error",
}

_FAULTS = {
    FaultKind.MALFORMED: ("invalid", "BAD_REQUEST"),
    FaultKind.HOST: ("invalid", "BAD_REQUEST"),
    FaultKind.NOT_FOUND: ("not-found", "NO_RECORD_FOUND"),
    FaultKind.METHOD: ("not-supported", "BAD_REQUEST"),
    FaultKind.NOT_ACCEPTABLE: ("not-supported", "UNSUPPORTED_MEDIA_TYPE"),
    FaultKind.GONE: ("not-found", "NO_RECORD_FOUND"),
    FaultKind.BODY_TOO_LONG: ("too-long", "BAD_REQUEST"),
    FaultKind.LINE_TOO_LONG: ("too-long", "BAD_REQUEST"),
    FaultKind.HEADERS_TOO_LONG: ("too-long", "BAD_REQUEST"),
    FaultKind.MEDIA_TYPE: ("not-supported", "UNSUPPORTED_MEDIA_TYPE"),
    FaultKind.INTERNAL: ("exception", "INTERNAL_SERVER_ERROR"),
    FaultKind.UNAVAILABLE: ("transient", "INTERNAL_SERVER_ERROR"),
} | {
    kind: (IMPOSED_CODES[status], "BAD_REQUEST" if status < 500 else "INTERNAL_SERVER_ERROR")
    for status, kind in IMPOSED.items()
}


_UNEXPECTED = {
    "_count": "Supplied limit is invalid, the parameter must take an integer between 0 and 20",
    "_page": "page must be a number larger than 0",
    "active": "Invalid FHIR active parameter",
    "ods-org-primaryRole": "Invalid FHIR ods-org-primaryRole parameter. Must be true or false.",
}
_UNREADABLE = {
    BadEscape: "Supplied {name} has an invalid escape: a backslash stands only before a comma, a dollar "
    "sign, a bar or a backslash",
    BadPrefix: "Supplied date prefix is invalid, must be one of eq, ne, gt, lt, ge, le, sa, eb, ap",
    BadDate: "Supplied date is invalid",
}


class Issue(NamedTuple):
    """One thing wrong with a request: the Spine code and the text for `diagnostics`."""

    spine_code: str
    diagnostics: str
    code: str = ""
    """FHIR's issue type; if empty, it follows from the Spine code."""
    status: int = 400


@dataclass(frozen=True)
class RoleMissing:
    """A search that says whether a role is to be primary, but names no role."""


def outcome(error: Rejected | Fault, _request: Request | None = None) -> Outcome:
    """Return the answer to a request that failed, in the conformant shape."""
    issues = [_of_fault(error)] if isinstance(error, Fault) else list(map(_issue, error.problems))
    resource = {
        "resourceType": "OperationOutcome",
        "id": str(uuid4()),
        "meta": {"profile": [systems.STU3_OPERATION_OUTCOME]},
        "issue": list(map(_written, issues)),
    }
    return Outcome(issues[0].status, resource)


def _of_fault(fault: Fault) -> Issue:
    code, spine_code = _FAULTS[fault.kind]
    return Issue(spine_code, fault.text, code, fault.kind.status)


def _issue(problem: Problem) -> Issue:
    match problem:
        case Issue():
            return problem
        case RoleMissing():
            return _parameter(
                "ods-org-role is a mandatory argument in all queries containing a ods-org-primaryRole term."
            )
        case UnknownParameter(name) | UnsupportedModifier(name):
            return _parameter(f"Unknown argument found - {quote(name)}")
        case Repeated("ods-org-primaryRole"):
            return _parameter("Only one ods-org-primaryRole parameter should be supplied")
        case Repeated(name):
            return _parameter(f"Repeated {name} argument.")
        case Unexpected(name, _, expected):
            must = f" Must be {expected}." if expected == BOOLEAN else ""
            return _value(_UNEXPECTED.get(name, f"Invalid {name} parameter.{must}"))
        case Unreadable(name, error):
            return _value(_UNREADABLE[type(error)].format(name=name))
        case UnknownSortKey(key, keys):
            *others, last = keys
            return _value(f'Unknown sort key "{quote(key)}": use {", ".join(others)} or {last}')
        case UnknownFormat(value):
            return _value(f'Unknown dialect specified "{quote(value)}"')
        case UnacceptableFormat(value):
            fault = f'Unknown content type specified "{quote(value)}"'
            return _of_fault(Fault(FaultKind.NOT_ACCEPTABLE, fault))
        case UnknownId(resource_type):
            what = "ODS code" if resource_type == "Organization" else "id"
            return _of_fault(Fault(FaultKind.NOT_FOUND, f"No record found for supplied {what}"))
    raise TypeError(problem)


_parameter = partial(Issue, "INVALID_PARAMETER")
_value = partial(Issue, "INVALID_VALUE")


def _written(issue: Issue) -> dict[str, Any]:
    coding = {
        "system": systems.STU3_ERROR,
        "code": issue.spine_code,
        "display": _DISPLAYS[issue.spine_code],
    }
    code = issue.code or (
        "code-invalid" if "_CODE_" in issue.spine_code or "_IDENTIFIER_" in issue.spine_code else "invalid"
    )
    return {
        "severity": "error",
        "code": code,
        "details": {"coding": [coding]},
        "diagnostics": issue.diagnostics,
    }
