"""The errors of R4: each text, code and status, in both formats."""

import pytest
from werkzeug.exceptions import InternalServerError

from tests.interfaces.helpers import FHIR_JSON, FHIR_XML, FORM
from tests.interfaces.helpers import ask as asked
from tests.interfaces.r4_helpers import ask, issue, issues

ORGANIZATION = (
    "_content, _id, _lastUpdated, _profile, _security, _source, _tag, _text, active, activeRoleCode, "
    "address, address-city, address-country, address-postalcode, address-state, address-use, endpoint, "
    "identifier, lastChangeDate, name, partof, phonetic, roleCode, type"
)
AFFILIATION = (
    "_id, _lastUpdated, _profile, _security, _source, _tag, active, date, email, endpoint, identifier, "
    "lastChangeDate, location, network, participating-organization, phone, primary-organization, role, "
    "service, specialty, telecom"
)
KNOWN = {
    "Organization": ORGANIZATION,
    "OrganizationAffiliation": AFFILIATION,
    "List": "_id, _lastUpdated, date, identifier, status, title",
}
FORMATS = "use application/fhir+json or application/fhir+xml"
ESCAPES = "expected a backslash only before a comma, a dollar sign, a bar or a backslash"
ON_READ = "use _format, _pretty, _elements or _summary"


CAPTURED = {
    "resourceType": "OperationOutcome",
    "text": {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml"><h1>Operation Outcome</h1><table border="0"><tr>'
        '<td style="font-weight: bold;">ERROR</td><td>[]</td>'
        "<td>HAPI-2001: Resource Organization/X9999 is not known</td></tr></table></div>",
    },
    "issue": [
        {
            "severity": "error",
            "code": "processing",
            "diagnostics": "HAPI-2001: Resource Organization/X9999 is not known",
        }
    ],
}
"""What ODT answered to a read of X9999 in June 2025."""


def test_an_error_is_the_one_that_odt_sent(world):
    assert ask(world, "Organization/X9999").json == CAPTURED


# Parameters


@pytest.mark.parametrize("kind", KNOWN)
@pytest.mark.parametrize("name", ["count", "Name", "_page", "_query", "ods-org-role", "mode"])
def test_an_unknown_parameter_is_refused_in_the_words_of_odt(world, kind, name):
    text = (
        f'HAPI-0524: Unknown search parameter "{name}" for resource type "{kind}". '
        f"Valid search parameters for this search are: [{KNOWN[kind]}]"
    )
    for value in ("1", ""):
        assert issue(ask(world, f"{kind}?{name}={value}")) == ("processing", text)


def test_a_named_query_is_refused_even_where_the_client_is_lenient(world):
    answer = ask(world, "Organization?_query=x", headers={"Prefer": "handling=lenient"})
    assert issue(answer)[1].startswith('HAPI-0524: Unknown search parameter "_query"')


MODIFIERS = {
    "Organization?name:text=x": (
        'Modifier ":text" is not supported on search parameter "name" of Organization: '
        "use :contains, :exact or :missing"
    ),
    "Organization?roleCode:exact=x": (
        'Modifier ":exact" is not supported on search parameter "roleCode" of Organization: '
        "use :not or :missing"
    ),
    "Organization?phonetic:contains=x": (
        'Modifier ":contains" is not supported on search parameter "phonetic" of Organization: use :missing'
    ),
    "OrganizationAffiliation?primary-organization:Patient=x": (
        'Modifier ":Patient" is not supported on search parameter "primary-organization" of '
        "OrganizationAffiliation: use :Organization, :identifier or :missing"
    ),
    "OrganizationAffiliation?date:exact=2020": (
        'Modifier ":exact" is not supported on search parameter "date" of OrganizationAffiliation: '
        "use :missing"
    ),
    "Organization?_count:missing=true": (
        'Modifier ":missing" is not supported on parameter "_count": use it without a modifier'
    ),
    "Organization/A1?_elements:x=y": (
        'Modifier ":x" is not supported on parameter "_elements": use it without a modifier'
    ),
}


@pytest.mark.parametrize("target", MODIFIERS)
def test_a_modifier_that_is_not_supported_is_always_refused(world, target):
    for headers in ({}, {"Prefer": "handling=lenient"}):
        assert issue(ask(world, target, headers=headers)) == ("not-supported", MODIFIERS[target])


VALUES = {
    "Organization?_summary=x": (
        'Invalid value "x" for "_summary": expected one of count, true, text, data, false'
    ),
    "Organization?_pretty=x": 'Invalid value "x" for "_pretty": expected true or false',
    "Organization?active=yes": 'Invalid value "yes" for "active": expected true or false',
    "Organization?active=%7Ctrue": 'Invalid value "|true" for "active": expected true or false',
    "Organization?name:missing=1": 'Invalid value "1" for "name:missing": expected true or false',
    "Organization?name=a%5Cb": f'Invalid value "a\\b" for "name": {ESCAPES}',
    "Organization?partof=a%5Cb": f'Invalid value "a\\b" for "partof": {ESCAPES}',
    "Organization?_profile=a%5C": f'Invalid value "a\\" for "_profile": {ESCAPES}',
    "Organization?type=a%7Cb%7Cc": (
        'Invalid value "a|b|c" for "type": expected code, system|code, |code or system|'
    ),
    "Organization?_count=1&_count=2": '"_count" is sent more than once: send it once',
    "OrganizationAffiliation?primary-organization=a%7Cb%7Cc": (
        'Invalid value "a|b|c" for "primary-organization": expected code, system|code, |code or system|'
    ),
}


@pytest.mark.parametrize("target", VALUES)
def test_a_value_that_cannot_be_is_refused(world, target):
    for headers in ({}, {"Prefer": "handling=lenient"}):
        assert issue(ask(world, target, headers=headers)) == ("invalid", VALUES[target])


@pytest.mark.parametrize("name", ["lastChangeDate", "_lastUpdated", "date"])
@pytest.mark.parametrize(
    "value", ["gtINVALID", "2023-13", "2023-02-30", "23 May 2009", "GT2023", "x2023", "2023-1"]
)
def test_a_wrong_date_is_refused_in_the_words_of_odt(world, name, value):
    text = f'HAPI-1940: Invalid date/time/quantity format: "{value}"'
    assert issue(ask(world, f"OrganizationAffiliation?{name}={value}")) == ("processing", text)


def test_all_that_is_wrong_is_told(world):
    told = issues(ask(world, "Organization?foo=1&_count=x&lastChangeDate=x&name:text=y"))
    assert [text[:22] for _, text in told] == [
        *(
            "HAPI-0524: Unknown sea",
            'Modifier ":text" is no',
            'Invalid value "x" for ',
            "HAPI-1940: Invalid dat",
        )
    ]


def test_a_read_takes_no_search_parameter(world):
    assert issue(ask(world, "Organization/A1?name=x")) == (
        "processing",
        f'Unknown parameter "name": {ON_READ}',
    )
    text = 'Unknown parameter "name": use _format, _pretty, _elements, _summary or mode'
    assert issue(ask(world, "metadata?name=x")) == ("processing", text)


def test_what_the_client_sent_is_quoted_as_text(world):
    answer = ask(world, "Organization?%3Cb%3E%26%22=x", headers={"Accept": "application/fhir+xml"})
    assert issue(answer)[1].startswith('HAPI-0524: Unknown search parameter "<b>&""')
    assert b"&lt;b&gt;&amp;&quot;" in answer.data


TOO_MANY = "The request has more than 500 comma-separated alternatives"


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("Organization?" + "&".join(["name=a"] * 201), "The request has more than 200 parameters"),
        ("Organization?name=" + "a," * 500, TOO_MANY),
        (
            "Organization?_id=a&name=" + "a," * 499,
            TOO_MANY,
        ),
        ("Organization?name=%ff", "The address or form is not UTF-8 after percent-decoding"),
        ("Organization?name=%00", "The address or form holds a NUL character"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(world, target, text):
    assert issue(ask(world, target)) == ("invalid", text)


def test_names_of_elements_are_no_alternatives(world):
    assert ask(world, f"Organization?_elements={'name,' * 600}").status_code == 200


def test_a_request_line_that_is_too_long_is_refused(world):
    assert issue(ask(world, f"Organization?name={'x' * 8000}"), 414) == (
        "too-long",
        "The request line is longer than 8000 bytes",
    )


# Addresses and methods


@pytest.mark.parametrize("target", ["Foo", "Patient/1", "organization/A1", "Foo/_search", "ConceptMap?url=x"])
def test_an_unknown_type_is_404_and_the_text_names_those_that_are_known(world, target):
    named = target.partition("/")[0].partition("?")[0]
    text = (
        f'Unknown resource type "{named}": this server knows CapabilityStatement, CodeSystem, List, '
        "NamingSystem, OperationDefinition, Organization, OrganizationAffiliation, SearchParameter, "
        "StructureDefinition, TerminologyCapabilities, ValueSet"
    )
    for prefix in ("/R4", "//R4/", "/organisation-data-terminology-api/fhir"):
        assert issue(asked(world, f"{prefix}/{target}"), 404) == ("not-found", text)


@pytest.mark.parametrize(
    "target", ["Organization/A1/x", "$version", "metadata/x", "Organization/$x", "_search"]
)
def test_an_unknown_address_is_404(world, target):
    assert issue(ask(world, target), 404) == ("not-found", f'Unknown address "/R4/{target}"')


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("target", "methods", "allow"),
    [
        ("Organization", "GET", "GET, HEAD, OPTIONS"),
        ("Organization/A1", "GET", "GET, HEAD, OPTIONS"),
        ("Organization/A1/_history/1", "GET", "GET, HEAD, OPTIONS"),
        ("metadata", "GET", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_writes_is_405_in_the_words_of_odt(world, method, target, methods, allow):
    answer = ask(world, target, method=method)
    assert answer.headers["Allow"] == allow
    text = f"HAPI-0427: HTTP Method {method} is not allowed for this operation. Allowed method(s): {methods}"
    assert issue(answer, 405) == ("processing", text)


def test_only_a_form_is_sent_to_search(world):
    answer = ask(world, "Organization/_search", method="DELETE")
    text = "HAPI-0427: HTTP Method DELETE is not allowed for this operation. Allowed method(s): POST"
    assert issue(answer, 405) == ("processing", text)
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_options_says_what_an_address_has(world):
    answer = ask(world, "Organization", method="OPTIONS", headers={"Origin": "https://example.org"})
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


# Formats


@pytest.mark.parametrize(
    "target", ["Organization?_format=%s", "Organization/A1?_format=%s", "metadata?_format=%s"]
)
@pytest.mark.parametrize("name", ["turtle", "text/html", "pdf"])
def test_an_unknown_format_is_406_in_json(world, target, name):
    answer = ask(world, target % name)
    assert issue(answer, 406) == ("not-supported", f'Unsupported format "{name}": {FORMATS}')
    assert answer.headers["Content-Type"] == FHIR_JSON


@pytest.mark.parametrize("accept", ["image/png", "application/fhir+json;fhirVersion=3.0", "text/turtle"])
def test_an_accept_header_that_allows_nothing_is_406(world, accept):
    answer = ask(world, "Organization/A1", headers={"Accept": accept})
    assert issue(answer, 406) == ("not-supported", f'Unsupported format "{accept}": {FORMATS}')


def test_errors_have_the_format_that_is_asked_for(world):
    for target in ("Organization/X", "Organization?foo=1", "Foo"):
        answer = ask(world, target, headers={"Accept": "application/fhir+xml"})
        assert answer.headers["Content-Type"] == FHIR_XML
        assert issue(answer, answer.status_code)
        assert issue(ask(world, f"{target}{'&' if '?' in target else '?'}_format=json"), answer.status_code)


@pytest.mark.parametrize("kind", ["text/csv", "application/json", ""])
def test_a_body_that_is_no_form_is_415(world, kind):
    answer = ask(
        world, "Organization/_search", method="POST", headers={"Content-Type": kind}, body=b"name=alpha"
    )
    text = f'Unsupported content type "{kind}": send application/x-www-form-urlencoded'
    assert issue(answer, 415) == ("not-supported", text)


def test_a_form_that_is_too_long_is_413(world):
    answer = ask(
        world, "Organization/_search", method="POST", headers={"Content-Type": FORM}, body=b"x" * 65_537
    )
    assert issue(answer, 413) == ("too-long", "The body is longer than 65536 bytes")


# The server


def test_an_error_of_the_server_names_the_request(world, monkeypatch):
    rule = "r4.metadata"
    monkeypatch.setitem(world.application.view_functions, rule, _broken)
    answer = ask(world, "metadata", headers={"X-Request-Id": "my-own-id"})
    assert issue(answer, 500) == ("exception", "Unexpected error; request my-own-id")


def _broken():
    raise ZeroDivisionError(InternalServerError.description)


def test_without_a_register_there_is_nothing_to_read(unloaded):
    text = 'No register is loaded: run "ods-indexer load RELEASE" or "ods-indexer load --demo"'
    for target in ("Organization", "Organization/A1", "List/x"):
        answer = ask(unloaded, target)
        assert issue(answer, 503) == ("transient", text)
        assert answer.headers["Retry-After"] == "5"
