"""The addresses of ORD (ord 1)."""

import flask

from app.ord.interface import Ord
from app.ord.systems import SYSTEMS
from app.web.adapter import request, response

ROOT = "/ORD"
"""What lies under it and is no address of ORD is answered in ORD's words, other versions included."""
PREFIX = f"{ROOT}/2-0-0"


def blueprint(interface: Ord) -> flask.Blueprint:
    """Return the routes, each one call of the interface."""
    routes = flask.Blueprint("ord", __name__, url_prefix=PREFIX)
    systems = f"/<any({', '.join(SYSTEMS)}):system>"

    @routes.get("/organisations")
    def search() -> flask.Response:
        return response(interface.search(request(PREFIX)))

    @routes.get("/organisations/<code>")
    def read(code: str) -> flask.Response:
        return response(interface.read(request(PREFIX), code))

    @routes.get("/sync")
    def sync() -> flask.Response:
        return response(interface.sync(request(PREFIX)))

    @routes.get(systems)
    @routes.get(f"{systems}/<code_id>")
    def code_list(system: str, code_id: str | None = None) -> flask.Response:
        return response(interface.code_list(request(PREFIX), system, code_id))

    @routes.get("/notifications")
    def notifications() -> flask.Response:
        return response(interface.notifications(request(PREFIX)))

    return routes
