"""What a request is aimed at: slashes, hosts, whole URLs, what proxies add, and a path before all others."""

# ruff: noqa: E501 - tables

import json
import re
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.interfaces.helpers import ask, faults, links_of, ok, send
from tests.interfaces.test_stu3_errors import SEARCHABLE

pytestmark = pytest.mark.parametrize(
    "engine", ["sqlite"], indirect=True
)  # what is aimed at is decided before an engine is asked

READABLE = "GET, HEAD, OPTIONS"
SEARCH = "/STU3/Organization?_id=RR8"
HOSTS = [
    *("/STU3/metadata", "/STU3/Organization/RR8", SEARCH, "/STU3/Nowhere"),
    *("/ORD/2-0-0/organisations/RR8", "/ORD/2-0-0/nowhere", "/ORD"),
    *("/", "/health/live", "/health/ready", "/nowhere"),
]
"""Addresses of each interface, and outside."""
NO_HOST = 'The request needs one Host header that names a host, such as "ods.example.org"'

MakeClient = Callable[..., FlaskClient]


@pytest.fixture(scope="session")
def server(make_client: MakeClient) -> MakeClient:
    """A maker of clients that makes each only once."""
    return cache(make_client)


@pytest.fixture(scope="session")
def bare(make_client: MakeClient) -> FlaskClient:
    """A client of a server that takes its address from each request."""
    return make_client(base_url="")


def said(response: TestResponse) -> tuple[int, str]:
    """Return the status and the text of an error, whatever its format."""
    body = json.loads(response.data)
    if "resourceType" in body:
        ((_, text),) = faults(response, response.status_code)
        return response.status_code, text
    assert body.get("errorCode", response.status_code) == response.status_code
    return response.status_code, body.get("errorText") or body["error"]


def base_of(response: TestResponse) -> str:
    """Return what the links of SEARCH begin with."""
    assert response.status_code == 200, response.text
    (found,) = {re.match(r"(.+)/STU3/Organization\?", url)[1] for url in links_of(response.json).values()}
    return found


# Slashes and segments


SLASHES = {
    "/STU3/metadata": "//STU3/metadata /STU3//metadata /STU3/metadata/ /STU3/metadata// ///STU3///metadata///",
    "/STU3/Organization/RR8": "/STU3/Organization/RR8/ /STU3/Organization//RR8 //STU3//Organization//RR8//",
    SEARCH: "/STU3/Organization/?_id=RR8 /STU3//Organization//?_id=RR8",
    "/STU3/CodeSystem/ODSAPI-OrganizationRole-1": "/STU3/CodeSystem//ODSAPI-OrganizationRole-1/",
    "/ORD/2-0-0/organisations?Name=leeds": "/ORD/2-0-0/organisations/?Name=leeds //ORD//2-0-0//organisations//?Name=leeds",
    "/ORD/2-0-0/organisations/RR8": "/ORD/2-0-0/organisations//RR8 /ORD/2-0-0/organisations/RR8/ /ORD/2-0-0//organisations/RR8",
    "/ORD/2-0-0/sync?LastChangeDate=2025-12-01": "/ORD/2-0-0/sync/?LastChangeDate=2025-12-01",
    "/ORD/2-0-0/roles": "/ORD/2-0-0/roles/ /ORD//2-0-0/roles",
    "/ORD/2-0-0/roles/RO98": "/ORD/2-0-0/roles//RO98 /ORD/2-0-0/roles/RO98/",
    "/ORD/2-0-0/notifications": "/ORD/2-0-0/notifications/",
    "/health/live": "/health/live/ //health/live /health//live",
    "/health/ready": "/health/ready//",
    "/": "// ///",
}


@pytest.mark.parametrize(
    ("target", "plain"), [(each, plain) for plain, others in SLASHES.items() for each in others.split()]
)
def test_slashes_too_many_are_ignored_and_never_redirected(client, target, plain):
    found, expected = ask(client, target), ask(client, plain)
    assert (found.status_code, expected.status_code) == (200, 200)
    for each in (found, expected):
        if each.json and each.json.get("resourceType") == "Bundle":
            each.data = re.sub(rb'"id":"[0-9a-f-]{36}"', b"", each.data)
    assert found.data == expected.data
    assert ask(client, target, method="HEAD").status_code == 200
    assert ask(client, target, method="PUT").headers["Allow"] == READABLE


def test_a_search_by_post_may_have_slashes_too_many(client):
    for target in ("/STU3/Organization/_search/", "/STU3//Organization//_search"):
        response = ask(
            client,
            target,
            method="POST",
            body=b"_id=RR8",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert response.json["total"] == 1
        assert ask(client, target).headers["Allow"] == SEARCHABLE


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/STU3/Organization%2FRR8", 'Unknown address "/STU3/Organization%2FRR8"'),
        ("/STU3%2fmetadata", 'Unknown address "/STU3%2fmetadata"'),
        ("/STU3/Organization/RR8%2F", "No record found for supplied ODS code"),
        ("/STU3/Organization/%2F", "No record found for supplied ODS code"),
        ("/STU3/Organization/RR8%252F", "No record found for supplied ODS code"),
        ("/STU3/CodeSystem/x%2FODSAPI-OrganizationRole-1", "No record found for supplied id"),
        ("/ORD/2-0-0%2Froles", "Not found"),
        ("/ORD/2-0-0/organisations%2FRR8", "Not found"),
        ("/ORD/2-0-0/organisations/%2fRR8", "Not found"),
        ("/health%2Flive", 'Unknown address "/health%2Flive"'),
    ],
)
def test_an_encoded_slash_stays_part_of_its_segment(client, target, text):
    assert said(ask(client, target)) == (404, text)


@pytest.mark.parametrize("target", ["/nowhere", "//nowhere//x/", "/health", "/health/live/x", "/é", "/a b"])
def test_outside_the_interfaces_an_unknown_address_is_told_as_json(client, target):
    sent = target.replace("é", "%C3%A9").replace(" ", "%20")
    assert said(ask(client, sent)) == (404, f'Unknown address "{sent}"')
    assert said(ask(client, f"{sent}?x=1")) == (404, f'Unknown address "{sent}"')


# Hosts


@pytest.mark.parametrize("target", HOSTS)
@pytest.mark.parametrize(
    "hosts",
    [
        *([], [""], [" "], ["a b"], ["a", "b"], ["ods.test", "ods.test"], ["<script>"], ["a@b"], ["a/b"]),
        *(["a:99999"], ["a:x"], ["a:1:2"], [":80"], ["[::"], ["[::1"], ["[:::1]"], ["[1.2.3.4]"], ["::1"]),
        *(["."], ["a..b"], [".a"], ["é"], ["a" * 300], ["javascript:alert(1)"], ["http://a"]),
    ],
)
@pytest.mark.parametrize("base_url", ["", "https://ods.example.org"])
def test_a_request_without_one_host_that_is_one_is_refused_in_the_words_of_its_interface(
    server, base_url, target, hosts
):
    response = send(server(base_url=base_url), f"GET {target} HTTP/1.1", *(f"Host: {host}" for host in hosts))
    assert said(response) == (400, NO_HOST)
    assert response.headers["X-Request-Id"]
    assert "Location" not in response.headers


@pytest.mark.parametrize(
    "host",
    [
        "ods.test",
        "ods.test:8000",
        "ods.test.",
        "ODS.test",
        "a_b",
        "1.2.3.4:1",
        "[::1]:8000",
        "[::ffff:1.2.3.4]",
    ],
)
def test_a_host_that_is_one_stands_in_links(bare, host):
    response = send(bare, f"GET {SEARCH} HTTP/1.1", f"Host: {host}")
    assert base_of(response) == f"http://{host}"
    assert response.json["entry"][0]["fullUrl"] == f"http://{host}/STU3/Organization/RR8"


@pytest.mark.parametrize("host", ["ods.test:80", "ods.test:"])
def test_the_port_that_http_has_anyway_is_left_out_of_links(bare, host):
    assert base_of(send(bare, f"GET {SEARCH} HTTP/1.1", f"Host: {host}")) == "http://ods.test"


def test_http_1_0_needs_no_host_but_a_wrong_one_is_refused(bare):
    assert base_of(send(bare, f"GET {SEARCH} HTTP/1.0")) == "http://localhost"
    assert said(send(bare, f"GET {SEARCH} HTTP/1.0", "Host: a b")) == (400, NO_HOST)


# Targets that are no path


@pytest.mark.parametrize(
    "target", ["http://ods.test", "http://ods.test/", "HTTP://ods.test?x=1", "http://ods.test#x"]
)
def test_a_url_without_a_path_is_the_start_page(client, target):
    plain = ask(client, "/")
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("POST", 405), ("PUT", 405)):
        response = send(client, f"{method} {target} HTTP/1.1", "Host: ods.test")
        assert response.status_code == status
        assert "Location" not in response.headers
        assert response.headers.get("Allow", READABLE) == READABLE
        if method == "GET":
            assert response.headers["Content-Type"] == plain.headers["Content-Type"]
            assert response.data == plain.data


@pytest.mark.parametrize(
    ("target", "base"),
    [
        ("http://other.test", "http://other.test"),
        ("http://other.test:8000", "http://other.test:8000"),
        ("HTTP://other.test:80", "http://other.test"),
        ("https://other.test:443", "https://other.test"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_of_a_whole_url_its_host_counts_and_not_the_header(bare, target, base):
    assert base_of(send(bare, f"GET {target}{SEARCH} HTTP/1.1", "Host: ods.test")) == base
    assert base_of(send(bare, f"GET {target}//{SEARCH} HTTP/1.1", "Host: ods.test")) == base
    assert said(send(bare, f"GET {target}{SEARCH} HTTP/1.1")) == (400, NO_HOST)
    unknown = said(send(bare, f"GET {target}/STU3/Nowhere?x=1 HTTP/1.1", "Host: ods.test"))
    assert unknown == (404, 'Unknown address "/STU3/Nowhere"')


def test_a_set_address_wins_over_that_of_a_whole_url(client):
    response = send(client, f"GET http://evil.example{SEARCH} HTTP/1.1", "Host: ods.test")
    assert base_of(response) == "https://ods.example.org"


@pytest.mark.parametrize(
    ("target", "text"),
    [
        *(
            (f"http://{host}/STU3/metadata", NO_HOST)
            for host in ("", "a@b", "a:x", "a:99999", "<a>", "[::", "a,b")
        ),
        ("ftp://ods.test/STU3/metadata", "The target of the request is neither a path nor an http address"),
        ("javascript:alert(1)", "The target of the request is neither a path nor an http address"),
        ("STU3/metadata", "The target of the request is neither a path nor an http address"),
    ],
)
def test_a_target_that_is_no_address_of_http_is_refused(client, target, text):
    assert said(send(client, f"GET {target} HTTP/1.1", "Host: ods.test")) == (400, text)


def test_a_star_asks_for_options_and_no_other_target_connects(client):
    assert send(client, "OPTIONS * HTTP/1.1", "Host: ods.test").status_code == 204
    response = send(client, "CONNECT ods.test:443 HTTP/1.1", "Host: ods.test")
    assert (response.status_code, response.headers["Allow"]) == (405, READABLE)


# What proxies add


FORWARDED = {
    "Proto: https": "https://inner.test:8000",
    "Proto: HTTPS": "https://inner.test:8000",
    "Proto: Http": "http://inner.test:8000",
    "Host: outer.test": "http://outer.test",
    "Host: outer.test:444": "http://outer.test:444",
    "Host: outer.test | Proto: https | Port: 443": "https://outer.test",
    "Host: outer.test | Proto: https | Port: 8443": "https://outer.test:8443",
    "Host: outer.test:1 | Port: 2": "http://outer.test:2",
    "Host: [::1] | Port: 2": "http://[::1]:2",
    "Port: 9000": "http://inner.test:9000",
    # Only the last one is of the proxy that is trusted.
    "Proto: http, https": "https://inner.test:8000",
    "Proto: https, javascript": "http://inner.test:8000",
    "Host: evil.test, outer.test": "http://outer.test",
    "Host: evil.test | Host: outer.test": "http://outer.test",
    "Port: 1, 9000": "http://inner.test:9000",
    "Host: evil.test,": "http://inner.test:8000",
    # Garbage counts as nothing.
    **{
        f"Proto: {each}": "http://inner.test:8000"
        for each in (
            "javascript",
            "ftp",
            "https:",
            "https://",
            '"https"',
            "",
            " ",
            "é",
            "http\x01",
            "ws",
            "h" * 5000,
        )
    },
    **{
        f"Host: {each}": "http://inner.test:8000"
        for each in (
            "<script>",
            "a b",
            "a@b",
            "a:b",
            "a:99999",
            "é",
            "",
            "[::",
            '"outer.test"',
            "a/b",
            "a" * 5000,
        )
    },
    **{
        f"Port: {each}": "http://inner.test:8000"
        for each in (
            "x",
            "0",
            "-1",
            "99999",
            "",
            "80x",
            "٣",
            "1" * 5000,
            "8 0",
            "80:80",
            "@evil.test",
            "/evil",
        )
    },
    "Host: outer.test | Port: garbage | Proto: https": "https://outer.test",
    "Host: <a> | Port: 9000": "http://inner.test:9000",
    "Prefix: /evil": "http://inner.test:8000",
    "Server: evil.test | For: evil": "http://inner.test:8000",
}


@pytest.mark.parametrize("sent", FORWARDED)
def test_of_what_a_trusted_proxy_forwards_only_what_makes_sense_counts(server, sent):
    trusting, other = (server(base_url="", trusted_proxies=hops) for hops in (1, 0))
    headers = [f"X-Forwarded-{each}" for each in sent.split(" | ")]
    for each, base in ((trusting, FORWARDED[sent]), (other, "http://inner.test:8000")):
        response = send(each, f"GET {SEARCH} HTTP/1.1", "Host: inner.test:8000", *headers)
        assert base_of(response) == base


@pytest.mark.parametrize(
    ("hosts", "base"),
    [
        ("one.test", "http://inner.test"),
        ("one.test, two.test", "http://one.test"),
        ("evil.test, one.test, two.test", "http://one.test"),
        (", ", "http://inner.test"),
    ],
)
def test_as_many_proxies_as_are_trusted_are_counted_from_the_last(server, hosts, base):
    trusting, headers = (
        server(base_url="", trusted_proxies=2),
        ("Host: inner.test", f"X-Forwarded-Host: {hosts}"),
    )
    response = send(trusting, f"GET {SEARCH} HTTP/1.1", *headers)
    assert base_of(response) == base


def test_a_forwarded_host_wins_over_that_of_a_whole_url_and_excuses_no_missing_one(server):
    trusting, forwarded = server(base_url="", trusted_proxies=1), "X-Forwarded-Host: outer.test"
    response = send(trusting, f"GET http://inner.test{SEARCH} HTTP/1.1", "Host: inner.test", forwarded)
    assert base_of(response) == "http://outer.test"
    assert said(send(trusting, f"GET {SEARCH} HTTP/1.1", forwarded)) == (400, NO_HOST)


# A path before all others


PUBLIC = "https://ods.example.org"


@pytest.mark.parametrize(
    "path", ["/api/ods", "/health", "/heal", "/STU", "/a%20b", "/é", "/STU3x", "/ORD/x", "/日本"]
)
@pytest.mark.parametrize("kept", [True, False])
def test_a_path_in_the_public_address_may_be_kept_or_stripped_by_the_proxy(server, path, kept):
    below, before = server(base_url=f"{PUBLIC}{path}"), path if kept else ""
    public = f"{PUBLIC}{quote(path, safe='/%')}"
    assert ok(below, f"{before}{SEARCH}")["link"][0]["url"].startswith(f"{public}/STU3/Organization?")
    assert ask(below, f"{before}/ORD/2-0-0/roles").status_code == 200
    assert ask(below, f"/{before}//ORD/2-0-0//roles/").status_code == 200
    assert ask(below, f"{before}/health/live").json == {"status": "live"}
    assert ask(below, f"{before}/STU3/metadata").json["url"] == f"{public}/STU3/metadata"
    for start in (f"{before}/", before or "/"):
        page = ask(below, start)
        assert page.status_code == 200
        assert f'href="{quote(path, safe="/%")}/about"' in page.text
    sent = quote(path, safe="/%") if kept else ""
    for address in ("/STU3/Nowhere", "/nowhere", "/health/x"):
        unknown = (404, f'Unknown address "{sent}{address}"')
        assert said(ask(below, f"{before}{address}?x=1")) == unknown
    for dialect in ("json", "xml"):
        links = ask(below, f"{before}/ORD/2-0-0/sync?LastChangeDate=2025-12-01&_format={dialect}")
        assert int(links.headers["Content-Length"]) == len(links.data)
        assert f"{public}/ORD/2-0-0/organisations/" in links.text
    page = ask(below, f"{before}/ORD/2-0-0/organisations?Name=leeds&Limit=1")
    assert page.headers["Next-Page"].startswith(f"{public}/ORD/2-0-0/organisations?")
    assert ask(below, f"{before}/ORD/2-0-0/nowhere").json["errorText"] == "Not found"
    assert ask(below, f"{before}/STU3/Organization", method="PUT").headers["Allow"] == READABLE
    assert ask(below, f"{before}/STU3/Organization/_search").headers["Allow"] == SEARCHABLE


def test_a_path_in_the_public_address_is_whole_segments_and_taken_off_once(make_client):
    server = make_client(base_url=f"{PUBLIC}/api")
    for target in (
        "/apis/STU3/metadata",
        "/api/api/STU3/metadata",
        "/x/api/STU3/metadata",
        "/API/STU3/metadata",
    ):
        assert ask(server, target).status_code == 404
    assert said(ask(server, "/api/api/STU3/metadata")) == (404, 'Unknown address "/api/api/STU3/metadata"')


@pytest.mark.parametrize(
    ("path", "root"), [("/", "."), ("/about", "."), ("/about/", ".."), ("/organisations/RR8", ".."), ("//organisations//RR8/", "../../..")]
)  # fmt: skip
def test_pages_without_a_path_in_the_public_address_have_links_that_lie_beside_them(client, bare, path, root):
    for server in (bare, client):
        page = ask(server, path, headers={"Accept": "text/html"})
        assert f'href="{root}/levels"' in page.text
