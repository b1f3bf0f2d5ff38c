"""The routes of a FHIR interface (fhir-search A)."""

import flask
from werkzeug.exceptions import NotFound

from app.fhir.interface import Fhir
from app.web.adapter import request, response
from app.web.target import Segment


class ResourceId(Segment):
    """An id in a path: any part that is not an operation (`_search`, `_history`, `$lookup`)."""

    regex = r"(?!_search$|_history$|\$)[^/]+"


def blueprint(interface: Fhir) -> flask.Blueprint:
    """Return the routes; each calls one method of the interface."""
    version = interface.version
    name = version.prefix.strip("/").replace("/", "_").lower()
    routes = flask.Blueprint(name, __name__, url_prefix=version.prefix)
    types = f"/<any({', '.join(version.types)}):resource_type>"

    @routes.get("")
    def base() -> flask.Response:
        raise NotFound  # neither a search over all types nor a batch is supported

    @routes.get("/metadata")
    def metadata() -> flask.Response:
        return response(interface.metadata(request(version.prefix)))

    @routes.get(types)
    @routes.post(f"{types}/_search")
    def search(resource_type: str) -> flask.Response:
        return response(interface.search(request(version.prefix), resource_type))

    @routes.get(f"{types}/<resource_id:resource_id>")
    def read(resource_type: str, resource_id: str) -> flask.Response:
        return response(interface.read(request(version.prefix), resource_type, resource_id))

    if version.versioned:

        @routes.get(f"{types}/<resource_id:resource_id>/_history/<segment:version_id>")
        def vread(resource_type: str, resource_id: str, version_id: str) -> flask.Response:
            asked = request(version.prefix)
            return response(interface.read(asked, resource_type, resource_id, version_id))

    if version.statement_id:

        @routes.get("/CapabilityStatement/<resource_id:resource_id>")
        def statement(resource_id: str) -> flask.Response:
            return response(interface.statement(request(version.prefix), resource_id))

    return routes
