"""CodeSystem and ValueSet: what they hold, and how they are read and searched."""

import json

import pytest

from tests.interfaces.helpers import (
    BASE,
    SUBSETTED,
    ask,
    check,
    codes_of,
    faults,
    links_of,
    ok,
    post,
    same_in_xml,
)
from tests.interfaces.oracle import RECORD_CLASS_CS, ROLE_CS, role_names

FHIR_NHS = "https://fhir.nhs.uk/STU3"
ROLE, CLASS = "ODSAPI-OrganizationRole-1", "ODSAPI-OrganizationRecordClass-1"
KEYS = "resourceType id url version name status date publisher description copyright content concept"
CODE_SYSTEM_KEYS = KEYS.split()
RIGHTS = (
    "Copyright © {} Health and Social Care Information Centre. "
    "NHS Digital is the trading name of the Health and Social Care Information Centre."
)


def test_the_roles_are_those_of_the_release_in_ascending_order(client):
    body = same_in_xml(client, f"CodeSystem/{ROLE}")
    check(body)
    assert list(body) == CODE_SYSTEM_KEYS
    concepts = body.pop("concept")
    assert body == {
        "resourceType": "CodeSystem",
        "id": ROLE,
        "url": ROLE_CS,
        "version": "2025-12-11",
        "name": "ODS API Organization Role",
        "status": "active",
        "date": "2025-12-11",
        "publisher": "NHS Digital",
        "description": "A CodeSystem that identifies the role(s) of the organization.",
        "copyright": RIGHTS.format(2017),
        "content": "complete",
    }
    assert concepts == [
        {"code": code, "display": role_names()[code]} for code in sorted(role_names(), key=int)
    ]
    assert len(concepts) == 240


def test_a_role_that_only_records_have_is_a_concept_without_a_name(edges):
    assert ok(edges, f"CodeSystem/{ROLE}")["concept"] == [
        {"code": "76", "display": "GP PRACTICE"},
        {"code": "177", "display": "PRESCRIBING COST CENTRE"},
        {"code": "9999"},
    ]


def test_the_record_classes_are_two(client):
    body = same_in_xml(client, f"CodeSystem/{CLASS}")
    assert list(body) == CODE_SYSTEM_KEYS
    assert body == {
        "resourceType": "CodeSystem",
        "id": CLASS,
        "url": RECORD_CLASS_CS,
        "version": "1.0.0",
        "name": "ODS API Organization Record Class",
        "status": "active",
        "date": "2018-04-03",
        "publisher": "NHS Digital",
        "description": "A CodeSystem that identifies the organization record class.",
        "copyright": RIGHTS.format(2017),
        "content": "complete",
        "concept": [{"code": "1", "display": "HSCOrg"}, {"code": "2", "display": "HSCSite"}],
    }


@pytest.mark.parametrize(
    ("name", "said", "system"),
    [
        (
            CLASS,
            ("1.0.0", "2018-04-03", "ODS API Organization Record Class", "record class"),
            RECORD_CLASS_CS,
        ),
        (ROLE, ("2025-12-11", "2025-12-11", "ODS API Organization Role", "role(s)"), ROLE_CS),
    ],
)
def test_a_value_set_is_its_whole_code_system(client, name, said, system):
    body = same_in_xml(client, f"ValueSet/{name}")
    check(body)
    expected = {
        "resourceType": "ValueSet",
        "id": name,
        "url": f"{FHIR_NHS}/ValueSet/{name}",
        "version": said[0],
        "name": said[2],
        "status": "active",
        "date": said[1],
        "publisher": "NHS Digital",
        "description": f"A ValueSet that identifies the {said[3]} of the organization.",
        "copyright": RIGHTS.format(2018),
        "compose": {"include": [{"system": system}]},
    }
    assert json.dumps(body) == json.dumps(expected)


def test_subsets_of_a_code_system_keep_what_is_mandatory(client):
    body = ok(client, f"CodeSystem/{ROLE}?_summary=true")
    assert list(body) == [
        "resourceType",
        "id",
        "meta",
        "url",
        "version",
        "name",
        "status",
        "date",
        "publisher",
        "content",
    ]
    assert body["meta"] == {"tag": [SUBSETTED]}
    body = ok(client, f"CodeSystem/{ROLE}?_elements=name")
    assert list(body) == ["resourceType", "id", "meta", "name", "status", "content"]
    body = ok(client, f"ValueSet/{ROLE}?_summary=true")
    assert list(body) == [
        "resourceType",
        "id",
        "meta",
        "url",
        "version",
        "name",
        "status",
        "date",
        "publisher",
    ]
    bundle = ok(client, "CodeSystem?_summary=text")
    assert [list(entry["resource"]) for entry in bundle["entry"]] == [
        ["resourceType", "id", "meta", "status", "content"]
    ] * 2


@pytest.mark.parametrize(
    "address",
    [
        f"CodeSystem/{ROLE.lower()}",
        "CodeSystem/x",
        "ValueSet/x",
        "ValueSet/Organization",
        "CodeSystem/%20",
        "ValueSet/é",
    ],
)
def test_an_unknown_id_is_not_found(client, address):
    assert faults(ask(client, address), 404) == [("NO_RECORD_FOUND", "No record found for supplied id")]


DOUBLED = ROLE_CS.replace("STU3/", "STU3/STU3/")


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("CodeSystem", [CLASS, ROLE]),
        ("CodeSystem/", [CLASS, ROLE]),
        ("ValueSet", [CLASS, ROLE]),
        (f"CodeSystem?url={ROLE_CS}", [ROLE]),
        (f"CodeSystem?url={DOUBLED}", [ROLE]),
        (f"CodeSystem?url={ROLE_CS.replace('https://', 'https://uat.')}", [ROLE]),
        (f"CodeSystem?url={BASE}/CodeSystem/{ROLE}", [ROLE]),
        (f"CodeSystem?url={RECORD_CLASS_CS}", [CLASS]),
        (f"CodeSystem?url={ROLE_CS},{RECORD_CLASS_CS}", [CLASS, ROLE]),
        (f"CodeSystem?url={ROLE_CS}&url={RECORD_CLASS_CS}", []),
        (f"CodeSystem?url={RECORD_CLASS_CS.upper()}", []),
        (f"CodeSystem?url={RECORD_CLASS_CS[:-1]}", []),
        (f"CodeSystem?url={RECORD_CLASS_CS}%7C1.0.0", []),
        ("CodeSystem?url:missing=true", []),
        ("CodeSystem?url:missing=false", [CLASS, ROLE]),
        (f"ValueSet?url={FHIR_NHS}/ValueSet/{ROLE}", [ROLE]),
        (f"ValueSet?url={ROLE_CS}", []),
        (f"CodeSystem?_id={ROLE}", [ROLE]),
        (f"CodeSystem?_id={ROLE},{CLASS},x", [CLASS, ROLE]),
        (f"CodeSystem?_id=%20{ROLE}%20", [ROLE]),
        (f"CodeSystem?_id={ROLE.upper()}", []),
        (f"CodeSystem?_id:not={ROLE}", [CLASS]),
        ("CodeSystem?url=&_id=", [CLASS, ROLE]),
        (f"ValueSet?_id={ROLE}&_total=none&_totalMethod=x&_generation=2025-12-11.1&_pretty=false", [ROLE]),
    ],
)
def test_code_systems_and_value_sets_are_searched_by_url_and_id(client, target, found):
    assert codes_of(same_in_xml(client, target)) == found
    bundle = ok(client, target)
    kind = target.partition("?")[0].strip("/")
    assert [entry["fullUrl"] for entry in bundle.get("entry", ())] == [
        f"{BASE}/{kind}/{each}" for each in found
    ]
    assert links_of(bundle)["self"].startswith(f"{BASE}/{kind}?")


def test_their_bundles_page_and_take_forms(client):
    bundle = ok(client, "ValueSet?_count=1&_page=2")
    assert list(links_of(bundle)) == ["self", "first", "last", "previous"]
    assert codes_of(bundle) == [ROLE]
    assert bundle["entry"][0]["resource"] == ok(client, f"ValueSet/{ROLE}")
    assert ok(client, "CodeSystem?_summary=count")["total"] == 2
    assert codes_of(json.loads(post(client, "CodeSystem/_search", f"_id={ROLE}").data)) == [ROLE]


@pytest.mark.parametrize(
    "name",
    [
        "_sort",
        "_lastUpdated",
        "name",
        "code",
        "version",
        "identifier",
        "status",
        "ods-org-role",
        "_include",
        "url:below",
        "URL",
    ],
)
@pytest.mark.parametrize("kind", ["CodeSystem", "ValueSet"])
def test_they_take_no_other_parameter(client, kind, name):
    assert faults(ask(client, f"{kind}?{name}=x")) == [
        ("INVALID_PARAMETER", f"Unknown argument found - {name}")
    ]
