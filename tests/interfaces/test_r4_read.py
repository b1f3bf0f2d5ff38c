"""Reads of R4: resources whole and in parts, their versions, their headers, and what is not there."""

import json

import pytest

from tests.interfaces.helpers import ask as asked
from tests.interfaces.ord_release import register
from tests.interfaces.r4_helpers import (
    BASE,
    ODS_CODE,
    ODT,
    SUBSETTED,
    ask,
    check,
    issue,
    ok,
    same_in_xml,
)
from tests.interfaces.r4_world import CHANGED

PROFILES = {
    "Organization": [
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Organization",
        "https://fhir.nhs.uk/England/StructureDefinition/England-Organization-ODS",
    ],
    "OrganizationAffiliation": [
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-OrganizationAffiliation",
        "https://fhir.nhs.uk/England/StructureDefinition/England-OrganizationAffiliation-ODS",
    ],
}
LOADED = "2026-01-15T12:00:00.000+00:00"
KEYS = ["resourceType", "id", "meta", "extension", "identifier", "active", "type", "name"]


# What is read


def test_an_organisation_of_the_release_is_read(client):
    body = ok(client, "Organization/RR8")
    assert list(body) == [*KEYS, "telecom", "address"]
    assert body["meta"] == {"versionId": "1", "lastUpdated": LOADED, "profile": PROFILES["Organization"]}
    assert (body["id"], body["name"]) == ("RR8", register()["RR8"].record["Name"])
    assert body["identifier"][0]["value"] == "RR8"


def test_every_organisation_of_the_release_can_be_read_and_is_r4(client):
    for code, organisation in list(register().items())[::40]:
        body = ok(client, f"Organization/{code}")
        roles = [each["id"] for each in organisation.record["Roles"]["Role"]]
        stated = [
            part["valueCodeableConcept"]["coding"][0]["code"]
            for extension in body["extension"]
            for part in extension["extension"]
            if part["url"] == "roleCode"
        ]
        assert sorted(stated) == sorted(roles)
        assert body["active"] == (organisation.record["Status"] == "Active")


def test_a_relationship_is_read_by_its_number(client):
    relationship = register()["RR8"].record["Rels"]["Rel"][0]
    body = ok(client, f"OrganizationAffiliation/{relationship['uniqueRelId']}")
    assert list(body)[:3] == ["resourceType", "id", "meta"]
    assert body["meta"]["profile"] == PROFILES["OrganizationAffiliation"]
    assert body["organization"] == {
        "reference": "Organization/RR8",
        "identifier": {"system": ODS_CODE, "value": "RR8"},
    }
    target = relationship["Target"]["OrgId"]["extension"]
    assert body["participatingOrganization"]["reference"] == f"Organization/{target}"


def test_an_affiliation_whose_id_is_no_number_has_no_identifier(world):
    assert "identifier" in ok(world, "OrganizationAffiliation/100")
    assert "identifier" not in ok(world, "OrganizationAffiliation/A1-RE8-ZZZ-2021-04-30")


def test_a_list_is_read_and_has_no_profile(world):
    body = ok(world, "List/Organization-deletion")
    assert body["id"] == "Organization-deletion"
    assert body["meta"] == {"versionId": "4", "lastUpdated": CHANGED}


@pytest.mark.parametrize(
    "target", ["Organization/RR8", "Organization/RR8?_elements=name", "metadata", "Organization?_count=3"]
)
def test_xml_says_the_same_in_the_same_order(client, target):
    same_in_xml(client, target)


@pytest.mark.parametrize(
    "target", ["OrganizationAffiliation/100", "List/Organization-deletion", "OrganizationAffiliation", "List"]
)
def test_xml_of_affiliations_and_lists_says_the_same_in_the_same_order(world, target):
    same_in_xml(world, target)


def test_both_addresses_have_the_same_resource(client):
    there = asked(client, "/organisation-data-terminology-api/fhir/Organization/RR8")
    assert there.data == ask(client, "Organization/RR8").data
    assert there.headers["Content-Location"] == f"{ODT}/Organization/RR8/_history/1"


def test_a_slash_too_many_and_blanks_around_an_id_are_ignored(client):
    for target in ("/R4//Organization/RR8/", "Organization/%20RR8%20"):
        assert ask(client, target).data == ask(client, "Organization/RR8").data


# Parts


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ("_elements=name", {"name"}),
        ("_elements=name,nothing", {"name"}),
        ("_elements=extension", {"extension"}),
        ("&_elements=name", {"name"}),
        ("_summary=true", {"identifier", "active", "type", "name"}),
        ("_summary=text", set()),
        ("_summary=true&_elements=address", {"address"}),
    ],
)
def test_a_part_of_an_organisation_is_tagged(client, parameters, kept):
    body = ok(client, f"Organization/RR8?{parameters}")
    assert set(body) == {"resourceType", "id", "meta", *kept}
    assert body["meta"]["tag"] == [SUBSETTED]
    assert list(body["meta"]) == ["versionId", "lastUpdated", "profile", "tag"]


def test_the_summary_of_an_affiliation_and_of_a_list(world):
    summary = ok(world, "OrganizationAffiliation/100?_summary=true")
    assert list(summary) == [
        *("resourceType", "id", "meta", "identifier", "active", "period", "organization"),
        *("participatingOrganization", "code"),
    ]
    summary = ok(world, "List/Organization-deletion?_summary=true")
    assert list(summary) == ["resourceType", "id", "meta", "status", "mode", "title", "date"]
    assert list(ok(world, "List/Organization-deletion?_elements=title")) == [
        *("resourceType", "id", "meta", "status", "mode", "title")
    ]


@pytest.mark.parametrize("parameters", ["_summary=data", "_summary=false", "_pretty=false", "_format=json"])
def test_a_whole_organisation_is_sent_as_it_is_stored(client, parameters):
    assert ask(client, f"Organization/RR8?{parameters}").data == ask(client, "Organization/RR8").data


def test_pretty_json_is_indented(client):
    pretty = ask(client, "Organization/RR8?_pretty=true").data
    assert pretty.startswith(b'{\n  "resourceType": "Organization",\n  "id": "RR8",\n')
    assert json.loads(pretty) == ok(client, "Organization/RR8")


def test_a_count_of_one_resource_is_refused(client):
    assert issue(ask(client, "Organization/RR8?_summary=count")) == (
        "invalid",
        'Invalid value "count" for "_summary": expected one of data, false, text, true',
    )


# Versions


def test_the_headers_of_a_read_are_those_of_the_version(world):
    answer = ask(world, "Organization/A2")
    assert answer.headers["ETag"] == 'W/"3"'
    assert answer.headers["Last-Modified"] == "Sun, 01 Feb 2026 01:10:00 GMT"
    assert answer.headers["Content-Location"] == f"{BASE}/Organization/A2/_history/3"
    assert answer.json["meta"]["versionId"] == "3"
    assert answer.json["meta"]["lastUpdated"] == "2026-02-01T01:10:00.123+00:00"


@pytest.mark.parametrize(
    ("address", "version"),
    [("Organization/A2", 3), ("OrganizationAffiliation/100", 1), ("List/Organization-deletion", 4)],
)
def test_the_current_version_is_read_by_its_number(world, address, version):
    answer = ask(world, f"{address}/_history/{version}")
    assert answer.data == ask(world, address).data
    assert answer.headers["ETag"] == f'W/"{version}"'
    check(answer.json)


@pytest.mark.parametrize("version", ["1", "2", "4", "03", "x", "3%2F"])
def test_another_version_is_not_kept(world, version):
    text = f"Version {version.replace('%2F', '/')} of Organization/A2 is not kept"
    assert issue(ask(world, f"Organization/A2/_history/{version}"), 404) == ("not-found", text)


@pytest.mark.parametrize("target", ["Organization/A2/_history", "Organization/_history", "_history"])
def test_there_is_no_history(world, target):
    code, text = issue(ask(world, target), 404)
    assert (code, text) == ("not-found", f'Unknown address "/R4/{target}"')


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-None-Match", 'W/"3"', 304),
        ("If-None-Match", '"3"', 304),
        ("If-None-Match", 'W/"1", W/"3"', 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", 'W/"2"', 200),
        ("If-Modified-Since", "Sun, 01 Feb 2026 01:10:00 GMT", 304),
        ("If-Modified-Since", "Mon, 02 Feb 2026 01:10:00 GMT", 304),
        ("If-Modified-Since", "Sun, 01 Feb 2026 01:09:59 GMT", 200),
        ("If-Modified-Since", "yesterday", 200),
    ],
)
def test_a_read_is_conditional(world, header, value, status):
    for target in ("Organization/A2", "Organization/A2/_history/3"):
        answer = ask(world, target, headers={header: value})
        assert answer.status_code == status
        assert answer.headers["ETag"] == 'W/"3"'
        assert (answer.data == b"") == (status == 304)


def test_head_has_the_headers_of_get(world):
    for target in ("Organization/A2", "OrganizationAffiliation/100/_history/1", "metadata"):
        get, head = (ask(world, target, method=method) for method in ("GET", "HEAD"))
        assert head.data == b""
        told = [
            {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
            for answer in (get, head)
        ]
        assert told[0] == told[1]


# What is not there


@pytest.mark.parametrize(
    "address",
    [
        *("Organization/X9999", "Organization/rr8", "Organization/all", "Organization/a2"),
        *("OrganizationAffiliation/0", "OrganizationAffiliation/a1-RE8-ZZZ-2021-04-30", "List/Other"),
        *("List/List%2FOrganization-deletion", "CapabilityStatement/other", "Organization/OLD"),
        "Organization/X9999/_history/1",
    ],
)
def test_an_unknown_id_is_404_in_the_words_of_odt(world, address):
    named = address.removesuffix("/_history/1").replace("%2F", "/")
    assert issue(ask(world, address), 404) == ("processing", f"HAPI-2001: Resource {named} is not known")


@pytest.mark.parametrize("address", ["Organization/FVG57", "OrganizationAffiliation/900"])
@pytest.mark.parametrize("version", ["", "/_history/1"])
def test_what_was_deleted_is_410(world, address, version):
    assert issue(ask(world, address + version), 410) == (
        "deleted",
        f"Resource {address} was deleted: it is missing since the release of 2024-01-17",
    )


def test_stu3_says_of_what_was_deleted_that_it_is_not_known(world):
    assert asked(world, "/STU3/Organization/FVG57").status_code == 404
