"""Requests that fail whatever their values: limits, verbs, types, addresses, encodings, the register."""

import pytest

from app.engine.elastic.index import ElasticIndex
from app.engine.port import Unavailable
from app.engine.sqlite.index import SqliteIndex
from tests.interfaces.helpers import (
    FHIR_JSON,
    FHIR_XML,
    ask,
    codes_of,
    faults,
    ok,
    outcome_of,
    post,
    same_in_xml,
)

GONE = "The release this page belongs to is no longer kept: start the search again"

# Limits


def times(count, text, separator):
    return separator.join([text] * count)


@pytest.mark.parametrize("where", ["address", "body"])
@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        (times(200, "active=true", "&"), 200),
        (times(201, "active=true", "&"), 400),
        (times(1000, "zz", "&"), 400),
        (f"_id={times(500, 'RR8', ',')}", 200),
        (f"_id={times(501, 'RR8', ',')}", 400),
        (f"_id={times(250, 'RR8', ',')}&identifier={times(250, 'RR8', ',')}", 200),
        (f"_id={times(250, 'RR8', ',')}&identifier={times(251, 'RR8', ',')}", 400),
    ],
)
def test_a_search_takes_200_parameters_and_500_alternatives(client, parameters, status, where):
    if where == "address":
        response = ask(client, f"Organization?{parameters}")
    else:
        response = post(client, "Organization/_search", parameters)
    assert response.status_code == status
    if status == 400:
        assert [code for code, _ in faults(response)] == ["BAD_REQUEST"]


@pytest.mark.parametrize(("length", "status"), [(8000, 200), (8001, 414), (30_000, 414)])
@pytest.mark.parametrize("target", ["Organization?_elements=", "metadata?_elements="])
def test_a_request_line_has_at_most_8000_bytes(client, target, length, status):
    target += "n" * (length - len(f"GET /STU3/{target} HTTP/1.1"))
    if status == 200:
        ok(client, target)
    else:
        ((code, text),) = faults(ask(client, target), status)
        assert code == "BAD_REQUEST"
        assert "8000" in text.replace(",", "")


def test_a_form_has_at_most_65536_bytes(client):
    padding = "&" * (65_536 - len("_id=RR8"))
    assert post(client, "Organization/_search", f"_id=RR8{padding}").status_code == 200
    ((code, text),) = faults(post(client, "Organization/_search", f"_id=RR8{padding}&"), 413)
    assert code == "BAD_REQUEST"
    assert "65536" in text.replace(",", "")


@pytest.mark.parametrize(
    "form", ["_elements=" + "n" * 8000, times(199, "name=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", "&")]
)
def test_a_form_whose_link_would_be_too_long_is_too_long(client, form):
    ((code, text),) = faults(post(client, "Organization/_search", form), 413)
    assert code == "BAD_REQUEST"
    assert "8000" in text.replace(",", "")


# Verbs and types


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "application/fhir+json", "multipart/form-data; boundary=x", "text/plain", "x"],
)
def test_a_search_by_post_takes_forms_only(client, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    response = ask(client, "Organization/_search", method="POST", headers=headers, body=b"name=leeds")
    text = f'Unknown content type specified "{content_type}"'
    assert faults(response, 415) == [("UNSUPPORTED_MEDIA_TYPE", text)]


READABLE, SEARCHABLE = "GET, HEAD, OPTIONS", "POST, OPTIONS"


@pytest.mark.parametrize(
    ("address", "methods", "allowed"),
    [
        ("Organization/RR8", "PUT POST DELETE PATCH", READABLE),
        ("Organization", "PUT POST DELETE PATCH TRACE FOO", READABLE),
        ("Organization/", "PUT POST DELETE PATCH", READABLE),
        ("metadata", "PUT POST DELETE PATCH", READABLE),
        ("", "PUT POST DELETE PATCH TRACE FOO", READABLE),
        ("/STU3", "PUT POST DELETE PATCH TRACE FOO", READABLE),
        ("CodeSystem/ODSAPI-OrganizationRole-1", "PUT POST DELETE PATCH", READABLE),
        ("ValueSet", "PUT DELETE", READABLE),
        ("Organization/_search", "GET PUT DELETE PATCH HEAD", SEARCHABLE),
        ("CodeSystem/_search", "GET", SEARCHABLE),
    ],
)
def test_a_verb_that_an_address_has_not_is_refused_with_those_it_has(client, address, methods, allowed):
    for method in methods.split():
        response = ask(client, address, method=method)
        assert response.status_code == 405
        assert response.headers["Allow"] == allowed
        if method != "HEAD":
            text = f"Method {method} is not allowed here: this server is read-only"
            assert faults(response, 405) == [("BAD_REQUEST", text)]


# Addresses


UNKNOWN_ADDRESSES = """
    /STU3 /STU3/ /STU3/organization/RR8 /STU3/Organisation /STU3/Patient/1 /STU3/Metadata /STU3/Metadata/
    /STU3/_history /STU3/_search /STU3/$meta /STU3/%C3%A9 /STU3/StructureDefinition /STU3/../STU3/metadata
    /STU3/CapabilityStatement/ODSAPI-CapabilityStatement-1 /STU3// //STU3/ /STU3/Organization/RR8/x
    /STU3//Nowhere/RR8 //STU3/Organization//RR8//x/ /STU3/Organization/%20/x /STU3/Organization/../metadata
    /STU3/Organization/%2E%2E/x /STU3/Organization/a%2Fb/c /STU3/Organization/RR8/$everything
    /STU3/Organization/_search/x /STU3/Organization/RR8/_history /STU3/Organization/RR8/_history/1
    /STU3/Organization/_history /STU3/ValueSet/ODSAPI-OrganizationRole-1/$expand /STU3/CodeSystem/$lookup/x"""


@pytest.mark.parametrize("path", UNKNOWN_ADDRESSES.split())
@pytest.mark.parametrize("format_", ["", "?_format=xml"])
def test_an_unknown_address_is_quoted_as_it_was_asked_for(client, path, format_):
    response = ask(client, path + format_)
    assert faults(response, 404) == [("NO_RECORD_FOUND", f'Unknown address "{path}"')]
    assert response.headers["Content-Type"] == (FHIR_XML if format_ else FHIR_JSON)


# Encodings


@pytest.mark.parametrize(
    "undecodable",
    "%00 a%00b % %zz %f %ff %c3%28 %ed%a0%80 %c0%af %f5%80%80%80 %e2%82".split(),  # noqa: SIM905
)
@pytest.mark.parametrize(
    "place",
    [
        *("Organization?name={}", "Organization?{}=x", "Organization/{}", "metadata?{}", "body"),
        *("Organization/RR8?_elements={}", "Organization?_format=json&name={}"),
    ],
)
def test_what_cannot_be_decoded_is_refused(client, undecodable, place):
    if place == "body":
        response = post(client, "Organization/_search", f"name={undecodable}")
    else:
        response = ask(client, place.format(undecodable))
    assert [code for code, _ in faults(response)] == ["BAD_REQUEST"]


def test_what_a_client_sent_is_quoted_short_and_without_control_characters(client):
    long = "x" * 300
    for target, text in {
        f"Organization?{long}=1": f"Unknown argument found - {long[:100]}",
        "Organization?a%0D%0A%1B%E2%80%AEb=1": "Unknown argument found - ab",
        f"Organization?_format={long}": f'Unknown dialect specified "{long[:100]}"',
        f"Organization?_sort={long}": f'Unknown sort key "{long[:100]}": use _id, _lastUpdated or name',
    }.items():
        assert [said for _, said in faults(ask(client, target))] == [text]
    ((_, text),) = faults(ask(client, "Organization", headers={"Accept": long}), 406)
    assert text == f'Unknown content type specified "{long[:100]}"'
    ((_, text),) = faults(ask(client, f"/STU3/{long}"), 404)
    assert text == f'Unknown address "{f"/STU3/{long}"[:100]}"'


@pytest.mark.parametrize("text", ["<script>", "&amp;", "]]>", '"', "𝄞", "é", "a\u0301"])
def test_an_error_in_xml_quotes_markup_as_text(client, text):
    name = f"a{text}b"
    response = ask(client, f"Organization?{name.replace('&', '%26')}=1&_format=xml")
    assert faults(response) == [("INVALID_PARAMETER", f"Unknown argument found - {name}")]


@pytest.mark.parametrize("text", ["\ufffe", "\uffff", "\x01", "\x85", "\u2028"])
def test_an_error_in_xml_leaves_out_what_xml_cannot_hold(client, text):
    response = ask(client, f"Organization?a{text}b=1&_format=xml")
    assert faults(response) == [("INVALID_PARAMETER", "Unknown argument found - ab")]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("Organization/NOPE", 404),
        ("Nowhere", 404),
        ("Organization?x=1&name=a&_count=99&identifier=x|1&ods-org-role=x", 400),
        ("Organization?a=%zz", 400),
        ("Organization/_search", 405),
        ("Organization?_generation=2020-01-01.1", 410),
        (f"Organization?_elements={'n' * 8000}", 414),
    ],
)
def test_an_outcome_says_the_same_in_xml(client, target, status):
    assert faults(ask(client, target), status)
    assert same_in_xml(client, target)["resourceType"] == "OperationOutcome"


# The register


@pytest.mark.parametrize("name", ["2020-01-01.1", "2025-12-11.2", "2025-12-11.999999999", "9999-12-31.0"])
def test_a_generation_that_is_not_kept_is_gone(client, name):
    for target in (f"Organization?_generation={name}", f"CodeSystem?_generation={name}&_format=xml"):
        assert faults(ask(client, target), 410) == [("NO_RECORD_FOUND", GONE)]


@pytest.mark.parametrize(
    "name",
    [
        *("foo", "x" * 3000, "é", "*", "../ods", "..%2Fods", "2025-12-11", "2025-12-11.", ".1"),
        *("2025-12-11.x", "2025-12-11.1%20", "%202025-12-11.1", "2025-12-11.1%0A", "2025-12-11.-1"),
        *("20251211.1", "2025-12-11-1", "2025-12-11.1,2025-12-11.2", "2025-12-11.%D9%A1", "x2025-12-11.1"),
        f"2025-12-11.{'9' * 30}",
    ],
)
def test_what_is_no_name_of_a_generation_is_a_fault_of_its_value(client, unloaded, name):
    for target in (f"Organization?_generation={name}", f"CodeSystem?_generation={name}&_format=xml"):
        for server in (client, unloaded):
            told = faults(ask(server, target))
            assert told == [("INVALID_VALUE", "Invalid _generation parameter.")]


def test_an_unexpected_error_names_the_request_and_nothing_else(client, monkeypatch):
    def fail(*_):
        raise RuntimeError("the secret of the house")

    for engine in (SqliteIndex, ElasticIndex):
        monkeypatch.setattr(engine, "live", fail)
    response = ask(client, "Organization", headers={"X-Request-Id": "abc-1"})
    assert faults(response, 500) == [("INTERNAL_SERVER_ERROR", "Unexpected error; request abc-1")]


def test_an_index_that_does_not_answer_is_told_as_that(client, monkeypatch):
    def fail(*_):
        raise Unavailable("/srv/secret/ods.db: disk I/O error")

    for engine in (SqliteIndex, ElasticIndex):
        monkeypatch.setattr(engine, "live", fail)
    for address in ("Organization/RR8", "Organization", "CodeSystem", "ValueSet/x"):
        response = ask(client, address)
        assert faults(response, 503) == [("INTERNAL_SERVER_ERROR", "The index does not answer")]
    assert codes_of(ok(client, "metadata")) == []


def test_every_outcome_has_an_id_of_its_own(client):
    ids = {outcome_of(ask(client, "Organization?x=1"))["id"] for _ in range(5)}
    assert len(ids) == 5
    assert {len(each) for each in ids} == {36}
