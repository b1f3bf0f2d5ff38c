"""The routes of STU3 (fhir-stu3 2)."""

import flask
from werkzeug.exceptions import NotFound

from app.stu3.interface import INTERACTIONS, Stu3
from app.web.adapter import request, response
from app.web.target import Segment

PREFIX = "/STU3"


class ResourceId(Segment):
    """An id in a path: any part that is not an operation (`_search`, `_history`, `$lookup`)."""

    regex = r"(?!_search$|_history$|\$)[^/]+"


def blueprint(interface: Stu3) -> flask.Blueprint:
    """Return the routes; each calls one method of the interface."""
    routes = flask.Blueprint("stu3", __name__, url_prefix=PREFIX)
    types = f"/<any({', '.join(INTERACTIONS)}):resource_type>"

    @routes.get("")
    def base() -> flask.Response:
        raise NotFound  # neither a search over all types nor a batch is supported

    @routes.get("/metadata")
    def metadata() -> flask.Response:
        return response(interface.metadata(request(PREFIX)))

    @routes.get(types)
    @routes.post(f"{types}/_search")
    def search(resource_type: str) -> flask.Response:
        return response(interface.search(request(PREFIX), resource_type))

    @routes.get(f"{types}/<resource_id:resource_id>")
    def read(resource_type: str, resource_id: str) -> flask.Response:
        return response(interface.read(request(PREFIX), resource_type, resource_id))

    return routes
