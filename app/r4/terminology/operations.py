"""The terminology operations, and how a request to one is answered (fhir-r4 10)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from app.engine.port import again_if_dropped
from app.fhir.answer import negotiated
from app.fhir.interface import Fhir
from app.fhir.routes import Route
from app.r4.terminology import validate_in_value_set
from app.r4.terminology.asked import Asked
from app.r4.terminology.definitions import (
    EXPAND,
    LOOKUP,
    SUBSUMES,
    VALIDATE_IN_SYSTEM,
    VALIDATE_IN_VALUE_SET,
    Definition,
)
from app.r4.terminology.expand import expand
from app.r4.terminology.inputs import read
from app.r4.terminology.lookup import lookup
from app.r4.terminology.subsumes import subsumes
from app.r4.terminology.systems import Kept, Systems
from app.r4.terminology.validate import validate
from app.web import conditional
from app.web.message import Request, Response

METHODS = ("GET", "POST")


class Operation(NamedTuple):
    """An operation, and what makes the resource of its answer; that raises Rejected."""

    definition: Definition
    answer: Callable[[Asked], dict[str, Any]]


OPERATIONS = (
    Operation(LOOKUP, lookup),
    Operation(VALIDATE_IN_SYSTEM, validate),
    Operation(SUBSUMES, subsumes),
    Operation(EXPAND, expand),
    Operation(VALIDATE_IN_VALUE_SET, validate_in_value_set.validate),
)


@dataclass(frozen=True)
class Terminology:
    """Answers the terminology operations of one FHIR interface."""

    fhir: Fhir
    kept: Kept = field(default_factory=Kept)

    def routes(self) -> Iterator[Route]:
        """Yield the routes of all operations, each with GET and POST."""
        for operation in OPERATIONS:
            definition, answer = operation.definition, partial(self.answer, operation)
            rule = f"/{definition.resource_type}"
            name = f"{definition.resource_type}_{definition.name}"
            yield Route(name, f"{rule}/${definition.name}", answer, METHODS, takes_resource=True)
            if definition.on_instance:
                one = f"{rule}/<resource_id:resource_id>/${definition.name}"
                yield Route(f"{name}_of_one", one, answer, METHODS, takes_resource=True)

    @again_if_dropped
    def answer(self, operation: Operation, request: Request, resource_id: str | None = None) -> Response:
        """Return the answer of an operation, asked of a type or of one resource; raises Rejected."""
        version, now = self.fhir.version, self.fhir.clock()
        answer = negotiated(request, version, self.fhir.software)
        inputs = read(request, operation.definition, version.fhir_version)
        systems = Systems(self.fhir.index.live(), now, self.kept)
        resource = operation.answer(Asked(systems, inputs, answer.check, resource_id))
        return answer.send(200, answer.write(resource), conditional.made_now(now))
