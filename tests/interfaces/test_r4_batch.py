"""Batches of R4: several reads, searches and operations in one request (fhir-r4 15.3)."""

# ruff: noqa: E501 - tables

import json

import pytest
from fhir.resources.R4B import get_fhir_model_class
from lxml import etree

from app.clock import clock
from app.engine import open_index
from app.fhir.interface import Fhir
from app.fhir.routes import finder, table
from app.r4.batch import Batch
from app.r4.version import r4
from app.web.message import Request
from tests.conftest import NOW
from tests.interfaces.helpers import FHIR_JSON, FHIR_XML, FORM
from tests.interfaces.r4_helpers import BASE, ODT, ask, check, ids, issue, ok

JSON, XML = "application/fhir+json", "application/fhir+xml"
NO_BATCH = "Transactions are not supported: this server is read-only; send a batch of GET entries"


def batch(*entries):
    """Return a batch; an entry is a url that is got, or method and url."""
    asked = [("GET", each) if isinstance(each, str) else each for each in entries]
    return {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": method, "url": url}} for method, url in asked],
    }


def send(client, body, target="/R4", content_type=JSON, **headers):
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(client, target, method="POST", body=sent, headers={"Content-Type": content_type, **headers})


def answered(client, *entries, **given):
    """Return the entries of the answer to a batch, which must be a conformant Bundle."""
    response = send(client, batch(*entries), **given)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == FHIR_JSON
    assert response.headers["Cache-Control"] == "no-store"
    bundle = json.loads(response.data)
    check(bundle)
    assert list(bundle) == ["resourceType", "id", "type", *(["entry"] if entries else [])]
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "batch-response")
    return bundle.get("entry", [])


def refused(client, entry):
    """Return status, issue type and text of the answer to an entry that cannot be answered."""
    ((told),) = answered(client, entry)
    assert list(told) == ["response"]
    (problem,) = told["response"]["outcome"]["issue"]
    return told["response"]["status"], problem["code"], problem["diagnostics"]


def same(resource):
    """Return a resource without what is new in every answer."""
    return {
        key: value for key, value in resource.items() if resource["resourceType"] != "Bundle" or key != "id"
    }


# Entries that are answered

ANSWERED = (
    "Organization/RR8",
    "Organization/RR8?_elements=name",
    "Organization/RR8/_history/1",
    "Organization?name=LEEDS&_count=3",
    "Organization/QWO/$members?_count=2",
    "OrganizationAffiliation?participating-organization=RR8&_count=2",
    "List?_count=0",
    "metadata?_elements=name",
)


def test_each_entry_is_answered_in_order_as_it_is_alone(client):
    entries = answered(client, *ANSWERED)
    assert [same(entry["resource"]) for entry in entries] == [same(ok(client, each)) for each in ANSWERED]
    assert [entry["response"]["status"] for entry in entries] == ["200"] * len(ANSWERED)


def test_a_read_tells_its_version_and_when_it_was_made(client):
    read, search = answered(client, "Organization/RR8", "Organization?_count=1")
    meta = read["resource"]["meta"]
    expected = {"status": "200", "etag": f'W/"{meta["versionId"]}"', "lastModified": meta["lastUpdated"]}
    assert read["response"] == expected
    assert search["response"] == {"status": "200", "lastModified": search["resource"]["meta"]["lastUpdated"]}


def test_a_search_by_post_has_its_parameters_in_the_url(client):
    got, posted = answered(
        client, "Organization?name=LEEDS&_count=3", ("POST", "Organization/_search?name=LEEDS&_count=3")
    )
    assert same(posted["resource"]) == same(got["resource"])


def test_an_address_may_have_slashes_too_many_and_blanks_encoded(client):
    entries = answered(
        client,
        "/Organization//RR8/",
        "Organization/%20RR8",
        "Organization?name:exact=LEEDS%20TEACHING",
        "metadata/",
    )
    assert [entry["response"]["status"] for entry in entries] == ["200"] * 4
    assert entries[0]["resource"]["id"] == entries[1]["resource"]["id"] == "RR8"


def test_links_and_addresses_have_the_prefix_that_was_asked_for(client):
    for prefix, base in (("/R4", BASE), ("/organisation-data-terminology-api/fhir", ODT)):
        (entry,) = answered(client, "Organization?_count=1", target=prefix)
        assert entry["resource"]["entry"][0]["fullUrl"].startswith(f"{base}/Organization/")
        assert entry["resource"]["link"][0]["url"] == f"{base}/Organization?_count=1"


def test_an_empty_batch_has_an_empty_answer(client):
    assert answered(client) == []
    response = send(client, {"resourceType": "Bundle", "type": "batch"})
    assert json.loads(response.data)["type"] == "batch-response"


def test_prefer_holds_for_each_entry(client):
    assert answered(client, "Organization?colour=red")[0]["response"]["status"] == "400"
    (entry,) = answered(client, "Organization?colour=red&_count=1", Prefer="handling=lenient")
    assert entry["resource"]["link"][0]["url"] == f"{BASE}/Organization?_count=1"


# Formats


def test_the_whole_answer_is_in_the_format_that_was_asked_for(client):
    asked = ("Organization/RR8", "Organization?name=LEEDS&_count=2", "Organization/XXXXX")
    expected = answered(client, *asked)
    for target, accept in (("/R4?_format=xml", JSON), ("/R4", XML)):
        response = send(client, batch(*asked), target=target, Accept=accept)
        assert response.headers["Content-Type"] == FHIR_XML
        bundle = get_fhir_model_class("Bundle").model_validate_xml(response.data)
        assert [entry.response.status for entry in bundle.entry] == ["200", "200", "404"]
        assert bundle.entry[0].resource.name == expected[0]["resource"]["name"]
    response = send(client, batch(*asked), target="/R4?_pretty=true")
    assert response.data.startswith(b'{\n  "resourceType": "Bundle"')
    assert [
        same(each.get("resource", {"resourceType": ""})) for each in json.loads(response.data)["entry"]
    ] == [same(each.get("resource", {"resourceType": ""})) for each in expected]


def test_a_format_in_an_entry_has_no_effect_but_must_be_one(client):
    plain, xml, pretty = answered(
        client, "Organization/RR8", "Organization/RR8?_format=xml", "Organization/RR8?_pretty=true"
    )
    assert plain["resource"] == xml["resource"] == pretty["resource"]
    status, code, text = refused(client, "Organization/RR8?_format=pdf")
    assert (status, code) == ("406", "not-supported")
    assert text.startswith('Unsupported format "pdf"')


def xml_of(body):
    """Write a batch in XML."""
    bundle = etree.Element("Bundle", nsmap={None: "http://hl7.org/fhir"})
    etree.SubElement(bundle, "type", value=body["type"])
    for each in body["entry"]:
        request = etree.SubElement(etree.SubElement(bundle, "entry"), "request")
        for name, value in each["request"].items():
            etree.SubElement(request, name, value=value)
    return bundle


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1"])
def test_a_batch_may_be_sent_in_xml(client, encoding):
    asked = batch("Organization?name=LEEDS&_count=2", ("DELETE", "Organization/RR8"))
    body = etree.tostring(xml_of(asked), xml_declaration=True, encoding=encoding)
    response = send(client, body, content_type=f"{XML}; charset={encoding}")
    assert response.headers["Content-Type"] == FHIR_JSON
    first, second = json.loads(response.data)["entry"]
    assert ids(first["resource"]) == ids(ok(client, "Organization?name=LEEDS&_count=2"))
    assert second["response"]["status"] == "405"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/json",
        "application/json+fhir",
        "application/fhir+json; charset=utf-8",
        "application/fhir+json; fhirVersion=4.0",
    ],
)
def test_the_media_types_of_json_are_those_of_answers(client, content_type):
    assert len(answered(client, "Organization/RR8", content_type=content_type)) == 1


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", FORM, "application/pdf", "application/fhir+json; fhirVersion=3.0"]
)
def test_another_media_type_is_refused(client, content_type):
    code, text = issue(send(client, batch("metadata"), content_type=content_type), 415)
    assert code == "not-supported"
    assert text == (
        f'Unsupported content type "{content_type}": send the batch as application/fhir+json or '
        "application/fhir+xml"
    )


# Entries that are refused


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("Organization/XXXXX", ("404", "processing", "HAPI-2001: Resource Organization/XXXXX is not known")),
        ("Organization/RR8/_history/7", ("404", "not-found", "Version 7 of Organization/RR8 is not kept")),
        ("Organization/RR8/$everything", ("404", "not-found", 'Unknown address "/Organization/RR8/$everything"')),
        ("Organization?_count=x", ("400", "invalid", 'Invalid value "x" for "_count": expected a whole number, 0 or more')),
        ("Organization/RR8/$members?depth=9", ("400", "invalid", 'Invalid value "9" for "depth": expected a whole number, 1 to 5')),
        ("Organization?name=%zz", ("400", "invalid", "The address or form holds a % that two hexadecimal digits do not follow")),
        ("http://localhost/R4/Organization/RR8", ("400", "invalid", 'Invalid value "http://localhost/R4/Organization/RR8" for "url": expected an address relative to the base, such as Organization/RR8')),
        ("//localhost/R4/metadata", ("400", "invalid", 'Invalid value "//localhost/R4/metadata" for "url": expected an address relative to the base, such as Organization/RR8')),
        (f"{BASE}/metadata", ("400", "invalid", f'Invalid value "{BASE}/metadata" for "url": expected an address relative to the base, such as Organization/RR8')),
        ("urn:uuid:1", ("400", "invalid", 'Invalid value "urn:uuid:1" for "url": expected an address relative to the base, such as Organization/RR8')),
        (("", "metadata"), ("400", "required", 'An entry needs a "request" with "method" and "url"')),
        ("", ("400", "required", 'An entry needs a "request" with "method" and "url"')),
        (f"Organization?name={'A' * 8_000}", ("414", "too-long", "The url of the entry is longer than 8000 bytes")),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_answered_has_an_outcome(client, entry, expected):
    assert refused(client, entry) == expected


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "\u0130"])
def test_another_method_is_405_for_its_entry_alone(client, method):
    first, second = answered(client, (method, "Organization/RR8"), "Organization/RR8")
    assert first["response"]["status"] == "405"
    (problem,) = first["response"]["outcome"]["issue"]
    assert problem["diagnostics"] == (
        f"HAPI-0427: HTTP Method {method} is not allowed for this operation. Allowed method(s): GET"
    )
    assert second["response"]["status"] == "200"


@pytest.mark.parametrize(
    "url", ["Organization", "Organization/RR8", "metadata", "Organization/RR8/$members", "/", "Unknown/1"]
)
def test_a_post_of_anything_but_a_search_is_405(client, url):
    status, code, _ = refused(client, ("POST", url))
    assert (status, code) == ("405", "processing")


def test_the_address_of_a_search_by_post_is_nothing_to_get(client):
    assert refused(client, "Organization/_search")[0] == "405"


@pytest.mark.parametrize(
    "entry", [{}, None, 7, [], {"request": "GET"}, {"request": {"method": 1, "url": {}}}]
)
def test_an_entry_without_a_request_is_told_so(client, entry):
    body = {**batch(), "entry": [entry, *batch("metadata?_elements=name")["entry"]]}
    first, second = json.loads(send(client, body).data)["entry"]
    assert first["response"]["status"] == "400"
    assert second["response"]["status"] == "200"


# Batches that are refused


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"[]",
        b"null",
        b'"batch"',
        b"{}",
        b'{"resourceType": "Bundle"}',
        b'{"resourceType": "Bundle", "type": "transaction", "entry": []}',
        b'{"resourceType": "Bundle", "type": ["batch"]}',
        b'{"resourceType": "Organization", "type": "batch"}',
    ],
)
def test_what_is_no_batch_is_refused(client, body):
    assert issue(send(client, body)) == ("not-supported", NO_BATCH)


@pytest.mark.parametrize(
    "body",
    [
        b"<Organization xmlns='http://hl7.org/fhir'/>",
        b"<Bundle><type value='batch'/></Bundle>",
        b"<Bundle xmlns='http://hl7.org/fhir'><type value='transaction'/></Bundle>",
        b"<Bundle xmlns='http://hl7.org/fhir'><entry><type value='batch'/></entry></Bundle>",
    ],
)
def test_what_is_no_batch_in_xml_is_refused(client, body):
    assert issue(send(client, body, content_type=XML)) == ("not-supported", NO_BATCH)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"resourceType": "Bundle",\n "type": batch}', "line 2, column 10"),
        (b'{"resourceType": "Bundle"', "line 1, column 26"),
        (b"\xff\xfe", "line 1, column 1"),
        (b"\xef\xbb\xbf{}", "line 1, column 1"),
        (b'{"type": "\xe9"}', "line 1, column 11"),
        (b'{"type": "\\ud800"}', "line 1, column 11"),
    ],
)
def test_malformed_json_is_refused_in_one_sentence(client, body, place):
    code, text = issue(send(client, body))
    assert code == "invalid"
    assert text.startswith(f"The body is not well-formed JSON: see {place}"[:44])
    assert "\n" not in text
    assert len(text) < 90


@pytest.mark.parametrize("body", [b"[" * 500_000, b'{"a":' * 200_000, b"[" * 5_000 + b"]" * 5_000])
def test_json_that_is_too_deep_is_refused_as_such(client, body):
    text = "The JSON has more than 64 objects and lists in each other: send fewer"
    assert issue(send(client, body)) == ("invalid", text)


@pytest.mark.parametrize(
    "body",
    [
        b"<Bundle",
        b"<Bundle xmlns='http://hl7.org/fhir'>",
        b"<a></b>",
        b"{}",
        b"<Bundle>&nbsp;</Bundle>",
        b"<?xml version='1.0' encoding='klingon'?><Bundle/>",
        b"<a>" * 300_000,
        b"<Bundle/><Bundle/>",
        b"<a:Bundle/>",
    ],
)
def test_malformed_xml_is_refused_in_one_sentence(client, body):
    code, text = issue(send(client, body, content_type=XML))
    assert code == "invalid"
    assert text.startswith("The body is not well-formed XML: see line 1, column ")


def test_entities_cannot_be_declared(client):
    declared = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE Bundle [<!ENTITY e0 "lol">{declared}]><Bundle>&e9;</Bundle>'
    for encoding in ("utf-8", "utf-16"):
        answer = send(client, body.encode(encoding), content_type=XML)
        assert issue(answer) == ("invalid", "The XML has a document type declaration: send it without one")


def test_a_hundred_entries_are_answered_and_more_are_refused_before_any_work(client):
    asked = ["Organization/RR8?_elements=id"] * 100
    entries = answered(client, *asked)
    assert {entry["response"]["status"] for entry in entries} == {"200"}
    for body, content_type in (
        (batch(*asked, "metadata"), JSON),
        (etree.tostring(xml_of(batch(*asked, "x"))), XML),
    ):
        answer = send(client, body, content_type=content_type)
        assert issue(answer, 413) == ("too-long", "The batch has 101 entries: send at most 100")


def test_a_body_of_a_mebibyte_is_read_and_a_longer_one_refused(client):
    body = json.dumps(batch("Organization/RR8")).encode()
    assert send(client, body.ljust(1_048_576)).status_code == 200
    code, _ = issue(send(client, body.ljust(1_048_577)), 413)
    assert code == "too-long"


def test_entries_share_the_limit_of_alternatives_of_one_search(client):
    codes = ",".join(f"A{at:05}" for at in range(250))
    assert len(answered(client, *[f"Organization?_id={codes}&_elements=id,name,active"] * 2)) == 2
    answer = send(client, batch(*[f"Organization?_id={codes}"] * 2, "Organization?_id=RR8"))
    code, text = issue(answer)
    assert code == "invalid"
    assert text == (
        "The entries have more than 500 comma-separated alternatives together: send fewer at a time"
    )


def test_an_answer_above_ten_megabytes_is_refused(client):
    answer = send(client, batch(*["Organization?_count=1000"] * 20))
    assert answer.status_code == 422
    (problem,) = json.loads(answer.data)["issue"]
    assert (problem["code"], problem["diagnostics"]) == ("too-costly", "Response exceeds APIM size limit")


def test_no_entry_is_begun_when_the_batch_has_taken_too_long(sample_index):
    interface = Fhir(open_index(sample_index), clock(NOW), "1", NOW, r4())
    hurried = Batch(interface, finder(table(interface)), seconds=0)
    body = json.dumps(batch("Organization/RR8", "Organization/RR8")).encode()
    answer = hurried.answer(Request("POST", "/R4", BASE, headers={"content-type": JSON}, body=body))
    first, second = (entry["response"] for entry in json.loads(answer.body)["entry"])
    assert first["status"] == "200"  # a batch always gets on
    assert second["status"] == "503"
    (problem,) = second["outcome"]["issue"]
    assert problem["code"] == "transient"
    assert problem["diagnostics"] == "The batch took more than 0 seconds before this entry: send it again"


def test_a_batch_accepts_format_and_nothing_else(client):
    code, text = issue(send(client, batch("metadata"), target="/R4?_count=1"))
    assert (code, text) == ("processing", 'Unknown parameter "_count": use _format or _pretty')


@pytest.mark.parametrize(
    "target", ["/R4", "/R4/", "/R4?name=LEEDS", "/organisation-data-terminology-api/fhir"]
)
def test_the_base_is_there_to_be_posted_to(client, target):
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        response = ask(client, target, method=method)
        assert response.status_code == 405
        assert response.headers["Allow"] == "POST, OPTIONS"
    expected = "HAPI-0427: HTTP Method GET is not allowed for this operation. Allowed method(s): POST"
    assert issue(ask(client, target), 405) == ("processing", expected)


def test_an_index_that_is_empty_fails_each_entry_by_itself(unloaded):
    first, second = answered(unloaded, "Organization/RR8", "metadata?_elements=name")
    assert first["response"]["status"] == "503"
    assert second["response"]["status"] == "200"
