"""What public clients of ODT send, and the formats that any client may ask for (fhir-r4 1 and 17)."""

import json
from urllib.parse import quote

import pytest

from tests.interfaces.helpers import FHIR_JSON, FHIR_XML
from tests.interfaces.helpers import ask as asked
from tests.interfaces.ord_release import register
from tests.interfaces.r4_helpers import ODS_CODE, ODT, SITE, ask, check, ids, links, ok

ROOT = "/organisation-data-terminology-api/fhir"
ROLE = "https://fhir.nhs.uk/England/StructureDefinition/Extension-England-OrganisationRole"


def holding(*roles, active=False):
    """Return the codes of the organisations of the sample that have all of these roles, in order."""
    held = {
        code: {
            each["id"]
            for each in organisation.record["Roles"]["Role"]
            if not active or each["Status"] == "Active"
        }
        for code, organisation in register().items()
    }
    return sorted(code for code, found in held.items() if {*roles} <= found)


def test_the_path_of_odt_answers_with_a_key_that_nobody_looks_at(client):
    headers = {"apikey": "s3cr3t", "x-api-key": "x", "Authorization": "Bearer x"}
    answer = asked(client, f"{ROOT}/Organization/RR8", headers={**headers, "Accept": "application/fhir+json"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == FHIR_JSON
    check(answer.json)


def test_the_content_type_of_a_get_is_not_looked_at(client):
    headers = {"Content-Type": "application/fhir+json", "Accept": "application/json"}
    answer = ask(client, "Organization?name=leeds", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


def test_the_ids_of_a_request_come_back(client):
    headers = {"X-Correlation-ID": "11C46F5F-CDEF-4865-94B2-0EE0EDCC26DA", "X-Request-Id": "abc"}
    answer = ask(client, "Organization/RR8", headers=headers)
    assert {name: answer.headers[name] for name in headers} == headers
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert exposed == ("ETag, Last-Modified, Location, Content-Location, X-Request-Id, X-Correlation-ID")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_client_that_follows_next_finds_all_practices(client):
    following = f"{ROOT}/Organization?roleCode=RO177&roleCode=RO76&_lastUpdated=gt2025-08-01&_count=100"
    found, pages = [], 0
    while following:
        bundle = ok(client, following)
        found += ids(bundle)
        pages += 1
        assert pages < 100
        entries = bundle.get("entry", ())
        following = dict(links(bundle)).get("next", "").removeprefix(SITE) if len(entries) == 100 else ""
    assert found == holding("RO177", "RO76")
    assert len(found) > 200


def test_a_client_asks_for_the_count_first(client):
    asked_for = (
        "OrganizationAffiliation?role=RE4,RE5&active=true"
        "&_include=OrganizationAffiliation:primary-organization"
    )
    total = ok(client, f"{asked_for}&_summary=count")["total"]
    assert total > 0
    bundle = ok(client, f"{asked_for}&_count={min(1000, total)}")
    modes = [entry["search"]["mode"] for entry in bundle["entry"]]
    assert modes.count("match") == min(1000, total)
    assert "include" in modes
    total = ok(client, "Organization?name=LEEDS+GENERAL&_summary=count")["total"]
    assert total == sum(each.name.startswith("LEEDS GENERAL") for each in register().values()) > 0


def test_an_empty_pair_is_ignored(client):
    body = ok(client, "Organization/RR8?&_elements=name")
    assert list(body) == ["resourceType", "id", "meta", "name"]


def test_names_of_one_role(client):
    bundle = ok(client, "Organization?activeRoleCode=RO197&_elements=id,name&_count=100")
    assert ids(bundle) == holding("RO197", active=True)[:100]
    assert {len(entry["resource"]) for entry in bundle["entry"]} == {4}


def test_several_organisations_by_id(client):
    bundle = ok(client, "Organization?_id=RR8,00K,G81086&_count=3&_offset=0")
    assert ids(bundle) == ["00K", "G81086", "RR8"]
    assert bundle["total"] == 3
    assert [relation for relation, _ in links(bundle)] == ["self"]


def test_organisations_of_a_district(client):
    bundle = ok(client, "Organization?address-postalcode=LS1&roleCode=RO177&_count=50")
    expected = [
        code
        for code in holding("RO177")
        if register()[code].record["GeoLoc"]["Location"].get("PostCode", "").startswith("LS1")
    ]
    assert ids(bundle) == expected[:50] != []


def test_the_first_extension_is_the_primary_role_and_its_code_the_second_part(client):
    for code in ("RR8", "G81086", *holding("RO177", "RO76")[:20]):
        first = ok(client, f"Organization/{code}")["extension"][0]
        assert first["url"] == ROLE
        part = first["extension"][1]
        assert part["url"] == "roleCode"
        ((primary, _),) = [each for each in register()[code].roles if each[1]]
        assert part["valueCodeableConcept"]["coding"][0]["code"] == primary


def test_the_relationships_of_a_practice_by_its_identifier(client):
    bundle = ok(
        client,
        f"OrganizationAffiliation?primary-organization={quote(ODS_CODE)}%7CG81086&active=true"
        "&_include=OrganizationAffiliation:participating-organization",
    )
    stated = register()["G81086"].record["Rels"]["Rel"]
    active = [each for each in stated if each["Status"] == "Active"]
    matches = [each["resource"]["id"] for each in bundle["entry"] if each["search"]["mode"] == "match"]
    assert matches == sorted(str(each["uniqueRelId"]) for each in active) != []
    included = [each["resource"]["id"] for each in bundle["entry"] if each["search"]["mode"] == "include"]
    targets = {each["Target"]["OrgId"]["extension"] for each in active}
    assert included == sorted(targets & set(register()))


# Formats


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, FHIR_JSON),
        ("*/*", FHIR_JSON),
        ("application/fhir+json", FHIR_JSON),
        ("application/fhir+json;fhirVersion=4.0", FHIR_JSON),
        ("application/json+fhir", FHIR_JSON),
        ("application/json", "application/json;charset=UTF-8"),
        ("text/json", "text/json;charset=UTF-8"),
        ("application/fhir+xml", FHIR_XML),
        ("application/xml", "application/xml;charset=UTF-8"),
        ("application/fhir+xml;q=0.5, application/fhir+json;q=0.4", FHIR_XML),
        ("application/fhir+xml, application/fhir+json", FHIR_JSON),
    ],
)
def test_the_format_is_that_of_the_accept_header(client, accept, content_type):
    for target in ("Organization/RR8", "Organization?_count=1", "metadata"):
        answer = ask(client, target, headers={"Accept": accept} if accept else {})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("xml", FHIR_XML), ("application/fhir+xml", FHIR_XML), ("json", FHIR_JSON), ("text/json", FHIR_JSON)],
)
def test_the_parameter_wins_over_the_header(client, name, content_type):
    for accept in ("application/fhir+xml", "application/fhir+json", "image/png"):
        answer = ask(client, f"Organization/RR8?_format={name}", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)


def test_a_browser_gets_json_that_it_can_show(client):
    answer = ask(client, "Organization/RR8", headers={"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.text.startswith('{\n  "resourceType"')
    assert json.loads(answer.data)["id"] == "RR8"


def test_a_slash_at_the_end_of_a_type_is_the_same_address(client):
    assert ids(ok(client, "Organization/?_id=RR8")) == ["RR8"]
    assert dict(links(ok(client, f"{ROOT}/Organization/?_id=RR8"))) == {"self": f"{ODT}/Organization?_id=RR8"}
