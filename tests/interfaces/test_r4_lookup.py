"""`CodeSystem/$lookup` of R4 over a small release (fhir-r4 10.1)."""

# ruff: noqa: E501 - tables

import json
from datetime import UTC, datetime

import pytest

from app.engine import open_index
from app.r4.terminology.vocabulary import Vocabularies
from tests.conftest import wait_for
from tests.interfaces.conftest import TERMS, publish
from tests.interfaces.helpers import FHIR_JSON, FHIR_XML
from tests.interfaces.r4_helpers import BASE, NHS_SYSTEMS, ODS_CODE, ODT, ask, issue, issues, ok, same_in_xml
from tests.interfaces.terminology_helpers import (
    CLASS,
    PLACE,
    PUBLISHED,
    RELATIONSHIP,
    RELATIONSHIP_INSTANCE,
    ROLE,
    ROLE_INSTANCE,
    SUCCESSION,
    XML,
    address,
    looked_up,
    outputs,
    parameters,
    post,
    posted,
    properties,
)

LOOKUP = "CodeSystem/$lookup"
USAGE = "http://terminology.hl7.org/CodeSystem/designation-usage"


# ODS codes


def test_the_published_answer_about_g81086_holds_but_for_postcode_data_and_order(terms):
    """Parts that ODT derives of postcodes are not in the release; RE6 names its commissioner, as published."""
    resource = ok(terms, address(LOOKUP, code="G81086", system=ODS_CODE))
    assert resource["parameter"][:6] == [
        {"name": "code", "valueCode": "G81086"},
        {"name": "display", "valueString": "BIRD-IN-EYE SURGERY"},
        {"name": "name", "valueString": "ODS Organisation"},
        {"name": "system", "valueUri": ODS_CODE},
        {"name": "version", "valueString": PUBLISHED},
        {
            "name": "designation",
            "part": [
                {"name": "use", "valueCoding": {"system": USAGE, "code": "display"}},
                {"name": "value", "valueString": "BIRD-IN-EYE SURGERY"},
            ],
        },
    ]
    assert properties(resource) == [
        ("status", "active"),
        ("inactive", False),
        ("name", "BIRD-IN-EYE SURGERY"),
        ("address1", "UCKFIELD COMMUNITY HOSPITAL"),
        ("address2", "FRAMFIELD ROAD"),
        ("town", "UCKFIELD"),
        ("postcode", "TN22 5AW"),
        ("country", "ENGLAND"),
        ("uprn", "10091054340"),
        ("telephone", "01825 763196"),
        ("assigningAuth", "NHS BUSINESS SERVICES AUTHORITY"),
        ("opStartDate", "1974-04-01"),
        ("legStartDate", "1974-04-01"),
        ("lastChangeDate", "2023-08-22"),
        ("primaryRole", f"{ROLE}|RO177", "PRESCRIBING COST CENTRE"),
        ("role", f"{ROLE}|RO177", "PRESCRIBING COST CENTRE"),
        ("role", f"{ROLE}|RO76", "GP PRACTICE"),
        ("orgRecordClass", f"{CLASS}|RC1", "HSCOrg"),
        ("refOnly", False),
        ("RE4", "97R", "NHS SUSSEX ICB - 97R"),
        ("RE6", "97R", "NHS SUSSEX ICB - 97R"),
        ("RE8", "U36842", "GREATER WEALDEN PCN"),
        ("ICB", f"{PLACE}|QNX", "NHS SUSSEX INTEGRATED CARE BOARD"),
        ("NHSER", f"{PLACE}|Y59", "SOUTH EAST"),
        ("PCN", "U36842", "GREATER WEALDEN PCN"),
        ("SUBICB", "97R", "NHS SUSSEX ICB - 97R"),
    ]


TYPES = {
    "status": "valueCode",
    "inactive": "valueBoolean",
    "town": "valueString",
    "opStartDate": "valueDateTime",
    "lastChangeDate": "valueDateTime",
    "primaryRole": "valueCoding",
    "role": "valueCoding",
    "orgRecordClass": "valueCoding",
    "refOnly": "valueBoolean",
    "RE4": "valueCode",
    "ICB": "valueCoding",
    "NHSER": "valueCoding",
    "PCN": "valueCode",
    "SUBICB": "valueCode",
}


def test_the_values_have_the_types_of_the_code_system(terms):
    resource = ok(terms, address(LOOKUP, code="G81086", system=ODS_CODE))
    parts = [each["part"] for each in resource["parameter"] if each["name"] == "property"]
    types = {code["valueCode"]: list(value)[1] for code, value, *_ in parts}
    assert {name: types[name] for name in TYPES} == TYPES


def test_each_text_of_a_record_is_a_property_and_a_repeated_contact_repeats_it(terms):
    names = ("address1", "address2", "address3", "county", "telephone", "website")
    assert looked_up(terms, "T01", *names) == [
        ("address1", "LINE ONE"),
        ("address2", "LINE TWO"),
        ("address3", "LINE THREE"),
        ("county", "WEST YORKSHIRE"),
        ("telephone", "1"),
        ("website", "HTTPS://ONE.EXAMPLE/"),
        ("website", "HTTPS://TWO.EXAMPLE/"),
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("T01", ["2001-01-01", None, "2001-02-01", "2030-12-31"]),
        ("99K", ["2013-04-01", "2020-03-31", "2013-04-01", "2020-03-30"]),
        ("C01", ["2000-01-01", "2010-01-01", "2000-01-01", "2010-01-01"]),
        ("R01", [None, None, None, None]),
    ],
)
def test_one_period_stands_for_both_and_two_for_themselves(terms, code, expected):
    names = ("opStartDate", "opEndDate", "legStartDate", "legEndDate")
    found = dict(looked_up(terms, code, *names))
    assert [found.get(name) for name in names] == expected


def test_an_active_organisation_lists_its_active_roles_once_the_primary_one_first(terms):
    assert looked_up(terms, "T01", "role") == [
        ("role", f"{ROLE}|RO197", "NHS TRUST"),
        ("role", f"{ROLE}|RO57", "FOUNDATION TRUST"),
        ("role", f"{ROLE}|RO999"),
    ]


def test_an_inactive_organisation_lists_the_roles_that_ended_last(terms):
    found = [value for _, value, *_ in looked_up(terms, "C01", "role")]
    assert found == [f"{ROLE}|RO197", f"{ROLE}|RO76", f"{ROLE}|RO98"]


def test_active_relationships_are_properties_in_order_of_type_and_target(terms):
    found = [each for each in looked_up(terms, "T01") if each[0].startswith("RE")]
    assert found == [
        ("RE4", "97R", "NHS SUSSEX ICB - 97R"),
        ("RE4", "NONE"),
        ("RE5", "QNX", "NHS SUSSEX INTEGRATED CARE BOARD"),
        ("RE6", "97R", "NHS SUSSEX ICB - 97R"),
        ("RE6", "G81086", "BIRD-IN-EYE SURGERY"),
        ("RE10", "97R", "NHS SUSSEX ICB - 97R"),
    ]


def test_successions_are_read_from_both_sides(terms):
    assert looked_up(terms, "99K", "successor", "predecessor") == [
        ("successor", "97R", "NHS SUSSEX ICB - 97R"),
        ("successor", "T01", "A TRUST"),
    ]
    assert looked_up(terms, "T01", "successor", "predecessor") == [
        ("predecessor", "99K", "NHS HIGH WEALD LEWES HAVENS CCG")
    ]


def test_what_a_trust_hands_down_to_a_site_is_not_shown(terms):
    levels = ("ICB", "NHSER", "PCN", "SUBICB")
    assert [name for name, *_ in looked_up(terms, "T01", *levels)] == ["ICB", "NHSER", "SUBICB"]
    assert looked_up(terms, "S01", *levels) == []


def test_levels_are_those_of_the_day_of_the_request(make_client, terms_index):
    before = make_client(index=terms_index, now=datetime(2015, 6, 1, tzinfo=UTC))
    assert looked_up(before, "G81086", "ICB", "SUBICB", "PCN") == [
        ("SUBICB", "99K", "NHS HIGH WEALD LEWES HAVENS CCG")
    ]


def test_a_stub_is_for_reference_only_and_inactive_follows_status(terms):
    assert looked_up(terms, "R01", "refOnly", "status", "inactive") == [
        ("status", "active"),
        ("inactive", False),
        ("refOnly", True),
    ]
    assert looked_up(terms, "C01", "status", "inactive", "lastChangeDate") == [
        ("status", "inactive"),
        ("inactive", True),
    ]


# What is asked for


def test_a_star_among_the_properties_asks_for_all(terms):
    every = looked_up(terms, "T01")
    assert len(every) > 25
    assert looked_up(terms, "T01", "*") == looked_up(terms, "T01", "town", "*") == every


def test_properties_that_there_are_not_give_nothing_and_case_counts(terms):
    assert looked_up(terms, "G81086", "LA", "icb", "ICB", "TOWN", "RE99") == [
        ("ICB", f"{PLACE}|QNX", "NHS SUSSEX INTEGRATED CARE BOARD")
    ]


def test_the_request_that_a_public_client_sends(terms):
    wanted = ("ICB", "NHSER", "RE6", "primaryRole", "successor", "legEndDate", "opEndDate", "status")
    pairs = [("property", each) for each in wanted]
    target = address(
        "/organisation-data-terminology-api/fhir/CodeSystem/$lookup", *pairs, system=ODS_CODE, code="G81086"
    )
    assert properties(ok(terms, target)) == [
        ("status", "active"),
        ("primaryRole", f"{ROLE}|RO177", "PRESCRIBING COST CENTRE"),
        ("RE6", "97R", "NHS SUSSEX ICB - 97R"),
        ("ICB", f"{PLACE}|QNX", "NHS SUSSEX INTEGRATED CARE BOARD"),
        ("NHSER", f"{PLACE}|Y59", "SOUTH EAST"),
    ]


# Other code systems


def test_a_role_has_a_display_and_whether_it_is_a_primary_one(terms):
    resource = ok(terms, address(LOOKUP, code="RO177", system=ROLE))
    assert outputs(resource) == {
        "code": "RO177",
        "display": "PRESCRIBING COST CENTRE",
        "name": "ODS Organisation Role",
        "system": ROLE,
        "version": PUBLISHED,
    }
    assert properties(resource) == [("status", "active"), ("inactive", False), ("primaryRole", True)]
    assert looked_up(terms, "RO76", "primaryRole", system=ROLE) == [("primaryRole", False)]


def test_a_concept_without_a_display_is_displayed_by_its_code(terms):
    resource = ok(terms, address(LOOKUP, code="RO999", system=ROLE))
    assert outputs(resource)["display"] == "RO999"


@pytest.mark.parametrize(
    ("system", "code", "display", "name"),
    [
        (RELATIONSHIP, "RE8", "IS PARTNER TO", "ODS Relationship"),
        (CLASS, "RC2", "HSCSite", "ODS Record Class"),
        (f"{NHS_SYSTEMS}/England-PeriodType", "Legal", "Legal", "England Period Type"),
        (
            "https://fhir.hl7.org.uk/CodeSystem/UKCore-AddressKeyType",
            "UPRN",
            "Unique Property Reference Number",
            "UK Core Address Key Type",
        ),
    ],
)
def test_small_code_systems_are_answered_of_their_resources(terms, system, code, display, name):
    resource = ok(terms, address(LOOKUP, code=code, system=system))
    found = outputs(resource)
    assert (found["display"], found["name"], found["system"]) == (display, name, system)
    assert properties(resource) == [("status", "active"), ("inactive", False)]


def test_a_published_code_system_has_its_own_version(terms):
    system = f"{NHS_SYSTEMS}/England-PeriodType"
    assert (
        outputs(ok(terms, address(LOOKUP, code="Legal", system=system, version="1.0.0")))["version"]
        == "1.0.0"
    )
    assert issue(ask(terms, address(LOOKUP, code="Legal", system=system, version=PUBLISHED)), 404) == (
        "not-found",
        f'Unknown version "{PUBLISHED}" of {system}: use 1.0.0',
    )


def test_a_role_instance_tells_who_holds_it(terms):
    resource = ok(terms, address(LOOKUP, code="402", system=ROLE_INSTANCE))
    assert outputs(resource)["display"] == "GP PRACTICE"
    assert properties(resource) == [
        ("status", "inactive"),
        ("inactive", True),
        ("orgCode", "C01", "CLOSED"),
        ("role", f"{ROLE}|RO76", "GP PRACTICE"),
        ("primaryRole", False),
        ("opStartDate", "2000-01-01"),
        ("opEndDate", "2010-01-01"),
        ("legStartDate", "2000-01-01"),
        ("legEndDate", "2010-06-01"),
    ]


def test_a_role_number_of_two_organisations_is_the_first_ones(terms):
    assert looked_up(terms, "100", "orgCode", "primaryRole", system=ROLE_INSTANCE) == [
        ("orgCode", "G81086", "BIRD-IN-EYE SURGERY"),
        ("primaryRole", True),
    ]


def test_a_relationship_instance_tells_both_parties(terms):
    resource = ok(terms, address(LOOKUP, code="302", system=RELATIONSHIP_INSTANCE))
    assert outputs(resource)["display"] == "T01 IS LOCATED IN THE GEOGRAPHY OF QNX"
    assert properties(resource) == [
        ("status", "active"),
        ("inactive", False),
        ("relationshipTypeCode", "RE5", "IS LOCATED IN THE GEOGRAPHY OF"),
        ("sourceOrgCode", "T01", "A TRUST"),
        ("targetOrgCode", "QNX", "NHS SUSSEX INTEGRATED CARE BOARD"),
        ("sourceOrgRole", f"{ROLE}|RO197", "NHS TRUST"),
        ("targetOrgRole", f"{ROLE}|RO261", "STRATEGIC PARTNERSHIP"),
        ("opStartDate", "2020-01-02"),
        ("legStartDate", "2020-01-01"),
        ("legEndDate", "2031-01-01"),
    ]


def test_a_relationship_without_a_number_and_one_to_nobody_are_codes_too(terms):
    names = ("status", "targetOrgCode", "targetOrgRole", "opStartDate", "opEndDate", "legEndDate")
    assert looked_up(terms, "T01-RE6-G81086-2020-01-01", *names, system=RELATIONSHIP_INSTANCE) == [
        ("status", "active"),
        ("targetOrgCode", "G81086", "BIRD-IN-EYE SURGERY"),
        ("targetOrgRole", f"{ROLE}|RO177", "PRESCRIBING COST CENTRE"),
        ("opStartDate", "2020-01-01"),
    ]
    assert looked_up(terms, "304", *names, system=RELATIONSHIP_INSTANCE) == [
        ("status", "active"),
        ("targetOrgCode", "NONE"),
        ("opStartDate", "2020-01-01"),
    ]
    assert looked_up(terms, "306", *names, system=RELATIONSHIP_INSTANCE)[-2:] == [
        ("opEndDate", "2020-02-01"),
        ("legEndDate", "2020-02-01"),
    ]


def test_a_succession_is_one_code_whichever_side_states_it(terms):
    resource = ok(terms, address(LOOKUP, code="9001", system=SUCCESSION))
    assert outputs(resource)["display"] == "99K TO 97R"
    assert properties(resource) == [
        ("predecessor", "99K", "NHS HIGH WEALD LEWES HAVENS CCG"),
        ("successor", "97R", "NHS SUSSEX ICB - 97R"),
        ("legStartDate", "2020-04-01"),
        ("forwardSuccession", True),
    ]
    assert looked_up(terms, "9002", "forwardSuccession", "status", system=SUCCESSION) == [
        ("forwardSuccession", False)
    ]


# What is kept


def test_the_small_code_systems_are_those_of_the_generation_that_answers(make_client, new_url, tmp_path):
    url, later = new_url(), tmp_path / "later.xml"
    publish(TERMS, url)
    client = make_client(index=url)
    target = address(LOOKUP, code="RO76", system=ROLE)
    assert outputs(ok(client, target))["display"] == "GP PRACTICE"
    text = TERMS.read_text().replace("GP PRACTICE", "SURGERY").replace(PUBLISHED, "2026-01-12")
    later.write_text(text)
    publish(later, url)
    wait_for(lambda: outputs(ok(client, target))["display"] == "SURGERY")
    assert outputs(ok(client, target))["version"] == "2026-01-12"


def test_the_small_code_systems_are_parsed_once_and_within_their_budget(terms_index):
    register = open_index(terms_index).live()
    kept = Vocabularies()
    assert kept.of(register) is kept.of(register)
    without = Vocabularies(budget=1)
    first = without.of(register)
    assert without.of(register) is not first
    assert without.of(register).keys() == first.keys() >= {ROLE, RELATIONSHIP, CLASS}


# Forms of the request


def test_a_coding_by_post_is_the_same_as_code_and_system(terms):
    expected = ok(terms, address(LOOKUP, code="T01", system=ODS_CODE, property="town"))
    wanted = {"name": "property", "valueCode": "town"}
    coding = {
        "name": "coding",
        "valueCoding": {"system": ODS_CODE, "code": "T01", "version": PUBLISHED, "display": "x"},
    }
    code, system = {"name": "code", "valueCode": "T01"}, {"name": "system", "valueUri": ODS_CODE}
    assert posted(terms, LOOKUP, coding, wanted) == expected
    assert posted(terms, LOOKUP, code, system, wanted) == expected
    assert posted(terms, address(LOOKUP, code="T01", system=ODS_CODE), wanted) == expected
    body = (
        '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="coding"/><valueCoding>'
        f'<system value="{ODS_CODE}"/><code value="T01"/></valueCoding></parameter>'
        '<parameter><name value="property"/><valueCode value="town"/></parameter></Parameters>'
    )
    assert json.loads(post(terms, LOOKUP, body.encode(), XML).data) == expected


def test_json_and_xml_say_the_same(terms):
    same_in_xml(terms, address(LOOKUP, code="T01", system=ODS_CODE))
    response = ask(terms, address(LOOKUP, code="T01", system=ODS_CODE, _format="xml"))
    assert response.headers["Content-Type"] == FHIR_XML


def test_the_answer_is_of_now_and_has_no_tag(terms):
    response = ask(terms, address(LOOKUP, code="T01", system=ODS_CODE))
    assert response.headers["Content-Type"] == FHIR_JSON
    assert "ETag" not in response.headers
    assert response.headers["Last-Modified"] == "Thu, 15 Jan 2026 12:00:00 GMT"


def test_head_answers_as_get_without_a_body(terms):
    target = address(LOOKUP, code="T01", system=ODS_CODE)
    response = ask(terms, target, method="HEAD")
    assert response.status_code == 200
    assert response.data == b""
    assert response.headers["Content-Length"] == ask(terms, target).headers["Content-Length"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_with_those_that_there_are(terms, method):
    response = ask(terms, LOOKUP, method=method)
    assert issue(response, 405) == (
        "processing",
        f"HAPI-0427: HTTP Method {method} is not allowed for this operation. Allowed method(s): POST, GET",
    )
    assert response.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_a_lookup_is_asked_of_the_type_only(terms):
    assert ask(terms, "CodeSystem/ods-organization-code/$lookup?code=T01").status_code == 404
    assert ask(terms, address("ValueSet/$lookup", code="T01", system=ODS_CODE)).status_code == 404


# What is wrong


@pytest.mark.parametrize(
    ("inputs", "status", "expected"),
    [
        ({"code": "T01", "system": "http://x"}, 404, ("not-found", "Unknown code system http://x")),
        (
            {"code": "t01", "system": ODS_CODE},
            404,
            ("not-found", f'Unknown code "t01" in code system {ODS_CODE}'),
        ),
        (
            {"code": "1", "system": ROLE_INSTANCE},
            404,
            ("not-found", f'Unknown code "1" in code system {ROLE_INSTANCE}'),
        ),
        ({"code": "RO1", "system": ROLE}, 404, ("not-found", f'Unknown code "RO1" in code system {ROLE}')),
        ({"code": "T01"}, 400, ("required", '$lookup needs "code" and "system", or "coding"')),
        ({"system": ODS_CODE}, 400, ("required", '$lookup needs "code" and "system", or "coding"')),
        ({}, 400, ("required", '$lookup needs "code" and "system", or "coding"')),
        (
            {"code": "T01", "system": ODS_CODE, "version": "2024-03-07"},
            404,
            ("not-found", f'Unknown version "2024-03-07" of {ODS_CODE}: use {PUBLISHED}'),
        ),
        (
            {"code": "T01", "system": f"{ODS_CODE}|2024-03-07"},
            404,
            ("not-found", f'Unknown version "2024-03-07" of {ODS_CODE}: use {PUBLISHED}'),
        ),
        (
            {"code": "T01", "system": ODS_CODE, "date": "2020-01-01"},
            400,
            (
                "not-supported",
                'The input "date" of $lookup is not supported: send the request without it, for the answer of today',
            ),
        ),
        (
            {"code": "T01", "system": ODS_CODE, "colour": "red"},
            400,
            (
                "processing",
                'Unknown parameter "colour": use code, system, version, coding, property or displayLanguage',
            ),
        ),
        (
            {"coding": f"{ODS_CODE}|T01"},
            400,
            ("invalid", '"coding" cannot be sent in the address: send it by POST in a Parameters resource'),
        ),
        (
            {"code": "T01", "system": ODS_CODE, "_format": "csv"},
            406,
            ("not-supported", 'Unsupported format "csv": use application/fhir+json or application/fhir+xml'),
        ),
    ],
)
def test_what_is_wrong_is_told_to_the_letter(terms, inputs, status, expected):
    assert issue(ask(terms, address(LOOKUP, **inputs)), status) == expected


def test_all_that_is_wrong_with_inputs_is_told_at_once(terms):
    response = ask(terms, f"{LOOKUP}?code=1&code=2&x=1&date=2020")
    assert [code for code, _ in issues(response)] == ["invalid", "processing", "not-supported"]


def test_inputs_without_effect_are_accepted_and_unknown_ones_only_if_lenient(terms):
    expected = ok(terms, address(LOOKUP, code="T01", system=ODS_CODE))
    assert ok(terms, address(LOOKUP, code="T01", system=ODS_CODE, displayLanguage="fr")) == expected
    lenient = {"Prefer": "handling=lenient"}
    assert ok(terms, address(LOOKUP, code="T01", system=ODS_CODE, colour="red"), **lenient) == expected


def test_the_current_version_is_accepted(terms):
    expected = ok(terms, address(LOOKUP, code="T01", system=ODS_CODE))
    assert ok(terms, address(LOOKUP, code="T01", system=ODS_CODE, version=PUBLISHED)) == expected
    assert ok(terms, address(LOOKUP, code="T01", system=f"{ODS_CODE}|{PUBLISHED}")) == expected


DEEP = json.loads("[" * 600 + "]" * 600)
TOO_DEEP = b'<Parameters xmlns="http://hl7.org/fhir">' + b"<part>" * 70


@pytest.mark.parametrize(
    ("body", "content_type", "status", "expected"),
    [
        (b"{", "application/fhir+json", 400, ("invalid", "The body is not well-formed JSON: see line 1, column 2")),
        (b"[" * 5_000, "application/fhir+json", 400, ("invalid", "The JSON has more than 64 objects and lists in each other: send fewer")),
        (b"[" * 5_000 + b"]" * 5_000, "application/fhir+json", 400, ("invalid", "The JSON has more than 64 objects and lists in each other: send fewer")),
        (parameters({"name": "code", "valueCoding": DEEP}), "application/fhir+json", 400, ("invalid", "The JSON has more than 64 objects and lists in each other: send fewer")),
        (b"[]", "application/json", 400, ("invalid", "The body is no Parameters resource: send the inputs of $lookup in one")),
        (b'{"resourceType":"ValueSet"}', "application/fhir+json", 400, ("invalid", "The body is no Parameters resource: send the inputs of $lookup in one")),
        (b'{"resourceType":"Parameters","parameter":{}}', "application/fhir+json", 400, ("invalid", "The body is no Parameters resource: send the inputs of $lookup in one")),
        (parameters({"valueCode": "x"}), "application/fhir+json", 400, ("invalid", 'A parameter in the body has no "name": name an input')),
        (parameters({"name": "code"}), "application/fhir+json", 400, ("invalid", 'The parameter "code" needs one value, such as valueString, or one resource')),
        (parameters({"name": "code", "valueCode": "x", "valueString": "x"}), "application/fhir+json", 400, ("invalid", 'The parameter "code" needs one value, such as valueString, or one resource')),
        (parameters({"name": "code", "valueCode": "x"}, {"name": "code", "valueCode": "y"}), "application/fhir+json", 400, ("invalid", '"code" is sent more than once: send it once')),
        (parameters({"name": "code", "valueCode": 1}), "application/fhir+json", 400, ("invalid", 'Invalid value "1" for "code": expected a text')),
        (parameters({"name": "code", "valueCoding": {"code": "x"}}), "application/fhir+json", 400, ("invalid", 'Invalid value "{"code":"x"}" for "code": expected a text')),
        (parameters({"name": "coding", "valueString": "x"}), "application/fhir+json", 400, ("invalid", 'Invalid value "x" for "coding": expected a Coding')),
        (parameters({"name": "coding", "valueCoding": {"code": ["x"]}}), "application/fhir+json", 400, ("invalid", 'Invalid value "["x"]" for "coding.code": expected a text')),
        (parameters(*[{"name": "property", "valueCode": "x"}] * 201), "application/fhir+json", 413, ("too-long", "The body has more than 200 parameters: send fewer")),
        (b"<Parameters/>", "application/fhir+xml", 400, ("invalid", "The body is no Parameters resource: send the inputs of $lookup in one")),
        (b"<Parameters", "text/xml", 400, ("invalid", "The body is not well-formed XML: see line 1, column 1")),
        (TOO_DEEP, "application/fhir+xml", 400, ("invalid", "The XML has more than 64 elements in each other: send fewer")),
        (b"code=T01", "application/x-www-form-urlencoded", 415, ("not-supported", 'Unsupported content type "application/x-www-form-urlencoded": send the inputs of $lookup in Parameters as application/fhir+json or application/fhir+xml')),
    ],
)  # fmt: skip
def test_hostile_bodies_are_refused_in_one_sentence(terms, body, content_type, status, expected):
    assert issue(post(terms, LOOKUP, body, content_type), status) == expected


def test_a_body_may_be_as_long_as_the_limit(terms):
    body = parameters({"name": "code", "valueCode": "T01"}, {"name": "system", "valueUri": ODS_CODE})
    assert post(terms, LOOKUP, body.ljust(1_048_576)).status_code == 200
    assert issue(post(terms, LOOKUP, body.ljust(1_048_577)), 413) == (
        "too-long",
        "The body is longer than 1048576 bytes",
    )


def test_code_and_coding_cannot_both_be_sent(terms):
    coding = {"name": "coding", "valueCoding": {"system": ODS_CODE, "code": "T01"}}
    response = post(terms, LOOKUP, parameters(coding, {"name": "code", "valueCode": "T01"}))
    assert issue(response) == ("invalid", 'Send "code" and "system", or "coding", not both')


def test_an_index_without_a_register_is_told(unloaded):
    code, _ = issue(ask(unloaded, address(LOOKUP, code="T01", system=ODS_CODE)), 503)
    assert code == "transient"


def test_both_prefixes_answer_alike(terms):
    expected = ok(terms, address(LOOKUP, code="T01", system=ODS_CODE))
    path = ODT.removeprefix(BASE.removesuffix("/R4"))
    assert ok(terms, address(f"{path}/{LOOKUP}", code="T01", system=ODS_CODE)) == expected
