"""`$versions`: the versions of FHIR that are served under this prefix (fhir-r4 1)."""

from app.fhir.answer import negotiated
from app.fhir.interface import Fhir
from app.web import conditional
from app.web.message import Request, Response

NAME = "versions"
TEXT = "Name the versions of FHIR that this server has under this address"
FORMS = ("_format", "_pretty")
"""Its parameters; others have no effect, since HL7's tools send `nocache`."""


def versions(fhir: Fhir, request: Request) -> Response:
    """Return the Parameters with the one version, which is the default."""
    answer = negotiated(request, fhir.version, fhir.software)
    own = fhir.version.fhir_version
    told = [{"name": name, "valueCode": own} for name in ("version", "default")]
    body = answer.write({"resourceType": "Parameters", "parameter": told})
    return answer.send(200, body, conditional.made_now(fhir.clock()))
