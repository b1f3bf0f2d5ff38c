"""The routes of the pages (lookup 6); `/organisations/{code}` and `/levels` are also data, see `app.wsgi`."""

import flask

from app.pages import page
from app.pages.interface import Pages
from app.web.adapter import request, response


def blueprint(interface: Pages) -> flask.Blueprint:
    """Return the routes; each calls one method of the interface."""
    routes = flask.Blueprint("pages", __name__)

    @routes.get("/")
    def start() -> flask.Response:
        return response(interface.start(request("")))

    @routes.get("/search")
    def search() -> flask.Response:
        return response(interface.search(request("")))

    @routes.get("/search.csv")
    def search_csv() -> flask.Response:
        return response(interface.search_csv(request("")))

    @routes.get("/about")
    def about() -> flask.Response:
        return response(interface.about(request("")))

    @routes.get("/codes")
    def codes() -> flask.Response:
        return response(interface.codes(request("")))

    @routes.get("/codes/<segment:system_id>")
    def code_system(system_id: str) -> flask.Response:
        return response(interface.code_system(request(""), system_id))

    @routes.get("/codes/<segment:system_id>/<segment:code>")
    def code(system_id: str, code: str) -> flask.Response:
        return response(interface.code(request(""), system_id, code))

    @routes.get("/docs")
    def docs() -> flask.Response:
        return response(interface.docs(request("")))

    @routes.get("/static/<name>")
    def asset(name: str) -> flask.Response:
        return response(page.asset(request(""), name))

    return routes
