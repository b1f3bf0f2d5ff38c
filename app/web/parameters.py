"""Reads the parameters of lookups and pages by one rule.

An empty value counts as not sent. A parameter that takes one value may be sent once; a list may be sent in
parts.
"""

from collections.abc import Sequence

from app.web.message import Fault, FaultKind, Request, quote, whole_number

LONGEST_QUESTION = 200
"""Characters of `q`."""
_MOST = 100
"""Values of a list."""


def single(request: Request, name: str, default: str = "") -> str:
    """Return the value of a parameter; raises Fault if it has several."""
    values = request.values(name)
    _once(name, values)
    return values[0] if values else default


def as_sent(request: Request, name: str) -> str | None:
    """Return the value of a parameter even if it is empty, or None; raises Fault if it is sent twice."""
    values = [value for key, value in request.query if key == name]
    _once(name, values)
    return values[0] if values else None


def _once(name: str, values: Sequence[str]) -> None:
    if len(values) > 1:
        raise Fault(FaultKind.MALFORMED, f'"{name}" is given {len(values)} times: give it once')


def choice(request: Request, name: str, choices: Sequence[str], default: str = "") -> str:
    """Return the value of a parameter that has few values; raises Fault for others."""
    value = single(request, name, default)
    if value not in (*choices, default):
        fault = f'"{name}" is "{quote(value)}": give one of {", ".join(choices)}'
        raise Fault(FaultKind.MALFORMED, fault)
    return value


def number(request: Request, name: str, default: int, most: int) -> int:
    """Return the value of a parameter that is a number from 1 to `most`; raises Fault for others."""
    value = single(request, name, str(default))
    found = whole_number(value, 1, most)
    if found is None:
        fault = f'"{name}" is "{quote(value)}": give a whole number from 1 to {most}'
        raise Fault(FaultKind.MALFORMED, fault)
    return found


def listed(request: Request, name: str) -> tuple[str, ...]:
    """Return the ids of a list with commas, in upper case and each once; raises Fault for too many."""
    parts = (part.strip().upper() for value in request.values(name) for part in value.split(","))
    found = tuple(dict.fromkeys(filter(None, parts)))
    if len(found) > _MOST:
        raise Fault(FaultKind.MALFORMED, f'"{name}" has {len(found)} values: give at most {_MOST}')
    return found


def question(request: Request) -> str:
    """Return what is looked for; raises Fault if it is too long."""
    found = single(request, "q")
    if len(found) > LONGEST_QUESTION:
        fault = f'"q" has {len(found)} characters: ask with at most {LONGEST_QUESTION}'
        raise Fault(FaultKind.MALFORMED, fault)
    return found
