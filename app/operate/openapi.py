"""The OpenAPI document of this server: what the interfaces say of their addresses, joined (harness 6)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

import orjson

from app.web import conditional
from app.web.message import IMPOSED, Request, Response
from app.web.openapi import (
    TEXT,
    Content,
    Described,
    Json,
    Operation,
    answer,
    kept,
    one_of,
    record,
    ref,
    written,
)

ADDRESS = "/openapi.json"
_TYPE = "application/json"
_INTRODUCTION = (
    "The NHS register of organisations (ODS), without a key. This is not an NHS service. What answers GET "
    "also answers HEAD, and every address answers OPTIONS (CORS); another method is answered 405 with the "
    "header Allow. Every answer has the header X-Request-Id."
)

_FAULTS = {
    400: "The request is wrong: the text says what, where, and what to do",
    401: "A fault on demand",
    403: "Refused",
    404: "There is no such thing",
    406: "Not acceptable: a parameter, or the media type that is asked for",
    410: "The generation of this page is no longer kept: start the search again",
    413: "The body is too long",
    414: "The request line is longer than 8,000 bytes",
    415: "The body has another media type",
    422: "A fault on demand",
    429: "Too many requests from one address, if there is a limit; Retry-After says when to ask again",
    431: "Too many header fields, or too long ones",
    500: "An error of this server",
    502: "A fault on demand",
    503: "No register is loaded, or the index does not answer: try again later",
    504: "A fault on demand",
}
"""The statuses of errors, and what they mean."""

_ALWAYS = (400, 414, 429, 431, 500, 503)
"""Those that every address may answer."""

_UNREADABLE = {400, 414, 431}
"""Those of requests that are no HTTP: they are answered in FHIR's words, whatever the address."""
_IN_FHIR: Content = {"application/fhir+json": {}}

_HEALTH = {
    "Live": record({"status": one_of(["live"])}),
    "Ready": record({"status": one_of(["ready"]), "generation": TEXT}),
    "NotReady": record({"status": one_of(["not ready"]), "reason": TEXT}),
}


@dataclass(frozen=True)
class Document:
    """The document, but for the server's address."""

    version: str
    installed: datetime
    """When this version of the software was installed."""
    body: Json

    def answer(self, request: Request) -> Response:
        """Return the document, whose server is the public address of the request."""
        document = {
            "openapi": "3.1.1",
            "info": {
                "title": "ods-api-suite",
                "version": self.version,
                "description": _INTRODUCTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": request.base}],
            **self.body,
        }
        body = orjson.dumps(document)
        known = conditional.validators_of(body, _TYPE, self.installed)
        if conditional.is_unchanged(request, known):
            return Response(304, known)
        return Response(200, {"Content-Type": _TYPE, **known}, body)


def own(*, has_metrics: bool) -> Described:
    """Return the description of the addresses for operators."""
    operations = {
        ("get", "/health/live"): Operation("Whether the server runs", {200: _answer("It runs", "Live")}),
        ("get", "/health/ready"): Operation(
            "Whether a register is loaded and answers",
            {200: _answer("It is ready", "Ready"), 503: _answer("It is not ready", "NotReady")},
        ),
        ("get", ADDRESS): Operation(
            "The OpenAPI document", kept(answer("OpenAPI 3.1", {_TYPE: {"type": "object"}}))
        ),
    }
    if has_metrics:
        operations["get", "/metrics"] = Operation(
            "Figures for Prometheus", {200: answer("Prometheus's text format", {"text/plain": TEXT})}
        )
    error = record({"error": TEXT}, "One sentence: what was wrong, where, and what to do")
    return Described("Operations", "For operators", operations, schemas={**_HEALTH, "Error": error})


def joined(interfaces: Iterable[Described], controls: Described | None = None) -> Json:
    """Return the parts of the document that the interfaces describe.

    Two of them may share an address. With test controls, every status that a fault has may be answered by all
    addresses but those of the controls.
    """
    every = [*interfaces, *([controls] if controls else [])]
    shared: dict[tuple[str, str], list[tuple[Described, Operation]]] = {}
    for each in every:
        for key, operation in each.operations.items():
            shared.setdefault(key, []).append((each, operation))
    paths: dict[str, Json] = {}
    responses: Json = {}
    for (method, path), described in shared.items():
        first = described[0][0]
        whole = reduce(_merged, (operation for _, operation in described))
        on_demand = IMPOSED if controls and first is not controls else ()
        faults = {}
        for status in sorted({*_ALWAYS, *whole.faults, *on_demand} - whole.answers.keys()):
            name = f"{first.name.replace(' ', '-')}-{status}"
            in_fhir = _IN_FHIR if status in _UNREADABLE else {}
            responses[name] = answer(_FAULTS[status], {**in_fhir, **first.errors})
            faults[str(status)] = {"$ref": f"#/components/responses/{name}"}
        paths.setdefault(path, {})[method] = {
            "tags": [first.name],
            "summary": whole.summary,
            "operationId": _id(method, path),
            "parameters": list(whole.parameters),
            **({"requestBody": {"required": True, "content": written(whole.body)}} if whole.body else {}),
            "responses": {str(status): each for status, each in whole.answers.items()} | faults,
        }
    tags = [{"name": each.name, "description": each.text, **_more(each)} for each in every]
    schemas = {name: schema for each in every for name, schema in each.schemas.items()}
    return {"tags": tags, "paths": paths, "components": {"schemas": schemas, "responses": responses}}


def _merged(one: Operation, other: Operation) -> Operation:
    """Return an operation that two interfaces answer, each in media types of its own."""
    named = {(each["name"], each["in"]) for each in one.parameters}
    added = (each for each in other.parameters if (each["name"], each["in"]) not in named)
    answers = {**other.answers, **one.answers}
    both = answers[200] | {"content": {**one.answers[200]["content"], **other.answers[200]["content"]}}
    return replace(
        one,
        parameters=(*one.parameters, *added),
        answers={**answers, 200: both},
        faults=(*one.faults, *other.faults),
    )


def _more(described: Described) -> Json:
    return {"externalDocs": {"url": described.more}} if described.more else {}


def _id(method: str, path: str) -> str:
    """Return a name that is unique and tells method and path: ``get_organisations_code``."""
    return "_".join([method, *"".join(c if c.isalnum() else " " for c in path).split()])


def _answer(text: str, schema: str) -> Json:
    return answer(text, {_TYPE: ref(schema)})
