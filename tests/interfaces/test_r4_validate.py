"""`$validate-code` and `$subsumes` of R4's code systems over a small release (fhir-r4 10.2 and 10.3)."""

# ruff: noqa: E501 - tables

import json

import pytest

from tests.interfaces.r4_helpers import NHS_SYSTEMS, ODS_CODE, ask, issue, ok, same_in_xml
from tests.interfaces.terminology_helpers import (
    PUBLISHED,
    RELATIONSHIP_INSTANCE,
    ROLE,
    ROLE_INSTANCE,
    SUCCESSION,
    address,
    outputs,
    parameters,
    post,
    posted,
)

VALIDATE, SUBSUMES = "CodeSystem/$validate-code", "CodeSystem/$subsumes"
OF_CODES = "CodeSystem/ods-organization-code"
NEEDED = '$validate-code needs "url" and "code", or "coding" or "codeableConcept" with "system" and "code"'
NEEDED_BY_SUBSUMES = '$subsumes needs "codeA", "codeB" and "system", or "codingA" and "codingB"'


def coding(code, system=ODS_CODE, name="coding", **more):
    """Return the input of a Coding."""
    held = {"system": system, "code": code, **more}
    return {"name": name, "valueCoding": {key: value for key, value in held.items() if value}}


def concept(*codings):
    """Return the input of a CodeableConcept."""
    return {
        "name": "codeableConcept",
        "valueCodeableConcept": {"coding": [each["valueCoding"] for each in codings]},
    }


# $validate-code


@pytest.mark.parametrize(
    ("system", "code", "display"),
    [
        (ODS_CODE, "G81086", "BIRD-IN-EYE SURGERY"),
        (ODS_CODE, "C01", "CLOSED"),
        (ROLE, "RO177", "PRESCRIBING COST CENTRE"),
        (ROLE, "RO999", "RO999"),
        (ROLE_INSTANCE, "402", "GP PRACTICE"),
        (RELATIONSHIP_INSTANCE, "304", "T01 IS COMMISSIONED BY NONE"),
        (SUCCESSION, "9001", "99K TO 97R"),
        (f"{NHS_SYSTEMS}/England-ODSRecordUseType", "RefOnly", "RefOnly"),
    ],
)
def test_a_code_of_any_code_system_is_valid(terms, system, code, display):
    resource = ok(terms, address(VALIDATE, url=system, code=code))
    assert list(outputs(resource).items()) == [("result", True), ("display", display)]
    assert ok(terms, address(VALIDATE, url=system, code=code, display=display.lower())) == resource
    assert posted(terms, VALIDATE, coding(code, system)) == resource
    own = f"CodeSystem/{system.rpartition('/')[2]}/$validate-code"
    assert ok(terms, address(own, code=code)) == resource
    assert ok(terms, address(own, code=code, url=system)) == resource


def test_a_code_that_there_is_not_is_no_error(terms):
    resource = ok(terms, address(VALIDATE, url=ODS_CODE, code="g81086"))
    message = f'Unknown code "g81086" in code system {ODS_CODE}'
    assert list(outputs(resource).items()) == [("result", False), ("message", message)]


def test_another_display_is_wrong_but_case_and_blanks_do_not_count(terms):
    found = outputs(ok(terms, address(VALIDATE, url=ODS_CODE, code="T01", display="The Trust")))
    assert list(found.items()) == [
        ("result", False),
        ("message", 'Wrong display "The Trust" for code "T01": expected "A TRUST"'),
        ("display", "A TRUST"),
    ]
    assert outputs(ok(terms, address(VALIDATE, url=ODS_CODE, code="T01", display=" a  Trust")))["result"]
    for sent in (coding("T01", display="x"), {"name": "display", "valueString": "x"}):
        others = [] if sent["name"] == "coding" else [coding("T01")]
        assert not outputs(posted(terms, VALIDATE, sent, *others))["result"]


def test_one_valid_coding_of_a_concept_is_enough(terms):
    known, unknown, elsewhere = coding("T01"), coding("XXX"), coding("1", "http://x")
    found = outputs(posted(terms, VALIDATE, concept(elsewhere, unknown, known)))
    assert found == {"result": True, "display": "A TRUST"}
    found = outputs(posted(terms, VALIDATE, concept(elsewhere, unknown)))
    assert found == {"result": False, "message": f'Unknown code "XXX" in code system {ODS_CODE}'}
    assert issue(post(terms, VALIDATE, parameters(concept(elsewhere))), 404) == (
        "not-found",
        "Unknown code system http://x",
    )


def test_a_coding_must_be_of_the_code_system_that_is_asked(terms):
    url = {"name": "url", "valueUri": ROLE}
    message = f'The code "T01" is of code system {ODS_CODE}, not of {ROLE}'
    assert outputs(posted(terms, VALIDATE, url, coding("T01"))) == {"result": False, "message": message}
    assert outputs(posted(terms, "CodeSystem/ODSOrganisationRole/$validate-code", coding("T01"))) == {
        "result": False,
        "message": message,
    }
    assert outputs(posted(terms, VALIDATE, url, coding("RO177", "")))["result"]
    assert outputs(posted(terms, VALIDATE, url, concept(coding("T01"), coding("RO177", ROLE))))["result"]


def test_inputs_without_effect_are_accepted(terms):
    resource = ok(terms, address(VALIDATE, url=ODS_CODE, code="T01"))
    more = {"abstract": "true", "displayLanguage": "cy", "status": "active", "version": PUBLISHED}
    assert ok(terms, address(VALIDATE, url=ODS_CODE, code="T01", **more)) == resource


@pytest.mark.parametrize(
    ("inputs", "status", "expected"),
    [
        ({"url": "http://x", "code": "T01"}, 404, ("not-found", "Unknown code system http://x")),
        ({"code": "T01"}, 400, ("required", NEEDED)),
        ({"url": ODS_CODE}, 400, ("required", NEEDED)),
        ({}, 400, ("required", NEEDED)),
        ({"url": ODS_CODE, "code": "T01", "version": "1"}, 404, ("not-found", f'Unknown version "1" of {ODS_CODE}: use {PUBLISHED}')),
        ({"url": ODS_CODE, "code": "T01", "system": ODS_CODE}, 400, ("processing", 'Unknown parameter "system": use url, code, version, display, coding, codeableConcept, lenient-display-validation, abstract, displayLanguage, status, cache-id, default-to-latest-version, diagnostics, profile-url, inferSystem, mode, valueset-membership-only or tx-resource')),
        ({"url": ODS_CODE, "code": "T01", "codeSystem": "x"}, 400, ("not-supported", 'The input "codeSystem" of $validate-code is not supported: name a code system of this server with "url"')),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_validation_is_told_to_the_letter(terms, inputs, status, expected):
    assert issue(ask(terms, address(VALIDATE, **inputs)), status) == expected


@pytest.mark.parametrize(
    ("sent", "status", "expected"),
    [
        ([coding("T01", version="1")], 404, ("not-found", f'Unknown version "1" of {ODS_CODE}: use {PUBLISHED}')),
        ([coding("T01", "")], 400, ("required", NEEDED)),
        ([coding("")], 400, ("required", NEEDED)),
        ([concept()], 400, ("required", NEEDED)),
        ([concept(*[coding("T01")] * 51)], 413, ("too-long", '"codeableConcept" has more than 50 codings: send fewer')),
        ([coding("T01"), concept(coding("T01"))], 400, ("invalid", 'Send "coding" or "codeableConcept", not both')),
        ([{"name": "codeSystem", "resource": {"resourceType": "CodeSystem"}}], 400, ("not-supported", 'The input "codeSystem" of $validate-code is not supported: name a code system of this server with "url"')),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_body_is_told_to_the_letter(terms, sent, status, expected):
    assert issue(post(terms, VALIDATE, parameters(*sent)), status) == expected


@pytest.mark.parametrize("operation", ["$validate-code?code=T01", "$subsumes?codeA=T01&codeB=T01"])
def test_a_code_system_is_named_by_its_id_or_not_at_all(terms, operation):
    assert issue(ask(terms, f"CodeSystem/nothing/{operation}"), 404) == (
        "processing",
        "HAPI-2001: Resource CodeSystem/nothing is not known",
    )
    name = "url" if "validate" in operation else "system"
    assert issue(ask(terms, f"{OF_CODES}/{operation}&{name}={ROLE}")) == (
        "invalid",
        f'"{name}" is another code system than {OF_CODES}: leave it out',
    )


# $subsumes


def test_codes_are_equivalent_only_if_equal(terms):
    for other, outcome in (("T01", "equivalent"), ("C01", "not-subsumed")):
        resource = ok(terms, address(SUBSUMES, codeA="T01", codeB=other, system=ODS_CODE))
        assert resource["parameter"] == [{"name": "outcome", "valueCode": outcome}]
        assert ok(terms, address(f"{OF_CODES}/$subsumes", codeA="T01", codeB=other)) == resource
        codings = coding("T01", name="codingA"), coding(other, name="codingB")
        assert posted(terms, SUBSUMES, *codings) == resource
        assert posted(terms, f"{OF_CODES}/$subsumes", *codings) == resource
    same_in_xml(terms, address(SUBSUMES, codeA="T01", codeB="T01", system=ODS_CODE))


@pytest.mark.parametrize(
    ("inputs", "status", "expected"),
    [
        ({"codeA": "T01", "codeB": "XXX", "system": ODS_CODE}, 404, ("not-found", f'Unknown code "XXX" in code system {ODS_CODE}')),
        ({"codeA": "XXX", "codeB": "XXX", "system": ODS_CODE}, 404, ("not-found", f'Unknown code "XXX" in code system {ODS_CODE}')),
        ({"codeA": "T01", "codeB": "T01", "system": "http://x"}, 404, ("not-found", "Unknown code system http://x")),
        ({"codeA": "T01", "system": ODS_CODE}, 400, ("required", NEEDED_BY_SUBSUMES)),
        ({"codeA": "T01", "codeB": "T01"}, 400, ("required", NEEDED_BY_SUBSUMES)),
        ({"codeA": "T01", "codeB": "T01", "system": ODS_CODE, "version": "1"}, 404, ("not-found", f'Unknown version "1" of {ODS_CODE}: use {PUBLISHED}')),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_comparison_is_told_to_the_letter(terms, inputs, status, expected):
    assert issue(ask(terms, address(SUBSUMES, **inputs)), status) == expected


@pytest.mark.parametrize(
    ("sent", "status", "expected"),
    [
        ([coding("T01", name="codingA"), coding("RO177", ROLE, name="codingB")], 400, ("invalid", "The two codes are of different code systems: send two of one")),
        ([coding("T01", name="codingA"), {"name": "codeA", "valueCode": "T01"}, {"name": "codeB", "valueCode": "T01"}], 400, ("invalid", 'Send "codeA" or "codingA", not both')),
        ([coding("T01", name="codingA"), coding("T01", name="codingB", version="1")], 404, ("not-found", f'Unknown version "1" of {ODS_CODE}: use {PUBLISHED}')),
        ([coding("RO177", ROLE, name="codingA"), coding("RO177", ROLE, name="codingB"), {"name": "system", "valueUri": ODS_CODE}], 400, ("invalid", f'"codingA" is of another code system than {ODS_CODE}: send a code of that')),
    ],
)  # fmt: skip
def test_what_is_wrong_with_two_codings_is_told_to_the_letter(terms, sent, status, expected):
    assert issue(post(terms, SUBSUMES, parameters(*sent)), status) == expected


# In a batch


def test_a_batch_answers_operations_by_get_and_by_post(terms):
    sent = {"resourceType": "Parameters", "parameter": [coding("T01")]}
    asked = [
        {"request": {"method": "GET", "url": address(VALIDATE, url=ODS_CODE, code="T01")}},
        {"resource": sent, "request": {"method": "POST", "url": VALIDATE}},
        {"resource": sent, "request": {"method": "POST", "url": "CodeSystem/$lookup"}},
        {"request": {"method": "POST", "url": address(f"{OF_CODES}/$subsumes", codeA="T01", codeB="T01")}},
    ]
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": asked}).encode()
    response = post(terms, "/R4", body)
    entries = json.loads(response.data)["entry"]
    assert [each["response"]["status"] for each in entries] == ["200"] * 4
    valid = ok(terms, address(VALIDATE, url=ODS_CODE, code="T01"))
    assert entries[0]["resource"] == entries[1]["resource"] == valid
    assert entries[2]["resource"] == ok(terms, address("CodeSystem/$lookup", system=ODS_CODE, code="T01"))
    assert outputs(entries[3]["resource"]) == {"outcome": "equivalent"}


def test_a_batch_in_xml_has_its_parameters_in_xml(terms):
    body = (
        '<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/><entry><resource><Parameters>'
        f'<parameter><name value="coding"/><valueCoding><system value="{ODS_CODE}"/><code value="T01"/></valueCoding>'
        '</parameter></Parameters></resource><request><method value="POST"/>'
        f'<url value="{VALIDATE}"/></request></entry></Bundle>'
    )
    response = post(terms, "/R4", body.encode(), "application/fhir+xml")
    (entry,) = json.loads(response.data)["entry"]
    assert entry["resource"] == ok(terms, address(VALIDATE, url=ODS_CODE, code="T01"))


@pytest.mark.parametrize(
    ("method", "url", "resource", "status", "text"),
    [
        ("POST", VALIDATE, None, "400", NEEDED),
        ("POST", VALIDATE, {"resourceType": "ValueSet"}, "400", "The body is no Parameters resource: send the inputs of $validate-code in one"),
        ("POST", "CodeSystem", {"resourceType": "CodeSystem"}, "405", "HAPI-0427: HTTP Method POST is not allowed for this operation. Allowed method(s): GET"),
        ("PUT", VALIDATE, {"resourceType": "Parameters"}, "405", "HAPI-0427: HTTP Method PUT is not allowed for this operation. Allowed method(s): POST, GET"),
        ("GET", VALIDATE, {"resourceType": "Parameters", "parameter": [coding("T01")]}, "400", NEEDED),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_answered_says_why(terms, method, url, resource, status, text):
    entry = {"request": {"method": method, "url": url}, **({"resource": resource} if resource else {})}
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [entry]}).encode()
    (told,) = json.loads(post(terms, "/R4", body).data)["entry"]
    assert told["response"]["status"] == status
    assert [each["diagnostics"] for each in told["response"]["outcome"]["issue"]] == [text]


def test_a_batch_with_a_resource_that_is_too_deep_is_refused(terms):
    deep = json.loads('{"a":' * 600 + "1" + "}" * 600)
    entry = {"request": {"method": "POST", "url": VALIDATE}, "resource": deep}
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [entry]}).encode()
    assert issue(post(terms, "/R4", body)) == (
        "invalid",
        "The JSON has more than 64 objects and lists in each other: send fewer",
    )


# What the code systems say of themselves


@pytest.mark.parametrize(
    ("own", "codes"),
    [
        ("ods-organization-code", ("T01", "G81086", "99K")),
        ("organization-role-instance", ("402",)),
        ("organization-relationship-instance", ("302", "617403")),
        ("succession", ("9001",)),
    ],
)
def test_a_code_system_of_the_register_says_of_itself_what_its_codes_show(terms, own, codes):
    resource = ok(terms, f"CodeSystem/{own}")
    stated = {each["code"]: f"value{each['type']}".lower() for each in resource["property"]}
    types = {}
    for code in codes:
        answer = ok(terms, address("CodeSystem/$lookup", code=code, system=resource["url"]))
        found = outputs(answer)
        assert (found["name"], found["version"]) == (resource["title"], resource["version"])
        parts = [each["part"] for each in answer["parameter"] if each["name"] == "property"]
        shown = {name["valueCode"]: list(held)[1].lower() for name, held, *_ in parts}
        assert list(shown) == [name for name in stated if name in shown]
        types |= shown
    assert types == stated
