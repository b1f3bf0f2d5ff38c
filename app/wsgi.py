"""Puts the parts of the server together; `gunicorn app.wsgi:app` reads its settings from the environment."""

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import punctuation
from typing import Any
from urllib.parse import quote

import flask
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter

from app.clock import clock
from app.controls import routes as control
from app.controls.controls import PREFIX, Controls
from app.controls.emptied import emptiable
from app.controls.openapi import DESCRIBED as CONTROLS
from app.directory.vocabulary import vocabulary_of
from app.directory.walked import Walked
from app.engine import open_index
from app.engine.port import EngineError, Index
from app.fhir import routes as fhir
from app.fhir.interface import Fhir
from app.lookup import routes as lookup
from app.lookup.interface import Lookup
from app.lookup.openapi import DESCRIBED as LOOKUP
from app.operate import openapi
from app.operate import routes as operate
from app.operate.figures import Figures
from app.operate.limit import RateLimit
from app.operate.metrics import Metrics
from app.operate.timed import timed
from app.ord import routes as ord_
from app.ord.interface import Ord
from app.ord.openapi import DESCRIBED as ORD
from app.pages import routes as pages
from app.pages.interface import Pages
from app.pages.openapi import DESCRIBED as PAGES
from app.r4 import routes as r4_routes
from app.r4.openapi import DESCRIBED as R4
from app.r4.parameters import PREFIXES as R4_PREFIXES
from app.r4.terminology.systems import Kept
from app.r4.version import r4
from app.settings import DISTRIBUTION, Settings, from_environment, warn_of_unknown
from app.stu3.openapi import DESCRIBED as STU3
from app.stu3.version import stu3
from app.web import adapter, negotiation, parameters, site
from app.web.message import MAX_FORM, Request, Response
from app.web.target import Segment, Targets

_PREPARING_SECONDS = 1.0
"""How long a worker that starts prepares before it takes requests, which would compete with that."""

DESCRIBED = (LOOKUP, STU3, *R4, ORD, PAGES)
"""What the OpenAPI document says of the interfaces."""


def create_app(settings: Settings, controls: Controls | None = None, *, ahead: bool = False) -> flask.Flask:
    """Return the application; the index is not opened before the first request, but for test controls.

    `ahead`: a thread opens it now and reads what many requests need; its end is awaited, but not for long.
    """
    index = open_index(settings.index, replace(settings.engine, ahead=ahead))
    now, software = clock(settings.now), version(DISTRIBUTION)
    metrics = Metrics(Figures(index, now).collect) if settings.metrics == "on" else None
    if metrics:
        index = timed(index, metrics.operation)
    if controls:
        index = emptiable(index)
    application = _Application("app.web", static_folder=None)
    base_url = quote(settings.base_url, safe=punctuation)  # links and headers are ASCII
    application.config.update(
        BASE_URL=base_url, LOG_QUERIES=settings.log_queries, MAX_CONTENT_LENGTH=MAX_FORM
    )
    application.url_map.converters |= {"segment": Segment, "resource_id": fhir.ResourceId}
    if metrics:
        operate.install(application, index, metrics)
    installed = _installed()
    versions = [stu3(shape=settings.stu3_shape), *map(r4, R4_PREFIXES)]
    by_version = {each.prefix: Fhir(index, now, software, installed, each) for each in versions}
    reference_data = Ord(index, now, software, settings.ord_days)
    walked, kept = Walked(), Kept()
    for interface in by_version.values():
        application.register_blueprint(
            r4_routes.blueprint(interface, walked, kept)
            if interface.version.name == "r4"
            else fhir.blueprint(interface, fhir.table(interface))
        )
    application.register_blueprint(r4_routes.health(index, software))
    application.register_blueprint(ord_.blueprint(reference_data))
    both = _Both(Pages(index, now, software, settings.map_url), Lookup(index, now, software))
    application.register_blueprint(pages.blueprint(both.pages))
    application.register_blueprint(lookup.blueprint(both.lookup))
    both.install(application)
    interfaces: dict[str, site.Interface] = {
        **by_version,
        ord_.ROOT: reference_data,
        PREFIX: both.lookup,
        "/lookup": both.lookup,
        "": both,
    }
    limit = RateLimit(settings.rate_limit, settings.trusted_proxies) if settings.rate_limit else None
    site.install(application, index, interfaces, limit.check if limit else None)
    own = openapi.own(has_metrics=metrics is not None)
    described = openapi.joined((*DESCRIBED, own), CONTROLS if controls else None)
    operate.publish(application, openapi.Document(software, installed, described))
    if controls:
        control.install(application, index, now, controls)
    addresses = application.url_map.bind("localhost")
    if ahead:
        preparing = threading.Thread(target=_prepare, args=(index, addresses), daemon=True)
        preparing.start()
        preparing.join(_PREPARING_SECONDS)
    # X-Forwarded-Prefix is not read: proxies pass on a client's own, which would appear in links.
    # ODS_BASE_URL sets the path instead.
    aimed = Targets(
        application.wsgi_app,
        lambda path: bool(addresses.allowed_methods(path)),
        base_url,
        settings.trusted_proxies,
    )
    application.wsgi_app = aimed  # type: ignore[method-assign]
    return application


def _prepare(index: Index, addresses: MapAdapter) -> None:
    """Make what first requests would wait for: the words of the register, and the patterns of the routes."""
    for rule in addresses.map.iter_rules():
        addresses.test(re.sub("<.*?>", "x", rule.rule))  # its patterns are compiled when they are met
    with suppress(EngineError):  # the first request will tell
        vocabulary_of(index.live())


class _NoSessions(SessionInterface):
    """Gives all requests one empty session; Flask would make one for each."""

    _none = NullSession()

    def open_session(self, *_: object) -> NullSession:
        """Return the empty session."""
        return self._none


class _Application(flask.Flask):
    """Flask, without what it does for each request and we do not need, such as sessions and signals."""

    session_interface = _NoSessions()

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """Return what finds the route of a request; Flask would read its host, which `Targets` replaces."""
        if request is None:
            return None
        scheme, query = request.scheme, request.query_string.decode("latin-1")
        return MapAdapter(self.url_map, "localhost", "", "", scheme, request.path, request.method, query)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function itself: none is asynchronous."""
        return func

    def full_dispatch_request(self) -> flask.Response:
        """Return the answer to the current request."""
        try:
            answer = self.preprocess_request()
            if answer is None:
                answer = self.dispatch_request()
        except Exception as error:
            answer = self.handle_user_exception(error)
        response = self.make_response(answer)
        for function in reversed(self.after_request_funcs[None]):
            response = function(response)
        return response

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        """Call the functions for the end of a request."""
        for function in self.teardown_request_funcs[None]:
            function(exc)

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """Do nothing: there are no functions for this."""


@dataclass(frozen=True)
class _Both:
    """The addresses and errors that are a page for people, and data for programs (lookup 6)."""

    pages: Pages
    lookup: Lookup

    def install(self, application: flask.Flask) -> None:
        """Add the routes; each interface has a method of the same name."""

        @application.get("/organisations/<segment:code>")
        def organisation(code: str) -> flask.Response:
            asked = adapter.request("")
            parameters.choice(asked, "format", ("json", "html"))
            return adapter.response(self._of(asked).organisation(asked, code))

        @application.get("/levels")
        def levels() -> flask.Response:
            asked = adapter.request("")
            return adapter.response(self._of(asked, "text/csv").levels(asked))

    def fault(self, request: Request, error: Exception) -> Response:
        """Return the answer to a request outside the other interfaces that ended with an exception."""
        return self._of(request).fault(request, error)

    def _of(self, request: Request, *others: str) -> Pages | Lookup:
        """Return the interface that a request asks for; `others` as in `is_for_people`."""
        asked = (*request.values("format"), "")[0]
        wanted = negotiation.is_for_people(asked, request.headers.get("accept", ""), *others)
        return self.pages if wanted else self.lookup


def _installed() -> datetime:
    """Return when the newest source or resource file of this software was written.

    An update of the software changes answers without a new release.
    """
    folders = (Path(__file__).parent, Path(str(files("capability"))))
    written = (file for folder in folders for file in folder.rglob("*") if file.suffix in {".py", ".json"})
    return datetime.fromtimestamp(int(max(file.stat().st_mtime for file in written)), UTC)


@cache
def _from_environment() -> flask.Flask:
    warn_of_unknown(os.environ)
    return create_app(from_environment(os.environ))


def __getattr__(name: str) -> flask.Flask:
    """Make `app` at its first use, so that importing this module does not read the environment."""
    if name == "app":
        return _from_environment()
    raise AttributeError(name)
