"""R4's OperationOutcomes, with the texts of ODT where those are published (fhir-r4 13)."""

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from app.fhir.issues import IMPOSED_CODES
from app.fhir.rejected import (
    Deleted,
    Problem,
    Rejected,
    Repeated,
    TooLarge,
    UnacceptableFormat,
    UndeclaredInclude,
    Unexpected,
    UnknownFormat,
    UnknownId,
    UnknownParameter,
    UnknownRelated,
    UnknownSortKey,
    UnknownVersion,
    Unreadable,
    UnsupportedModifier,
)
from app.fhir.values import BadEscape
from app.fhir.version import Outcome
from app.web.message import IMPOSED, Fault, FaultKind, Request, quote

_CODES = {
    FaultKind.MALFORMED: "invalid",
    FaultKind.HOST: "invalid",
    FaultKind.NOT_FOUND: "not-found",
    FaultKind.METHOD: "processing",
    FaultKind.NOT_ACCEPTABLE: "not-supported",
    FaultKind.GONE: "not-found",
    FaultKind.BODY_TOO_LONG: "too-long",
    FaultKind.LINE_TOO_LONG: "too-long",
    FaultKind.HEADERS_TOO_LONG: "too-long",
    FaultKind.MEDIA_TYPE: "not-supported",
    FaultKind.INTERNAL: "exception",
    FaultKind.UNAVAILABLE: "transient",
} | {kind: IMPOSED_CODES[status] for status, kind in IMPOSED.items()}
_FORMATS = "use application/fhir+json or application/fhir+xml"
_ESCAPES = "a backslash only before a comma, a dollar sign, a bar or a backslash"
_LIMIT = "Response exceeds APIM size limit"
_TOO_LARGE = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "code": "too-costly", "details": {"text": _LIMIT}, "diagnostics": _LIMIT}
    ],
}
"""As ODT's gateway writes it: without the text that other errors have (fhir-r4 13)."""


class Issue(NamedTuple):
    """One thing wrong with a request: FHIR's issue type, the text for `diagnostics`, the status."""

    code: str
    diagnostics: str
    status: int = 400


def outcome(error: Rejected | Fault, request: Request | None, types: Sequence[str]) -> Outcome:
    """Return the answer to a request that failed; `types` are the resource types of this server."""
    if isinstance(error, Rejected) and error.problems == (TooLarge(),):
        return Outcome(422, _TOO_LARGE)
    if isinstance(error, Fault):
        issues = [_of_fault(error, request, types)]
    else:
        issues = list(map(_issue, error.problems))
    return Outcome(issues[0].status, _resource(issues))


def _resource(issues: Iterable[Issue]) -> dict[str, Any]:
    rows = "".join(
        '<tr><td style="font-weight: bold;">ERROR</td><td>[]</td>'
        f"<td>{escape(issue.diagnostics, {chr(34): '&quot;'})}</td></tr>"
        for issue in issues
    )
    div = (
        '<div xmlns="http://www.w3.org/1999/xhtml"><h1>Operation Outcome</h1>'
        f'<table border="0">{rows}</table></div>'
    )
    return {
        "resourceType": "OperationOutcome",
        "text": {"status": "generated", "div": div},
        "issue": [
            {"severity": "error", "code": issue.code, "diagnostics": issue.diagnostics} for issue in issues
        ],
    }


def _of_fault(fault: Fault, request: Request | None, types: Sequence[str]) -> Issue:
    text = fault.text
    if request:
        match fault.kind:
            case FaultKind.METHOD:
                text = _not_allowed(request.method, fault.headers.get("Allow", ""))
            case FaultKind.NOT_FOUND:
                text = _unknown_type(request, types) or text
            case FaultKind.MEDIA_TYPE:
                sent = quote(request.headers.get("content-type", ""))
                text = f'Unsupported content type "{sent}": send application/x-www-form-urlencoded'
    return Issue(_CODES[fault.kind], text, fault.kind.status)


def _not_allowed(method: str, allowed: str) -> str:
    named = [name for name in ("POST", "GET") if name in allowed.split(", ")]
    return (
        f"HAPI-0427: HTTP Method {quote(method)} is not allowed for this operation. "
        f"Allowed method(s): {', '.join(named)}"
    )


def _unknown_type(request: Request, types: Sequence[str]) -> str | None:
    """Return what is wrong with an unknown address, if it is the type."""
    path = "/".join(filter(None, request.path.split("/")))
    found = re.match(r"([A-Za-z]+)(/|\Z)", path.partition(f"{request.base.rpartition('/')[2]}/")[2])
    if found is None or found[1] in (*types, "metadata"):
        return None
    return f'Unknown resource type "{quote(found[1])}": this server knows {", ".join(sorted(types))}'


def _issue(problem: Problem) -> Issue:
    match problem:
        case Issue():
            return problem
        case UnknownId() | Deleted() | UnknownVersion():
            return _absent(problem)
        case UnknownParameter(name, "", known):
            return Issue("processing", f'Unknown parameter "{quote(name)}": use {_any_of(known)}')
        case UnknownParameter(name, resource_type, known):
            text = f'HAPI-0524: Unknown search parameter "{quote(name)}" for resource type "{resource_type}".'
            valid = ", ".join(sorted(known))
            return Issue("processing", f"{text} Valid search parameters for this search are: [{valid}]")
        case UnsupportedModifier(name, resource_type, modifiers):
            return Issue("not-supported", _unsupported(name, resource_type, modifiers))
        case Repeated(name):
            return _invalid(f'"{quote(name)}" is sent more than once: send it once')
        case Unexpected(name, value, expected):
            return _unexpected(name, value, expected)
        case Unreadable(name, BadEscape() as error):
            return _unexpected(name, error.args[0], _ESCAPES)
        case Unreadable(_, error):
            text = f'HAPI-1940: Invalid date/time/quantity format: "{quote(error.args[0])}"'
            return Issue("processing", text)
        case UnknownSortKey(key, keys):
            return _unexpected("_sort", key, f"{_any_of(keys)}, with - before it to descend")
        case UnknownRelated() | UndeclaredInclude():
            return _of_relation(problem)
        case UnknownFormat(value) | UnacceptableFormat(value):
            return Issue("not-supported", f'Unsupported format "{quote(value)}": {_FORMATS}', 406)
    raise TypeError(problem)


def _absent(problem: UnknownId | Deleted | UnknownVersion) -> Issue:
    """Return what is said of a resource that cannot be read."""
    named = f"{problem.resource_type}/{quote(problem.resource_id)}"
    match problem:
        case UnknownId():
            return Issue("processing", f"HAPI-2001: Resource {named} is not known", 404)
        case Deleted():
            text = f"Resource {named} was deleted: it is missing since the release of {problem.since}"
            return Issue("deleted", text, 410)
        case UnknownVersion():
            return Issue("not-found", f"Version {quote(problem.version_id)} of {named} is not kept", 404)


_invalid = partial(Issue, "invalid")


def _unexpected(name: str, value: str, expected: str) -> Issue:
    return _invalid(f'Invalid value "{quote(value)}" for "{quote(name)}": expected {expected}')


def _unsupported(name: str, resource_type: str, modifiers: Sequence[str]) -> str:
    base, _, modifier = name.partition(":")
    sent = f'Modifier ":{quote(modifier)}" is not supported on'
    if not resource_type:
        return f'{sent} parameter "{base}": use it without a modifier'
    instead = (
        f"use {_any_of([f':{each}' for each in modifiers])}" if modifiers else "use it without a modifier"
    )
    return f'{sent} search parameter "{base}" of {resource_type}: {instead}'


def _of_relation(problem: UnknownRelated | UndeclaredInclude) -> Issue:
    name, base = quote(problem.name), problem.name.partition(":")[0]
    match problem:
        case UnknownRelated(_, resource_type, ()):
            text = f'Unknown parameter "{name}": {resource_type} has no related resources to search by'
        case UnknownRelated(_, resource_type, starts, parameters):
            text = (
                f'Unknown parameter "{name}" of resources related to {resource_type}: '
                f"use {_any_of([f'{start}PARAMETER' for start in starts])}, "
                f"where PARAMETER is one of [{', '.join(sorted(parameters))}]"
            )
        case UndeclaredInclude(_, value, resource_type, ()):
            return _invalid(
                f'Invalid value "{quote(value)}" for "{name}": {resource_type} declares no {base}'
            )
        case UndeclaredInclude(_, value, _, declared) if name == base:
            return _unexpected(name, value, _any_of(declared))
        case UndeclaredInclude(_, _, _, declared):
            modifier = quote(problem.name).removeprefix(base)
            text = f'Modifier "{modifier}" is not supported on parameter "{base}": '
            text += f"use {base} with {_any_of(declared)}"
    return Issue("not-supported", text)


def _any_of(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
