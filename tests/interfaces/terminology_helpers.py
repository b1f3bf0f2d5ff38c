"""How the tests of R4's terminology operations ask, and how they read the answers."""

import json
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.interfaces.r4_helpers import ODS_CODE, ODS_SYSTEMS, ask, check, ok

JSON, XML = "application/fhir+json", "application/fhir+xml"
ROLE = f"{ODS_SYSTEMS}/ODSOrganisationRole"
CLASS = f"{ODS_SYSTEMS}/ODSRecordClass"
PLACE = f"{ODS_SYSTEMS}/geography-name"
RELATIONSHIP = f"{ODS_SYSTEMS}/ODSRelationship"
ROLE_INSTANCE = f"{ODS_SYSTEMS}/organization-role-instance"
RELATIONSHIP_INSTANCE = f"{ODS_SYSTEMS}/organization-relationship-instance"
SUCCESSION = f"{ODS_SYSTEMS}/succession"
PUBLISHED = "2026-01-09"
"""The release of r4-terminology.xml."""

Json = dict[str, Any]
Asked = list[tuple[str, str]]


def address(operation: str, *pairs: tuple[str, str], **inputs: str) -> str:
    """Return the address of an operation with its inputs."""
    return f"{operation}?{urlencode([*inputs.items(), *pairs])}"


def parameters(*sent: Json) -> bytes:
    """Return the inputs of an operation in a Parameters resource."""
    return json.dumps({"resourceType": "Parameters", "parameter": list(sent)}).encode()


def post(
    client: FlaskClient, operation: str, body: bytes, content_type: str = JSON, **headers: str
) -> TestResponse:
    """Send a body to an operation."""
    sent = {"Content-Type": content_type, **headers}
    return ask(client, operation, method="POST", body=body, headers=sent)


def posted(client: FlaskClient, operation: str, *sent: Json) -> Json:
    """Return the answer to inputs in a Parameters resource, which must be a conformant resource."""
    response = post(client, operation, parameters(*sent))
    assert response.status_code == 200, response.text
    resource: Json = json.loads(response.data)
    check(resource)
    return resource


def value(parameter: Json) -> Any:
    """Return the one value of a parameter."""
    (found,) = (found for key, found in parameter.items() if key.startswith("value"))
    return found


def outputs(resource: Json) -> Json:
    """Return the outputs of an operation by name, but for designations and properties."""
    assert resource["resourceType"] == "Parameters"
    plain = [each for each in resource["parameter"] if "part" not in each]
    assert len({each["name"] for each in plain}) == len(plain)
    return {each["name"]: value(each) for each in plain}


def properties(resource: Json) -> list[tuple[Any, ...]]:
    """Return code, value and, if there is one, description of each property, in order.

    A Coding is its system and code with a bar between.
    """
    found = []
    for each in resource["parameter"]:
        if each["name"] == "property":
            assert [part["name"] for part in each["part"]] in (
                ["code", "value"],
                ["code", "value", "description"],
            )
            code, held, *described = map(value, each["part"])
            if isinstance(held, dict):
                assert list(held) == ["system", "code"]
                held = f"{held['system']}|{held['code']}"
            found.append((code, held, *described))
    return found


def looked_up(client: FlaskClient, code: str, *wanted: str, system: str = ODS_CODE) -> list[tuple[Any, ...]]:
    """Return the properties of a code that are asked for; none: all."""
    pairs = [("property", each) for each in wanted]
    return properties(ok(client, address("CodeSystem/$lookup", *pairs, code=code, system=system)))
