"""The shape of the retired service: its bodies byte for byte, and the complete list of differences."""

import json
from pathlib import Path

import pytest
from lxml import etree

from tests.interfaces.helpers import BASE, FHIR_JSON, FHIR_XML, PER_ANSWER, ask, ok, post, resource_of
from tests.interfaces.oracle import ODS_CODE, RECORD_CLASS_CS, SD, codes, equals, starts

GOLDEN = Path(__file__).parent.parent / "golden"
PARAMETERS = [
    "name=leeds&_count=3",
    "name=leeds&_count=3&_page=2&_elements=name,address",
    "name=leeds&_summary=true",
    "_id=ZXA12&_summary=text",
    "name=zzz",
    "name=leeds&_page=99",
    "name=leeds&_total=none",
    "_summary=count",
    "_count=0&active=true",
    "name=a&zzz=1",
    "_format=x",
    "_generation=x",
    "_generation=2020-01-01.1",
]


def body(client, target):
    response = ask(client, target)
    assert response.headers["Content-Type"] == FHIR_JSON
    return json.loads(response.data)


def as_legacy(value, parent="", key=""):
    """Say in the legacy shape what was said in the conformant one: the table of differences, nothing else."""
    if isinstance(value, dict):
        made = {name: as_legacy(inner, key, name) for name, inner in value.items()}
        if made.get("resourceType") == "Bundle":
            if "total" in made:
                made["total"] = str(made["total"])
            if "_page=" not in made["link"][0]["url"]:  # a count
                del made["link"]
            else:
                made.setdefault("entry", [])
                for link in made["link"]:
                    link["url"] = link["url"].replace("_generation=2025-12-11.1&", "")
        if key == "entry":
            del made["search"]
        return made
    if isinstance(value, list):
        items = [as_legacy(item, parent, key) for item in value]
        alone = (parent, key) in {("meta", "profile"), ("details", "coding"), ("type", "coding")} or key in {
            "identifier",
            "type",
            "address",
        }
        return items[0] if alone else items
    return value


@pytest.mark.parametrize("code", ["N81082", "RR8"])
def test_a_body_is_the_one_the_live_service_sent_byte_for_byte(legacy, code):
    response = ask(legacy, f"Organization/{code}")
    assert response.data + b"\n" == (GOLDEN / f"stu3-legacy-{code}.json").read_bytes()
    assert response.headers["Content-Type"] == FHIR_JSON


def test_an_organization_has_objects_and_strings_where_fhir_has_arrays(legacy):
    resource = body(legacy, "Organization/RR8")
    assert resource["meta"]["profile"] == f"{SD}/ODSAPI-Organization-1"
    assert resource["identifier"] == {"system": ODS_CODE, "value": "RR8"}
    assert resource["type"] == {"coding": {"system": RECORD_CLASS_CS, "code": "1", "display": "HSCOrg"}}
    assert resource["address"]["line"] == ["ST. JAMES'S UNIVERSITY HOSPITAL", "BECKETT STREET"]
    assert isinstance(resource["telecom"], list)
    assert isinstance(resource["extension"][0]["valuePeriod"]["extension"], list)


def test_an_error_has_an_object_for_its_coding_and_a_string_for_its_profile(legacy):
    outcome = body(legacy, "Organization?nam=x")
    assert outcome["meta"] == {
        "profile": "https://fhir.nhs.uk/STU3/StructureDefinition/Spine-OperationOutcome-1"
    }
    (issue,) = outcome["issue"]
    assert issue == {
        "severity": "error",
        "code": "invalid",
        "details": {
            "coding": {
                "system": "https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1",
                "code": "INVALID_PARAMETER",
                "display": "Invalid parameter",
            }
        },
        "diagnostics": "Unknown argument found - nam",
    }


def test_a_bundle_is_laid_out_and_linked_as_the_live_one_was(legacy):
    bundle = body(legacy, "Organization?name=leeds&_count=1")
    assert list(bundle) == ["resourceType", "id", "meta", "type", "total", "link", "entry"]
    assert bundle["total"] == "30"
    assert bundle["link"] == [
        {"relation": "self", "url": f"{BASE}/Organization?name=leeds&_count=1&_page=1"},
        {"relation": "first", "url": f"{BASE}/Organization?name=leeds&_count=1&_page=1"},
        {"relation": "last", "url": f"{BASE}/Organization?name=leeds&_count=1&_page=30"},
        {"relation": "next", "url": f"{BASE}/Organization?name=leeds&_count=1&_page=2"},
    ]
    (entry,) = bundle["entry"]
    assert list(entry) == ["fullUrl", "resource"]
    assert entry["resource"] == body(legacy, f"Organization/{entry['resource']['id']}")


def test_nothing_found_is_an_empty_array_and_a_count_has_neither_links_nor_entries(legacy):
    for target in ("Organization?name=zzz", "Organization?name=leeds&_page=9"):
        assert body(legacy, target)["entry"] == []
    for target in ("Organization?name=leeds&_summary=count", "Organization?name=leeds&_count=0"):
        bundle = body(legacy, target)
        assert list(bundle) == ["resourceType", "id", "meta", "type", "total"]
        assert bundle["total"] == "30"


@pytest.mark.parametrize(
    "target",
    [
        "Organization/ZXA12",
        "Organization/NOPE",
        "Organization?_id=ZXA12",
        "Organization?name=é",
        "CodeSystem",
        "metadata",
    ],
)
def test_json_is_one_line_of_ascii_with_blanks_after_commas_and_colons(legacy, target):
    data = ask(legacy, target).data
    assert data.isascii()
    assert data == json.dumps(json.loads(data)).encode()


def test_letters_beyond_ascii_are_escaped_even_where_json_is_indented(legacy):
    assert rb"MEDDYGFA T\u0176 GWYRDD" in ask(legacy, "Organization/ZXA12").data
    data = ask(legacy, "Organization/ZXA12?_pretty=true").data
    assert data == json.dumps(json.loads(data), indent=2).encode()


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_shapes_differ_in_nothing_but_the_list(client, legacy, parameters):
    ours, theirs = (ask(each, f"Organization?{parameters}") for each in (client, legacy))
    assert ours.status_code == theirs.status_code
    own = {"ETag", "Content-Length", "X-Request-Id"}
    assert {k: v for k, v in ours.headers if k not in own} == {
        k: v for k, v in theirs.headers if k not in own
    }
    expected, found = as_legacy(json.loads(ours.data)), json.loads(theirs.data)
    expected["id"] = found["id"]
    assert json.dumps(found) == json.dumps(expected)


@pytest.mark.parametrize(
    "target",
    [
        "Organization/RR8",
        "Organization/ZXA09",
        "Organization/RR8?_summary=true",
        "Organization/NOPE",
        "Nowhere",
    ],
)
def test_reads_differ_in_nothing_but_the_list(client, legacy, target):
    expected, found = as_legacy(json.loads(ask(client, target).data)), json.loads(ask(legacy, target).data)
    if found["resourceType"] in PER_ANSWER:
        expected["id"] = found["id"]
    assert json.dumps(found) == json.dumps(expected)


def test_xml_differs_in_search_links_and_generation_only(client, legacy):
    def in_xml(server, target):
        response = ask(server, target, headers={"Accept": "application/fhir+xml"})
        assert response.headers["Content-Type"] == FHIR_XML
        return resource_of(etree.fromstring(response.data))

    assert in_xml(legacy, "Organization/RR8") == in_xml(client, "Organization/RR8")
    ours, theirs = (in_xml(each, "Organization?name=leeds&_count=2") for each in (client, legacy))
    assert theirs["entry"] == [
        {key: entry[key] for key in ("fullUrl", "resource")} for entry in ours["entry"]
    ]
    assert theirs["total"] == ours["total"]
    assert not any("_generation" in link["url"] for link in theirs["link"])
    assert "link" not in in_xml(legacy, "Organization?_summary=count")
    assert "entry" not in in_xml(legacy, "Organization?name=zzz")


@pytest.mark.parametrize(
    ("value", "matches"),
    [
        ("address-postalcode=LS9 7TF", equals("postcode", "LS9 7TF")),
        ("address-postalcode=ls9 7tf", equals("postcode", "LS9 7TF")),
        ("address-postalcode=LS97TF", lambda org: False),
        ("address-postalcode:contains=LS97TF", lambda org: False),
        ("address-postalcode=LS9", starts("postcode", "LS9")),
        ("address-postalcode:exact=LS9 7TF", equals("postcode", "LS9 7TF")),
    ],
)
def test_the_space_of_a_postcode_counts(legacy, client, value, matches):
    assert body(legacy, f"Organization?{value}&_summary=count")["total"] == str(len(codes(matches)))


def test_a_walk_by_links_and_by_page_numbers_meets_everything(legacy):
    found, number, bundle = [], 1, body(legacy, "Organization?ods-org-role=57&_count=20&_page=1")
    while bundle["entry"]:
        found += [entry["resource"]["id"] for entry in bundle["entry"]]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        number += 1
        numbered = body(legacy, f"Organization?ods-org-role=57&_count=20&_page={number}")
        if "next" in links:
            linked = body(legacy, links["next"].removeprefix("https://ods.example.org"))
            assert linked["entry"] == numbered["entry"]
        bundle = numbered
    assert found == codes(lambda org: any(code == "57" for code, _ in org.roles))


def test_post_and_generations_work_in_both_shapes(legacy, client):
    assert json.loads(post(legacy, "Organization/_search", "name=leeds").data)["total"] == "30"
    assert body(legacy, "Organization?_generation=2025-12-11.1&_id=RR8")["total"] == "1"
    assert ok(client, "Organization?_generation=2025-12-11.1&_id=RR8")["total"] == 1
