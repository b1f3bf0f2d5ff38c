"""How the tests of an interface ask, and what they demand of every answer before they look at it.

A request is made as an HTTP server makes it: the target goes in byte for byte, and nothing mends it.
"""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from fhir.resources.STU3 import get_fhir_model_class
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

BASE = "https://ods.example.org/STU3"
FHIR_JSON = "application/fhir+json;charset=UTF-8"
FHIR_XML = "application/fhir+xml;charset=UTF-8"
FORM = "application/x-www-form-urlencoded"
OUTCOME_PROFILE = "https://fhir.nhs.uk/STU3/StructureDefinition/Spine-OperationOutcome-1"
ERROR_CS = "https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1"
PER_ANSWER = ("Bundle", "OperationOutcome")
"""Resources whose id is new in every answer."""
DISPLAYS = {
    "NO_RECORD_FOUND": "No record found",
    "INVALID_CODE_SYSTEM": "Invalid code system",
    "INVALID_CODE_VALUE": "Invalid code value",
    "INVALID_IDENTIFIER_SYSTEM": "Invalid identifier system",
    "INVALID_IDENTIFIER_VALUE": "Invalid identifier value",
    "INVALID_PARAMETER": "Invalid parameter",
    "INVALID_VALUE": "An input field has an invalid value for its type",
    "BAD_REQUEST": "Bad request",
    "UNSUPPORTED_MEDIA_TYPE": "Unsupported media type",
    "INTERNAL_SERVER_ERROR": "Internal server error",
}

SUBSETTED = {
    "system": "http://hl7.org/fhir/v3/ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}

Json = dict[str, Any]


# Asking


def ask(
    client: FlaskClient,
    target: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> TestResponse:
    """Send a request; a target without a leading slash lies under the interface, non-ASCII is encoded."""
    full = target if target.startswith(("/", "http")) else f"/STU3/{target}"
    full = quote(full, safe="".join(map(chr, range(0x21, 0x7F))))
    return client.open("/", method=method, headers=headers, data=body, environ_overrides={"RAW_URI": full})


def send(client: FlaskClient, line: str, *headers: str) -> TestResponse:
    """Send a request line and header lines; there is no Host but those given, and a server joins repeats."""
    method, target, protocol = line.split(" ")
    environ = EnvironBuilder(method=method).get_environ()
    del environ["HTTP_HOST"]
    environ |= {"RAW_URI": target, "REQUEST_URI": target, "SERVER_PROTOCOL": protocol}
    for name, _, value in (header.partition(": ") for header in headers):
        key = f"HTTP_{name.upper().replace('-', '_')}".replace("HTTP_CONTENT_", "CONTENT_")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return TestResponse(*run_wsgi_app(client.application, environ, buffered=True), request=Request(environ))


def post(client: FlaskClient, target: str, form: str, **headers: str) -> TestResponse:
    """Send a form to a search."""
    return ask(client, target, method="POST", headers={"Content-Type": FORM, **headers}, body=form.encode())


def query(*pairs: tuple[str, str]) -> str:
    """Encode parameters, whatever is in them."""
    return urlencode(pairs, quote_via=quote)


# Answers


def ok(client: FlaskClient, target: str, **headers: str) -> Json:
    """Return the body of a request that must be answered 200 with a conformant resource as JSON."""
    return conformant(ask(client, target, headers=headers))


def conformant(response: TestResponse) -> Json:
    """Return the body of a 200 answer in JSON, checked."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == FHIR_JSON
    resource = json.loads(response.data)
    check(resource)
    return resource


def check(resource: Json) -> None:
    """Demand that a resource, with those in it, is STU3: by the models, and without anything empty."""
    demand(get_fhir_model_class, resource)


_RIGHT: set[tuple[object, bytes]] = set()
"""What was found right: by which models, and the digest of the resource."""
_BASIC = {"resourceType": "Basic", "code": {"text": "stands for a resource that was looked at alone"}}


def demand(models: Callable[[str], Any], resource: Json) -> None:
    """Demand that a resource, with those in it, is as the models say, and without anything empty.

    The same organisation is in hundreds of answers, and a thousand may be in one: each is validated once.
    """
    known = models, sha256(json.dumps(resource).encode()).digest()
    if known in _RIGHT:
        return
    alone = resource
    if resource["resourceType"] == "Bundle" and "entry" in resource:
        for inner in (each["resource"] for each in resource["entry"] if "resource" in each):
            demand(models, inner)
        entries = [{**each, "resource": _BASIC} if "resource" in each else each for each in resource["entry"]]
        alone = {**resource, "entry": entries}
    assert list(empty(alone)) == []
    models(resource["resourceType"]).model_validate(alone)
    _RIGHT.add(known)


def empty(value: Any, path: str = "") -> Iterator[str]:
    if value in ("", [], {}, None):
        yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    ):
        yield from empty(inner, f"{path}.{key}")


def faults(response: TestResponse, status: int = 400) -> list[tuple[str, str]]:
    """Return what an OperationOutcome says, Spine codes and diagnostics in order; check the rest."""
    assert response.status_code == status, response.text
    assert response.headers["Cache-Control"] == "no-store"
    outcome = outcome_of(response)
    found = []
    for issue in outcome["issue"]:
        coding = {
            "system": ERROR_CS,
            "code": (code := issue["details"]["coding"][0]["code"]),
            "display": DISPLAYS[code],
        }
        assert issue["details"] == {"coding": [coding]}
        assert list(issue) == ["severity", "code", "details", "diagnostics"]
        assert issue["severity"] == "error"
        assert issue["code"] in ISSUE_TYPES[code, status], (issue["code"], code)
        found.append((code, issue["diagnostics"]))
    return found


ISSUE_TYPES = {
    **{(code, 400): {"invalid"} for code in ("INVALID_PARAMETER", "INVALID_VALUE", "BAD_REQUEST")},
    **{(code, 400): {"code-invalid"} for code in DISPLAYS if "_CODE_" in code or "_IDENTIFIER_" in code},
    ("NO_RECORD_FOUND", 404): {"not-found"},
    ("BAD_REQUEST", 405): {"not-supported"},
    ("UNSUPPORTED_MEDIA_TYPE", 406): {"not-supported"},
    ("NO_RECORD_FOUND", 410): {"not-found"},
    ("BAD_REQUEST", 413): {"too-long"},
    ("BAD_REQUEST", 414): {"too-long"},
    ("UNSUPPORTED_MEDIA_TYPE", 415): {"not-supported"},
    ("INTERNAL_SERVER_ERROR", 500): {"exception"},
    ("INTERNAL_SERVER_ERROR", 503): {"transient"},
}
"""FHIR's issue type by Spine code and status."""


def outcome_of(response: TestResponse) -> Json:
    """Return the OperationOutcome of an answer, in JSON or XML, checked, as JSON."""
    if response.headers["Content-Type"].partition(";")[0].endswith("json"):
        outcome = json.loads(response.data)
    else:
        outcome = resource_of(etree.fromstring(response.data))
    assert outcome["resourceType"] == "OperationOutcome"
    assert list(outcome) == ["resourceType", "id", "meta", "issue"]
    assert outcome["meta"] == {"profile": [OUTCOME_PROFILE]}
    check(outcome)
    return outcome


def codes_of(bundle: Json) -> list[str]:
    """Return the ids of a Bundle's entries, in order."""
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


def links_of(bundle: Json) -> dict[str, str]:
    """Return the links of a Bundle by relation, in order."""
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    assert len(links) == len(bundle["link"])
    return links


def walk(client: FlaskClient, target: str) -> list[str]:
    """Follow the links of a search to its end; return the codes of all pages, whose total must be theirs."""
    found: list[str] = []
    following, totals = f"Organization?{target}", set()
    while following:
        bundle = json.loads(ask(client, following).data)
        assert bundle["resourceType"] == "Bundle", bundle
        found += codes_of(bundle)
        totals.add(bundle["total"])
        following = links_of(bundle).get("next", "").removeprefix("https://ods.example.org")
    assert totals == {len(found)}
    return found


def searched(client: FlaskClient, target: str) -> list[str]:
    """Walk a search of organisations whose first page is checked in full."""
    ok(client, f"Organization?{target}")
    return walk(client, target)


# JSON and XML


LISTS = {
    *(
        "extension",
        "profile",
        "tag",
        "identifier",
        "type",
        "coding",
        "telecom",
        "address",
        "line",
        "link",
        "entry",
    ),
    *("issue", "concept", "include", "instantiates", "format", "implementationGuide", "rest", "resource"),
    *("interaction", "searchParam"),
}
"""Elements that repeat, of the resources this interface serves."""
NOT_LISTS = (
    {("interaction", "type"), ("searchParam", "type"), ("Bundle", "type"), ("entry", "resource")}
    | {(parent, "type") for parent in ("resource", "rest")}
    | {("resource", "profile")}
)
BOOLEANS = {
    "active",
    "valueBoolean",
    "cors",
    "readHistory",
    "updateCreate",
    "conditionalCreate",
    "conditionalUpdate",
}


def resource_of(element: etree._Element) -> Json:
    """Return the JSON of a resource in XML."""
    return {"resourceType": etree.QName(element).localname, **_object(element)}


def _object(element: etree._Element) -> Json:
    made: Json = {"url": element.get("url")} if element.get("url") else {}
    parent = etree.QName(element).localname
    assert not (element.text or "").strip()
    for child in element:
        assert etree.QName(child).namespace == "http://hl7.org/fhir"
        name = etree.QName(child).localname
        value: Any = child.get("value")
        if value is None:
            inner = etree.QName(child[0]).localname if len(child) else ""
            value = resource_of(child[0]) if inner[:1].isupper() else _object(child)
        elif name in BOOLEANS:
            value = {"true": True, "false": False}[value]
        elif name == "total":
            value = int(value)
        if name in LISTS and (parent, name) not in NOT_LISTS:
            made.setdefault(name, []).append(value)
        else:
            assert name not in made, name
            made[name] = value
    return made


def same_in_xml(client: FlaskClient, target: str, **headers: str) -> Json:
    """Ask for JSON and for XML, demand the same of both in the same order, and return it."""
    in_json, in_xml = (
        ask(client, target, headers={**headers, "Accept": f"application/fhir+{each}"})
        for each in ("json", "xml")
    )
    assert in_json.status_code == in_xml.status_code
    assert in_xml.headers["Content-Type"] == FHIR_XML
    assert in_xml.data.startswith(b'<?xml version="1.0" encoding="UTF-8"?><')
    expected, found = json.loads(in_json.data), resource_of(etree.fromstring(in_xml.data))
    for each in (expected, found):
        if each["resourceType"] in PER_ANSWER:
            each["id"] = "new in every answer"
    assert json.dumps(found) == json.dumps(expected)
    return expected
