"""The routes of ORD (ord 1)."""

from functools import partial

import flask

from app.ord.interface import Ord
from app.ord.systems import SYSTEMS
from app.web.adapter import request, response
from app.web.message import parse_form_loosely

ROOT = "/ORD"
"""Unknown addresses below this path, such as other versions of ORD, get an ORD error body."""
PREFIX = f"{ROOT}/2-0-0"


def blueprint(interface: Ord) -> flask.Blueprint:
    """Return the routes; each calls one method of the interface."""
    # Wrong percent-encoding raises no fault here: the checks of the values report it, in their order.
    asked = partial(request, PREFIX, parse_form_loosely)
    routes = flask.Blueprint("ord", __name__, url_prefix=PREFIX)
    systems = f"/<any({', '.join(SYSTEMS)}):system>"

    @routes.get("/organisations")
    def search() -> flask.Response:
        return response(interface.search(asked()))

    @routes.get("/organisations/<segment:code>")
    def read(code: str) -> flask.Response:
        return response(interface.read(asked(), code))

    @routes.get("/sync")
    def sync() -> flask.Response:
        return response(interface.sync(asked()))

    @routes.get(systems)
    @routes.get(f"{systems}/<segment:code_id>")
    def code_list(system: str, code_id: str | None = None) -> flask.Response:
        return response(interface.code_list(asked(), system, code_id))

    @routes.get("/notifications")
    def notifications() -> flask.Response:
        return response(interface.notifications(asked()))

    return routes
