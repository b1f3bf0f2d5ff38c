"""HTTP around the bodies: formats, HEAD, CORS, request ids, hosts, and a server without a register."""

import pytest

from tests.interfaces.helpers import FHIR_JSON, PER_ANSWER, ask, faults, post

JSON, XML = "application/fhir+json", "application/fhir+xml"
KINDS = [
    "Organization/RR8",
    "Organization?name=leeds",
    "metadata",
    "CodeSystem/ODSAPI-OrganizationRole-1",
    "ValueSet",
    "Organization?_count=0",
]
FAULTY = [
    "Organization/NOPE",
    "Organization?x=1",
    "Nowhere",
    "Organization?_format=x",
    "Organization/_search",
    "Organization?a=%zz",
]
LOAD_FIRST = 'No register is loaded: run "ods-indexer load RELEASE" or "ods-indexer load --demo"'


# Formats


@pytest.mark.parametrize(
    ("format_", "answered"),
    [
        *(
            (name, JSON)
            for name in (
                "json",
                "text/json",
                "application/json",
                "application/fhir+json",
                "application/json+fhir",
                "JSON",
                "Application/FHIR+json",
            )
        ),
        *(
            (name, XML)
            for name in (
                "xml",
                "text/xml",
                "application/xml",
                "application/fhir+xml",
                "application/xml+fhir",
                "XML",
                "application/fhir%2Bxml",
            )
        ),
        ("application/fhir%2Bjson;charset=utf-8", JSON),
        ("application/fhir xml; fhirVersion=4.0", XML),
        ("%20xml%20", XML),
    ],
)
@pytest.mark.parametrize("accept", [None, "text/html", XML, JSON, "application/json"])
def test_format_wins_over_accept_and_answers_with_the_type_of_fhir(client, format_, answered, accept):
    for target in KINDS[:3]:
        response = ask(
            client,
            f"{target}{'&' if '?' in target else '?'}_format={format_}",
            headers={"Accept": accept} if accept else {},
        )
        assert response.status_code == 200
        assert response.headers["Content-Type"] == f"{answered};charset=UTF-8"
        assert response.data[:1] == (b"{" if answered == JSON else b"<")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", "text/json"),
        (JSON, JSON),
        (XML, XML),
        ("application/json", "application/json"),
        ("text/json", "text/json"),
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml"),
        ("application/json+fhir", JSON),
        ("application/xml+fhir", XML),
        ("APPLICATION/FHIR+XML", XML),
        (f"{XML};q=0.9, {JSON};q=0.5", XML),
        (f"{XML};q=0.5, {JSON};q=0.9", JSON),
        (f"{XML}, {JSON}", JSON),
        (f"{XML};q=0.8, {JSON};q=0.8", JSON),
        (f"{XML}, */*;q=0.1", XML),
        (f"{XML};q=0.1, */*", JSON),
        (f"{JSON};q=0, */*", "application/json"),
        (f"{JSON};q=0, {XML}, */*;q=0.1", XML),
        (f"{JSON};q=0, application/json;q=0.3, {XML};q=0.2", "application/json"),
        ("application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        (f"text/html, {XML};q=0.1", XML),
        (f"text/html, {JSON};q=0, */*;q=0.1", "application/json"),
        ("text/html, application/xml+fhir", XML),
        ("text/html;q=0, */*;q=0.1", JSON),
        (f"{XML};charset=UTF-8", XML),
        (f"{JSON};fhirVersion=3.0", JSON),
        (f"{JSON};fhirVersion=4.0, {XML};fhirVersion=3.0", XML),
        (f'{JSON}; fhirVersion="3.0"', JSON),
    ],
)
def test_accept_is_negotiated(client, accept, answered):
    for target in KINDS[:3]:
        response = ask(client, target, headers={"Accept": accept})
        assert response.status_code == 200
        assert response.headers["Content-Type"] == f"{answered};charset=UTF-8"
        assert response.data[:1] == (b"<" if "xml" in answered else b"{")
    assert (
        ask(client, "Organization/NOPE", headers={"Accept": accept}).headers["Content-Type"]
        == f"{answered};charset=UTF-8"
    )


@pytest.mark.parametrize(
    "accept",
    [
        "text/html;q=0",
        "application/xhtml+xml",
        "text/htmlx",
        "image/*",
        "text/turtle",
        f"{JSON};q=0",
        "*/*;q=0",
        f"{JSON};q=0, {XML};q=0, text/html",
        f"{JSON};fhirVersion=4.0",
        "application/pdf, text/csv",
        "x",
    ],
)
def test_accept_that_allows_nothing_is_refused_in_json(client, accept):
    response = ask(client, "Organization/RR8", headers={"Accept": accept})
    assert response.headers["Content-Type"] == FHIR_JSON
    assert faults(response, 406) == [("UNSUPPORTED_MEDIA_TYPE", f'Unknown content type specified "{accept}"')]


BROWSERS = [
    "text/html",
    "TEXT/HTML;charset=utf-8",
    "text/html, */*;q=0.1",
    "text/html;q=0.1, application/xml, */*",
    "text/html;level=1, application/json;q=0",
    "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "*/*;q=0, text/html",
]


@pytest.mark.parametrize("accept", BROWSERS)
@pytest.mark.parametrize("target", [*KINDS, "Organization/NOPE", "Organization?x=1", "Nowhere"])
def test_a_browser_is_shown_indented_json(client, legacy, target, accept):
    for server in (client, legacy):
        response = ask(server, target, headers={"Accept": accept})
        assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
        plain = ask(server, target)
        assert response.status_code == plain.status_code
        assert response.data.startswith(b'{\n  "resourceType": "')
        assert _without_ids(response.json) == _without_ids(plain.json)
        for method, headers in (("HEAD", {}), ("GET", {"If-None-Match": response.headers.get("ETag", "")})):
            again = ask(server, target, method=method, headers={"Accept": accept, **headers})
            assert again.status_code == (304 if headers and plain.status_code == 200 else plain.status_code)
            assert again.headers.get("ETag") == response.headers.get("ETag")
        if plain.status_code == 200:
            assert response.headers["ETag"] != plain.headers["ETag"]


def _without_ids(body):
    return body | {"id": "", "meta": ""} if body["resourceType"] in PER_ANSWER else body


def test_a_browser_that_names_a_format_or_wants_no_indents_has_its_way(client):
    html = {"Accept": BROWSERS[-2]}
    response = ask(client, "Organization/RR8?_format=json", headers=html)
    assert response.data == ask(client, "Organization/RR8").data
    assert response.headers["Content-Type"] == FHIR_JSON
    assert ask(client, "Organization/RR8?_format=xml", headers=html).data[:1] == b"<"
    response = ask(client, "Organization/RR8?_pretty=false", headers=html)
    assert response.data == ask(client, "Organization/RR8").data
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"


def test_a_bad_format_is_told_alone_and_in_json(client):
    response = ask(client, "Organization?_format=turtle&x=1&_count=99", headers={"Accept": XML})
    assert response.headers["Content-Type"] == FHIR_JSON
    assert faults(response) == [("INVALID_VALUE", 'Unknown dialect specified "turtle"')]


@pytest.mark.parametrize("content_type", [XML, "text/plain", "x"])
def test_the_content_type_of_a_get_is_ignored(client, content_type):
    assert (
        ask(client, "Organization/RR8", headers={"Content-Type": content_type}).headers["Content-Type"]
        == FHIR_JSON
    )


# HEAD, and what every answer carries


@pytest.mark.parametrize("headers", [{}, {"Accept": XML}, {"Accept-Encoding": "gzip"}])
@pytest.mark.parametrize(
    "target", [*KINDS, *FAULTY[:4], "", "Organization?_summary=x", "metadata?_pretty=true"]
)
def test_head_is_get_without_the_body(client, target, headers):
    by_get, by_head = (ask(client, target, method=method, headers=headers) for method in ("GET", "HEAD"))
    assert by_head.data == b""
    assert by_head.status_code == by_get.status_code
    new = {"X-Request-Id": ""}
    if "Content-Encoding" in by_get.headers:
        new["Content-Length"] = ""  # the id of a Bundle is a new one, and compresses to other lengths
    assert {**by_head.headers, **new} == {**by_get.headers, **new}
    for answer in (by_head, by_get):
        assert int(answer.headers["Content-Length"]) > 0
    assert int(by_get.headers["Content-Length"]) == len(by_get.data)


@pytest.mark.parametrize("target", [*KINDS, *FAULTY])
def test_every_answer_can_be_read_across_origins_and_names_its_request(client, target):
    headers = ask(client, target, headers={"Origin": "https://page.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    exposed = {each.strip() for each in headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed == {"ETag", "Last-Modified", "Location", "Content-Location", "X-Request-Id"}
    assert headers["Vary"].startswith("Accept, Prefer")
    assert headers["X-Request-Id"]
    assert not {"Content-Location", "X-Total-Count", "Set-Cookie", "Location"} & set(headers.keys())


@pytest.mark.parametrize("target", FAULTY)
def test_an_error_is_not_stored(client, target):
    headers = ask(client, target).headers
    assert headers["Cache-Control"] == "no-store"
    assert not {"ETag", "Last-Modified"} & set(headers.keys())


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("Organization/RR8", "GET, HEAD, OPTIONS"),
        ("Organization", "GET, HEAD, OPTIONS"),
        ("metadata", "GET, HEAD, OPTIONS"),
        ("Organization/_search", "POST, OPTIONS"),
        ("ValueSet/_search", "POST, OPTIONS"),
    ],
)
def test_a_preflight_is_answered(client, target, allowed):
    asked = {
        "Origin": "https://page.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "prefer, x-request-id",
    }
    response = ask(client, target, method="OPTIONS", headers=asked)
    assert response.status_code == 204
    assert response.data == b""
    assert response.headers["Allow"] == response.headers["Access-Control-Allow-Methods"] == allowed
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    permitted = {each.strip().lower() for each in response.headers["Access-Control-Allow-Headers"].split(",")}
    assert permitted >= {"prefer", "x-request-id"} or permitted == {"*"}


def test_a_preflight_of_an_unknown_address_is_not_found(client):
    assert faults(ask(client, "Nowhere", method="OPTIONS"), 404)


@pytest.mark.parametrize("sent", ["abc", "ABC-123", "8d5b8f2e-8b5c-4f1e-9c55-0d1f6a3b2c1d", "a.b_c:d"])
def test_a_sane_request_id_comes_back(client, sent):
    for target in ("Organization/RR8", "Nowhere", "Organization?x=1"):
        assert ask(client, target, headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize(
    "sent",
    ["", " ", "a b", "<script>", "é", "x" * 5000, "a,b", 'a"b', "a\x01b", "\x7f", "%0d%0aSet-Cookie: x"],
)
def test_a_hostile_request_id_is_replaced(client, sent):
    ids = [
        ask(client, target, headers={"X-Request-Id": sent}).headers["X-Request-Id"]
        for target in ("Organization/RR8", "Nowhere")
    ]
    assert sent not in ids
    assert ids[0] != ids[1]
    assert all(each.isascii() and each.isalnum() for each in ids)


# Without a register


@pytest.mark.parametrize(
    "target",
    [
        "Organization/RR8",
        "Organization?name=leeds",
        "CodeSystem",
        "CodeSystem/x",
        "ValueSet/x",
        "Organization?_generation=2025-12-11.1",
        "Organization?_count=0",
    ],
)
@pytest.mark.parametrize("format_", [JSON, XML])
def test_without_a_register_the_service_says_what_to_do(unloaded, target, format_):
    response = ask(unloaded, target, headers={"Accept": format_, "If-None-Match": "*"})
    assert faults(response, 503) == [("INTERNAL_SERVER_ERROR", LOAD_FIRST)]
    assert response.headers["Content-Type"] == f"{format_};charset=UTF-8"


def test_without_a_register_what_is_wrong_with_a_request_is_still_told(unloaded):
    assert faults(ask(unloaded, "Organization?x=1"))
    assert faults(ask(unloaded, "Nowhere"), 404)
    assert faults(ask(unloaded, "Organization", method="PUT"), 405)
    assert faults(post(unloaded, "Organization/_search", "_id=RR8"), 503)
    assert ask(unloaded, "metadata", headers={"Accept": XML, "If-None-Match": "*"}).status_code == 200
