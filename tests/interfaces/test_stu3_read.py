"""GET Organization/{id}: the resource, element by element."""

import json

import pytest

from tests.interfaces import oracle
from tests.interfaces.helpers import (
    FHIR_XML,
    SUBSETTED,
    ask,
    check,
    faults,
    links_of,
    ok,
    same_in_xml,
)
from tests.interfaces.oracle import SD

KEYS = [
    "resourceType",
    "id",
    "meta",
    "extension",
    "identifier",
    "active",
    "type",
    "name",
    "telecom",
    "address",
]
UNKNOWN_CODE = ("NO_RECORD_FOUND", "No record found for supplied ODS code")


def test_every_organisation_of_the_release_is_served_as_its_record_says(client):
    left = dict(oracle.register())
    following = "Organization"
    while following:
        bundle = ok(client, following)
        for entry in bundle["entry"]:
            expected = left.pop(entry["resource"]["id"]).body
            assert json.dumps(entry["resource"]) == json.dumps(expected)
        following = links_of(bundle).get("next", "").removeprefix("https://ods.example.org")
    assert left == {}


@pytest.mark.parametrize(
    "code", ["RR8", "N81082", "YGM10", "ZXA01", "ZXA02", "ZXA09", "ZXA11", "ZXA12", "4RK71"]
)
def test_a_read_is_the_record_and_its_xml_says_the_same(client, code):
    assert json.dumps(same_in_xml(client, f"Organization/{code}")) == json.dumps(oracle.register()[code].body)
    assert list(ok(client, f"Organization/{code}")) == [
        key for key in KEYS if key in oracle.register()[code].body
    ]


def test_compact_json_is_utf8_without_white_space(client):
    body = ask(client, "Organization/ZXA12").data
    assert b'"resourceType":"Organization","id":"ZXA12"' in body
    assert "TŶ GWYRDD".encode() in body
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()


def test_pretty_indents_by_two(client):
    body = ask(client, "Organization/ZXA12?_pretty=true").data
    assert body == json.dumps(json.loads(body), ensure_ascii=False, indent=2).encode()
    assert ask(client, "Organization/ZXA12?_pretty=false").data == ask(client, "Organization/ZXA12").data


def test_xml_has_its_namespace_on_the_root_and_no_white_space_between_elements(client):
    body = ask(client, "Organization/ZXA12?_format=xml").data
    start = (
        '<?xml version="1.0" encoding="UTF-8"?><Organization xmlns="http://hl7.org/fhir"><id value="ZXA12"/>'
    )
    assert body.startswith(start.encode())
    assert body.count(b"xmlns") == 1
    assert b"> " not in body
    assert b">\n" not in body


def test_pretty_xml_is_indented_by_two_and_says_the_same(client):
    body = ask(client, "Organization/RR8?_format=xml&_pretty=true").data
    assert b'\n  <id value="RR8"/>\n  <meta>\n    <lastUpdated' in body


@pytest.mark.parametrize("spelling", ["rr8", "Rr8", "RR8", "RR8%20", "%20RR8", "%20%20rr8%20"])
def test_codes_are_read_without_case_or_blanks_around_and_answered_as_the_data_has_them(client, spelling):
    assert ok(client, f"Organization/{spelling}")["id"] == "RR8"


@pytest.mark.parametrize(
    "code",
    [
        "NOPE",
        "RR8X",
        "-",
        "RR-8",
        "%20",
        "%20%20",
        "RR%208",
        "%09RR8",
        "%2A",
        "..%5Cx",
        "%22",
        "A" * 65,
        "é",
        "RR8;x=1",
        "RR8,N81082",
        ".",
    ],
)
def test_an_unknown_code_and_an_id_that_no_code_can_be_are_not_found(client, code):
    assert faults(ask(client, f"Organization/{code}"), 404) == [UNKNOWN_CODE]


def test_a_record_with_next_to_nothing_leaves_its_elements_out(edges):
    body = ok(edges, "Organization/BARE")
    assert list(body) == ["resourceType", "id", "meta", "extension", "identifier", "active", "type", "name"]
    assert body["meta"] == {"profile": [f"{SD}/ODSAPI-Organization-1"]}
    (role,) = body["extension"]
    assert [child["url"] for child in role["extension"]] == ["role", "primaryRole", "status"]


def test_a_record_with_every_oddity_is_trimmed_and_never_made_up(edges):
    body = same_in_xml(edges, "Organization/FULL")
    assert body["name"] == "Full of Oddities"
    assert body["active"] is False
    assert body["type"][0]["coding"][0]["display"] == "HSCSite"
    assert body["address"] == [{"line": ["The Yard"], "city": "Stoke  on  Trent", "postalCode": "ST1 1AA"}]
    assert [(each["system"], each["value"]) for each in body["telecom"]] == [
        ("url", "HTTP://A.EXAMPLE"),
        ("phone", "01"),
        ("email", "a@b"),
        ("email", "c@d"),
        ("email", "e@f"),
        ("fax", "02"),
        ("other", "03"),
    ]
    legal, unknown, primary = body["extension"]
    assert legal["valuePeriod"] == {
        "extension": [{"url": f"{SD}/Extension-ODSAPI-DateType-1", "valueString": "Legal"}],
        "start": "2020-02-02",
    }
    assert unknown["extension"][0]["valueCoding"] == {"system": oracle.ROLE_CS, "code": "9999"}
    kinds = [each["valuePeriod"]["extension"][0]["valueString"] for each in unknown["extension"][2:4]]
    assert kinds == ["Operational", "Legal"]
    assert [child["url"] for child in primary["extension"]] == ["role", "primaryRole", "status"]


@pytest.mark.parametrize("code", ["TXT1", "TXT2"])
def test_markup_in_the_data_is_text_in_both_formats(edges, code):
    assert (
        same_in_xml(edges, f"Organization/{code}")["name"]
        == {
            "TXT1": 'AND NOT "OR" * NEAR(A B) ^50 {x} <b> &amp; 100% _ \\ ; --',
            "TXT2": "St. Mary’s École, “Straße” 🏥 n\u0303ame",
        }[code]
    )


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ("_summary=true", {"identifier", "active", "type", "name"}),
        ("_summary=text", set()),
        ("_elements=name", {"name"}),
        ("_elements=name,address", {"name", "address"}),
        ("_elements=%20name%20,%20active", {"name", "active"}),
        ("_elements=extension", {"extension"}),
        ("_elements=nothing", set()),
        ("_elements=name&_summary=text", {"name"}),
        ("_elements=name&_summary=data", {"name"}),
    ],
)
def test_a_subset_keeps_what_was_asked_for_and_is_tagged(client, parameters, kept):
    body = same_in_xml(client, f"Organization/RR8?{parameters}")
    whole = oracle.register()["RR8"].body
    check(body)
    assert list(body) == [key for key in KEYS if key in kept | {"resourceType", "id", "meta"}]
    assert body["meta"] == {**whole["meta"], "tag": [SUBSETTED]}
    assert {key: body[key] for key in kept} == {key: whole[key] for key in kept}


@pytest.mark.parametrize(
    "parameters", ["_summary=false", "_summary=data", "_summary=", "_elements=", "_format=json"]
)
def test_these_parameters_leave_a_resource_whole_and_without_a_tag(client, parameters):
    assert ok(client, f"Organization/RR8?{parameters}") == oracle.register()["RR8"].body


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ("_summary=count", ("INVALID_VALUE", "Invalid _summary parameter.")),
        ("_summary=True", ("INVALID_VALUE", "Invalid _summary parameter.")),
        ("_count=1", ("INVALID_PARAMETER", "Unknown argument found - _count")),
        ("name=leeds", ("INVALID_PARAMETER", "Unknown argument found - name")),
        ("_elements:exact=name", ("INVALID_PARAMETER", "Unknown argument found - _elements:exact")),
        ("_summary=true&_summary=true", ("INVALID_PARAMETER", "Repeated _summary argument.")),
        ("_pretty=true&_pretty=false", ("INVALID_PARAMETER", "Repeated _pretty argument.")),
        ("_format=json&_format=json", ("INVALID_PARAMETER", "Repeated _format argument.")),
        ("_format=turtle", ("INVALID_VALUE", 'Unknown dialect specified "turtle"')),
    ],
)
@pytest.mark.parametrize("address", ["Organization/RR8", "CodeSystem/ODSAPI-OrganizationRole-1", "metadata"])
def test_a_read_takes_four_parameters_and_refuses_others(client, address, parameters, fault):
    assert faults(ask(client, f"{address}?{parameters}")) == [fault]


def test_a_bad_parameter_is_told_before_an_unknown_code(client):
    assert faults(ask(client, "Organization/NOPE?nam=x")) == [
        ("INVALID_PARAMETER", "Unknown argument found - nam")
    ]


def test_a_lenient_read_ignores_unknown_parameters_only(client):
    lenient = {"Prefer": "handling=lenient"}
    assert ok(client, "Organization/RR8?nam=x", **lenient)["id"] == "RR8"
    assert faults(ask(client, "Organization/RR8?_summary=x", headers=lenient)) == [
        ("INVALID_VALUE", "Invalid _summary parameter.")
    ]


def test_an_error_is_xml_where_a_success_would_have_been(client):
    response = ask(client, "Organization/NOPE?_format=xml")
    assert response.headers["Content-Type"] == FHIR_XML
    assert faults(response, 404) == [UNKNOWN_CODE]
