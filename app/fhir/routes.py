"""The routes of a FHIR interface (fhir-search A)."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

import flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from app.fhir.interface import Fhir
from app.web.adapter import request, request_with_resource, response
from app.web.message import Fault, FaultKind, Request, Response, quote
from app.web.target import Segment

_METHODS = ("GET", "POST")


class ResourceId(Segment):
    """An id in a path: any part that is not an operation (`_search`, `_history`, `$lookup`)."""

    regex = r"(?!_search$|_history$|\$)[^/]+"


class Route(NamedTuple):
    """What answers some methods at the addresses that fit a rule; HEAD goes with GET."""

    name: str
    rule: str
    """The path below the prefix of the interface."""
    answer: Callable[..., Response]
    """Takes the request, and the parts of the path by the names in the rule."""
    methods: tuple[str, ...] = ("GET",)
    takes_resource: bool = False
    """Whether the body of a POST is a resource; else it is a form."""


def table(interface: Fhir) -> Iterator[Route]:
    """Yield the routes that a version has in any case; each calls one method of the interface."""
    version = interface.version
    types = f"/<any({', '.join(version.types)}):resource_type>"
    one = f"{types}/<resource_id:resource_id>"
    if not version.versioned:
        yield Route("base", "", _nothing)
    yield Route("metadata", "/metadata", interface.metadata)
    yield Route("search", types, interface.search)
    yield Route("search_by_post", f"{types}/_search", interface.search, ("POST",))
    yield Route("read", one, interface.read)
    if version.versioned:
        yield Route("vread", f"{one}/_history/<segment:version_id>", interface.read)
    if readable := [name for name, statement in version.statements.items() if statement.id]:
        rule = f"/<any({', '.join(readable)}):resource_type>/<resource_id:resource_id>"
        yield Route("statement", rule, interface.statement)


def _nothing(_request: Request) -> Response:
    raise NotFound  # neither a search over all types nor a batch is supported


def blueprint(interface: Fhir, routes: Iterable[Route]) -> flask.Blueprint:
    """Return the routes as Flask's."""
    prefix = interface.version.prefix
    made = flask.Blueprint(prefix.strip("/").replace("/", "_").lower(), __name__, url_prefix=prefix)
    for name, rule, answer, methods, takes_resource in routes:

        def view(
            asked: Callable[[str], Request], answer: Callable[..., Response], **parts: str
        ) -> flask.Response:
            return response(answer(asked(prefix), **parts))

        asked = request_with_resource if takes_resource else request
        made.add_url_rule(rule, name, partial(view, asked, answer), methods=methods)
    return made


def finder(routes: Iterable[Route]) -> Callable[[str, str], Callable[[Request], Response]]:
    """Return what finds the function for a method and a path below the prefix, in plain form.

    It knows GET and POST, and raises Fault.
    """
    rules = [Rule(route.rule, endpoint=route.answer, methods=route.methods) for route in routes]
    found = Map(rules, converters={"segment": Segment, "resource_id": ResourceId}).bind("localhost")

    def find(method: str, path: str) -> Callable[[Request], Response]:
        try:
            answer, parts = found.match(path, method if method in _METHODS else "OTHER")
        except MethodNotAllowed as error:
            raise _not_allowed(sorted({*_METHODS} & {*(error.valid_methods or ())})) from None
        except NotFound:
            if method != "GET":  # nothing can be written anywhere
                raise _not_allowed(["GET"]) from None
            raise Fault(FaultKind.NOT_FOUND, f'Unknown address "{quote(path)}"') from None
        return partial(answer, **parts)

    return find


def _not_allowed(methods: Iterable[str]) -> Fault:
    return Fault(FaultKind.METHOD, "This server is read-only", {"Allow": ", ".join(methods)})
