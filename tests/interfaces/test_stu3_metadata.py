"""metadata: the table of its elements, and that what it declares works and nothing else does."""

import json
from importlib.metadata import version

import pytest

from tests.interfaces.helpers import (
    BASE,
    SUBSETTED,
    ask,
    check,
    faults,
    ok,
    same_in_xml,
)
from tests.interfaces.oracle import SD

FHIR_NHS = "https://fhir.nhs.uk/STU3"
HL7 = "http://hl7.org/fhir/SearchParameter"
ROLE, CLASS = "ODSAPI-OrganizationRole-1", "ODSAPI-OrganizationRecordClass-1"
KEYS = """
    resourceType id url version name status date publisher description kind instantiates
    software implementation
    fhirVersion acceptUnknown format implementationGuide profile rest"""
STATEMENT_KEYS = KEYS.split()
SEARCH_PARAMETERS = [
    ("_id", "token", f"{HL7}/Resource-id"),
    ("_lastUpdated", "date", f"{HL7}/Resource-lastUpdated"),
    ("_count", "number", None),
    ("_summary", "token", None),
    ("identifier", "token", f"{HL7}/Organization-identifier"),
    ("name", "string", f"{HL7}/Organization-name"),
    ("active", "token", f"{HL7}/Organization-active"),
    ("address-city", "string", f"{HL7}/Organization-address-city"),
    ("address-postalcode", "string", f"{HL7}/Organization-address-postalcode"),
    ("ods-org-role", "token", f"{FHIR_NHS}/SearchParameter/ODSAPI-OrganizationRole-Role-1"),
    ("ods-org-primaryRole", "token", f"{FHIR_NHS}/SearchParameter/ODSAPI-OrganizationRole-PrimaryRole-1"),
    ("_page", "number", None),
    ("_sort", "string", None),
    ("_elements", "string", None),
    ("_total", "token", None),
]
MODIFIERS = {
    "_id": "not missing",
    "_lastUpdated": "missing",
    "identifier": "not missing",
    "name": "contains exact missing",
    "active": "not missing",
    "address-city": "contains exact missing",
    "address-postalcode": "contains exact missing",
    "ods-org-role": "not missing",
}
HL7_MODIFIERS = """
    not missing contains exact text in not-in above below of-type identifier iterate type Organization"""
EVERY_MODIFIER = HL7_MODIFIERS.split()
VALUES = {
    "_id": "RR8",
    "_lastUpdated": "2018",
    "_count": "5",
    "_summary": "data",
    "identifier": "RR8",
    "active": "true",
    "ods-org-role": "197",
}
VALUES |= {
    "ods-org-primaryRole": "true&ods-org-role=197",
    "_page": "1",
    "_sort": "name",
    "_elements": "name",
    "_total": "none",
}


def statement(client, parameters=""):
    return same_in_xml(client, f"metadata{parameters}")


def declared(client, kind):
    (found,) = [each for each in statement(client)["rest"][0]["resource"] if each["type"] == kind]
    return found


def test_the_statement_is_the_table_of_its_elements(client):
    body = statement(client)
    check(body)
    assert list(body) == STATEMENT_KEYS
    said = {key: value for key, value in body.items() if key not in {"publisher", "description", "rest"}}
    assert said == {
        "resourceType": "CapabilityStatement",
        "id": "ODSAPI-CapabilityStatement-1",
        "url": f"{BASE}/metadata",
        "version": version("ods-api-suite"),
        "name": "ODSAPI-CapabilityStatement-1",
        "status": "active",
        "date": "2025-12-11",
        "kind": "instance",
        "instantiates": [f"{FHIR_NHS}/CapabilityStatement/ODSAPI-CapabilityStatement-1"],
        "software": {"name": "ods-api-suite", "version": version("ods-api-suite")},
        "implementation": {"description": body["implementation"]["description"], "url": BASE},
        "fhirVersion": "3.0.1",
        "acceptUnknown": "no",
        "format": ["application/fhir+xml", "application/fhir+json"],
        "implementationGuide": ["https://developer.nhs.uk/apis/ods/"],
        "profile": [
            {"reference": f"{SD}/{name}"}
            for name in (
                *("ODSAPI-Organization-1", "Extension-ODSAPI-ActivePeriod-1"),
                *("Extension-ODSAPI-OrganizationRole-1", "Extension-ODSAPI-DateType-1"),
            )
        ],
    }
    (rest,) = body["rest"]
    assert list(rest) == ["mode", "security", "resource"]
    assert (rest["mode"], rest["security"]) == ("server", {"cors": True})
    assert [each["type"] for each in rest["resource"]] == ["Organization", "CodeSystem", "ValueSet"]


CONDITIONS = {
    "interaction": [{"code": "read"}, {"code": "search-type"}],
    "versioning": "no-version",
    "readHistory": False,
    "updateCreate": False,
    "conditionalCreate": False,
    "conditionalRead": "full-support",
    "conditionalUpdate": False,
    "conditionalDelete": "not-supported",
}


def test_organization_is_declared_as_the_live_service_did(client):
    body = declared(client, "Organization")
    assert list(body) == ["extension", "type", "profile", *CONDITIONS, "searchParam"]
    required = [{"url": "required", "valueString": name} for name in ("ods-org-primaryRole", "ods-org-role")]
    combination = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination"
    assert body["extension"] == [{"url": combination, "extension": required}]
    assert body["profile"] == {"reference": f"{SD}/ODSAPI-Organization-1"}
    assert {key: body[key] for key in CONDITIONS} == CONDITIONS
    assert [
        (each["name"], each["type"], each.get("definition")) for each in body["searchParam"]
    ] == SEARCH_PARAMETERS


@pytest.mark.parametrize("kind", ["CodeSystem", "ValueSet"])
def test_code_systems_and_value_sets_are_declared(client, kind):
    body = declared(client, kind)
    assert list(body) == ["type", *CONDITIONS, "searchParam"]
    assert {key: body[key] for key in CONDITIONS} == CONDITIONS
    assert [(each["name"], each["type"]) for each in body["searchParam"]] == [
        ("_id", "token"),
        ("url", "uri"),
    ]


def test_documentation_names_the_modifiers_that_work_and_no_others_do(client):
    for parameter in declared(client, "Organization")["searchParam"]:
        name = parameter["name"]
        expected = MODIFIERS.get(name, "").split()
        said = parameter.get("documentation", "")
        assert {each for each in EVERY_MODIFIER if f":{each}" in said} == set(expected), name
        value = VALUES.get(name, "LEEDS" if name != "address-postalcode" else "LS1")
        assert ok(client, f"Organization?{name}={value}")["type"] == "searchset"
        for modifier in EVERY_MODIFIER:
            sent = "true" if modifier == "missing" else value
            response = ask(client, f"Organization?{name}:{modifier}={sent}")
            if modifier in expected:
                assert response.status_code == 200, f"{name}:{modifier}"
            else:
                assert faults(response) == [
                    ("INVALID_PARAMETER", f"Unknown argument found - {name}:{modifier}")
                ]


def test_what_is_declared_for_code_systems_works_with_its_modifiers(client):
    for kind in ("CodeSystem", "ValueSet"):
        for parameter in declared(client, kind)["searchParam"]:
            for modifier in EVERY_MODIFIER:
                said = f":{modifier}" in parameter.get("documentation", "")
                response = ask(
                    client,
                    f"{kind}?{parameter['name']}:{modifier}={'true' if modifier == 'missing' else 'x'}",
                )
                assert (response.status_code == 200) == said
            assert ":missing" in parameter["documentation"]


def test_the_statement_is_there_before_anything_is_loaded(unloaded):
    response = ask(unloaded, "metadata")
    assert response.headers["Cache-Control"] == "no-store"
    assert not {"ETag", "Last-Modified"} & set(response.headers.keys())
    body = statement(unloaded)
    assert list(body) == STATEMENT_KEYS
    assert len(body["date"]) == 10


def test_the_statement_is_the_same_in_both_shapes(client, legacy):
    assert json.loads(ask(legacy, "metadata").data) == json.loads(ask(client, "metadata").data)
    for address in (f"CodeSystem/{ROLE}", f"ValueSet/{CLASS}"):
        assert json.loads(ask(legacy, address).data) == json.loads(ask(client, address).data)


@pytest.mark.parametrize("parameters", ["?mode=full", "?x=", "?mode=terminology"])
def test_the_statement_has_no_mode(client, parameters):
    name = parameters[1:].partition("=")[0]
    assert faults(ask(client, f"metadata{parameters}")) == [
        ("INVALID_PARAMETER", f"Unknown argument found - {name}")
    ]


def test_subsets_of_the_statement_keep_what_is_mandatory(client):
    mandatory = {
        "resourceType",
        "id",
        "meta",
        "status",
        "date",
        "kind",
        "fhirVersion",
        "acceptUnknown",
        "format",
    }
    for parameters, kept in {
        "_elements=name": {"name"},
        "_summary=text": set(),
        "_elements=x": set(),
    }.items():
        body = statement(client, f"?{parameters}")
        check(body)
        assert set(body) == mandatory | kept
        assert list(body)[:3] == ["resourceType", "id", "meta"]
        assert body["meta"] == {"tag": [SUBSETTED]}
    body = statement(client, "?_summary=true")
    check(body)
    assert set(body) == {*STATEMENT_KEYS, "meta"} - {"description"}
    assert [set(each) for each in body["rest"][0]["resource"]] == [{"type", "profile", "interaction"}] + [
        {"type", "interaction"}
    ] * 2
    assert statement(client, "?_summary=data") == statement(client)
