"""`GET /lookup`: candidates for what a person typed, best first (lookup 2)."""

from typing import Any, NamedTuple

import orjson

from app.directory.facets import Facets, facets
from app.directory.filters import DOCUMENTATION, RECORD_CLASSES, STATUSES, Filters
from app.directory.ranking import Result, find
from app.directory.recognise import KIND
from app.engine.port import Register
from app.web import conditional
from app.web.message import Fault, FaultKind, Request, Response, quote, whole_number

LONGEST = 200
"""Characters of a question."""
MOST = 50
"""Results of one answer."""
_COUNT = 10

PARAMETERS = {
    "q": f"What was typed, at most {LONGEST} characters. Empty: all that the filters leave, by name",
    **DOCUMENTATION,
    "count": f"1 to {MOST}, default {_COUNT}",
    "facets": "true: how many are found, by primary role and status; default false",
}
"""What the parameters mean."""


class Asked(NamedTuple):
    """The parameters of a request."""

    question: str
    filters: Filters
    most: int
    facets: bool


def lookup(request: Request, register: Register, version: str) -> Response:
    """Return the results, or 304 if the client has them; raises Fault for a wrong parameter."""
    asked = parse(request)
    known = conditional.validators(register, version, *asked)
    if conditional.is_unchanged(request, known):
        return Response(304, known)
    found = find(register, asked.question, asked.filters, asked.most)
    body: dict[str, Any] = {
        "query": asked.question,
        "results": written(register, found.results),
        "more": found.total > len(found.results),
    }
    if asked.facets:
        body["facets"] = _facets(facets(register, asked.question, asked.filters))
    return Response(200, {"Content-Type": "application/json", **known}, orjson.dumps(body))


def parse(request: Request) -> Asked:
    """Return the parameters of a request; raises Fault."""
    question = _one(request, "q", None)
    if len(question) > LONGEST:
        raise _wrong(f'"q" has {len(question)} characters: ask with at most {LONGEST}')
    given = _one(request, "count", str(_COUNT))
    count = whole_number(given, 1, MOST)
    if count is None:
        raise _wrong(f'"count" is "{quote(given)}": give a whole number from 1 to {MOST}')
    filters = Filters(
        _list(request, "role"),
        _list(request, "primary-role"),
        _choice(request, "status", STATUSES, "all"),
        _choice(request, "record-class", RECORD_CLASSES, ""),
        _one(request, "within", "").strip().upper(),
    )
    return Asked(question, filters, count, _choice(request, "facets", ("true", "false"), "false") == "true")


def written(register: Register, results: list[Result]) -> list[dict[str, Any]]:
    """Return results as they stand in an answer: with the parent's name, the score and what matched."""
    parents = {result.document["parent"]["code"] for result in results if "parent" in result.document}
    names = {
        code: orjson.loads(body)["name"] for code, body in register.documents(KIND, parents, "lookup").items()
    }
    return [_written(result, names) for result in results]


def _written(result: Result, names: dict[str, str]) -> dict[str, Any]:
    document = dict(result.document)
    if parent := document.get("parent"):
        named = {"name": names[parent["code"]]} if parent["code"] in names else {}
        document["parent"] = {"code": parent["code"], **named, "relationship": parent["relationship"]}
    return {**document, "score": result.fit.score, "matched": result.fit.matched}


def _facets(found: Facets) -> dict[str, Any]:
    roles = [
        {"id": role.id, **({"name": role.name} if role.name else {}), "count": role.holders}
        for role in found.primary_role
    ]
    return {"primaryRole": roles, "status": {"active": found.active, "inactive": found.inactive}}


def _one(request: Request, name: str, default: str | None) -> str:
    """Return the one value of a parameter, or the default; raises Fault if it is missing or repeated."""
    values = [value for key, value in request.query if key == name]
    if len(values) > 1:
        raise _wrong(f'"{name}" is given {len(values)} times: give it once')
    if values:
        return values[0]
    if default is None:
        raise _wrong(f'"{name}" is missing: say what to look for, such as q=leeds')
    return default


def _choice(request: Request, name: str, choices: tuple[str, ...], default: str) -> str:
    value = _one(request, name, default)
    if value not in (*choices, default):
        allowed = ", ".join(choices)
        raise _wrong(f'"{name}" is "{quote(value)}": give one of {allowed}')
    return value


def _list(request: Request, name: str) -> tuple[str, ...]:
    values = (value for key, value in request.query if key == name)
    return tuple(part.strip().upper() for value in values for part in value.split(",") if part.strip())


def _wrong(text: str) -> Fault:
    return Fault(FaultKind.MALFORMED, text)
