"""The addresses of the metrics and of the OpenAPI document, and the hook that counts each request."""

import time

import flask

from app.engine.port import Index
from app.operate import openapi
from app.operate.metrics import Metrics
from app.operate.openapi import Document
from app.web import adapter
from app.web.message import Response

ADDRESS = "/metrics"
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
_INTERFACES = {
    "stu3": "stu3",
    "r4": "r4",
    "organisation-data-terminology-api_fhir": "r4",
    "ord": "ord",
    "lookup": "lookup",
    "pages": "pages",
}
"""Interfaces by the name of their routes."""
_ROOTS = {"STU3": "stu3", "R4": "r4", "organisation-data-terminology-api": "r4", "ORD": "ord"}


def install(application: flask.Flask, index: Index, metrics: Metrics) -> None:
    """Add all this to an application that has no other hooks yet: this one sees each answer last."""
    noted = 0.0

    @application.get(ADDRESS)
    def figures() -> flask.Response:
        metrics.kept("engine", index.cached)
        headers = {"Content-Type": _TYPE, "Cache-Control": "no-store"}
        return adapter.response(Response(200, headers, metrics.text()))

    @application.after_request
    def count(response: flask.Response) -> flask.Response:
        nonlocal noted
        request, known = adapter.current()
        now = time.monotonic()
        rule = request.url_rule
        if rule and rule.rule == ADDRESS:
            for name in [name for name, _ in response.headers if name.startswith("Access-Control-")]:
                del response.headers[name]
            return response
        method = request.method if request.method in _METHODS else "other"
        route = rule.rule if rule else "unmatched"
        seconds = now - known.started
        metrics.count(_interface(request, response), route, method, response.status_code, seconds)
        if now - noted > 1:
            noted = now
            metrics.kept("engine", index.cached)
        return response


def publish(application: flask.Flask, document: Document) -> None:
    """Add the address of the OpenAPI document."""

    @application.get(openapi.ADDRESS)
    def description() -> flask.Response:
        return adapter.response(document.answer(adapter.request("")))


def _interface(request: flask.Request, response: flask.Response) -> str:
    """Return the interface that has answered a request."""
    if interface := _INTERFACES.get(request.blueprint or ""):
        return interface
    if request.url_rule is None:
        return _ROOTS.get(request.path.split("/", 2)[1], "site")
    if request.endpoint in {"organisation", "levels"}:  # addresses that two interfaces share
        return "pages" if response.mimetype == "text/html" else "lookup"
    return "site"
