"""Whatever target and headers come to any address: never a server error, a redirect or an odd link."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.interfaces.helpers import FORM, send

# Targets and headers are read before an engine is asked; the other hostile tests ask each engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

MakeClient = Callable[..., FlaskClient]

ADDRESSES = [
    *("/", "/health/live", "/health/ready", "/nowhere", "*", "//", ""),
    *(
        "/STU3",
        "/STU3/metadata",
        "/STU3/Organization",
        "/STU3/Organization/RR8",
        "/STU3/Organization/_search",
    ),
    *(
        "/STU3/CodeSystem",
        "/STU3/ValueSet/ODSAPI-OrganizationRole-1",
        "/STU3/Nowhere",
        "/STU3/Organization/%20",
    ),
    *("/R4", "/R4/metadata", "/R4/Organization", "/R4/Organization/RR8", "/R4/Organization/_search"),
    *("/R4/Organization/RR8/_history/1", "/R4/OrganizationAffiliation", "/R4/List", "/R4/Nowhere"),
    *(f"/organisation-data-terminology-api/{name}" for name in ("fhir/Organization", "_ping", "x")),
    *("/ORD", "/ORD/2-0-0/organisations", "/ORD/2-0-0/organisations/RR8", "/ORD/2-0-0/roles/RO98"),
    *("/ORD/2-0-0/sync", "/ORD/2-0-0/notifications", "/ORD/2-0-0/rels", "/ORD/2-0-0/nowhere"),
]
QUERIES = [
    *("", "", "?_id=RR8", "?name=leeds&_count=1", "?Name=leeds&Limit=1", "?LastChangeDate=2025-12-01"),
    *("?_format=xml", "?_pretty=true", "?%zz", "?%ff=%00", "?", "#x", "?_generation=x", "?" + "x" * 9000),
]
HOSTS = [
    *("ods.test", "ods.test:8000", "[::1]:1", "a_b", "", " ", "a b", "a,b", "a@b", "<a>", "[::", "[:::1]"),
    *(
        "a:x",
        "a:99999",
        "é",
        "javascript:alert(1)//",
        "a" * 300,
        "\x01",
        "xn--",
        "xn--\xff",
        "-",
        "..",
        "a..b",
    ),
]
NUMBERS = st.one_of(
    st.sampled_from(["0", "1", "15", "99", "2026", "-1", "", "٣", "1.5", "x"]),
    st.integers(1, 5000).map(lambda digits: "9" * digits),
)
DATES = st.one_of(
    st.builds(
        "{} {} {} {} {}:{}:{} {}{}".format,
        st.sampled_from(["Thu,", "Thursday,", "", "x"]),
        NUMBERS,
        st.sampled_from(["Jan", "Foo", ""]),
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        st.sampled_from(["GMT", "+", "-", "EST", ""]),
        NUMBERS,
    ),
    st.sampled_from(
        ["Thu, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359", "Thu Jan 15 12:00:00 2026"]
    ),
)
SENT = {
    "If-Modified-Since": DATES,
    "If-Unmodified-Since": DATES,
    "If-Range": DATES,
    "If-None-Match": st.sampled_from(
        ['"', "W/", "*", "*, *", 'W/"x", "', "\\", '"é"', ",," * 2000, "W/" * 3000]
    ),
    "Accept": st.sampled_from(
        [
            *(
                "text/html",
                "*/*;q=1e999",
                "*/*;q=nan",
                ";;;,,,/",
                "application/fhir+json;q=\xff",
                "a/b;" * 900,
            ),
            *(
                'application/fhir+json;fhirVersion="',
                "application/fhir+xml",
                "text/html;q=x",
                "application/json",
            ),
            "x;a*=utf-16''%ff",
        ]
    ),
    "Prefer": st.sampled_from(
        ["handling=lenient", "handling=", "=", ";,;", "é", "handling=lenient, handling=strict"]
    ),
    "Host": st.sampled_from(HOSTS),
    "X-Forwarded-Host": st.sampled_from([*HOSTS, "outer.test, inner.test", ",", '"', '"a, b"']),
    "X-Forwarded-Proto": st.sampled_from(
        ["https", "HTTPS", "javascript", "", ",", "http,https", "\xff", "h" * 5000]
    ),
    "X-Forwarded-Port": NUMBERS,
    "X-Forwarded-For": st.sampled_from(["1.2.3.4", "x", "", "<script>", ",", "::1", "é"]),
    "X-Forwarded-Prefix": st.sampled_from(["/evil", "//", "é"]),
    "Forwarded": st.sampled_from(["host=evil", "proto=javascript"]),
    "Content-Type": st.sampled_from(
        [
            *(
                FORM,
                f"{FORM};charset=utf-16",
                f"{FORM};charset=no",
                "application/json",
                ";",
                "/",
                "é",
                "text/xml",
            ),
            *(
                "multipart/form-data",
                "multipart/form-data; boundary=é",
                "x" * 5000,
                "a/b;c*=utf-9''x",
                'a/b;c="',
            ),
        ]
    ),
    "Content-Length": st.sampled_from(["0", "-1", "x", "9" * 30, "9" * 5000, "", "+1", "1_0"]),
    "Range": st.sampled_from(["bytes=0-1", "bytes=-1", "bytes=9-1", "x", "bytes=0-" + "9" * 5000, "é"]),
    "X-Request-Id": st.sampled_from(["abc", "", "a b", "é", "x" * 5000, "a\x01", "%0d%0a"]),
    "X-Correlation-ID": st.sampled_from(["abc", "", "a b", "é", "x" * 5000, "a\x01", "%0d%0a"]),
    "Access-Control-Request-Headers": st.sampled_from(["accept", "", "a\x01b", "é", "<a>", "x" * 5000]),
    "Access-Control-Request-Method": st.sampled_from(["GET", "é", ""]),
    "Expect": st.sampled_from(["100-continue", "x"]),
    "Cookie": st.sampled_from(["a=b", ";;;", "é=", "\x01"]),
    "Authorization": st.sampled_from(["Basic", "Basic é", "Digest x=", "\x01"]),
    "Cache-Control": st.sampled_from(["no-cache", "max-age=x", "max-age=" + "9" * 5000]),
}
ANYTHING = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\0\r\n"), max_size=30)
HEADERS = st.lists(
    st.sampled_from(sorted(SENT)).flatmap(
        lambda name: st.one_of(SENT[name], SENT[name], ANYTHING).map(lambda value: f"{name}: {value}")
    ),
    max_size=5,
)
SETTINGS = [
    {"base_url": ""},
    {"base_url": "", "trusted_proxies": 1},
    {"base_url": "", "trusted_proxies": 2, "stu3_shape": "legacy"},
    {"base_url": "https://ods.example.org/STU/x"},
]
TARGETS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "", "", *(f"http://{host}" for host in HOSTS), "https://a", "ftp://a", "x:"]),
    st.sampled_from(["", "", "/", "/STU/x", "/STU", "//STU//x/"]),
    st.sampled_from(ADDRESSES),
    st.sampled_from(["", "", "/", "//", "/%2F", "%20", "/..", "/%zz", "/%ff", "/\xe9"]),
    st.sampled_from(QUERIES),
).map(lambda target: target.replace(" ", "%20"))

SENDABLE = re.compile(r"[ \t\x21-\x7e\x80-\xff]*")
"""What an HTTP server sends as the value of a header: of anything else gunicorn makes a 500."""
LINKS = re.compile(r'"(?:url|fullUrl|OrgLink)": ?"([^"]*/(?:STU3|R4|[a-z-]*api/fhir|ORD)/[^"]*)"')
LINK = re.compile(
    r"https?://[A-Za-z0-9_.:\[\]-]+/(STU/x/)?(STU3|R4|organisation-data-terminology-api/fhir|ORD/2-0-0)/"
)


@pytest.fixture(scope="module")
def servers(make_client: MakeClient) -> list[FlaskClient]:
    """A client for each of SETTINGS."""
    return [make_client(**each) for each in SETTINGS]


@settings(
    max_examples=700,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.integers(0, len(SETTINGS) - 1),
    st.sampled_from("GET GET GET GET HEAD POST OPTIONS PUT CONNECT TRACE FOO".split()),  # noqa: SIM905
    TARGETS,
    st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"]),
    st.booleans(),
    HEADERS,
)
@example(0, "GET", "http://a", "HTTP/1.1", True, [])
@example(
    0, "GET", "/STU3/metadata", "HTTP/1.1", True, ["If-Modified-Since: Thu, 15 Jan 9999999999 12:00:00 GMT"]
)
def test_no_target_and_no_header_is_a_server_error_or_a_redirect(
    servers, which, method, target, protocol, has_host, headers
):
    host = ["Host: ods.test"] if has_host else []
    response = send(servers[which], f"{method} {target or '/'} {protocol}", *host, *headers)
    assert response.status_code < 500
    assert response.status_code in {200, 204, 304} or response.status_code >= 400
    assert "Location" not in response.headers
    assert re.fullmatch(r"[A-Za-z0-9._:\-]{1,128}", response.headers["X-Request-Id"])
    for _, value in response.headers:
        assert SENDABLE.fullmatch(value)
        assert len(value) < 10_000
    if method == "HEAD" or response.status_code in {204, 304}:
        assert response.data == b""
    if response.status_code == 200:
        links = LINKS.findall(response.text)
        ours = [each for each in links if not each.startswith("https://fhir.nhs.uk/")]
        ours = [each for each in ours if "directory.spineservices.nhs.uk" not in each]
        ours += [
            response.headers[name]
            for name in ("Next-Page", "Previous-Page", "Content-Location")
            if name in response.headers
        ]
        assert [each for each in ours if not LINK.match(each)] == []
