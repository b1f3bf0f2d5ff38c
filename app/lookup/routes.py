"""The routes of lookups and levels (lookup 1); `app.wsgi` adds the two addresses that are also pages."""

from functools import partial

import flask

from app.lookup.interface import Lookup
from app.web.adapter import request, request_with_file, response

_CSV = "text/csv"


def blueprint(interface: Lookup) -> flask.Blueprint:
    """Return the routes; each calls one method of the interface."""
    routes = flask.Blueprint("lookup", __name__)

    @routes.get("/lookup")
    def lookup() -> flask.Response:
        return response(interface.lookup(request("")))

    @routes.post("/levels")
    def levels_of_file() -> flask.Response:
        return response(interface.levels_of_file(partial(request_with_file, "", _CSV)))

    return routes
