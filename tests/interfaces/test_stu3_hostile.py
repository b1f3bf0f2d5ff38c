"""Whatever is thrown at it: an answer of its own kind, and never a server error."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.interfaces.helpers import FORM, ask, check, ok, outcome_of, resource_of
from tests.interfaces.oracle import ODS_CODE, ROLE_CS

WORDS = {
    "names": """
        _id _lastUpdated identifier name active address-postalcode address-city ods-org-role
        ods-org-primaryRole _count _page _summary _format _sort _elements _total _pretty _generation
        _totalMethod url nam _query""",
    "segments": """
        Organization metadata CodeSystem ValueSet _search _history RR8 .. . $everything
        ODSAPI-OrganizationRole-1""",
    "methods": "GET GET GET GET HEAD POST OPTIONS PUT DELETE PATCH TRACE FOO",
    "headers": """
        Accept Prefer If-None-Match If-Modified-Since X-Request-Id Host Content-Type Origin
        Accept-Encoding Range Accept-Language Cookie X-Forwarded-Host Expect""",
    "values": rf"""
        ' " leeds* ^leeds name:leeds {{leeds}} leeds" % _ %_% \ \\ \, , | || $ ; ../../etc/passwd .. . ~
        <b> ]]> &amp; -1 1e999 NaN Infinity 0x10 1_000 ９ true false True null None [] {{}} RR8 N81082
        leeds LS14AP ge2018 2018-02-30 ap9999-12-31T23:59:59.999999999+14:00 lt0001-01-01 0000 eq xml json
        count text none -name,_id {ODS_CODE}|RR8 {ROLE_CS}|197 ŶŷßẞİıſﬁⅫ 𝓛𝓮𝓮𝓭𝓼 عربى 🏥🏥🏥 2025-12-11.1
        2025-12-11.1/..""",
    "header values": """
        */* application/fhir+xml application/json;q=0.5,text/xml * ; , q= application/fhir+json;q=abc
        a/b;q=1e999 handling=lenient handling=strict W/" " W/ 0 -1 bytes=0-1 a@b:99999 [::
        application/x-www-form-urlencoded application/x-www-form-urlencoded;charset=utf-16
        multipart/form-data é application/fhir+json;fhirVersion= */*;q=0 text/*;q=0.1,*/*;q=-1 %0a""",
}
WORD = {kind: words.split() for kind, words in WORDS.items()}
NASTY = [
    *WORD["values"],
    *("", " ", "\0", "\x01", "\n", "\x7f", "\u202e", "\ufeff", "\ufffe", "\U0010ffff"),
    *("' OR 1=1 --", '") OR ("', "NEAR(a b)", "a AND b", "NOT leeds", "LS1 4AP", "application/fhir xml"),
    *("9" * 400, "é" * 99, "e\u0301" * 99, "x" * 2000),
]
HEADER_VALUES = [
    *WORD["header values"],
    *("Thu, 15 Jan 2026 12:00:00 GMT", "Thu, 32 Foo 99999 99:99:99 XYZ", "x" * 4000, "\xff"),
]

texts = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=30), st.text(st.characters(max_codepoint=0x7F), max_size=12)
)
encoded = st.one_of(
    texts.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="")),
    st.binary(max_size=8).map(quote),
)
names = st.builds(
    "{}{}".format,
    st.one_of(st.sampled_from(WORD["names"]), encoded),
    st.sampled_from(["", "", "", ":contains", ":exact", ":not", ":missing", ":", ":x", "%3Anot"]),
)
pairs = st.one_of(
    st.builds("{}={}".format, names, encoded),
    names,
    st.sampled_from(["", "=", "&", "%zz=1", "a=%", "%00=1", "a=%ff", "_format=xml"]),
)
queries = st.lists(pairs, max_size=6).map("&".join)
segments = st.sampled_from(WORD["segments"])
paths = st.lists(st.one_of(segments, segments, encoded), max_size=3).map(
    lambda parts: "/".join(["/STU3", *parts])
)
likely = st.sampled_from(
    [
        "/STU3/Organization",
        "/STU3/Organization/RR8",
        "/STU3/metadata",
        "/STU3/CodeSystem",
        "/STU3/Organization/_search",
    ]
)
header_values = st.one_of(
    st.sampled_from(HEADER_VALUES),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=30),
)
headers = st.dictionaries(st.sampled_from(WORD["headers"]), header_values, max_size=4)


@settings(
    max_examples=1000,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(WORD["methods"]),
    st.one_of(likely, paths),
    queries,
    headers,
    st.one_of(st.none(), queries),
)
@example("GET", "/STU3/Organization", "&".join(["x=1"] * 1000), {}, None)
@example("POST", "/STU3/Organization/_search", "", {"Content-Type": FORM}, "&".join(["name=leeds"] * 1000))
@example("GET", "/STU3/Organization", "name=" + "%5C," * 300, {"Accept": "application/fhir+xml"}, None)
def test_nothing_a_client_sends_is_a_server_error(client, method, path, query, headers, form):
    sent = {
        **headers,
        **(
            {"Content-Type": FORM}
            if form is not None and method == "POST" and "Content-Type" not in headers
            else {}
        ),
    }
    response = ask(
        client,
        f"{path}?{query}" if query else path,
        method=method,
        headers=sent,
        body=form.encode() if form is not None else None,
    )
    assert response.status_code < 500
    assert response.headers["X-Request-Id"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    if method == "HEAD" or response.status_code in {204, 304}:
        assert response.data == b""
    elif response.status_code >= 400:
        outcome = outcome_of(response)
        said = "".join(issue["diagnostics"] for issue in outcome["issue"])
        assert all(char.isprintable() for char in said)
    else:
        assert response.status_code == 200
        in_json = response.headers["Content-Type"].partition(";")[0].endswith("json")
        check(json.loads(response.data) if in_json else resource_of(etree.fromstring(response.data)))


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize(
    "name",
    [
        "name",
        "name:contains",
        "name:exact",
        "address-city:contains",
        "address-postalcode",
        "_id",
        "_sort",
        "_generation",
    ],
)
def test_no_text_means_anything_to_the_engine(client, name, value):
    response = ask(client, f"Organization?{name}={quote(value.encode())}")
    assert response.status_code in {200, 400, 410}
    if response.status_code == 200:
        check(json.loads(response.data))


def test_a_thousand_parameters_and_huge_numbers_are_answered_at_once(client):
    for target in (
        "Organization?" + "&".join(f"a{n}=1" for n in range(900)),
        f"Organization?_page={'9' * 4000}",
        f"Organization?_count={'9' * 4000}",
        f"Organization?_lastUpdated=2018-01-01T00:00:00.{'9' * 4000}",
        f"Organization?ods-org-role={'9' * 4000}",
        f"Organization?_id={'A' * 4000}",
        f"Organization?name={'a%5C%5C' * 500}",
        f"Organization?name={',' * 499}",
        f"Organization?_elements={',x' * 400}",
        f"Organization?_sort={'_id,' * 400}",
    ):
        assert ask(client, target).status_code in {200, 400}
    assert ok(client, "Organization?_page=1000000000")["total"] == 2500
