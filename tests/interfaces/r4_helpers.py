"""How the tests of R4 ask, and what they demand of every answer before they look at it."""

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from fhir.resources.R4B import get_fhir_model_class
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from tests.interfaces.helpers import FHIR_JSON, FHIR_XML, demand
from tests.interfaces.helpers import ask as asked

SITE = "https://ods.example.org"
BASE = f"{SITE}/R4"
ODT = f"{SITE}/organisation-data-terminology-api/fhir"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
ODS_SYSTEMS = "https://digital.nhs.uk/services/organisation-data-service/CodeSystem"
NHS_SYSTEMS = "https://fhir.nhs.uk/England/CodeSystem"
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}
ISSUE_TYPES = {
    400: {"processing", "not-supported", "invalid", "required"},
    404: {"processing", "not-found"},
    405: {"processing"},
    406: {"not-supported"},
    410: {"deleted", "not-found"},
    413: {"too-long"},
    414: {"too-long"},
    415: {"not-supported"},
    422: {"processing", "too-costly"},
    500: {"exception"},
    503: {"transient"},
}
"""FHIR's issue types by status."""

Json = dict[str, Any]


def ask(client: FlaskClient, target: str, **given: Any) -> TestResponse:
    """Send a request; a target without a leading slash lies under `/R4`."""
    return asked(client, target if target.startswith("/") else f"/R4/{target}", **given)


def ok(client: FlaskClient, target: str, **headers: str) -> Json:
    """Return the body of a request that must be answered 200 with a conformant resource as JSON."""
    response = ask(client, target, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == FHIR_JSON
    resource: Json = json.loads(response.data)
    check(resource)
    return resource


def check(resource: Json) -> None:
    """Demand that a resource, with those in it, is R4: by the models, and without anything empty."""
    demand(get_fhir_model_class, resource)


def issues(response: TestResponse, status: int = 400) -> list[tuple[str, str]]:
    """Return what an OperationOutcome says, issue types and diagnostics in order; check the rest."""
    assert response.status_code == status, response.text
    assert response.headers["Cache-Control"] == "no-store"
    if response.headers["Content-Type"] == FHIR_XML:
        outcome = in_json(etree.fromstring(response.data))
    else:
        outcome = json.loads(response.data)
    check(outcome)
    assert list(outcome) == ["resourceType", "text", "issue"]
    said = [each["diagnostics"] for each in outcome["issue"]]
    assert outcome["text"] == {"status": "generated", "div": narrative(said)}
    for each in outcome["issue"]:
        assert list(each) == ["severity", "code", "diagnostics"]
        assert each["severity"] == "error"
        assert each["code"] in ISSUE_TYPES[status]
    return [(each["code"], each["diagnostics"]) for each in outcome["issue"]]


def issue(response: TestResponse, status: int = 400) -> tuple[str, str]:
    """Return the one issue of an OperationOutcome."""
    (found,) = issues(response, status)
    return found


def narrative(texts: list[str]) -> str:
    """Return the narrative of an OperationOutcome, as ODT writes it."""
    rows = "".join(
        '<tr><td style="font-weight: bold;">ERROR</td><td>[]</td>'
        f"<td>{escape(text, {chr(34): '&quot;'})}</td></tr>"
        for text in texts
    )
    xhtml = 'xmlns="http://www.w3.org/1999/xhtml"'
    return f'<div {xhtml}><h1>Operation Outcome</h1><table border="0">{rows}</table></div>'


def in_json(outcome: etree._Element) -> Json:
    """Return the JSON of an OperationOutcome in XML."""
    text, *found = outcome
    assert etree.QName(text[1]).text == "{http://www.w3.org/1999/xhtml}div"
    assert [etree.QName(each).localname for each in (text, *found)] == ["text"] + ["issue"] * len(found)
    texts = [each[2].get("value") for each in found]
    cells = [cell.text for cell in text[1].iter("{http://www.w3.org/1999/xhtml}td")][2::3]
    assert cells == texts
    return {
        "resourceType": etree.QName(outcome).localname,
        "text": {"status": text[0].get("value"), "div": narrative(texts)},
        "issue": [{etree.QName(part).localname: part.get("value") for part in each} for each in found],
    }


def ids(bundle: Json) -> list[str]:
    """Return the ids of a Bundle's entries, in order."""
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


def links(bundle: Json) -> list[tuple[str, str]]:
    """Return the links of a Bundle, in order."""
    return [(link["relation"], link["url"]) for link in bundle["link"]]


def walk(client: FlaskClient, target: str) -> list[Json]:
    """Return the pages of a search, following its links."""
    pages = [ok(client, target)]
    while following := dict(links(pages[-1])).get("next"):
        pages.append(ok(client, following.removeprefix(SITE)))
    return pages


def found(client: FlaskClient, target: str) -> list[str]:
    """Return the ids of all that a search finds; its total must be theirs."""
    pages = walk(client, f"{target}{'&' if '?' in target else '?'}_count=1000")
    every = [each for page in pages for each in ids(page)]
    assert {page["total"] for page in pages} == {len(every)}
    return every


# JSON and XML


def same_in_xml(client: FlaskClient, target: str) -> Json:
    """Ask for JSON and for XML, demand the same of both in the same order, and return it."""
    expected = ok(client, target)
    response = ask(client, target, headers={"Accept": "application/fhir+xml"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == FHIR_XML
    get_fhir_model_class(expected["resourceType"]).model_validate_xml(response.data)
    root = etree.fromstring(response.data)
    assert etree.QName(root).text == f"{{http://hl7.org/fhir}}{expected['resourceType']}"
    per_answer = expected["resourceType"] == "Bundle"
    assert list(_of_xml(root))[per_answer:] == list(_of_json(expected))[per_answer:]
    return expected


def _of_json(value: Json, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield each element with its value in the order of XML, an extension with its url."""
    for key, inner in value.items():
        if key == "resourceType" or (key == "url" and within == "extension"):
            continue
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, dict):
                yield key, each["url"] if key == "extension" else ""
                if "resourceType" in each:
                    yield each["resourceType"], ""
                yield from _of_json(each, key)
            else:
                yield key, str(each).lower() if isinstance(each, bool) else str(each)


def _of_xml(element: etree._Element) -> Iterator[tuple[str, str]]:
    for child in element:
        assert not (child.text or "").strip()
        name = etree.QName(child).localname
        assert name != "id" or etree.QName(element).localname[0].isupper()  # of an element it is an attribute
        yield name, child.get("url" if name == "extension" else "value", "")
        if "id" in child.attrib:
            yield "id", child.attrib["id"]
        yield from _of_xml(child)
