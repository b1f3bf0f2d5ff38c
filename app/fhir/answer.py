"""How one request is answered: the format, headers and validators of every answer to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from app.engine.port import Register
from app.fhir import negotiation
from app.fhir.negotiation import Format
from app.fhir.rejected import Rejected, TooLarge, UnacceptableFormat, UnknownFormat
from app.fhir.subset import Subset
from app.fhir.version import Version
from app.fhir.xml import to_xml
from app.register.query import Stamp
from app.web import conditional
from app.web.message import Request, Response

_ALWAYS = {
    "Vary": "Accept, Prefer",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Location, Content-Location, X-Request-Id",
}


@dataclass(frozen=True)
class Answer:
    """Writes the answer to one request in its format, with validators and headers."""

    version: Version
    software: str
    """The version of the software."""
    request: Request
    format: Format
    pretty: bool

    def resources(self, subset: Subset) -> Callable[[bytes], Any]:
        """Return what makes a stored document ready to be sent: as it is stored wherever that will do."""
        if self.is_stored(subset):
            return orjson.Fragment
        return lambda document: self.version.definitions.cut(orjson.loads(document), subset)

    def is_stored(self, subset: Subset) -> bool:
        """Return whether documents are sent as they are stored."""
        return subset.whole and self.version.as_stored and not (self.format.xml or self.pretty)

    def send(self, status: int, body: bytes, known: Mapping[str, str] | None = None) -> Response:
        """Return a response; clients may cache it if `known` gives its validators."""
        headers = {"Content-Type": f"{self.format.media_type};charset=UTF-8", **_ALWAYS}
        return Response(status, headers | dict(known or {"Cache-Control": "no-store"}), body)

    def unchanged(self, known: Mapping[str, str]) -> Response | None:
        """Return 304 if the client's copy has these validators, else None (fhir-search 73)."""
        same = conditional.is_unchanged(self.request, known)
        return Response(304, {**known, **_ALWAYS}) if same else None

    def validators(self, register: Register) -> dict[str, str]:
        """Return the validators of an answer to this request from a register."""
        shaping = (self.software, self.version.as_stored, self.format.media_type, self.pretty)
        return conditional.validators(register, self.request.base, *shaping)

    def validators_of(self, stamp: Stamp, address: str) -> dict[str, str]:
        """Return the headers of one version of the resource at an address (fhir-r4 1)."""
        changed = datetime.fromtimestamp(stamp.updated / 1000, UTC)
        validators = conditional.headers(str(stamp.version), changed)
        return {**validators, "Content-Location": f"{address}/_history/{stamp.version}"}

    def write(self, resource: Any) -> bytes:
        """Write a resource in the format of the answer; raises Rejected for one that is too large."""
        if self.format.xml:
            body = to_xml(resource, pretty=self.pretty)
        else:
            body = self.version.dumps(resource, pretty=self.pretty)
        self.check(len(body))
        return body

    def check(self, size: int) -> None:
        """Raise Rejected if an answer of so many bytes is too large (fhir-r4 7.6)."""
        if self.version.max_bytes is not None and size > self.version.max_bytes:
            raise Rejected(TooLarge())


def negotiated(request: Request, version: Version, software: str) -> Answer:
    """Return what writes the answer to a request: its format is `_format`, else Accept; raises Rejected."""
    names, pretty = request.values("_format"), request.values("_pretty")
    accept = request.headers.get("accept", "")
    if names:
        found = negotiation.by_name(names[0])
        if found is None:
            raise Rejected(UnknownFormat(names[0]))
    else:
        found = negotiation.by_accept(accept, version.fhir_version) if accept.strip() else negotiation.JSON
        if found is None:
            raise Rejected(UnacceptableFormat(accept))
    return Answer(
        version, software, request, found, "true" in pretty or (found.pretty and "false" not in pretty)
    )


def in_json(request: Request, version: Version, software: str) -> Answer:
    """Return what answers a request in JSON, since the format that it asks for is not known."""
    return Answer(version, software, request, negotiation.JSON, pretty=False)
