"""How the tests of value sets ask."""

import json
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.interfaces.helpers import FHIR_JSON
from tests.interfaces.r4_helpers import check

Json = dict[str, Any]
PROPERTY = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property"
_ELEMENTS = {bool: "valueBoolean", int: "valueInteger", str: "valueString"}


def parameters(compose: Json | None, **inputs: Any) -> Json:
    """Return the Parameters with a value set and other inputs; of a list each, and `_` stands for `-`."""
    found: list[Json] = []
    if compose is not None:
        found.append({"name": "valueSet", "resource": {"resourceType": "ValueSet", "compose": compose}})
    for name, sent in inputs.items():
        for value in sent if isinstance(sent, list) else [sent]:
            element = "valueCoding" if isinstance(value, dict) else _ELEMENTS[type(value)]
            found.append({"name": name.replace("_", "-"), element: value})
    return {"resourceType": "Parameters", "parameter": found}


def post(client: FlaskClient, operation: str, body: Json | bytes, **headers: str) -> TestResponse:
    """Send a resource to an operation of ValueSet."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {"Content-Type": "application/fhir+json"}
    return client.post(f"/R4/ValueSet/{operation}", data=sent, headers=kind | headers)


def expand(client: FlaskClient, compose: Json | None, **inputs: Any) -> TestResponse:
    """Ask for the expansion of a definition."""
    return post(client, "$expand", parameters(compose, **inputs))


def expanded(client: FlaskClient, compose: Json | None, **inputs: Any) -> Json:
    """Return the value set of a request that must be answered with a conformant one."""
    response = expand(client, compose, **inputs)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == FHIR_JSON
    found: Json = json.loads(response.data)
    check(found)
    return found


def pairs(value_set: Json) -> list[tuple[str, str]]:
    """Return the code systems and codes of an expansion, in order."""
    return [(each["system"], each["code"]) for each in value_set["expansion"].get("contains", ())]


def codes(value_set: Json) -> list[str]:
    """Return the codes of an expansion, in order."""
    return [code for _, code in pairs(value_set)]


def of(system: str, *filters: tuple[str, str, str]) -> Json:
    """Return the definition of the codes of a system that pass filters of property, op and value."""
    stated = [dict(zip(("property", "op", "value"), each, strict=True)) for each in filters]
    return {"include": [{"system": system, **({"filter": stated} if stated else {})}]}
