"""The OpenAPI document: it is valid, it names each route and no other, and real answers are as it says."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.controls.controls import Controls
from app.directory.filters import DOCUMENTATION
from app.engine import open_index
from app.loader import SAMPLE, Loader
from app.lookup.lookup import PARAMETERS
from app.register.query import Query
from app.settings import Settings
from app.stu3.version import stu3
from app.wsgi import create_app
from tests.conftest import NOW
from tests.interfaces.helpers import FORM, ask, query
from tests.schemas import validate_openapi, validator

# The document does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Json = dict[str, Any]
ORGANIZATION = stu3(shape="conformant").types["Organization"]


@pytest.fixture(scope="module")
def tested(sample_index: str, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client of the application with test controls."""
    controls = Controls(Loader(sample_index), SAMPLE, tmp_path_factory.mktemp("controls"))
    settings = Settings(index=sample_index, base_url="https://ods.example.org/api", now=NOW)
    return create_app(settings, controls).test_client()


@pytest.fixture(scope="module")
def document(tested: FlaskClient) -> Json:
    """The document of that application."""
    return described(tested)


def described(client: FlaskClient) -> Json:
    """Return the document of an application."""
    answer = ask(client, "/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    found: Json = json.loads(answer.data)
    return found


# What it names


def routes(application: Flask) -> Iterator[tuple[str, str]]:
    """Yield path and method of each route; a route for any of some words is one route for each of them."""
    for rule in application.url_map.iter_rules():
        words = re.search(r"<any\(([^)]*)\):\w+>", rule.rule)
        for word in words[1].split(", ") if words else [""]:
            path = rule.rule.replace(words[0], word) if words else rule.rule
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
            path = re.sub(r"\{(?:resource|code)_id\}", "{id}", path)
            yield from ((path, method.lower()) for method in rule.methods - {"HEAD", "OPTIONS"})


def operations(document: Json) -> set[tuple[str, str]]:
    """Return path and method of each operation."""
    return {(path, method) for path, methods in document["paths"].items() for method in methods}


def test_the_document_is_valid_openapi(document: Json) -> None:
    validate_openapi(document)
    assert document["openapi"].startswith("3.1.")


def test_every_route_is_in_the_document_and_nothing_else(
    tested: FlaskClient, make_client: Callable[..., FlaskClient]
) -> None:
    for client in (tested, make_client(), make_client(metrics="off")):
        assert sorted(operations(described(client))) == sorted(routes(client.application))
    assert ("/_test/faults", "post") in operations(described(tested))
    assert ("/_test/faults", "post") not in operations(described(make_client()))


def test_every_operation_has_a_name_of_its_own(document: Json) -> None:
    names = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]
    assert len(set(names)) == len(names) > 40


def parameters(document: Json, path: str, method: str = "get") -> set[str]:
    """Return the names of the parameters of an operation."""
    return {each["name"] for each in document["paths"][path][method]["parameters"]}


def test_the_parameters_are_those_of_the_registries(document: Json) -> None:
    modified = {
        f"{each.name}:{modifier}" for each in ORGANIZATION.search.values() for modifier in each.modifiers
    }
    assert parameters(document, "/STU3/Organization") >= {*ORGANIZATION.search, *modified, "_sort"}
    assert "_sort" not in parameters(document, "/STU3/CodeSystem")
    assert parameters(document, "/lookup") == set(PARAMETERS)
    assert parameters(document, "/search") == {"q", *DOCUMENTATION, "page"}
    assert parameters(document, "/ORD/2-0-0/sync") == {"LastChangeDate", "_format"}
    assert parameters(document, "/organisations/{code}") == {
        *("code", "format", "relationships", "direction", "page")
    }


@pytest.mark.parametrize("name", [name for name in PARAMETERS if name not in {"role", "primary-role"}])
def test_each_parameter_of_a_lookup_is_read(name: str, client: FlaskClient) -> None:
    answer = ask(client, f"/lookup?{name}=1&{name}=1" + ("" if name == "q" else "&q=leeds"))
    assert answer.json == {"error": f'"{name}" is given 2 times: give it once'}


NEEDED = {
    "/ORD/2-0-0/organisations": {"Name": "infirmary"},
    "/ORD/2-0-0/sync": {"LastChangeDate": "2026-01-01"},
    "/STU3/Organization": {"ods-org-role": "197"},
}
"""Parameters without which an address answers nothing, or another parameter means nothing."""


def test_every_value_that_the_document_lists_is_accepted(document: Json, tested: FlaskClient) -> None:
    tried = 0
    for path, methods in document["paths"].items():
        given = methods["get"]["parameters"] if "get" in methods else []
        examples = {each["name"]: each["example"] for each in given if "example" in each}
        address = path.format_map(examples) if given else path
        asked = {name: value for name, value in examples.items() if f"{{{name}}}" not in path}
        for each in given:
            for value in each["schema"].get("enum", ()):
                pairs = {**NEEDED.get(path, {}), **asked, each["name"]: value}
                target = f"{address}?{query(*pairs.items())}"
                assert ask(tested, target).status_code == 200, target
                tried += 1
    assert tried > 200


def test_role_ids_may_lack_their_letters(document: Json, tested: FlaskClient) -> None:
    given = document["paths"]["/ORD/2-0-0/organisations"]["get"]["parameters"]
    schemas = {each["name"]: each["schema"] for each in given}
    for name, value in (("PrimaryRoleId", "76"), ("Roles", "RO197,76"), ("RelTypeId", "RE4,RE6")):
        validator(schemas[name]).validate(value)
        assert ask(tested, f"/ORD/2-0-0/organisations?{name}={value}").status_code == 200
    assert not validator(schemas["RelTypeId"]).is_valid("6")
    assert ask(tested, "/ORD/2-0-0/organisations?RelTypeId=6").status_code == 406


# How it is served


def test_the_server_is_the_public_address(document: Json, make_client: Callable[..., FlaskClient]) -> None:
    assert document["servers"] == [{"url": "https://ods.example.org/api"}]
    answer = ask(make_client(base_url=""), "/openapi.json", headers={"Host": "ods.test:8080"})
    assert json.loads(answer.data)["servers"] == [{"url": "http://ods.test:8080"}]


def test_a_client_that_has_the_document_gets_304(
    client: FlaskClient, make_client: Callable[..., FlaskClient]
) -> None:
    first = ask(client, "/openapi.json")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert ask(client, "/openapi.json", headers=tag).status_code == 304
    assert ask(make_client(metrics="off"), "/openapi.json", headers=tag).status_code == 200


# Real answers


def check(document: Json, path: str, answer: TestResponse, method: str = "get") -> None:
    """Demand that an answer is as an operation says: status, media type, and all members of its body."""
    responses = document["paths"][path][method]["responses"]
    status = str(answer.status_code)
    assert status in responses, (path, status)
    said = resolved(document, responses[status])
    if "content" not in said:
        assert answer.data == b""
        return
    assert answer.mimetype in said["content"], (path, status, answer.mimetype)
    schema = said["content"][answer.mimetype].get("schema")
    if schema and answer.mimetype.endswith("json"):
        whole = closed({**schema, "components": document["components"]})
        errors = [
            f"{list(each.absolute_path)} {each.message}"[:300]
            for each in validator(whole).iter_errors(answer.json)
        ]
        assert errors == []


def resolved(document: Json, said: Json) -> Json:
    """Return what a reference names."""
    for part in said["$ref"].split("/")[1:] if "$ref" in said else ():
        document = document[part]
    return document if "$ref" in said else said


def closed(schema: Any) -> Any:
    """Return a schema that allows no members but those it names; FHIR's resources stay open."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    is_open = "properties" not in schema or "resourceType" in schema["properties"]
    return inner if is_open else {"additionalProperties": False, **inner}


ODT = "/organisation-data-terminology-api"
READS = [
    ("/lookup", "/lookup?q=leeds%20genral%20infirmry&facets=true&count=50"),
    ("/lookup", "/lookup?q=LS1&status=active&record-class=RC2"),
    ("/lookup", "/lookup?q=&role=RO177"),
    ("/lookup", "/lookup?q="),
    ("/levels", "/levels?code=RR801,G81086,00K,ZZZ,QWO,RW3&date=2026-01-30"),
    ("/levels", "/levels?code=B86068&format=csv"),
    ("/levels", "/levels?format=html"),
    ("/organisations/{code}", "/organisations/rr8"),
    ("/organisations/{code}", "/organisations/RR8?format=html"),
    ("/STU3/metadata", "/STU3/metadata"),
    ("/STU3/Organization", "/STU3/Organization?name:contains=infirmary"),
    ("/STU3/Organization", "/STU3/Organization?name:contains=infirmary&_format=xml"),
    ("/STU3/Organization/{id}", "/STU3/Organization/RR8?_format=text/json"),
    ("/STU3/CodeSystem/{id}", "/STU3/CodeSystem/ODSAPI-OrganizationRole-1"),
    ("/STU3/ValueSet", "/STU3/ValueSet"),
    ("/R4/metadata", "/R4/metadata?mode=full"),
    ("/R4/CapabilityStatement/{id}", "/R4/CapabilityStatement/ods-api-suite-r4"),
    ("/R4/Organization", "/R4/Organization?name:contains=infirmary"),
    ("/R4/Organization", "/R4/Organization?name:contains=infirmary&_format=xml"),
    ("/R4/Organization/{id}", "/R4/Organization/RR8?_format=text/json"),
    ("/R4/Organization/{id}/_history/{version_id}", "/R4/Organization/RR8/_history/1"),
    ("/R4/OrganizationAffiliation", "/R4/OrganizationAffiliation?primary-organization:Organization=RR8"),
    ("/R4/List/{id}", "/R4/List/Organization-deletion"),
    *((f"{ODT}/{name}", f"{ODT}/{name}") for name in ("fhir/Organization", "_ping", "_status")),
    ("/ORD/2-0-0/organisations", "/ORD/2-0-0/organisations?Name=infirmary&Limit=2"),
    ("/ORD/2-0-0/organisations", "/ORD/2-0-0/organisations?Name=infirmary&_format=xml"),
    ("/ORD/2-0-0/organisations/{code}", "/ORD/2-0-0/organisations/RR8"),
    ("/ORD/2-0-0/sync", "/ORD/2-0-0/sync?LastChangeDate=2025-12-01"),
    *((f"/ORD/2-0-0/{name}", f"/ORD/2-0-0/{name}") for name in ("roles", "rels", "recordclasses")),
    ("/ORD/2-0-0/roles/{id}", "/ORD/2-0-0/roles/RO197"),
    ("/ORD/2-0-0/notifications", "/ORD/2-0-0/notifications"),
    *((path, path) for path in ("/", "/about", "/docs", "/search", "/search.csv", "/codes")),
    ("/codes/{system_id}", "/codes/ODSRecordClass"),
    ("/codes/{system_id}/{code}", "/codes/ODSRelationship/RE6"),
    *(("/static/{name}", f"/static/{name}") for name in ("pages.css", "docs.js", "icon.svg")),
    *((path, path) for path in ("/health/live", "/health/ready", "/openapi.json", "/metrics")),
    *((path, path) for path in ("/_test/faults", "/_test/requests")),
]
EACH = ("/lookup", "/STU3/metadata", "/R4/metadata", "/ORD/2-0-0/roles")
"""An address of each interface."""
ERRORS = [
    (400, "/lookup", "/lookup", {}),
    (400, "/lookup", "/lookup?q=%ff", {}),
    (400, "/lookup", "/lookup?q=leeds&count=51", {"Accept": "text/html"}),
    (400, "/levels", "/levels?code=", {}),
    (400, "/levels", "/levels?code=RR8&format=pdf", {}),
    (400, "/levels", "/levels?code=RR8&date=x", {"Accept": "text/html"}),
    (404, "/organisations/{code}", "/organisations/NONE", {}),
    (404, "/organisations/{code}", "/organisations/NONE?format=html", {}),
    (400, "/organisations/{code}", "/organisations/RR8?format=html&page=0", {}),
    (400, "/search", "/search?status=x", {"Accept": "text/html"}),
    (404, "/codes/{system_id}", "/codes/NONE", {}),
    (404, "/codes/{system_id}/{code}", "/codes/ODSRecordClass/NONE", {"Accept": "text/html"}),
    (404, "/static/{name}", "/static/none.css", {}),
    (404, "/STU3", "/STU3", {}),
    (404, "/STU3/Organization/{id}", "/STU3/Organization/NONE", {}),
    (404, "/STU3/Organization/{id}", "/STU3/Organization/NONE?_format=xml", {}),
    (406, "/STU3/Organization/{id}", "/STU3/Organization/RR8", {"Accept": "image/png"}),
    (400, "/STU3/Organization", "/STU3/Organization?nam=x", {}),
    (410, "/STU3/Organization", "/STU3/Organization?_generation=2001-01-01.1", {}),
    (404, "/R4/Organization/{id}", "/R4/Organization/NONE", {}),
    (404, "/R4/Organization/{id}/_history/{version_id}", "/R4/Organization/RR8/_history/2", {}),
    (404, "/R4/CapabilityStatement/{id}", "/R4/CapabilityStatement/NONE", {}),
    (406, "/R4/List/{id}", "/R4/List/Organization-deletion", {"Accept": "image/png"}),
    (400, "/R4/OrganizationAffiliation", "/R4/OrganizationAffiliation?date=x", {}),
    (410, "/R4/List", "/R4/List?_generation=2001-01-01.1", {}),
    (406, "/ORD/2-0-0/organisations", "/ORD/2-0-0/organisations", {}),
    (404, "/ORD/2-0-0/organisations/{code}", "/ORD/2-0-0/organisations/NONE", {}),
    (404, "/ORD/2-0-0/roles/{id}", "/ORD/2-0-0/roles/NONE", {}),
    *((400, path, path, {"Host": "a b"}) for path in (*EACH, "/health/live")),
    *((414, path, f"{path}?{'x' * 8000}", {}) for path in (*EACH, "/metrics")),
    *(
        (status, path, path, {"X-ODS-Fault": f"status={status}"})
        for status in (401, 422, 429, 500, 504)
        for path in (*EACH, "/", "/openapi.json")
    ),
    *((403, path, path, {"Origin": "https://example.org"}) for path in ("/_test/faults", "/_test/requests")),
]  # fmt: skip


@pytest.mark.parametrize(("path", "target"), READS, ids=[target[:60] for _, target in READS])
def test_an_answer_is_as_the_document_says(
    path: str, target: str, document: Json, tested: FlaskClient
) -> None:
    answer = ask(tested, target)
    assert answer.status_code == 200
    check(document, path, answer)
    if "ETag" in answer.headers and not path.startswith("/static"):
        again = ask(tested, target, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        check(document, path, again)


@pytest.mark.parametrize(
    ("status", "path", "target", "headers"), ERRORS, ids=[f"{e[0]} {e[2][:60]}" for e in ERRORS]
)
def test_an_error_is_as_the_document_says(
    status: int, path: str, target: str, headers: dict[str, str], document: Json, tested: FlaskClient
) -> None:
    answer = ask(tested, target, headers=headers)
    assert answer.status_code == status
    check(document, path, answer)


def test_organisations_of_all_kinds_are_as_the_document_says(
    document: Json, tested: FlaskClient, sample_index: str
) -> None:
    matches = open_index(sample_index).live().search(Query("organisation", size=None), None).matches
    codes = [match.id for match in matches]
    assert len(codes) > 2000
    for code in codes[::40]:
        check(document, "/organisations/{code}", ask(tested, f"/organisations/{code}"))
    for third, date in enumerate(("2010-06-01", "2019-06-01", "2026-01-15")):
        for at in range(third, len(codes), 1500):
            some = ",".join(codes[at : at + 1500 : 3])
            check(document, "/levels", ask(tested, f"/levels?code={some}&date={date}"))


def test_an_index_without_a_register_answers_as_the_document_says(unloaded: FlaskClient) -> None:
    said = described(unloaded)
    for path, target, status in (
        ("/health/ready", "/health/ready", 503),
        ("/lookup", "/lookup?q=leeds", 503),
        ("/levels", "/levels?code=RR8", 503),
        ("/STU3/Organization", "/STU3/Organization", 503),
        ("/R4/Organization", "/R4/Organization", 503),
        (f"{ODT}/_status", f"{ODT}/_status", 503),
        ("/ORD/2-0-0/roles", "/ORD/2-0-0/roles", 503),
        ("/docs", "/docs", 200),
    ):
        answer = ask(unloaded, target)
        assert answer.status_code == status
        check(said, path, answer)


POSTS = [
    (200, "/STU3/Organization/_search", FORM, b"name=leeds"),
    (415, "/STU3/Organization/_search", "text/csv", b"name=leeds"),
    (413, "/STU3/Organization/_search", FORM, b"name=" + 70_000 * b"x"),
    (200, "/R4/Organization/_search", FORM, b"name=leeds"),
    (415, "/R4/List/_search", "text/csv", b"title=list"),
    (200, "/levels?code=a", "text/csv", b"a\r\nRR8\r\n"),
    (400, "/levels?code=b", "text/csv", b"a\r\nRR8\r\n"),
    (415, "/levels?code=a", FORM, b"a"),
    (201, "/_test/faults", "application/json", b'{"path": "/never", "status": 503, "times": 2}'),
    (400, "/_test/faults", "application/json", b"{}"),
    (413, "/_test/faults", "application/json", b"[" * 2_000_000),
]


@pytest.mark.parametrize(("status", "target", "kind", "body"), POSTS, ids=[f"{e[0]} {e[1]}" for e in POSTS])
def test_the_answer_to_a_body_is_as_the_document_says(
    status: int, target: str, kind: str, body: bytes, document: Json, tested: FlaskClient
) -> None:
    answer = ask(tested, target, method="POST", headers={"Content-Type": kind}, body=body)
    assert answer.status_code == status
    check(document, target.partition("?")[0], answer, "post")


def test_the_controls_answer_as_the_document_says(document: Json, tested: FlaskClient) -> None:
    fault = {"path": "/never", "retry_after": 2, "status": 503, "empty": True, "delay": 0.5, "cut": 1}
    kind = {"Content-Type": "application/json"}
    ask(tested, "/_test/faults", method="POST", headers=kind, body=json.dumps(fault).encode())
    listed = ask(tested, "/_test/faults")
    assert {*fault, "id", "hits"} <= set(listed.json[-1])
    check(document, "/_test/faults", listed)
    number = listed.json[-1]["id"]
    for status in (204, 404):
        answer = ask(tested, f"/_test/faults/{number}", method="DELETE")
        assert answer.status_code == status
        check(document, "/_test/faults/{fault_id}", answer, "delete")
    check(document, "/_test/requests", ask(tested, "/_test/requests"))
    for path in ("/_test/faults", "/_test/requests"):
        check(document, path, ask(tested, path, method="DELETE"), "delete")
