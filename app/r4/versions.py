"""`$versions`: the versions of FHIR that are served under this prefix (fhir-r4 1)."""

from app.fhir.answer import negotiated
from app.fhir.interface import Fhir
from app.fhir.search import parse_read
from app.web import conditional
from app.web.message import Request, Response

NAME = "versions"
TEXT = "Name the versions of FHIR that this server has under this address"
FORMS = ("_format", "_pretty")
"""The parameters that it accepts."""


def versions(fhir: Fhir, request: Request) -> Response:
    """Return the Parameters with the one version, which is the default; raises Rejected."""
    answer = negotiated(request, fhir.version, fhir.software)
    parse_read(request, fhir.version, FORMS)
    own = fhir.version.fhir_version
    told = [{"name": name, "valueCode": own} for name in ("version", "default")]
    body = answer.write({"resourceType": "Parameters", "parameter": told})
    return answer.send(200, body, conditional.made_now(fhir.clock()))
