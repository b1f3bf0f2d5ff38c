"""ValueSet/$expand: what is accepted, and what the answer looks like to the letter (fhir-r4 10.4, 13, 15.4, 17)."""

# ruff: noqa: E501 - tables

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from flask.testing import FlaskClient
from lxml import etree

from app.clock import clock
from app.engine import open_index
from app.fhir.interface import Fhir
from app.fhir.rejected import Rejected, TooLarge
from app.r4.terminology import compared, organisation_filters, organisations, portions
from app.r4.terminology import expand as module
from app.r4.terminology.definitions import EXPAND
from app.r4.terminology.operations import OPERATIONS, Terminology
from app.r4.terminology.role_tables import RoleRows
from app.r4.version import r4
from app.web.message import Request, Response
from tests.conftest import NOW
from tests.interfaces.r4_expand_helpers import PROPERTY, codes, expand, expanded, of, pairs, parameters, post
from tests.interfaces.r4_expand_oracle import ODS, RELATIONSHIP, ROLE, SUCCESSION, SYSTEMS
from tests.interfaces.r4_helpers import ask, check, issue, ok

ROLES = f"{SYSTEMS}/ODSOrganisationRole"
EVERY = {"include": [{"system": ODS}]}
VERSION = f"{ODS}|2026-01-09"
PUBLISHED = "https://fhir.nhs.uk/England/ValueSet"

Json = dict[str, Any]


def stable(value_set: Json) -> Json:
    """Return a value set without what differs from answer to answer, whose form is checked."""
    identifier = value_set["expansion"].pop("identifier")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", identifier)
    return value_set


# The answer


def test_an_inline_value_set_is_answered_to_the_letter(terms: FlaskClient) -> None:
    """The published request: a date filter, properties, and a count that is a text."""
    body = parameters(
        {"inactive": True, **of(ODS, ("lastChangeDate", "=", "gt2024-02-01"))}, activeOnly=False
    )
    body["parameter"] += [
        {"name": "property", "valueString": "primaryRole"},
        {"name": "property", "valueString": "county"},
        {"name": "count", "valueInteger": "2"},
    ]
    response = post(terms, "$expand", body)
    found = stable(json.loads(response.data))
    check({**found, "expansion": {**found["expansion"], "identifier": "urn:uuid:1"}})

    def shown(role: str) -> list[Json]:
        value = {"url": "value", "valueCoding": {"system": ROLES, "code": role}}
        return [{"url": PROPERTY, "extension": [{"url": "code", "valueCode": "primaryRole"}, value]}]

    expected = {
        "resourceType": "ValueSet",
        "status": "active",
        "expansion": {
            "timestamp": "2026-01-15T12:00:00+00:00",
            "total": 7,
            "offset": 0,
            "parameter": [
                {"name": "version", "valueUri": VERSION},
                {"name": "used-codesystem", "valueUri": VERSION},
                {"name": "activeOnly", "valueBoolean": False},
                {"name": "count", "valueInteger": 2},
            ],
            "contains": [
                {"extension": shown("RO98"), "system": ODS, "code": "97R", "display": "NHS SUSSEX ICB - 97R"},
                {
                    "extension": shown("RO98"),
                    "system": ODS,
                    "inactive": True,
                    "code": "99K",
                    "display": "NHS HIGH WEALD LEWES HAVENS CCG",
                },
            ],
        },
    }
    assert json.dumps(found) == json.dumps(expected)


def test_a_named_value_set_says_what_it_is(terms: FlaskClient) -> None:
    found = ok(terms, f"ValueSet/$expand?url={ODS}/vs&count=1")
    assert list(found) == ["resourceType", "url", "version", "name", "title", "status", "expansion"]
    assert (found["url"], found["version"]) == (f"{ODS}/vs", "2026-01-09")
    keys = ["identifier", "timestamp", "total", "offset", "parameter", "contains"]
    assert list(found["expansion"]) == keys
    assert codes(found) == ["97R"]


def test_url_instance_and_definition_expand_alike(terms: FlaskClient) -> None:
    by_url = ok(terms, f"ValueSet/$expand?url={ODS}/vs")
    by_id = ok(terms, "ValueSet/ods-organization-code-vs/$expand")
    by_version = ok(terms, f"ValueSet/$expand?url={ODS}/vs|2026-01-09")
    by_input = ok(terms, f"ValueSet/$expand?url={ODS}/vs&valueSetVersion=2026-01-09")
    assert (
        pairs(by_url) == pairs(by_id) == pairs(by_version) == pairs(by_input) == pairs(expanded(terms, EVERY))
    )
    assert len(pairs(by_url)) == 10


def test_the_definition_stands_before_the_expansion_if_it_is_asked_for(terms: FlaskClient) -> None:
    found = same_in_xml_but_for_id(terms, "ValueSet/England-PeriodType/$expand?includeDefinition=true")
    assert list(found)[-2:] == ["compose", "expansion"]
    assert found["compose"] == {
        "include": [{"system": "https://fhir.nhs.uk/England/CodeSystem/England-PeriodType"}]
    }
    assert codes(found) == ["Legal", "Operational"]
    part = {"system": ODS, "version": "2026-01-09", "concept": [{"code": "T01"}]}
    compose = {
        "inactive": False,
        "include": [part, {"valueSet": [f"{ODS}/vs"]}],
        "exclude": [{"system": ODS, "filter": [{"property": "inactive", "op": "=", "value": "true"}]}],
    }
    named = {**part, "concept": [{"code": "T01", "display": "X"}]}
    sent = {**compose, "id": "x", "include": [named, {"valueSet": [f"{ODS}/vs"]}]}
    assert expanded(terms, sent, includeDefinition=True)["compose"] == compose


def same_in_xml_but_for_id(client: FlaskClient, target: str) -> Json:
    """Demand a conformant answer in JSON and in XML: each has an identifier of its own."""
    found = ok(client, target)
    response = ask(client, target, headers={"Accept": "application/fhir+xml"})
    model: Any = get_fhir_model_class("ValueSet").model_validate_xml(response.data)
    assert model.expansion.identifier != found["expansion"]["identifier"]
    assert [each.code for each in model.expansion.contains] == codes(found)
    return found


def test_properties_are_shown_in_the_order_asked_and_unknown_ones_are_no_error(terms: FlaskClient) -> None:
    names = ["website", "LA", "status", "role", "website", "NHSER", "refOnly", "opStartDate"]
    found = expanded(terms, {"include": [{"system": ODS, "concept": [{"code": "T01"}]}]}, property=names)
    shown = [each["extension"] for each in found["expansion"]["contains"][0]["extension"]]
    assert [(code["valueCode"], *(set(value) - {"url"}), list(value.values())[1]) for code, value in shown] == [
        ("website", "valueString", "HTTPS://ONE.EXAMPLE/"),
        ("website", "valueString", "HTTPS://TWO.EXAMPLE/"),
        ("status", "valueCode", "active"),
        *(
            ("role", "valueCoding", {"system": ROLES, "code": code})
            for code in ("RO197", "RO57", "RO999")
        ),
        ("NHSER", "valueCoding", {"system": f"{SYSTEMS}/geography-name", "code": "Y59"}),
        ("refOnly", "valueBoolean", False),
        ("opStartDate", "valueDateTime", "2001-01-01"),
    ]  # fmt: skip


def test_each_code_system_is_named_with_its_version_and_each_input_that_counted(terms: FlaskClient) -> None:
    compose = {"include": [{"system": f"{SYSTEMS}/succession"}, {"system": ODS}, {"system": ROLE}]}
    found = expanded(terms, compose, offset=1, count=2, activeOnly=True, exclude_system=[ROLE], filter="9")
    assert found["expansion"]["parameter"] == [
        {"name": "version", "valueUri": f"{SUCCESSION}|2026-01-09"},
        {"name": "used-codesystem", "valueUri": f"{SUCCESSION}|2026-01-09"},
        {"name": "version", "valueUri": VERSION},
        {"name": "used-codesystem", "valueUri": VERSION},
        {"name": "activeOnly", "valueBoolean": True},
        {"name": "count", "valueInteger": 2},
        {"name": "exclude-system", "valueUri": ROLE},
        {"name": "filter", "valueString": "9"},
        {"name": "offset", "valueInteger": 1},
    ]


def test_a_count_of_nothing_gives_the_total_alone(terms: FlaskClient) -> None:
    found = expanded(terms, EVERY, count=0)
    assert found["expansion"]["total"] == 10
    assert "contains" not in found["expansion"]


def test_an_expansion_that_is_empty_has_nothing_empty(terms: FlaskClient) -> None:
    for compose in (
        of(ODS, ("name", "=", "none")),
        {"include": [{"valueSet": [f"{ODS}/vs", f"{ROLES}/vs"]}]},
        {"include": [{"system": ODS}], "exclude": [{"system": ODS}]},
    ):
        found = expanded(terms, compose)
        assert found["expansion"]["total"] == 0
        assert "contains" not in found["expansion"]


# Small code systems


def test_small_code_systems_are_in_the_order_of_their_numbers(terms: FlaskClient) -> None:
    expected = ["RE4", "RE5", "RE6", "RE8", "RE10"]
    assert codes(ok(terms, "ValueSet/ODSRelationship-vs/$expand")) == expected
    assert codes(ok(terms, "ValueSet/ODSRelationship-vs/$expand?offset=3")) == expected[3:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nhs trust", ["RO197", "RO198"]),  # equal, then starting
        ("NHS  T", ["RO197", "RO198"]),
        ("trust", ["RO197", "RO107", "RO198", "RO57"]),  # words: the shorter display first
        ("t care", ["RO107"]),  # the words in any order, each begun
        ("ro1", ["RO197", "RO107", "RO198", "RO177"]),  # the code begun
        ("RO57", ["RO57"]),
        ("england", ["RO209"]),
        ("(region)", ["RO209"]),  # a word has letters and digits
        ("ngland", []),
        ("-", []),
    ],
)
def test_a_text_finds_small_code_systems_by_display_and_code(
    terms: FlaskClient, text: str, expected: list[str]
) -> None:
    assert codes(expanded(terms, {"include": [{"system": ROLES}]}, filter=text)) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("primaryRole", "=", "false")], ["RO57", "RO76", "RO107", "RO318", "RO319", "RO999"]),
        ([("primaryRole", "in", "true,false"), ("status", "=", "active"), ("inactive", "=", "true")], []),
        ([("primaryRole", "exists", "false")], []),
    ],
)
def test_small_code_systems_are_filtered_by_their_properties(
    terms: FlaskClient, filters: list[tuple[str, str, str]], expected: list[str]
) -> None:
    assert codes(expanded(terms, of(ROLES, *filters))) == expected


# Organisations by a text


def test_a_text_finds_organisations_as_lookups_do_and_the_best_come_first(terms: FlaskClient) -> None:
    assert codes(expanded(terms, EVERY, filter="trust")) == ["T01", "S01"]
    assert codes(expanded(terms, EVERY, filter="trust", offset=1)) == ["S01"]
    assert codes(expanded(terms, EVERY, filter="g81086")) == ["G81086"]
    assert codes(expanded(terms, EVERY, filter="tn22 5aw")) == ["G81086"]
    assert codes(expanded(terms, of(ODS, ("role", "=", "RO198")), filter="trust")) == ["S01"]
    assert codes(ok(terms, f"ValueSet/$expand?url={ODS}/vs&filter=bird+in")) == ["G81086"]
    assert expanded(terms, EVERY, filter="trust", count=0)["expansion"]["total"] == 2


def test_a_text_finds_instances_by_their_display_and_number(terms: FlaskClient) -> None:
    assert codes(expanded(terms, {"include": [{"system": SUCCESSION}]}, filter="99k to 97r")) == ["9001"]
    assert codes(expanded(terms, {"include": [{"system": ROLE}]}, filter="nhs trust site")) == ["500"]
    assert codes(expanded(terms, {"include": [{"system": ROLE}]}, filter="20")) == [
        *("204", "203", "201", "202", "200"),
    ]  # shorter displays first
    found = expanded(terms, of(RELATIONSHIP, ("sourceOrgCode", "=", "T01")), filter="commissioned")
    assert codes(found) == ["305", "304"]


# Filters


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("name", "=", "bird-in-eye  surgery")], "G81086"),
        ([("name", "=", "bird-in-eye")], ""),
        ([("postcode", "=", "ls14ap")], "T01"),
        ([("address3", "=", "line three")], "T01"),
        ([("uprn", "=", "10091054340")], "G81086"),
        ([("telephone", "in", "1,01825 763196")], "G81086 T01"),
        ([("website", "=", "https://two.example/")], "T01"),
        ([("assigningAuth", "=", "nhs business services authority")], "G81086"),
        ([("legEndDate", "=", "2030-12-31")], "T01"),
        ([("opEndDate", "=", "lt2015")], "C01"),
        ([("opEndDate", "=", "2010-01")], "C01"),
        ([("opStartDate", "in", "2019-04,2019-10")], "U36842 Y59"),
        ([("lastChangeDate", "exists", "false")], "C01 R01"),
        ([("RE4", "=", "97R")], "G81086 T01"),
        ([("RE4", "=", "99K")], ""),  # no longer held
        ([("RE6", "exists", "true")], "G81086 S01 T01"),
        ([("successor", "in", "97R, T01")], "99K"),
        ([("predecessor", "=", "99K")], "97R T01"),
        ([("ICB", "=", "QNX"), ("inactive", "=", "false"), ("role", "not-in", "RO98,RO261")], "G81086 T01"),
        ([("SUBICB", "=", "97R")], "97R 99K G81086 T01"),
        ([("refOnly", "=", "true")], "R01"),
        ([("status", "=", "Active")], ""),  # a code, with case
        ([("orgRecordClass", "=", "RC2")], "S01"),
    ],
)
def test_organisations_are_filtered_by_their_properties(
    terms: FlaskClient, filters: list[tuple[str, str, str]], expected: str
) -> None:
    assert codes(expanded(terms, of(ODS, *filters))) == expected.split()


# What is refused


REFUSED = [
    (of(ODS, ("constituency", "=", "x")), 422, "processing",
     f"There is no declared filter called constituency on code system {ODS}"),
    (of(SUCCESSION, ("status", "=", "active")), 422, "processing",
     f"There is no declared filter called status on code system {SUCCESSION}"),
    (of(RELATIONSHIP, ("x", "=", "y")), 422, "processing",
     f"There is no declared filter called x on code system {RELATIONSHIP}"),
    (of(ODS, ("name", "regex", ".*")), 422, "processing",
     f'The filter operator "regex" is not supported on code system {ODS}'),
    (of(ODS, ("opEndDate", "=", "gtINVALID")), 400, "processing",
     'HAPI-1940: Invalid date/time/quantity format: "gtINVALID"'),
    (of(ROLE, ("opEndDate", "in", "2020,x")), 400, "processing",
     'HAPI-1940: Invalid date/time/quantity format: "x"'),
    (of(ODS, ("refOnly", "=", "yes")), 400, "invalid", 'Invalid value "yes" for "refOnly": expected true or false'),
    (of(ODS, ("name", "exists", "1")), 400, "invalid", 'Invalid value "1" for "name": expected true or false'),
    ({"include": [{"system": "urn:x"}]}, 404, "not-found", "Unknown code system urn:x"),
    ({"include": [{"system": ODS, "version": "1"}]}, 404, "not-found",
     f'Unknown version "1" of {ODS}: use 2026-01-09'),
    ({"include": [{"valueSet": ["urn:x"]}]}, 404, "not-found", "Unknown value set urn:x"),
    ({"include": [{"valueSet": [f"{ODS}/vs|1"]}]}, 404, "not-found",
     f'Unknown version "1" of {ODS}/vs: use 2026-01-09'),
    ({}, 400, "required", 'The "compose" of the value set needs an "include"'),
    ({"include": [{}]}, 400, "required", 'Each compose.include needs a "system" or a "valueSet"'),
    ({"include": [{"concept": [{"code": "T01"}]}]}, 400, "required",
     'A compose.include with "concept" or "filter" needs a "system"'),
    ({"include": [{"system": ODS, "concept": [{}]}]}, 400, "required",
     'Each compose.include.concept of the value set needs a "code"'),
    ({"include": [{"system": ODS, "filter": [{"property": "name", "op": "="}]}]}, 400, "required",
     'Each compose.include.filter of the value set needs a "value"'),
    ({"include": [{"system": ODS, "filter": [{"property": "name", "op": "=", "value": "x"}], "concept": [{"code": "x"}]}]}, 400, "invalid",
     'A compose.include has "concept" and "filter": send each in an include of its own'),
    ({"include": "x"}, 400, "invalid", '"compose.include" of the value set is not a list of objects'),
    ({"include": [{"system": 1}]}, 400, "invalid", '"compose.include.system" of the value set is not a text'),
    ({"include": [{"system": ODS, "valueSet": "x"}]}, 400, "invalid",
     '"compose.include.valueSet" of the value set is not a list of texts'),
    ({"include": [{"system": ODS}], "inactive": "no"}, 400, "invalid",
     '"compose.inactive" of the value set is not true or false'),
]  # fmt: skip


@pytest.mark.parametrize(("compose", "status", "code", "text"), REFUSED, ids=[each[3] for each in REFUSED])
def test_a_definition_that_cannot_be_expanded_is_refused(
    terms: FlaskClient, compose: Json, status: int, code: str, text: str
) -> None:
    assert issue(expand(terms, compose), status) == (code, text)


@pytest.mark.parametrize(
    ("target", "status", "code", "text"),
    [
        ("$expand", 400, "required", '$expand needs "url", or a "valueSet", or the address of a value set: ValueSet/ID/$expand'),
        ("$expand?url=urn:x", 404, "not-found", "Unknown value set urn:x"),
        (f"$expand?url={ODS}/vs&valueSetVersion=1", 404, "not-found", f'Unknown version "1" of {ODS}/vs: use 2026-01-09'),
        (f"$expand?url={ODS}/vs&system-version={ODS}|1", 404, "not-found", f'Unknown version "1" of {ODS}: use 2026-01-09'),
        ("none/$expand", 404, "processing", "HAPI-2001: Resource ValueSet/none is not known"),
        (f"England-PeriodType/$expand?url={ODS}/vs", 400, "invalid", 'Send "url", or "valueSet", or ask ValueSet/ID: these name several value sets'),
        (f"$expand?url={ODS}/vs&offset=-1", 400, "invalid", 'Invalid value "-1" for "offset": expected a whole number from 0 to 2147483647'),
        (f"$expand?url={ODS}/vs&filter={'x' * 201}", 400, "invalid", f'Invalid value "{"x" * 100}" for "filter": expected at most 200 characters'),
    ],
)  # fmt: skip
def test_other_inputs_that_cannot_be_answered_are_refused(
    terms: FlaskClient, target: str, status: int, code: str, text: str
) -> None:
    assert issue(ask(terms, f"ValueSet/{target}"), status) == (code, text)


def test_versions_of_code_systems_that_are_not_used_do_not_matter(terms: FlaskClient) -> None:
    target = f"ValueSet/England-PeriodType/$expand?system-version={ODS}|1&system-version=urn:x|2"
    assert codes(ok(terms, target)) == ["Legal", "Operational"]


def test_too_many_codes_are_too_costly_but_not_in_pages(
    terms: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 9)
    code, text = issue(ask(terms, f"ValueSet/$expand?url={ODS}/vs"), 422)
    assert code == "too-costly"
    assert re.fullmatch(
        rf"\[[0-9a-f-]{{36}}\]: The expansion of value set {ODS}/vs was too big \(>9\)\.", text
    )
    _, text = issue(expand(terms, EVERY), 422)
    assert re.fullmatch(r"\[[0-9a-f-]{36}\]: The expansion of value set null was too big \(>9\)\.", text)
    assert len(codes(expanded(terms, EVERY, count=9))) == 9
    assert len(codes(expanded(terms, EVERY, offset=1))) == 9
    assert expanded(terms, EVERY, count=0)["expansion"]["total"] == 10


def test_an_answer_that_would_be_too_large_is_refused(terms_index: str) -> None:
    """It is not even written: the concepts that are read are counted."""
    fhir = Fhir(open_index(terms_index), clock(NOW), "1", NOW, replace(r4(), max_bytes=900))
    operation = next(each for each in OPERATIONS if each.definition is EXPAND)

    def answer(count: str) -> Response:
        query = (("url", f"{ODS}/vs"), ("count", count))
        return Terminology(fhir).answer(operation, Request("GET", "/R4/ValueSet/$expand", "", query))

    assert answer("1").status == 200
    with pytest.raises(Rejected) as refused:
        answer("10")
    assert refused.value.problems == (TooLarge(),)


def test_properties_that_other_organisations_decide_are_shown_of_few(
    terms: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(organisations, "MOST_WALKED", 9)
    assert issue(expand(terms, EVERY, property=["successor", "name", "ICB"]), 422) == (
        "too-costly",
        "ICB and successor can be shown of at most 9 codes at a time: ask for pages with count=9 and offset",
    )
    assert len(codes(expanded(terms, EVERY, property="ICB", count=9))) == 9
    assert len(codes(expanded(terms, EVERY, property="RE4"))) == 10


# Hostile definitions


@pytest.mark.parametrize(
    ("compose", "text"),
    [
        ({"include": [{"system": ODS}] * 5_000},
         'The value set has more than 200 includes, excludes, imports and filters: join filters of one property with the op "in"'),
        ({"include": [{"valueSet": [f"{ODS}/vs"] * 5_000}]},
         'The value set has more than 200 includes, excludes, imports and filters: join filters of one property with the op "in"'),
        ({"include": [{"system": ODS}], "exclude": [{"system": ODS}] * 5_000},
         'The value set has more than 200 includes, excludes, imports and filters: join filters of one property with the op "in"'),
        (of(ODS, *[("name", "=", f"X{number}") for number in range(5_000)]),
         'The value set has more than 200 includes, excludes, imports and filters: join filters of one property with the op "in"'),
        (of(ODS, ("role", "in", ",".join(map(str, range(30_000))))),
         "The value set has more than 1000 values of filters: ask in parts"),
        ({"include": [{"system": ODS, "concept": [{"code": str(number)} for number in range(10_001)]}]},
         "The value set has more than 10000 listed codes: ask in parts"),
    ],
)  # fmt: skip
def test_a_definition_of_too_many_parts_is_refused(terms: FlaskClient, compose: Json, text: str) -> None:
    assert issue(expand(terms, compose), 422) == ("too-costly", text)


def test_a_definition_of_the_most_parts_is_expanded(terms: FlaskClient) -> None:
    parts = [of(ODS, ("name", "=", f"X{number}"))["include"][0] for number in range(99)]
    compose = {"include": [{"system": ODS}], "exclude": parts}
    assert expanded(terms, compose)["expansion"]["total"] == 10
    values = ",".join(f"X{number}" for number in range(999))
    assert codes(expanded(terms, of(ODS, ("name", "in", f"{values},A TRUST")))) == ["T01"]
    listed = [{"code": f"X{number}"} for number in range(9_999)]
    assert codes(expanded(terms, {"include": [{"system": ODS, "concept": [*listed, {"code": "T01"}]}]})) == [
        "T01"
    ]


STRANGE = ("x" * 100_000, "%_*?[", "\u0301", "\U0001f600", "'; DROP TABLE", "A\x1fB", "A/B", "\\")


@pytest.mark.parametrize("name", ["name", "town", "address1", "county", "role", "RE4", "successor", "ICB"])
@pytest.mark.parametrize("value", STRANGE, ids=range(len(STRANGE)))
def test_any_value_of_a_filter_may_be_asked_for(terms: FlaskClient, name: str, value: str) -> None:
    assert expanded(terms, of(ODS, (name, "=", value)))["expansion"]["total"] == 0


def test_what_xml_cannot_have_is_replaced(terms: FlaskClient) -> None:
    body = parameters(
        {"include": [{"system": ODS, "concept": [{"code": "A\x01\uffff"}]}]}, includeDefinition=True
    )
    root = etree.fromstring(post(terms, "$expand", body, Accept="application/fhir+xml").data)
    assert root.xpath("//*[local-name()='concept']/*/@value") == ["A\ufffd\ufffd"]


def test_a_body_with_nul_is_refused(terms: FlaskClient) -> None:
    found = issue(expand(terms, of(ODS, ("RE4", "=", "\0"))), 400)
    assert found == ("invalid", "The body holds a NUL character: send it without one")


@pytest.mark.parametrize("value", ["\\u0000", "a\\\\u0000"])
def test_a_backslash_before_what_would_be_nul_is_text(terms: FlaskClient, value: str) -> None:
    assert expanded(terms, of(ODS, ("RE4", "=", value)))["expansion"]["total"] == 0
    body = json.dumps(parameters(of(ODS, ("RE4", "=", f"{value}\0")))).encode()
    assert issue(post(terms, "$expand", body), 400)[1].startswith("The body holds a NUL character")


def test_records_and_codes_that_are_compared_are_limited(
    terms: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RoleRows, "most", 5)
    monkeypatch.setattr(organisation_filters, "MOST", 1)
    assert issue(expand(terms, of(ROLE, ("opEndDate", "exists", "true"))), 422) == (
        "too-costly",
        f"Dates and texts of code system {ROLE} are compared with at most 5 codes, and 19 pass the other filters: add a filter on status or inactive or orgCode or role or primaryRole",
    )
    narrowed = of(ROLE, ("opEndDate", "exists", "true"), ("orgCode", "=", "C01"))
    assert codes(expanded(terms, narrowed)) == ["400", "401", "402", "403"]
    assert codes(expanded(terms, of(ODS, ("address1", "=", "line one")))) == ["T01"]
    found = issue(expand(terms, of(ODS, ("telephone", "in", "1,01825 763196"))), 422)
    assert found == (
        "too-costly",
        'The filters on "telephone" and the like need more than 1 records to be compared: ask for fewer values',
    )


def test_the_more_values_are_compared_the_fewer_codes_they_are_compared_with(
    terms: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compared, "_COMPARISONS", 30)
    assert codes(expanded(terms, of(ROLE, ("opEndDate", "exists", "false"), ("role", "=", "RO98")))) == [
        "110"
    ]
    years = ",".join(map(str, range(1980, 2020)))
    narrowed = of(
        ROLE, ("opEndDate", "=", "2010"), ("role", "in", ",".join([f"RO{at}" for at in range(50, 99)]))
    )
    assert codes(expanded(terms, narrowed)) == ["402", "403"]
    for compose in (
        of(ROLE, *[("opEndDate", "exists", "true")] * 31),
        of(ROLE, ("opEndDate", "in", years), ("role", "=", "RO98")),
    ):
        code, text = issue(expand(terms, compose), 422)
        assert code == "too-costly"
        assert text.startswith(f"Dates and texts of code system {ROLE} are compared with at most ")
        assert text.endswith(" or primaryRole, or ask for fewer values")


def test_large_pages_are_read_in_portions(terms: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compose = {"include": [{"system": ROLE}, {"system": ODS}]}
    whole = pairs(expanded(terms, compose))
    monkeypatch.setattr(portions, "_CODES", 4)
    monkeypatch.setattr(portions, "_CONCEPTS", 3)
    assert pairs(expanded(terms, compose)) == whole
    for offset, count in ((0, 4), (1, 8), (3, 5), (17, 12), (15, 4), (28, 9), (2, 2**31 - 1)):
        found = pairs(expanded(terms, compose, offset=offset, count=count))
        assert found == whole[offset : offset + count]
