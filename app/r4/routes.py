"""The routes of R4 beside those of any FHIR interface: operations, batches, and what monitoring asks for."""

from functools import partial
from typing import Any

import flask

from app.directory.walked import Walked
from app.engine.port import Index
from app.fhir import routes as fhir
from app.fhir.interface import Fhir
from app.fhir.routes import Route
from app.r4.batch import Batch
from app.r4.operations import OPERATIONS, TYPE, Operations
from app.r4.terminology.operations import Terminology
from app.r4.terminology.systems import Kept
from app.r4.versions import NAME, versions
from app.web.adapter import request_with_resource, response
from app.web.site import readiness

ROOT = "/organisation-data-terminology-api"
"""Beside ODT's path are the addresses that NHS APIs have for monitoring (fhir-r4 1)."""


def blueprint(interface: Fhir, walked: Walked, kept: Kept) -> flask.Blueprint:
    """Return the routes; each calls one function.

    `walked` keeps what the operations have found, and `kept` what the code systems need.
    """
    operations = Operations(interface, walked)
    one = f"/{TYPE}/<resource_id:resource_id>"
    table = [
        *fhir.table(interface),
        *Terminology(interface, kept).routes(),
        *(Route(each.name, f"{one}/${each.name}", partial(operations.answer, each)) for each in OPERATIONS),
        Route("versions", f"/${NAME}", partial(versions, interface)),
    ]
    routes = fhir.blueprint(interface, table)
    batch = Batch(interface, fhir.finder(table))

    @routes.post("")
    def base() -> flask.Response:
        return response(batch.answer(request_with_resource(interface.version.prefix)))

    return routes


def health(index: Index, software: str) -> flask.Blueprint:
    """Return the routes; `software` is the version of the software."""
    routes = flask.Blueprint("health", __name__, url_prefix=ROOT)

    @routes.get("/_ping")
    def ping() -> flask.Response:
        return _uncached({"status": "pass", "version": software})

    @routes.get("/_status")
    def status() -> tuple[flask.Response, int]:
        found = readiness(index)
        word, code = ("fail", 503) if found.generation is None else ("pass", 200)
        check = {"status": word, "timeout": False, "responseCode": code, "outcome": found.outcome}
        body = {"status": word, "version": software, "checks": {"index:status": [check]}}
        return _uncached(body), code

    return routes


def _uncached(body: dict[str, Any]) -> flask.Response:
    made = flask.jsonify(body)
    made.headers["Cache-Control"] = "no-store"
    return made
