"""Searches of R4: what each parameter finds in the sample, as a second reading says, and at the edges."""

from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.interfaces.helpers import FORM
from tests.interfaces.ord_release import Organisation, fold, register
from tests.interfaces.r4_helpers import (
    BASE,
    NHS_SYSTEMS,
    ODS_CODE,
    ODS_SYSTEMS,
    ODT,
    ask,
    found,
    ids,
    issue,
    links,
    ok,
)

ROLES = f"{ODS_SYSTEMS}/ODSOrganisationRole"
CLASSES = f"{ODS_SYSTEMS}/ODSRecordClass"
USES = f"{NHS_SYSTEMS}/England-ODSRecordUseType"
RELATIONSHIPS = f"{ODS_SYSTEMS}/ODSRelationship"
INSTANCES = f"{ODS_SYSTEMS}/organization-relationship-instance"
CORE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore"


def codes(wanted: Callable[[Organisation], bool]) -> list[str]:
    """Return the codes of the organisations of the sample that are wanted, in order."""
    return sorted(code for code, each in register().items() if wanted(each))


def roles(organisation: Organisation, *, active: bool = False) -> set[str]:
    """Return the roles that an organisation has, or has actively."""
    return {
        each["id"]
        for each in organisation.record["Roles"]["Role"]
        if not active or each["Status"] == "Active"
    }


def place(organisation: Organisation, key: str) -> str:
    """Return a part of the address, folded."""
    return fold(str(organisation.record["GeoLoc"]["Location"].get(key, "")))


def parts(organisation: Organisation) -> list[str]:
    """Return all parts of the address, folded."""
    location = organisation.record["GeoLoc"]["Location"]
    return [fold(text) for key, text in location.items() if key != "UPRN"]


def is_whole(organisation: Organisation) -> bool:
    """Return whether the record is complete."""
    return "refOnly" not in organisation.record


def changed(organisation: Organisation) -> str:
    """Return the day of the last change."""
    return str(organisation.record["LastChangeDate"])


SAMPLE: dict[str, Callable[[Organisation], bool]] = {
    "name=leeds": lambda each: each.name.startswith("LEEDS"),
    "name:contains=leeds": lambda each: "LEEDS" in each.name,
    "name:contains=leeds,york": lambda each: "LEEDS" in each.name or "YORK" in each.name,
    "name:contains=leeds&name:contains=clinic": lambda each: "LEEDS" in each.name and "CLINIC" in each.name,
    "name:exact=LEEDS%20GENERAL%20INFIRMARY": lambda each: each.record["Name"] == "LEEDS GENERAL INFIRMARY",
    "phonetic=leeds": lambda each: each.name.startswith("LEEDS"),
    "active=true": lambda each: each.record["Status"] == "Active",
    "active=False": lambda each: each.record["Status"] != "Active",
    "active:not=true": lambda each: each.record["Status"] != "Active",
    "type=RC1": lambda each: each.record["orgRecordClass"] == "RC1",
    f"type={quote(CLASSES)}%7CRC2": lambda each: each.record["orgRecordClass"] == "RC2",
    f"type={quote(USES)}%7CRefOnly": lambda each: not is_whole(each),
    "type=Full&type=RC2": lambda each: is_whole(each) and each.record["orgRecordClass"] == "RC2",
    "type:not=RC1,RefOnly": lambda each: is_whole(each) and each.record["orgRecordClass"] == "RC2",
    "roleCode=RO197": lambda each: "RO197" in roles(each),
    f"roleCode={quote(ROLES)}%7CRO197": lambda each: "RO197" in roles(each),
    "roleCode=RO197,RO198": lambda each: roles(each) & {"RO197", "RO198"} != set(),
    "roleCode=RO177&roleCode=RO76": lambda each: {"RO177", "RO76"} <= roles(each),
    "roleCode=RO177&roleCode:not=RO76": lambda each: "RO177" in roles(each) and "RO76" not in roles(each),
    "activeRoleCode=ro76": lambda each: "RO76" in roles(each, active=True),
    "activeRoleCode:not=RO76&roleCode=RO76": lambda each: (
        "RO76" in roles(each) and "RO76" not in roles(each, active=True)
    ),
    "address-city=leeds": lambda each: place(each, "Town").startswith("LEEDS"),
    "address-city:contains=ford": lambda each: "FORD" in place(each, "Town"),
    "address-country=wales": lambda each: place(each, "Country").startswith("WALES"),
    "address-country:exact=ENGLAND": lambda each: place(each, "Country") == "ENGLAND",
    "address-postalcode=LS1": lambda each: place(each, "PostCode").startswith("LS1"),
    "address=leeds": lambda each: any(part.startswith("LEEDS") for part in parts(each)),
    "address:contains=high%20st": lambda each: any("HIGH ST" in part for part in parts(each)),
    "lastChangeDate=2024": lambda each: changed(each).startswith("2024"),
    "lastChangeDate=ne2024": lambda each: not changed(each).startswith("2024"),
    "lastChangeDate=gt2024-01": lambda each: changed(each) > "2024-01-31",
    "lastChangeDate=lt2024-02-01&lastChangeDate=ge2023-06": lambda each: (
        "2023-06-01" <= changed(each) < "2024-02-01"
    ),
    "_lastUpdated=gt2026-01-15": lambda _: False,
    "_lastUpdated=ge2026-01-15": lambda _: True,
    "_lastUpdated=2026-01-15T12:00:00Z": lambda _: True,
    "identifier=RR8,G81086": lambda each: each.code in {"RR8", "G81086"},
    "_id=RR8,00K,NONE": lambda each: each.code in {"RR8", "00K"},
    "_id:not=RR8&name=LEEDS": lambda each: each.name.startswith("LEEDS") and each.code != "RR8",
}
"""Searches of organisations, and what they find."""


@pytest.mark.parametrize("target", SAMPLE)
def test_a_search_finds_what_the_release_says(client, target):
    expected = codes(SAMPLE[target])
    assert found(client, f"Organization?{target}") == expected
    assert expected or target == "_lastUpdated=gt2026-01-15"


def test_a_search_without_parameters_pages_through_everything(client):
    assert found(client, "Organization") == sorted(register())


ORGANISATIONS = {
    # What the sample has too few of.
    "": "A1 A2 B1 C1 b1",
    "name=beta": "B1",
    "name=b%C3%A9ta": "B1",
    "name=alpha": "A1 C1 b1",
    "name:exact=Alpha%20Surgery": "b1",
    "name:exact=ALPHA%20SURGERY": "A1",
    "name=alpha%5C,": "C1",
    "name:contains=beta%5C%7Cgamma": "C1",
    "name=alpha%5C,,the": "A2 C1",
    "name:missing=true": "",
    # Parts of an address: any may match.
    "address=leeds": "A1 C1 b1",
    "address=old%20town": "A1",
    "address=west": "A1",
    "address=M1": "C1",
    "address=wales": "A2",
    "address:contains=road": "C1",
    "address:contains=eds%20r": "C1",
    "address:exact=LEEDS": "A1 b1",
    "address:exact=York": "A2",
    "address:exact=YORK": "",
    "address:contains=leeds%20west": "",
    "address:missing=true": "B1",
    "address:missing=false": "A1 A2 C1 b1",
    # A postcode without its space.
    "address=LS14AP": "A1",
    "address:contains=ls14ap": "A1",
    "address:exact=LS14AP": "",
    "address-postalcode=LS14AP": "A1",
    "address-postalcode=LS14": "A2",
    "address-postalcode=LS1": "A1 A2",
    "address-postalcode:contains=1%204": "A1",
    "address-postalcode:exact=LS14AP": "",
    "address-postalcode:exact=LS1%204AP": "A1",
    "address-city:missing=true": "B1 C1",
    "address-country:missing=false": "A1 A2",
    # Identifiers and ids.
    "identifier=a1": "A1",
    f"identifier={quote(ODS_CODE)}%7Ca1": "A1",
    f"identifier={quote(ODS_CODE)}%7C": "A1 A2 B1 C1 b1",
    f"identifier={quote(ODS_CODE)}": "",
    "identifier=https://example.org%7CA1": "",
    "identifier=https://example.org%7C": "",
    "identifier=%7CA1": "",
    "identifier:not=A1": "A2 B1 C1 b1",
    "identifier:not=https://example.org%7CA1": "A1 A2 B1 C1 b1",
    "_id=b1": "b1",
    "_id=A1,b1,A1": "A1 b1",
    "_id=%7CA1": "A1",
    "_id=x%7CA1": "",
    "_id=A1,": "A1",
    "_id:missing=true": "",
    # Tokens.
    "type=rc2": "A2",
    "type=refonly": "A2",
    f"type={quote(CLASSES)}%7C": "A1 A2 B1 C1 b1",
    f"type={quote(CLASSES)}%7CFull": "",
    f"type={quote(CLASSES.upper())}%7CRC1": "",
    "type=%7CRC1": "",
    "type:not=Full": "A2",
    "type:missing=true": "",
    "active=TRUE,false": "A1 A2 B1 C1 b1",
    "roleCode=RO76": "A1 B1",
    "activeRoleCode=RO76": "B1",
    "activeRoleCode:not=RO76": "A1 A2 C1 b1",
    "activeRoleCode:missing=true": "A2 C1",
    "roleCode:not=RO76,RO177": "C1 b1",
    f"roleCode={quote(ROLES)}%7C": "A1 A2 B1 C1 b1",
    "roleCode=https://example.org%7CRO76": "",
    # Days of change, and times of loads.
    "lastChangeDate=lt2023-05-04&lastChangeDate=gt2023-05-02": "A1 B1",
    "lastChangeDate=2023-05-03": "A1 B1",
    "lastChangeDate=eq2023-05-03T00:00": "",
    "lastChangeDate=gt2023-05-03T10:00": "A1 A2 B1",
    "lastChangeDate=lt2023-05-03T10:00": "A1 B1",
    "lastChangeDate=sa2023-05-03": "A2",
    "lastChangeDate=eb2023-05-04": "A1 B1",
    "lastChangeDate=ge2023-05-04,2023-05-03": "A1 A2 B1",
    "lastChangeDate=le2023-05-03": "A1 B1",
    "lastChangeDate=ne2023-05-03": "A2",
    "lastChangeDate=ap2023-05": "A1 A2 B1",
    "lastChangeDate:missing=true": "C1 b1",
    "_lastUpdated=gt2026-01-31": "A2",
    "_lastUpdated=2026-02-01T01:10:00.123Z": "A2",
    "_lastUpdated=gt2026-02-01T01:10:00.123Z": "",
    "_lastUpdated=ge2026-02-01T02:10:00.123%2B01:00": "A2",
    "_lastUpdated=ge2026-02-01T02:10:00.123+01:00": "A2",
    "_lastUpdated=lt2026-02": "A1 B1 C1 b1",
    "_lastUpdated:missing=false": "A1 A2 B1 C1 b1",
    # Profiles, and elements that are never there.
    f"_profile={CORE}-Organization": "A1 A2 B1 C1 b1",
    f"_profile={CORE}-Patient,{CORE}-Organization": "A1 A2 B1 C1 b1",
    f"_profile={CORE}-OrganizationAffiliation": "",
    f"_profile={CORE.lower()}-organization": "",
    "_profile:missing=true": "",
    "_profile:missing=false": "A1 A2 B1 C1 b1",
    **{f"{name}=x": "" for name in ("address-state", "address-use", "endpoint", "partof")},
    **{f"{name}=x": "" for name in ("_tag", "_security", "_source")},
    "partof:missing=true": "A1 A2 B1 C1 b1",
    "_tag:missing=false": "",
    "_source:missing=true&name=alpha": "A1 C1 b1",
    # An empty value is no parameter.
    "name=&active=true": "A1 B1 C1 b1",
    "name=,%20,&_id=A1": "A1",
}


@pytest.mark.parametrize("target", ORGANISATIONS)
def test_an_organisation_is_found_by_the_rules(world, target):
    assert found(world, f"Organization?{target}") == ORGANISATIONS[target].split()


ALL = "100 101 102 103 104 A1-RE8-ZZZ-2021-04-30"
AFFILIATIONS = {
    "": ALL,
    "_id=100,A1-RE8-ZZZ-2021-04-30": "100 A1-RE8-ZZZ-2021-04-30",
    "_id=a1-re8-zzz-2021-04-30": "",
    "identifier=100": "100",
    "identifier=A1-RE8-ZZZ-2021-04-30": "",
    "identifier:missing=true": "A1-RE8-ZZZ-2021-04-30",
    "identifier:missing=false": "100 101 102 103 104",
    f"identifier={quote(INSTANCES)}%7C": "100 101 102 103 104",
    "identifier:not=100&role=RE8,RE4": "103 104 A1-RE8-ZZZ-2021-04-30",
    f"identifier={quote(INSTANCES)}%7C101,100": "100 101",
    f"identifier={quote(ODS_CODE)}%7C100": "",
    "active=false": "101",
    "role=re6": "101 102",
    f"role={quote(RELATIONSHIPS)}%7CRE4": "100 103 104",
    "role:not=RE4,RE6": "A1-RE8-ZZZ-2021-04-30",
    "role:missing=true": "",
    "primary-organization=A1": "100 104 A1-RE8-ZZZ-2021-04-30",
    "primary-organization=a1": "",
    "primary-organization=Organization/A1": "100 104 A1-RE8-ZZZ-2021-04-30",
    f"primary-organization={BASE}/Organization/A1": "100 104 A1-RE8-ZZZ-2021-04-30",
    f"primary-organization={ODT}/Organization/A1": "100 104 A1-RE8-ZZZ-2021-04-30",
    "primary-organization=https://example.org/R4/Organization/A1": "",
    "primary-organization=Location/A1": "",
    "primary-organization:Organization=A1": "100 104 A1-RE8-ZZZ-2021-04-30",
    "primary-organization=A1,B1": "100 101 102 104 A1-RE8-ZZZ-2021-04-30",
    f"primary-organization:identifier={quote(ODS_CODE)}%7Ca1": "100 104 A1-RE8-ZZZ-2021-04-30",
    "primary-organization:identifier=A1": "100 104 A1-RE8-ZZZ-2021-04-30",
    "primary-organization:identifier=%7CA1": "",
    f"primary-organization={quote(ODS_CODE)}%7CA1": "100 104 A1-RE8-ZZZ-2021-04-30",
    f"primary-organization={quote(ODS_CODE)}%7C": ALL,
    "primary-organization=https://example.org%7CA1": "",
    "primary-organization:missing=true": "",
    "participating-organization=ZZZ": "A1-RE8-ZZZ-2021-04-30",
    "participating-organization=A2&primary-organization=B1": "102",
    f"participating-organization={quote(ODS_CODE)}%7CB1&active=true": "103 104",
    # Periods: 100 since 2013-01-21, 101 the year before it, 102 none, 103 until 2013-01-21, 104 one day.
    "date=2013": "104",
    "date=2012-01-01": "",
    "date=2013-03-15": "104",
    "date=2012,2013": "104",
    "date=ne2013": "100 101 103 A1-RE8-ZZZ-2021-04-30",
    "date=ge2013-03-14": "100 104 A1-RE8-ZZZ-2021-04-30",
    "date=le2013-03-14": "100 101 103",
    "date=gt2013-03-15": "100 A1-RE8-ZZZ-2021-04-30",
    "date=lt2013-03-15": "100 101 103",
    "date=sa2013-03-14": "104 A1-RE8-ZZZ-2021-04-30",
    "date=eb2013-03-14": "101 103",
    "date=eb2013-01-21": "101",
    "date=ap2013-01-21T10:00": "100 101 103 104",
    "date=ge2013-01-21&date=le2013-03-15": "100 104",
    "date:missing=true": "102",
    "date:missing=false": "100 101 103 104 A1-RE8-ZZZ-2021-04-30",
    # What no affiliation has.
    "lastChangeDate=2023": "",
    "lastChangeDate:missing=true&role=RE8": "A1-RE8-ZZZ-2021-04-30",
    **{f"{name}=x": "" for name in ("email", "phone", "telecom", "specialty")},
    **{f"{name}=x": "" for name in ("endpoint", "location", "network", "service")},
    f"_profile={CORE}-OrganizationAffiliation": ALL,
}


@pytest.mark.parametrize("target", AFFILIATIONS)
def test_an_affiliation_is_found_by_the_rules(world, target):
    assert found(world, f"OrganizationAffiliation?{target}") == AFFILIATIONS[target].split()


ORGANIZATION, ROLE = "Organization-deletion", "Organization-role-deletion"
EVERY_LIST = [ORGANIZATION, ROLE, "Organization-succession-deletion", "OrganizationAffiliation-deletion"]
LISTS = {
    "": EVERY_LIST,
    f"_id={ORGANIZATION}": [ORGANIZATION],
    f"_id=List/{ORGANIZATION}": [],
    "_id:missing=true": [],
    "status=current": EVERY_LIST,
    "status=http://hl7.org/fhir/list-status%7CCURRENT": EVERY_LIST,
    "status:not=current": [],
    "title=list%20of%20organization%20r": [ORGANIZATION, ROLE],
    "title:contains=ROLE": [ROLE],
    "title:exact=list": [],
    "date=2026-01-30": [ORGANIZATION, ROLE, "OrganizationAffiliation-deletion"],
    "date=lt2026": ["Organization-succession-deletion"],
    "date=2026-01-30T00:00:00Z": [ORGANIZATION, ROLE, "OrganizationAffiliation-deletion"],
    "identifier=x": [],
    "identifier:missing=true": EVERY_LIST,
    "_lastUpdated=gt2026-01-31": [ORGANIZATION],
}


@pytest.mark.parametrize("target", LISTS)
def test_a_list_is_found_by_the_rules(world, target):
    assert found(world, f"List?{target}") == LISTS[target]


def test_there_are_four_lists(world):
    bundle = ok(world, "List?_count=0")
    assert (bundle["total"], "entry" in bundle) == (4, False)


# Orders


def test_results_are_in_the_order_that_is_asked_for(world):
    for sort, expected in {
        "name": "A1 b1 C1 B1 A2",
        "-name": "A2 B1 C1 A1 b1",
        "lastChangeDate,-_id": "B1 A1 A2 b1 C1",
        "-lastChangeDate": "A2 A1 B1 C1 b1",
        "-_lastUpdated,-_id": "A2 b1 C1 B1 A1",
        "_id": "A1 A2 B1 C1 b1",
    }.items():
        bundle = ok(world, f"Organization?_sort={sort}")
        assert ids(bundle) == expected.split(), sort
        assert links(bundle) == [("self", f"{BASE}/Organization?_sort={quote(sort, safe='-')}")]


def test_affiliations_are_ordered_by_the_start_of_their_period(world):
    first, last = "101 100 104 A1-RE8-ZZZ-2021-04-30", "102 103"
    assert ids(ok(world, "OrganizationAffiliation?_sort=date")) == f"{first} {last}".split()
    backwards = ok(world, "OrganizationAffiliation?_sort=-date")
    assert ids(backwards) == [*first.split()[::-1], *last.split()]


@pytest.mark.parametrize(
    ("target", "known"),
    [
        ("Organization?_sort=address", "_id, _lastUpdated, name or lastChangeDate"),
        ("OrganizationAffiliation?_sort=address", "_id, _lastUpdated or date"),
        ("List?_sort=address", "_id or _lastUpdated"),
    ],
)
def test_another_order_is_refused_but_not_where_the_client_is_lenient(world, target, known):
    text = f'Invalid value "address" for "_sort": expected {known}, with - before it to descend'
    assert issue(ask(world, target)) == ("invalid", text)
    lenient = ok(world, f"{target},_id", Prefer="handling=lenient")
    assert links(lenient)[0][1].endswith("?_sort=_id")


# Forms


def test_a_form_is_searched_like_an_address_and_its_links_are_addresses(world):
    answer = ask(
        world,
        "Organization/_search?name=alpha",
        method="POST",
        headers={"Content-Type": FORM},
        body=b"active=true&_count=1",
    )
    assert answer.status_code == 200
    assert ids(answer.json) == ["A1"]
    assert links(answer.json)[0] == ("self", f"{BASE}/Organization?_count=1&active=true&name=alpha")
    assert ids(ok(world, links(answer.json)[1][1].removeprefix("https://ods.example.org"))) == ["C1"]
