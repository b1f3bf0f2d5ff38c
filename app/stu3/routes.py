"""The addresses of STU3 (fhir-stu3 2)."""

import flask
from werkzeug.routing import BaseConverter

from app.stu3.interface import INTERACTIONS, Stu3
from app.web.adapter import request, response

PREFIX = "/STU3"


class ResourceId(BaseConverter):
    """An id in a path: whatever is no operation (`_search`, `_history`)."""

    regex = r"[^/_][^/]*"


def blueprint(interface: Stu3) -> flask.Blueprint:
    """Return the routes, each one call of the interface."""
    routes = flask.Blueprint("stu3", __name__, url_prefix=PREFIX)

    @routes.get("/metadata")
    def metadata() -> flask.Response:
        return response(interface.metadata(request(PREFIX)))

    @routes.get("/<any({}):resource_type>".format(", ".join(INTERACTIONS)))
    @routes.get("/<any({}):resource_type>/".format(", ".join(INTERACTIONS)))
    @routes.post("/<any({}):resource_type>/_search".format(", ".join(INTERACTIONS)))
    def search(resource_type: str) -> flask.Response:
        return response(interface.search(request(PREFIX), resource_type))

    @routes.get("/<any({}):resource_type>/<resource_id:resource_id>".format(", ".join(INTERACTIONS)))
    def read(resource_type: str, resource_id: str) -> flask.Response:
        return response(interface.read(request(PREFIX), resource_type, resource_id))

    return routes
