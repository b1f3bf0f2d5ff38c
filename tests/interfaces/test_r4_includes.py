"""`_include` and `_revinclude` of R4 over the sample, compared with a second reading of it (fhir-r4 7.4)."""

import re
from pathlib import Path

import pytest
from lxml import etree

from tests.interfaces.helpers import FORM, ask
from tests.interfaces.r4_helpers import BASE, same_in_xml
from tests.interfaces.r4_relations import (
    PARTICIPATING,
    PRIMARY,
    R4,
    diagnostics,
    entries,
    found,
    ids,
    register,
    relationships,
)

GOLDEN = Path(__file__).parent.parent / "golden"
TO_RR8 = "OrganizationAffiliation?participating-organization=RR8&_count=50"
LEEDS = "Organization?name=LEEDS&_count=30"
DECLARED = f"{PARTICIPATING} or {PRIMARY}"


def related_to_rr8():
    return [each for each in relationships() if each.target == "RR8"]


def organizations(codes):
    return [f"Organization/{code}" for code in sorted(set(codes))]


def affiliations(some):
    return [f"OrganizationAffiliation/{each}" for each in ids(some)]


def leeds():
    """Return the codes on the first page of `LEEDS`."""
    return sorted(code for code, each in register().items() if each.name.startswith("LEEDS"))[:30]


# _include


def test_the_sources_of_a_page_follow_its_matches_by_id_each_once(client):
    bundle = found(client, f"{TO_RR8}&_include={PRIMARY}")
    expected = related_to_rr8()[:50]
    assert entries(bundle, "match") == affiliations(expected)
    assert entries(bundle, "include") == organizations(each.source for each in expected)
    modes = [entry["search"]["mode"] for entry in bundle["entry"]]
    assert modes == sorted(modes, key=["match", "include"].index)


def test_included_resources_count_neither_in_total_nor_in_count(client):
    bundle = found(client, f"{TO_RR8}&_include={PRIMARY}")
    assert bundle["total"] == len(related_to_rr8())
    assert len(entries(bundle, "match")) == 50


@pytest.mark.parametrize("target", ["", ":Organization"])
def test_both_ends_of_relationships_are_included_together(client, target):
    bundle = found(client, f"{TO_RR8}&_include={PRIMARY}{target}&_include={PARTICIPATING}{target}")
    sources = [each.source for each in related_to_rr8()[:50]]
    assert entries(bundle, "include") == organizations(["RR8", *sources])


def test_an_included_resource_is_that_of_a_read(client):
    bundle = found(client, f"{TO_RR8}&_include={PARTICIPATING}")
    (entry,) = (each for each in bundle["entry"] if each["search"]["mode"] == "include")
    assert entry == {
        "fullUrl": f"{BASE}/Organization/RR8",
        "resource": ask(client, f"{R4}Organization/RR8").json,
        "search": {"mode": "include"},
    }


def test_each_page_has_what_its_own_matches_refer_to(client):
    bundle = found(client, f"{TO_RR8}&_include={PRIMARY}")
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    assert f"_include={PRIMARY.replace(':', '%3A')}&" in links["next"]
    second = found(client, links["next"].removeprefix(f"{BASE}/"))
    expected = related_to_rr8()[50:100]
    assert entries(second, "match") == affiliations(expected)
    assert entries(second, "include") == organizations(each.source for each in expected)


def test_the_request_of_a_public_client_is_answered(client):
    asked = "primary-organization=https://fhir.nhs.uk/Id/ods-organization-code|B86108&active=true"
    bundle = found(client, f"OrganizationAffiliation?{asked}&_include={PARTICIPATING}")
    expected = [each for each in relationships() if each.source == "B86108" and each.status == "Active"]
    assert entries(bundle, "match") == affiliations(expected)
    assert entries(bundle, "include") == organizations(each.target for each in expected)


def test_a_search_that_finds_nothing_includes_nothing(client):
    bundle = found(client, f"OrganizationAffiliation?_id=none&_include={PRIMARY}")
    assert (bundle["total"], "entry" in bundle) == (0, False)


@pytest.fixture(scope="module")
def captured(loaded, make_client):
    """A client over a release with a relationship to XDH, of which there is no record."""
    return make_client(index=loaded(GOLDEN / "ord-captured.xml"))


def test_what_no_file_holds_is_passed_over(captured):
    both = f"_include={PRIMARY}&_include={PARTICIPATING}"
    bundle = found(captured, f"OrganizationAffiliation?participating-organization=XDH&{both}")
    assert entries(bundle, "match") == ["OrganizationAffiliation/189272"]
    assert entries(bundle, "include") == ["Organization/X26"]


# _revinclude


@pytest.mark.parametrize(("parameter", "end"), [(PRIMARY, "source"), (PARTICIPATING, "target")])
def test_the_relationships_of_a_page_follow_its_matches_by_id(client, parameter, end):
    bundle = found(client, f"{LEEDS}&_revinclude={parameter}")
    assert entries(bundle, "match") == organizations(leeds())
    expected = [each for each in relationships() if getattr(each, end) in leeds()]
    assert expected
    assert entries(bundle, "include") == affiliations(expected)


def test_a_relationship_between_two_matches_is_included_once(client):
    both = f"_revinclude={PRIMARY}&_revinclude={PARTICIPATING}:Organization"
    bundle = found(client, f"Organization?_id=B86108,QWO&{both}")
    expected = {each for each in relationships() if {each.source, each.target} & {"B86108", "QWO"}}
    assert entries(bundle, "include") == affiliations(expected)


def test_the_relationships_of_a_thousand_organisations_are_included(client):
    bundle = found(client, f"Organization?_count=1000&_revinclude={PRIMARY}")
    codes = set(sorted(register())[:1000])
    expected = [each for each in relationships() if each.source in codes]
    assert len(expected) > 1_000
    assert entries(bundle, "include") == affiliations(expected)


# With other parameters


@pytest.mark.parametrize("how", ["_summary=count", "_count=0"])
def test_a_count_includes_nothing(client, how):
    bundle = found(client, f"OrganizationAffiliation?participating-organization=RR8&{how}&_include={PRIMARY}")
    assert (bundle["total"], "entry" in bundle) == (len(related_to_rr8()), False)


def test_elements_do_not_cut_what_is_included(client):
    bundle = found(client, f"{TO_RR8}&_elements=code&_include={PARTICIPATING}")
    by_mode = {entry["search"]["mode"]: entry["resource"] for entry in bundle["entry"]}
    assert list(by_mode["match"]) == ["resourceType", "id", "meta", "code"]
    assert by_mode["include"] == ask(client, f"{R4}Organization/RR8").json


def test_a_summary_cuts_what_is_included_too(client):
    bundle = found(client, f"{TO_RR8}&_summary=true&_include={PARTICIPATING}")
    by_mode = {entry["search"]["mode"]: entry["resource"] for entry in bundle["entry"]}
    assert by_mode["include"] == ask(client, f"{R4}Organization/RR8?_summary=true").json
    assert "extension" not in by_mode["include"]


@pytest.mark.parametrize("parameter", [f"_include={PRIMARY}", f"_revinclude={PRIMARY}"])
def test_a_summary_of_texts_is_refused_beside_includes(client, parameter):
    kind = "OrganizationAffiliation" if parameter.startswith("_include") else "Organization"
    name = parameter.partition("=")[0]
    expected = f'Invalid value "text" for "_summary": expected count, true, data or false beside "{name}"'
    for headers in ({}, {"Prefer": "handling=lenient"}):
        found = diagnostics(client, f"{kind}?_summary=text&{parameter}", **headers)
        assert found == ("invalid", expected)


def test_a_bundle_with_includes_is_the_same_in_both_formats(client):
    bundle = same_in_xml(client, f"OrganizationAffiliation?primary-organization=B86108&_include={PRIMARY}")
    assert entries(bundle, "include") == ["Organization/B86108"]


def test_xml_says_of_each_entry_why_it_is_there(client):
    response = ask(client, f"{R4}{TO_RR8}&_include={PARTICIPATING}&_format=xml")
    root = etree.fromstring(response.data)
    names = {"f": "http://hl7.org/fhir"}
    modes = root.xpath("f:entry/f:search/f:mode/@value", namespaces=names)
    assert modes == ["match"] * 50 + ["include"]
    assert root.xpath("f:entry[last()]/f:resource/f:Organization/f:id/@value", namespaces=names) == ["RR8"]


def test_a_search_by_post_includes_the_same(client):
    form = f"participating-organization=RR8&_count=50&_include={PRIMARY}"
    address = f"{R4}OrganizationAffiliation/_search"
    posted = ask(client, address, method="POST", headers={"Content-Type": FORM}, body=form.encode())
    assert posted.json["entry"] == found(client, f"{TO_RR8}&_include={PRIMARY}")["entry"]


# What is not declared


@pytest.mark.parametrize("headers", [{}, {"Prefer": "handling=lenient"}])
@pytest.mark.parametrize(
    "value",
    ["*", "Organization:partof", "primary-organization", f"{PRIMARY}:Practitioner", f"{PRIMARY},{PRIMARY}"],
)
def test_another_include_is_refused_with_those_there_are(client, value, headers):
    found = diagnostics(client, f"OrganizationAffiliation?_include={value}", **headers)
    assert found == ("invalid", f'Invalid value "{value}" for "_include": expected {DECLARED}')


@pytest.mark.parametrize("headers", [{}, {"Prefer": "handling=lenient"}])
@pytest.mark.parametrize("name", ["_include", "_revinclude"])
def test_includes_that_are_repeated_for_included_resources_are_refused(client, name, headers):
    kind = "OrganizationAffiliation" if name == "_include" else "Organization"
    found = diagnostics(client, f"{kind}?{name}:iterate={PRIMARY}", **headers)
    expected = f'Modifier ":iterate" is not supported on parameter "{name}": use {name} with {DECLARED}'
    assert found == ("not-supported", expected)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Organization", "_include"),
        ("OrganizationAffiliation", "_revinclude"),
        ("List", "_include"),
        ("List", "_revinclude"),
    ],
)
def test_a_type_that_declares_none_says_so(client, kind, name):
    found = diagnostics(client, f"{kind}?{name}={PRIMARY}")
    assert found == ("invalid", f'Invalid value "{PRIMARY}" for "{name}": {kind} declares no {name}')


def test_the_capability_statement_declares_the_includes(client):
    statement = ask(client, f"{R4}metadata").json
    declared = {each["type"]: each for each in statement["rest"][0]["resource"]}
    both = [PARTICIPATING, PRIMARY]
    assert declared["OrganizationAffiliation"]["searchInclude"] == both
    assert declared["Organization"]["searchRevInclude"] == both
    others = {
        (name, key)
        for name, each in declared.items()
        for key in ("searchInclude", "searchRevInclude")
        if key in each
    }
    assert others == {("OrganizationAffiliation", "searchInclude"), ("Organization", "searchRevInclude")}


def test_no_link_and_no_entry_names_the_other_base(client):
    other = "/organisation-data-terminology-api/fhir"
    body = ask(client, f"{other}/{TO_RR8}&_include={PRIMARY}").text
    urls = re.findall(r'"(?:fullUrl|url)":"(https://ods[^"]*)"', body)
    assert len(urls) > 50
    assert all(url.startswith(f"https://ods.example.org{other}/") for url in urls)
