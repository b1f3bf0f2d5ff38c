"""R4's code systems, value sets and what describes them: what they hold, how they are read and searched."""

import json
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import pytest

from tests.interfaces.helpers import post
from tests.interfaces.oracle import RECORD_CLASS_CS, register, role_names
from tests.interfaces.r4_helpers import (
    BASE,
    NHS_SYSTEMS,
    ODS_CODE,
    ODS_SYSTEMS,
    SUBSETTED,
    ask,
    found,
    ids,
    issue,
    ok,
    same_in_xml,
)

FOLDER = files("capability") / "r4"
UK_CORE = "https://fhir.hl7.org.uk"
STRUCTURES = "https://fhir.nhs.uk/England/StructureDefinition"
LOADED = {"versionId": "1", "lastUpdated": "2026-01-15T12:00:00.000+00:00"}
RELEASE = "2025-12-11"
OF_RELEASE = ["ODSOrganisationRole", "ODSRecordClass", "ODSRelationship"]
OF_REGISTER = [
    "ods-organization-code",
    "organization-relationship-instance",
    "organization-role-instance",
    "succession",
]
FIXED = {
    "England-ODSDateTime": ["LastChangeDate"],
    "England-ODSRecordUseType": ["Full", "RefOnly"],
    "England-PeriodType": ["Legal", "Operational"],
    "UKCore-AddressKeyType": ["PAF", "UPRN"],
}
CODE_SYSTEMS = sorted([*OF_RELEASE, *OF_REGISTER, *FIXED])
PUBLISHED = {
    "CodeSystem": list(FIXED),
    "ValueSet": ["England-OrganisationRole", "England-PeriodType", "England-TypedDateTime"],
    "StructureDefinition": [
        "England-Organization-ODS",
        "England-OrganizationAffiliation-ODS",
        "Extension-England-OrganisationRole",
        "Extension-England-TypedDateTime",
        "Extension-England-TypedPeriod",
        "Extension-UKCore-AddressKey",
        "UKCore-Organization",
        "UKCore-OrganizationAffiliation",
    ],
}
MORE = (
    "\n\nFor more information and an up to date list see: [Organisation Data Service CodeSet]"
    "(https://digital.nhs.uk/services/organisation-data-service/codesystems)."
)
TYPES = (
    *("CodeSystem", "ValueSet", "NamingSystem"),
    *("StructureDefinition", "SearchParameter", "OperationDefinition"),
)

Json = dict[str, Any]


def held(kind: str, name: str) -> Json:
    """Return a file of `capability`."""
    resource: Json = json.loads((FOLDER / kind / f"{name}.json").read_bytes())
    return resource


# What they hold


def test_a_code_system_of_the_release_is_the_table_of_its_elements(client):
    body = same_in_xml(client, "CodeSystem/ODSOrganisationRole")
    concepts = body.pop("concept")
    url = f"{ODS_SYSTEMS}/ODSOrganisationRole"
    (stated,) = body.pop("property")
    assert list(body.items()) == [
        ("resourceType", "CodeSystem"),
        ("id", "ODSOrganisationRole"),
        ("meta", LOADED),
        ("url", url),
        (
            "identifier",
            [{"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.16.840.1.113883.2.1.3.2.4.17.507"}],
        ),
        ("version", RELEASE),
        ("name", "ODSOrganisationRole"),
        ("title", "ODS Organisation Role"),
        ("status", "active"),
        ("date", RELEASE),
        ("publisher", "NHS England"),
        (
            "description",
            (
                "A set of codes that define the high level roles that may be related to individual "
                f"Organisations or ODS Sites.{MORE}"
            ),
        ),
        ("caseSensitive", True),
        ("valueSet", f"{url}/vs"),
        ("content", "complete"),
        ("count", 240),
    ]
    assert (list(stated), stated["code"], stated["type"]) == (
        ["code", "description", "type"],
        "primaryRole",
        "boolean",
    )
    names = {f"RO{code}": name for code, name in role_names().items()}
    assert [(each["code"], each["display"]) for each in concepts] == sorted(
        names.items(), key=lambda each: int(each[0][2:])
    )


def test_a_role_is_primary_where_the_release_or_a_record_says_so(client):
    concepts = ok(client, "CodeSystem/ODSOrganisationRole")["concept"]
    assert all(list(each["property"][0]) == ["code", "valueBoolean"] for each in concepts)
    primary = {each["code"] for each in concepts if each["property"][0]["valueBoolean"]}
    held_ = {f"RO{code}" for each in register().values() for code, is_primary in each.roles if is_primary}
    assert held_ <= primary
    assert primary < {each["code"] for each in concepts}
    assert "RO76" not in primary


def test_the_other_code_systems_of_the_release_have_their_codes(client):
    body = same_in_xml(client, "CodeSystem/ODSRecordClass")
    assert body["concept"] == [{"code": "RC1", "display": "HSCOrg"}, {"code": "RC2", "display": "HSCSite"}]
    assert "property" not in body
    assert body["identifier"][0]["value"] == "urn:oid:2.16.840.1.113883.2.1.3.2.4.23"
    body = same_in_xml(client, "CodeSystem/ODSRelationship")
    codes = [each["code"] for each in body["concept"]]
    assert codes == ["RE1", "RE2", "RE3", "RE4", "RE5", "RE6", "RE8", "RE9", "RE10", "RE11"]
    assert body["concept"][3] == {"code": "RE4", "display": "IS COMMISSIONED BY"}


def test_a_code_that_only_records_have_is_a_concept_without_a_display(edges):
    concepts = ok(edges, "CodeSystem/ODSOrganisationRole")["concept"]
    assert [(each["code"], each.get("display")) for each in concepts] == [
        ("RO76", "GP PRACTICE"),
        ("RO177", "PRESCRIBING COST CENTRE"),
        ("RO9999", None),
    ]
    assert [each["property"][0]["valueBoolean"] for each in concepts] == [True, True, False]
    body = ok(edges, "CodeSystem/ODSRelationship")
    assert (body["count"], "concept" in body) == (0, False)


def test_a_code_system_made_of_the_register_has_a_count_and_no_concepts(client):
    counts = {}
    for name in OF_REGISTER:
        body = same_in_xml(client, f"CodeSystem/{name}")
        assert "concept" not in body
        assert body["content"] == "not-present"
        assert (body["version"], body["date"], body["publisher"]) == (RELEASE, RELEASE, "NHS England")
        counts[name] = body["count"]
        url = ODS_CODE if name == "ods-organization-code" else f"{ODS_SYSTEMS}/{name}"
        assert (body["url"], body["valueSet"]) == (url, f"{url}/vs")
    assert ok(client, "CodeSystem/ods-organization-code")["title"] == "ODS Organisation"
    for name, kind in (
        ("ods-organization-code", "Organization"),
        ("organization-relationship-instance", "OrganizationAffiliation"),
    ):
        assert counts[name] == ok(client, f"{kind}?_summary=count")["total"]
    for name in ("organization-role-instance", "succession"):
        url = ok(client, f"CodeSystem/{name}")["url"]
        total = ok(client, f"ValueSet/$expand?url={url}/vs&count=0")["expansion"]["total"]
        assert counts[name] == total


def test_the_properties_of_ods_codes_include_each_relationship_of_the_release(client):
    told = {each["code"]: each for each in ok(client, "CodeSystem/ods-organization-code")["property"]}
    relationships = ok(client, "CodeSystem/ODSRelationship")["concept"]
    for each in relationships:
        assert told[each["code"]] == {
            "code": each["code"],
            "description": f"Target of an active relationship: {each['display']}",
            "type": "code",
        }
    assert told["postcode"]["type"] == "string"
    assert told["ICB"]["type"] == "Coding"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in PUBLISHED.items() for name in names]
)
def test_a_published_resource_is_served_as_it_was_published(client, kind, name):
    body = same_in_xml(client, f"{kind}/{name}")
    assert body.pop("meta") == LOADED
    assert json.dumps(body) == json.dumps(held(kind, name))
    assert body["url"].rpartition("/")[2] == name
    assert "Apache License" in body["copyright"]


def test_the_fixed_code_systems_have_their_codes(client):
    for name, codes in FIXED.items():
        body = ok(client, f"CodeSystem/{name}")
        assert [each["code"] for each in body["concept"]] == codes
        assert body["content"] == "complete"


def test_each_code_system_has_a_value_set_of_all_its_codes(client):
    every = found(client, "ValueSet")
    assert every == sorted([*PUBLISHED["ValueSet"], *(f"{name}-vs" for name in CODE_SYSTEMS)])
    for name in CODE_SYSTEMS:
        system, body = ok(client, f"CodeSystem/{name}"), same_in_xml(client, f"ValueSet/{name}-vs")
        assert list(body.items()) == [
            ("resourceType", "ValueSet"),
            ("id", f"{name}-vs"),
            ("meta", LOADED),
            ("url", f"{system['url']}/vs"),
            ("version", RELEASE),
            ("name", f"{system['name']}All"),
            ("title", f"All codes of {system['title']}"),
            ("status", "active"),
            ("date", RELEASE),
            ("publisher", "NHS England"),
            ("description", f"All codes of the code system {system['title']}."),
            ("compose", {"include": [{"system": system["url"]}]}),
        ]


def test_naming_systems_name_uris_and_oids(client):
    assert found(client, "NamingSystem") == [*OF_RELEASE, "ods-organization-code"]
    assert list(same_in_xml(client, "NamingSystem/ods-organization-code").items()) == [
        ("resourceType", "NamingSystem"),
        ("id", "ods-organization-code"),
        ("meta", LOADED),
        ("name", "ODSOrganisation"),
        ("status", "active"),
        ("kind", "identifier"),
        ("date", RELEASE),
        ("publisher", "NHS England"),
        (
            "description",
            "The codes of all organisations of the register (ODS codes), open and closed.",
        ),
        (
            "uniqueId",
            [
                {"type": "uri", "value": ODS_CODE, "preferred": True},
                {"type": "oid", "value": "2.16.840.1.113883.2.1.3.2.4.18.48"},
            ],
        ),
    ]
    roles = same_in_xml(client, "NamingSystem/ODSOrganisationRole")
    assert (roles["kind"], [each["value"] for each in roles["uniqueId"]]) == (
        "codesystem",
        [f"{ODS_SYSTEMS}/ODSOrganisationRole", "2.16.840.1.113883.2.1.3.2.4.17.507"],
    )


def test_every_search_parameter_is_served_as_the_registry_has_it(client):
    names = sorted(file.name.removesuffix(".json") for file in (FOLDER / "SearchParameter").iterdir())
    assert found(client, "SearchParameter") == names
    for name in names:
        body = same_in_xml(client, f"SearchParameter/{name}")
        assert body.pop("meta") == LOADED
        assert body == held("SearchParameter", name)


@pytest.mark.parametrize(
    ("name", "code", "expression", "works"),
    [
        (
            "OrganisationRole-RoleCode",
            "roleCode",
            (
                f"Organization.extension('{STRUCTURES}/Extension-England-OrganisationRole')"
                ".extension('roleCode').value"
            ),
            {"modifier": ["not", "missing"]},
        ),
        (
            "OrganisationRole-ActiveRoleCode",
            "activeRoleCode",
            (
                f"Organization.extension('{STRUCTURES}/Extension-England-OrganisationRole')"
                ".where(extension('active').value=true).extension('roleCode').value"
            ),
            {"modifier": ["not", "missing"]},
        ),
        (
            "TypedDateTime-LastChangeDate",
            "lastChangeDate",
            (
                f"Organization.extension('{STRUCTURES}/Extension-England-TypedDateTime')"
                ".extension('dateTime').value | "
                f"OrganizationAffiliation.extension('{STRUCTURES}/Extension-England-TypedDateTime')"
                ".extension('dateTime').value"
            ),
            {"comparator": ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"], "modifier": ["missing"]},
        ),
    ],
)
def test_the_search_parameters_of_nhs_england_say_what_works(client, name, code, expression, works):
    body = ok(client, f"SearchParameter/England-Extension-{name}")
    assert (body["code"], body["expression"]) == (code, expression)
    assert body["url"] == f"https://fhir.nhs.uk/England/SearchParameter/England-Extension-{name}"
    assert works.items() <= body.items()


# How they are read


@pytest.mark.parametrize("kind", TYPES)
def test_each_resource_is_the_same_in_json_and_xml_alone_and_in_a_bundle(client, kind):
    bundle = same_in_xml(client, f"{kind}?_summary=false&_count=1000")
    assert bundle["total"] == len(bundle["entry"])
    for entry in bundle["entry"][::7]:
        assert same_in_xml(client, f"{kind}/{entry['resource']['id']}") == entry["resource"]


def test_resources_have_versions_like_others(client):
    answer = ask(client, "CodeSystem/ODSRecordClass")
    address = f"{BASE}/CodeSystem/ODSRecordClass/_history/1"
    assert (answer.headers["ETag"], answer.headers["Content-Location"]) == ('W/"1"', address)
    assert ask(client, "CodeSystem/ODSRecordClass/_history/1").data == answer.data
    text = "Version 2 of CodeSystem/ODSRecordClass is not kept"
    assert issue(ask(client, "CodeSystem/ODSRecordClass/_history/2"), 404) == ("not-found", text)
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert ask(client, "CodeSystem/ODSRecordClass", headers=tag).status_code == 304


def test_an_id_that_there_is_not_is_404_and_one_that_is_gone_is_410(client, world):
    text = "HAPI-2001: Resource CodeSystem/X is not known"
    assert issue(ask(client, "CodeSystem/X"), 404) == ("processing", text)
    text = "Resource CodeSystem/Gone was deleted: it is missing since the release of 2024-01-17"
    assert issue(ask(world, "CodeSystem/Gone"), 410) == ("deleted", text)
    assert issue(ask(world, "ValueSet/Gone"), 404)[0] == "processing"


def test_the_resources_of_stu3_are_not_those_of_r4(client):
    for name in ("ODSAPI-OrganizationRole-1", "ODSAPI-OrganizationRecordClass-1"):
        for kind in ("CodeSystem", "ValueSet"):
            assert issue(ask(client, f"{kind}/{name}"), 404)[0] == "processing"
            assert ok(client, f"{kind}?_id={name}")["total"] == 0
            assert ask(client, f"/STU3/{kind}/{name}").status_code == 200
    assert ok(client, f"CodeSystem?url={RECORD_CLASS_CS}")["total"] == 0
    assert ask(client, "/STU3/CodeSystem").json["total"] == 2
    assert ask(client, "/STU3/CodeSystem/ODSRecordClass").status_code == 404


def test_a_search_of_code_systems_sends_summaries_unless_it_says_otherwise(client):
    def first(query: str) -> Json:
        resource: Json = ok(client, f"CodeSystem?_id=ODSOrganisationRole{query}")["entry"][0]["resource"]
        return resource

    summary = first("")
    assert list(summary) == [
        *("resourceType", "id", "meta", "url", "identifier", "version", "name", "title", "status", "date"),
        *("publisher", "caseSensitive", "valueSet", "content", "count", "property"),
    ]
    assert summary["meta"] == {**LOADED, "tag": [SUBSETTED]}
    assert first("&_summary=true") == summary
    whole = ok(client, "CodeSystem/ODSOrganisationRole")
    assert first("&_summary=false") == whole
    assert "concept" in first("&_summary=data")
    assert list(first("&_elements=concept")) == ["resourceType", "id", "meta", "status", "content", "concept"]
    assert "entry" not in ok(client, "CodeSystem?_summary=count")
    assert (
        json.loads(post(client, "/R4/CodeSystem/_search", "_id=ODSOrganisationRole").data)["entry"][0][
            "resource"
        ]
        == summary
    )


@pytest.mark.parametrize(
    ("address", "summary", "mandatory"),
    [
        ("CodeSystem/ODSRecordClass", "", "status content"),
        ("ValueSet/ODSRecordClass-vs", "url version name title status date publisher", "status"),
        ("ValueSet/England-PeriodType", "url version name title status date publisher contact", "status"),
        (
            "NamingSystem/ODSRecordClass",
            "name status kind date publisher uniqueId",
            "name status kind date uniqueId",
        ),
        (
            "StructureDefinition/England-Organization-ODS",
            (
                "url version name title status experimental date publisher contact fhirVersion kind abstract "
                "type baseDefinition derivation"
            ),
            "url name status kind abstract type",
        ),
        (
            "SearchParameter/Organization-name",
            "url name status publisher description code base type",
            "url name status description code base type",
        ),
        (
            "OperationDefinition/CodeSystem-lookup",
            "url version name status kind affectsState code base resource system type instance",
            "name status kind code system type instance",
        ),
    ],
)
def test_parts_of_a_resource_keep_what_is_mandatory(client, address, summary, mandatory):
    head = ["resourceType", "id", "meta"]
    if summary:
        assert list(same_in_xml(client, f"{address}?_summary=true")) == [*head, *summary.split()]
    assert list(ok(client, f"{address}?_summary=text")) == [*head, *mandatory.split()]
    assert set(ok(client, f"{address}?_elements=name")) == {*head, *mandatory.split(), "name"}


# How they are searched


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("CodeSystem", CODE_SYSTEMS),
        (f"CodeSystem?url={ODS_CODE}", ["ods-organization-code"]),
        (f"CodeSystem?system={ODS_CODE}", ["ods-organization-code"]),
        (f"CodeSystem?url={ODS_CODE}%7C{RELEASE}", ["ods-organization-code"]),
        (f"CodeSystem?system={ODS_CODE}%7C{RELEASE}", ["ods-organization-code"]),
        (f"CodeSystem?url={ODS_CODE}%7C2025-12-10", []),
        (f"CodeSystem?url={NHS_SYSTEMS}/England-PeriodType%7C1.0.0", ["England-PeriodType"]),
        (f"CodeSystem?url={ODS_CODE},{ODS_SYSTEMS}/succession", ["ods-organization-code", "succession"]),
        (f"CodeSystem?url={ODS_CODE.upper()}", []),
        (f"CodeSystem?url={ODS_CODE}/vs", []),
        ("CodeSystem?url=https://other.example", []),
        ("CodeSystem?url:missing=true", []),
        ("CodeSystem?_id=succession,England-PeriodType,X", ["England-PeriodType", "succession"]),
        ("CodeSystem?_id:not=succession", [name for name in CODE_SYSTEMS if name != "succession"]),
        ("CodeSystem?code=RO177", ["ODSOrganisationRole"]),
        ("CodeSystem?code=ro177", []),
        ("CodeSystem?code=Legal,RefOnly", ["England-ODSRecordUseType", "England-PeriodType"]),
        ("CodeSystem?code:missing=true", OF_REGISTER),
        ("CodeSystem?content-mode=not-present", OF_REGISTER),
        ("CodeSystem?content-mode:not=complete", OF_REGISTER),
        ("CodeSystem?content-mode=http://hl7.org/fhir/codesystem-content-mode%7Cnot-present", OF_REGISTER),
        ("CodeSystem?content-mode=http://other.example%7Cnot-present", []),
        ("CodeSystem?identifier=urn:oid:2.16.840.1.113883.2.1.3.2.4.23", ["ODSRecordClass"]),
        ("CodeSystem?identifier=urn:ietf:rfc:3986%7C", OF_RELEASE),
        ("CodeSystem?identifier:missing=true", sorted([*FIXED, *OF_REGISTER])),
        ("CodeSystem?version=2.1.0", ["UKCore-AddressKeyType"]),
        (f"CodeSystem?version:not={RELEASE}", list(FIXED)),
        ("CodeSystem?date=lt2023", ["UKCore-AddressKeyType"]),
        ("CodeSystem?date=2023-12-07", list(FIXED)[:-1]),
        (f"CodeSystem?date=ge{RELEASE}", [*OF_RELEASE, *OF_REGISTER]),
        ("CodeSystem?name=odsrel", ["ODSRelationship"]),
        ("CodeSystem?name:contains=PERIOD", ["England-PeriodType"]),
        ("CodeSystem?name:exact=ODSRelationship", ["ODSRelationship"]),
        ("CodeSystem?title=ods record", ["ODSRecordClass"]),
        ("CodeSystem?description:contains=High Level", ["ODSOrganisationRole", "ODSRecordClass"]),
        ("CodeSystem?publisher:exact=NHS England", [name for name in CODE_SYSTEMS if "UKCore" not in name]),
        ("CodeSystem?status=active", CODE_SYSTEMS),
        ("CodeSystem?status=draft", []),
        ("CodeSystem?status:not=active", []),
        ("CodeSystem?context=x", []),
        ("CodeSystem?context:missing=true", CODE_SYSTEMS),
        ("CodeSystem?context-type-value=focus$x", []),
        ("CodeSystem?_tag:missing=true&_security:missing=true", CODE_SYSTEMS),
        ("CodeSystem?_lastUpdated=2026-01-15", CODE_SYSTEMS),
        ("CodeSystem?_lastUpdated=gt2026-01-15", []),
        (f"ValueSet?url={ODS_CODE}/vs", ["ods-organization-code-vs"]),
        (
            f"ValueSet?reference={NHS_SYSTEMS}/England-PeriodType",
            ["England-PeriodType", "England-PeriodType-vs"],
        ),
        ("ValueSet?reference:missing=true", []),
        ("ValueSet?identifier:missing=false", []),
        ("ValueSet?name:contains=typed", ["England-TypedDateTime"]),
        ("NamingSystem?kind=identifier", ["ods-organization-code"]),
        ("NamingSystem?kind=http://hl7.org/fhir/namingsystem-type%7Ccodesystem", OF_RELEASE),
        (f"NamingSystem?value={ODS_CODE}", ["ods-organization-code"]),
        ("NamingSystem?value:exact=2.16.840.1.113883.2.1.3.2.4.23", ["ODSRecordClass"]),
        ("NamingSystem?type=x", []),
        (f"NamingSystem?date={RELEASE}&status=active&name=ODSR", ["ODSRecordClass", "ODSRelationship"]),
        (
            f"StructureDefinition?base={UK_CORE}/StructureDefinition/UKCore-Organization",
            ["England-Organization-ODS"],
        ),
        ("StructureDefinition?experimental=true", PUBLISHED["StructureDefinition"][:2]),
        ("StructureDefinition?experimental:missing=true", PUBLISHED["StructureDefinition"][2:]),
        ("StructureDefinition?abstract=FALSE", PUBLISHED["StructureDefinition"]),
        ("StructureDefinition?type=Extension&kind=complex-type", PUBLISHED["StructureDefinition"][2:6]),
        ("StructureDefinition?derivation=specialization", []),
        (
            f"StructureDefinition?url={UK_CORE}/StructureDefinition/UKCore-Organization%7C2.5.1",
            ["UKCore-Organization"],
        ),
        (
            "SearchParameter?base=OrganizationAffiliation&target=Organization",
            [
                "OrganizationAffiliation-network",
                "OrganizationAffiliation-participating-organization",
                "OrganizationAffiliation-primary-organization",
            ],
        ),
        ("SearchParameter?base=http://hl7.org/fhir/resource-types%7CList&type=string", ["List-title"]),
        ("SearchParameter?code=url", ["conformance-url"]),
        ("SearchParameter?type=composite", ["conformance-context-type-value"]),
        ("SearchParameter?version=0.0.2&type=date", ["England-Extension-TypedDateTime-LastChangeDate"]),
        ("SearchParameter?url=http://hl7.org/fhir/SearchParameter/Organization-name", ["Organization-name"]),
        ("OperationDefinition?code=validate-code", ["CodeSystem-validate-code", "ValueSet-validate-code"]),
        ("OperationDefinition?kind=query", []),
        (
            "OperationDefinition?name=organization&status=active",
            [
                "Organization-ancestors",
                "Organization-members",
                "Organization-predecessors",
                "Organization-successors",
            ],
        ),
        (f"OperationDefinition?version={version('ods-api-suite')}&code=versions", ["versions"]),
    ],
)
def test_resources_are_searched_by_what_describes_them(client, target, expected):
    assert found(client, target) == expected


def test_pages_have_links_with_the_parameters_sent(client):
    first = ok(client, "CodeSystem?_count=4&status=active&_sort=-_id")
    assert ids(first) == CODE_SYSTEMS[::-1][:4]
    assert (
        ids(ok(client, "/R4/CodeSystem?_count=4&_offset=4&_sort=-_id&status=active"))
        == (CODE_SYSTEMS[::-1][4:8])
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "StructureDefinition?abstract=maybe",
            ("invalid", 'Invalid value "maybe" for "abstract": expected true or false'),
        ),
        (
            "CodeSystem?content-mode=a%7Cb%7Cc",
            (
                "invalid",
                'Invalid value "a|b|c" for "content-mode": expected code, system|code, |code or system|',
            ),
        ),
        (
            "CodeSystem?date=soon",
            ("processing", 'HAPI-1940: Invalid date/time/quantity format: "soon"'),
        ),
        (
            "CodeSystem?context-type-value:missing=true",
            (
                "not-supported",
                (
                    'Modifier ":missing" is not supported on search parameter "context-type-value" of '
                    "CodeSystem: use it without a modifier"
                ),
            ),
        ),
        (
            "NamingSystem?url=x",
            (
                "processing",
                (
                    'HAPI-0524: Unknown search parameter "url" for resource type "NamingSystem". Valid '
                    "search parameters for this search are: "
                    "[_id, _lastUpdated, date, kind, name, status, type, value]"
                ),
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_search_is_told(client, target, expected):
    assert issue(ask(client, target)) == expected
