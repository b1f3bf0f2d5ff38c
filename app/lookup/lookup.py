"""`GET /lookup`: candidates for what a person typed, best first (lookup 2)."""

from typing import Any, NamedTuple

import orjson

from app.directory.facets import Facets, facets
from app.directory.filters import DOCUMENTATION, RECORD_CLASSES, STATUSES, Filters
from app.directory.met import Met
from app.directory.ranking import find
from app.directory.recognise import KIND
from app.directory.result import Result, parents
from app.engine.port import Register
from app.web import conditional, parameters
from app.web.message import Fault, FaultKind, Request, Response

MOST = 50
"""Results of one answer."""
_COUNT = 10

PARAMETERS = {
    "q": f"What was typed, at most {parameters.LONGEST_QUESTION} characters. "
    "Empty: all that the filters leave, by name",
    **DOCUMENTATION,
    "count": f"1 to {MOST}, default {_COUNT}",
    "facets": "true: how many are found, by primary role and status; default false",
}
"""What the parameters mean."""


_names = Met[str](4_096)
"""Names of parents, such as trusts, of which few have most sites: some 1 MB."""


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
    if all(name != "q" for name, _ in request.query):
        raise Fault(FaultKind.MALFORMED, '"q" is missing: say what to look for, such as q=leeds')
    filters = Filters(
        parameters.listed(request, "role"),
        parameters.listed(request, "primary-role"),
        parameters.choice(request, "status", STATUSES, "all"),
        parameters.choice(request, "record-class", RECORD_CLASSES),
        parameters.single(request, "within").strip().upper(),
    )
    return Asked(
        parameters.question(request),
        filters,
        parameters.number(request, "count", _COUNT, MOST),
        parameters.choice(request, "facets", ("true", "false"), "false") == "true",
    )


def written(register: Register, results: list[Result]) -> list[dict[str, Any]]:
    """Return results as they stand in an answer: with the parent's name, the score and what matched."""
    codes = parents(results)
    names = _names.known(register, codes)
    if missing := codes - names.keys():
        documents = register.documents(KIND, missing, "lookup")
        read = {code: orjson.loads(document)["name"] for code, document in documents.items()}
        _names.keep(register, read)
        names |= read
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
