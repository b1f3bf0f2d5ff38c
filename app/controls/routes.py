"""The addresses of the controls, and the hooks that make faults of them (harness 3)."""

from typing import Any

import flask
import orjson

from app.clock import Clock
from app.controls import middleware
from app.controls.controls import PREFIX, Controls
from app.controls.emptied import emptied
from app.controls.fault import WrongFault, parse
from app.controls.faults import Faults
from app.controls.recorder import Recorder
from app.controls.releases import Releases
from app.engine.port import EngineError, Index
from app.loader import NotLoadable
from app.web.message import IMPOSED, Fault

MAX_FAULT = 1_048_576
"""Longest JSON object of a fault, in bytes."""
MAX_RELEASE = 67_108_864
"""Longest list or release, in bytes."""
_SEARCHES = frozenset(("search", "sync", "lookup", "search_csv"))
"""The names of the functions that answer searches."""
_PLAIN = "text/plain; charset=utf-8"


def install(application: flask.Flask, index: Index, clock: Clock, controls: Controls) -> None:
    """Add the controls to an application that has everything else."""
    faults, recorder = Faults(), Recorder()
    releases = Releases(index, clock, controls)
    application.register_blueprint(_blueprint(faults, recorder, releases))
    application.before_request(_impose)
    application.after_request(_change)
    wrapped = middleware.Middleware(application.wsgi_app, faults, recorder)
    application.wsgi_app = wrapped  # type: ignore[method-assign]


def _impose() -> flask.Response | None:
    """Answer with the status or body of a fault, if the request has one."""
    fault = middleware.of(flask.request.environ)
    if isinstance(fault, WrongFault):
        raise Fault(IMPOSED[400], f"The header X-ODS-Fault is wrong: {fault}")
    if fault and fault.body is not None:
        kind = fault.content_type or _PLAIN
        return flask.Response(
            fault.body, fault.status or 200, {"Content-Type": kind, "Cache-Control": "no-store"}
        )
    if fault and fault.status:
        raise Fault(IMPOSED[fault.status], f"Fault on demand: {fault.status}")
    if fault and fault.empty:  # for this request alone: the middleware gave it a context of its own
        emptied.set((flask.request.endpoint or "").rpartition(".")[2] in _SEARCHES)
    return None


def _change(response: flask.Response) -> flask.Response:
    """Change the headers of an answer as its fault demands."""
    fault = middleware.of(flask.request.environ)
    if fault is None or isinstance(fault, WrongFault):
        return response
    if fault.retry_after:
        response.headers["Retry-After"] = fault.retry_after
    if fault.content_type:
        response.headers["Content-Type"] = fault.content_type
    if fault.changes_answer:
        for validator in ("ETag", "Last-Modified"):
            response.headers.pop(validator, None)
        response.headers["Cache-Control"] = "no-store"
    return response


def _blueprint(faults: Faults, recorder: Recorder, releases: Releases) -> flask.Blueprint:
    routes = flask.Blueprint("controls", __name__, url_prefix=PREFIX)

    @routes.before_request
    def refuse_pages() -> flask.Response | None:
        if "Origin" not in flask.request.headers:
            return None
        return _json(
            {"error": "Pages may not use the controls: send the request without an Origin header"}, 403
        )

    @routes.post("/faults")
    def add() -> flask.Response:
        flask.request.max_content_length = MAX_FAULT
        try:
            given = orjson.loads(flask.request.get_data())
            fault = parse(given)
        except orjson.JSONDecodeError as error:
            return _json({"error": f"The body is not JSON: {error}"}, 400)
        except WrongFault as error:
            return _json({"error": str(error)}, 400)
        return _json({"id": faults.add(fault, given)}, 201)

    @routes.get("/faults")
    def list_faults() -> flask.Response:
        return _json(faults.listed())

    @routes.delete("/faults")
    def clear_faults() -> flask.Response:
        faults.clear()
        return _done()

    @routes.delete("/faults/<fault_id>")
    def remove(fault_id: str) -> flask.Response:
        if not (fault_id.isascii() and fault_id.isdigit() and faults.remove(int(fault_id[:18]))):
            return _json({"error": f'There is no fault "{fault_id[:100]}"'}, 404)
        return _done()

    @routes.get("/requests")
    def list_requests() -> flask.Response:
        return _json(recorder.listed())

    @routes.delete("/requests")
    def clear_requests() -> flask.Response:
        recorder.clear()
        return _done()

    @routes.post("/organisations", defaults={"is_list": True})
    @routes.post("/release", defaults={"is_list": False})
    def load(*, is_list: bool) -> flask.Response:
        flask.request.max_content_length = MAX_RELEASE
        content = flask.request.get_data()
        try:
            return _json(releases.load(content, is_list=is_list))
        except NotLoadable as error:
            return _json({"error": str(error)}, 400)

    @routes.post("/reset")
    def reset() -> flask.Response:
        try:
            releases.reset()
        except (EngineError, NotLoadable) as error:
            return _json({"error": f"The first release could not be made live again: {error}"}, 500)
        finally:
            faults.clear()
            recorder.clear()
        return _done()

    return routes


def _json(body: Any, status: int = 200) -> flask.Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return flask.Response(orjson.dumps(body), status, headers)


def _done() -> flask.Response:
    return flask.Response(status=204, headers={"Cache-Control": "no-store"})
