"""Makes STU3's OperationOutcomes, with the Spine error codes of the live service (fhir-stu3 7)."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from app.fhir import systems
from app.fhir.issues import IMPOSED_CODES
from app.web.message import IMPOSED, Fault, FaultKind

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


class Issue(NamedTuple):
    """One thing wrong with a request: the Spine code and the text for `diagnostics`."""

    spine_code: str
    diagnostics: str
    code: str = ""
    """FHIR's issue type; if empty, it follows from the Spine code."""


class Rejected(Exception):
    """A request with faults in its parameters: answered 400, one issue for each fault."""

    def __init__(self, *issues: Issue) -> None:
        super().__init__(*issues)
        self.issues = issues


def of_fault(fault: Fault) -> Issue:
    """Return the issue for a fault."""
    code, spine_code = _FAULTS[fault.kind]
    return Issue(spine_code, fault.text, code)


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return the OperationOutcome of some issues, in the conformant shape."""
    return {
        "resourceType": "OperationOutcome",
        "id": str(uuid4()),
        "meta": {"profile": [systems.STU3_OPERATION_OUTCOME]},
        "issue": [_issue(issue) for issue in issues],
    }


def _issue(issue: Issue) -> dict[str, Any]:
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
