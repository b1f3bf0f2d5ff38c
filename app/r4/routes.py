"""The addresses that NHS APIs have for monitoring, beside ODT's path (fhir-r4 1)."""

from typing import Any

import flask

from app.engine.port import Index
from app.web.site import readiness

ROOT = "/organisation-data-terminology-api"


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
    response = flask.jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response
