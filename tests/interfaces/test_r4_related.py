"""Chains and `_has` of R4 over the sample, compared with a second reading of it (fhir-r4 15.1)."""

import pytest

from tests.interfaces.helpers import ask
from tests.interfaces.ord_release import fold
from tests.interfaces.r4_helpers import BASE
from tests.interfaces.r4_relations import (
    R4,
    diagnostics,
    found,
    holds,
    ids,
    matches,
    organisations,
    register,
    relationships,
)

CHAIN = "OrganizationAffiliation?"
HAS = "_has:OrganizationAffiliation:"
LENIENT = {"Prefer": "handling=lenient"}


def named(organisation, text):
    return fold(text) in organisation.name


# Who is meant: by a chain, relationships; by `_has`, organisations

CHAINS = {
    "primary-organization.name=leeds": ("source", lambda org: org.name.startswith("LEEDS")),
    "primary-organization:Organization.name=leeds": ("source", lambda org: org.name.startswith("LEEDS")),
    "participating-organization.name:contains=hospitals": ("target", lambda org: named(org, "hospitals")),
    "participating-organization.name:exact=Leeds": ("target", lambda _: False),
    "primary-organization:Organization.activeRoleCode=RO177": (
        "source",
        lambda org: holds(org, "RO177", active=True),
    ),
    "primary-organization.roleCode=RO177,RO182": (
        "source",
        lambda org: holds(org, "RO177") or holds(org, "RO182"),
    ),
    "primary-organization.roleCode:not=RO177": ("source", lambda org: not holds(org, "RO177")),
    "participating-organization.active=false": ("target", lambda org: org.record["Status"] == "Inactive"),
    "participating-organization._id=RR8,QWO": ("target", lambda org: org.code in {"RR8", "QWO"}),
    "primary-organization.address-postalcode=LS1": ("source", lambda org: org.postcode.startswith("LS1")),
    "primary-organization.address-postalcode:missing=true": ("source", lambda org: not org.postcode),
    "primary-organization.lastChangeDate=ge2020": (
        "source",
        lambda org: org.record["LastChangeDate"] >= "2020",
    ),
    "primary-organization._profile=https://fhir.hl7.org.uk/StructureDefinition/UKCore-Organization": (
        "source",
        lambda _: True,
    ),
    "primary-organization._profile=https://fhir.hl7.org.uk/StructureDefinition/Other": (
        "source",
        lambda _: False,
    ),
    "primary-organization.type=RC2": ("source", lambda org: org.record["orgRecordClass"] == "RC2"),
}


@pytest.mark.parametrize("asked", CHAINS)
def test_a_chain_finds_the_relationships_of_the_organisations_it_describes(client, asked):
    end, wanted = CHAINS[asked]
    codes = organisations(wanted)
    expected = [each for each in relationships() if getattr(each, end) in codes]
    assert matches(client, f"{CHAIN}{asked}") == ids(expected)


def test_chains_are_combined_with_other_parameters_and_with_each_other(client):
    asked = "primary-organization.roleCode=RO177&participating-organization.name:contains=nhs&role=RE4"
    expected = [
        each
        for each in relationships()
        if holds(register()[each.source], "RO177")
        and named(register()[each.target], "nhs")
        and each.type == "RE4"
    ]
    assert expected
    assert matches(client, f"{CHAIN}{asked}") == ids(expected)


def test_a_chain_that_is_repeated_must_hold_each_time(client):
    asked = "primary-organization.name:contains=leeds&primary-organization.name:contains=practice"
    codes = organisations(lambda org: named(org, "leeds") and named(org, "practice"))
    expected = [each for each in relationships() if each.source in codes]
    assert matches(client, f"{CHAIN}{asked}") == ids(expected)


HAVING = {
    "primary-organization:role=RE6": ("source", lambda each: each.type == "RE6"),
    "participating-organization:role=RE6": ("target", lambda each: each.type == "RE6"),
    "primary-organization:participating-organization=RR8": ("source", lambda each: each.target == "RR8"),
    "primary-organization:participating-organization=Organization/RR8,QWO": (
        "source",
        lambda each: each.target in {"RR8", "QWO"},
    ),
    "primary-organization:participating-organization:identifier="
    "https://fhir.nhs.uk/Id/ods-organization-code|RR8": ("source", lambda each: each.target == "RR8"),
    "participating-organization:active=false": ("target", lambda each: each.status == "Inactive"),
    "primary-organization:role:not=RE4,RE5": ("source", lambda each: each.type not in {"RE4", "RE5"}),
    "primary-organization:date:missing=true": ("source", lambda _: False),
    "primary-organization:email=nobody": ("source", lambda _: False),
    "primary-organization:email:missing=true": ("source", lambda _: True),
}


@pytest.mark.parametrize("asked", HAVING)
def test_has_finds_the_organisations_of_the_relationships_it_describes(client, asked):
    end, wanted = HAVING[asked]
    expected = {getattr(each, end) for each in relationships() if wanted(each)}
    assert matches(client, f"Organization?{HAS}{asked}") == sorted(expected & set(register()))


def test_two_has_may_be_satisfied_by_two_relationships(client):
    asked = f"{HAS}primary-organization:role=RE6&{HAS}primary-organization:role=RE5"
    sources = [{each.source for each in relationships() if each.type == type_} for type_ in ("RE6", "RE5")]
    expected = sources[0] & sources[1]
    assert expected
    assert matches(client, f"Organization?{asked}") == sorted(expected)


def test_has_is_combined_with_other_parameters(client):
    asked = f"{HAS}participating-organization:role=RE4&name:contains=leeds"
    targets = {each.target for each in relationships() if each.type == "RE4"}
    expected = targets & organisations(lambda org: named(org, "leeds"))
    assert expected
    assert matches(client, f"Organization?{asked}") == sorted(expected)


def test_one_and_the_same_relationship_is_asked_for_with_an_include(client):
    asked = "participating-organization=RR8&role=RE6&active=true"
    include = "_include=OrganizationAffiliation:primary-organization"
    bundle = found(client, f"{CHAIN}{asked}&{include}&_count=1000")
    expected = {each.source for each in relationships() if each[2:] == ("RR8", "RE6", "Active")}
    included = [each["resource"]["id"] for each in bundle["entry"] if each["search"]["mode"] == "include"]
    assert included == sorted(expected)


# Links, limits


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("OrganizationAffiliation", "primary-organization:Organization.activeRoleCode", "RO177"),
        ("OrganizationAffiliation", "participating-organization.name:contains", "leeds"),
        ("Organization", f"{HAS}primary-organization:role", "RE6"),
    ],
)
def test_links_repeat_the_parameter(client, kind, name, value):
    bundle = found(client, f"{kind}?{name}={value}&_count=2")
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    encoded = name.replace(":", "%3A")
    assert f"{encoded}={value}" in links["self"]
    second = found(client, links["next"].removeprefix(f"{BASE}/"))
    assert second["total"] == bundle["total"]
    assert len(second["entry"]) == 2


def test_alternatives_of_a_chain_count_as_others_do(client):
    codes = ",".join(["RO177"] * 501)
    assert diagnostics(client, f"{CHAIN}primary-organization.roleCode={codes}") == (
        "invalid",
        "The request has more than 500 comma-separated alternatives",
    )


def test_an_empty_value_is_ignored(client):
    bundle = found(client, f"{CHAIN}primary-organization.name=")
    assert bundle["total"] == len(relationships())
    assert bundle["link"][0]["url"] == f"{BASE}/OrganizationAffiliation"


# What is not possible

ON_AFFILIATIONS = (
    "participating-organization.PARAMETER, participating-organization:Organization.PARAMETER, "
    "primary-organization.PARAMETER or primary-organization:Organization.PARAMETER"
)
ON_ORGANISATIONS = f"{HAS}participating-organization:PARAMETER or {HAS}primary-organization:PARAMETER"
OF_ORGANISATIONS = (
    "_id, _lastUpdated, _profile, active, activeRoleCode, address, address-city, address-country, "
    "address-postalcode, identifier, lastChangeDate, name, phonetic, roleCode, type"
)


@pytest.mark.parametrize("headers", [{}, LENIENT])
@pytest.mark.parametrize(
    "name",
    [
        "primary-organization.partof.name",
        "primary-organization.nothing",
        "primary-organization.endpoint",
        "primary-organization._text",
        "primary-organization.Name",
        "primary-organization.",
        "primary-organization:Practitioner.name",
        "location.name",
        "role.name",
        "_has:OrganizationAffiliation:primary-organization:role",
    ],
)
def test_another_chain_is_refused_with_those_there_are(client, name, headers):
    code, text = diagnostics(client, f"{CHAIN}{name}=x", **headers)
    assert code == "not-supported"
    assert text == (
        f'Unknown parameter "{name}" of resources related to OrganizationAffiliation: '
        f"use {ON_AFFILIATIONS}, where PARAMETER is one of [{OF_ORGANISATIONS}]"
    )


@pytest.mark.parametrize("headers", [{}, LENIENT])
@pytest.mark.parametrize(
    "name",
    [
        "_has",
        "_has:OrganizationAffiliation",
        "_has:OrganizationAffiliation:location:role",
        "_has:Practitioner:organization:name",
        f"{HAS}primary-organization:nothing",
        f"{HAS}primary-organization:participating-organization.name",
        f"{HAS}primary-organization:_has:OrganizationAffiliation:primary-organization:role",
        "partof.name",
        "endpoint.name",
    ],
)
def test_another_has_is_refused_with_those_there_are(client, name, headers):
    code, text = diagnostics(client, f"Organization?{name}=x", **headers)
    assert code == "not-supported"
    assert text.startswith(
        f'Unknown parameter "{name[:100]}" of resources related to Organization: use {ON_ORGANISATIONS}, '
        "where PARAMETER is one of [_id, _lastUpdated, _profile, "
    )


def test_a_type_without_relations_says_so(client):
    assert diagnostics(client, "List?_has:List:item:status=current") == (
        "not-supported",
        'Unknown parameter "_has:List:item:status": List has no related resources to search by',
    )


@pytest.mark.parametrize("modifier", ["text", ""])
def test_a_modifier_that_the_parameter_of_the_related_resource_lacks_is_refused(client, modifier):
    text = f'Modifier ":{modifier}" is not supported on search parameter "name" of Organization: '
    code, diagnosis = diagnostics(client, f"{CHAIN}primary-organization.name:{modifier}=x", **LENIENT)
    assert (code, diagnosis.startswith(text)) == ("not-supported", True)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (f"{CHAIN}primary-organization.active", "primary-organization.active"),
        (f"Organization?{HAS}primary-organization:active", f"{HAS}primary-organization:active"),
    ],
)
def test_a_wrong_value_is_told_with_the_whole_name(client, target, name):
    expected = f'Invalid value "maybe" for "{name}": expected true or false'
    assert diagnostics(client, f"{target}=maybe", **LENIENT) == ("invalid", expected)


def test_stu3_knows_neither(client):
    for name in ("_has:OrganizationAffiliation:primary-organization:role", "name.x", "_include"):
        assert ask(client, f"/STU3/Organization?{name}=x").status_code == 400


def test_the_capability_statement_tells_of_chains_and_has(client):
    statement = ask(client, f"{R4}metadata").json
    told = {each["type"]: each.get("documentation", "") for each in statement["rest"][0]["resource"]}
    assert "primary-organization.PARAMETER" in told["OrganizationAffiliation"]
    assert f"{HAS}primary-organization:PARAMETER" in told["Organization"]
