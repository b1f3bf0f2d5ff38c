"""`/organisations/{code}`: an organisation as one flat JSON object (lookup 3)."""

from datetime import datetime

import orjson

from app.clock import utc_day
from app.directory.bodies import Bodies
from app.directory.flat import described
from app.engine.port import Register
from app.web import conditional
from app.web.message import Fault, FaultKind, Request, Response, quote, segment

_LINKS = {
    "stu3": "/STU3/Organization/",
    "r4": "/R4/Organization/",
    "ord": "/ORD/2-0-0/organisations/",
}
"""The addresses of the same organisation in other interfaces."""


def read(register: Register, now: datetime, version: str, request: Request, code: str) -> Response:
    """Return an organisation, whatever the case of the code; raises Fault if there is none."""
    headers = conditional.validators(register, version, request.base, since=utc_day(now)) | {"Vary": "Accept"}
    stored = register.get("organisation", code.upper(), "ord")
    if stored is None:
        raise Fault(FaultKind.NOT_FOUND, f'No organisation has the code "{quote(code)}"')
    if conditional.is_unchanged(request, headers):
        return Response(304, headers)
    body = described(Bodies(register), stored, str(utc_day(now).date())).flat
    links = {name: f"{request.base}{path}{segment(body['code'])}" for name, path in _LINKS.items()}
    return Response(
        200, {"Content-Type": "application/json", **headers}, orjson.dumps({**body, "links": links})
    )
