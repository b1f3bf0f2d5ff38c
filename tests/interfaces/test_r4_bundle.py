"""The Bundles of R4: their layout, pages and links, and what result parameters do to them."""

import json
import re

import pytest

from tests.interfaces.conftest import EDGES, publish
from tests.interfaces.helpers import FORM
from tests.interfaces.ord_release import register
from tests.interfaces.r4_helpers import (
    BASE,
    ODT,
    SUBSETTED,
    ask,
    found,
    ids,
    issue,
    links,
    ok,
    same_in_xml,
    walk,
)

NOW = "2026-01-15T12:00:00.000+00:00"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GENERATION = "2026-01-30.1"


def test_a_bundle_has_this_layout(world):
    bundle = ok(world, "Organization?name=alpha&_count=2")
    assert list(bundle) == ["resourceType", "id", "meta", "type", "total", "link", "entry"]
    assert UUID.fullmatch(bundle["id"])
    assert (bundle["meta"], bundle["type"], bundle["total"]) == ({"lastUpdated": NOW}, "searchset", 3)
    assert [list(entry) for entry in bundle["entry"]] == [["fullUrl", "resource", "search"]] * 2
    for entry, code in zip(bundle["entry"], ("A1", "C1"), strict=True):
        assert entry["fullUrl"] == f"{BASE}/Organization/{code}"
        assert entry["resource"] == ok(world, f"Organization/{code}")
        assert entry["search"] == {"mode": "match"}


def test_an_entry_of_a_list_has_the_address_of_a_read(world):
    entry = ok(world, "List?_count=1")["entry"][0]
    assert entry["fullUrl"] == f"{BASE}/List/Organization-deletion"
    assert entry["resource"] == ok(world, "List/Organization-deletion")


def test_the_same_search_has_another_id_each_time(world):
    assert ok(world, "Organization")["id"] != ok(world, "Organization")["id"]


def test_nothing_found_is_an_empty_bundle(world):
    bundle = ok(world, "Organization?name=nothing")
    assert bundle["total"] == 0
    assert "entry" not in bundle
    assert links(bundle) == [("self", f"{BASE}/Organization?name=nothing")]


def test_a_search_has_the_time_and_no_tag(world):
    answer = ask(world, "Organization", headers={"If-None-Match": "*"})
    assert answer.status_code == 200
    assert answer.headers["Last-Modified"] == "Thu, 15 Jan 2026 12:00:00 GMT"
    assert "ETag" not in answer.headers
    assert "Content-Location" not in answer.headers


# Links


def test_self_repeats_what_was_used_sorted_by_name(world):
    target = (
        "Organization?name:contains=a%20%26b&_format=json&active=true&active=true&_elements=name,id&name="
    )
    bundle = ok(world, target)
    used = "_elements=name%2Cid&_format=json&active=true&active=true&name%3Acontains=a%20%26b"
    assert links(bundle) == [("self", f"{BASE}/Organization?{used}")]


def test_repeats_stay_in_the_order_sent(world):
    bundle = ok(world, "Organization?lastChangeDate=lt2023-05-05&lastChangeDate=gt2023-05-02&_count=2")
    used = "lastChangeDate=lt2023-05-05&lastChangeDate=gt2023-05-02"
    assert links(bundle) == [
        ("self", f"{BASE}/Organization?_count=2&{used}"),
        ("next", f"{BASE}/Organization?_count=2&_generation={GENERATION}&_offset=2&{used}"),
    ]


def test_a_search_without_parameters_has_a_plain_address(world):
    assert links(ok(world, "Organization")) == [("self", f"{BASE}/Organization")]


def test_pages_are_linked_forwards_and_backwards(world):
    pages = walk(world, "Organization?_count=2")
    assert [ids(page) for page in pages] == [["A1", "A2"], ["B1", "C1"], ["b1"]]
    at = f"{BASE}/Organization?_count=2&_generation={GENERATION}&_offset="
    assert [links(page) for page in pages] == [
        [("self", f"{BASE}/Organization?_count=2"), ("next", f"{at}2")],
        [("self", f"{at}2"), ("next", f"{at}4"), ("previous", f"{at}0")],
        [("self", f"{at}4"), ("previous", f"{at}2")],
    ]
    assert {page["total"] for page in pages} == {5}


def test_a_page_may_begin_anywhere(world):
    bundle = ok(world, "Organization?_offset=1&_count=3")
    assert ids(bundle) == ["A2", "B1", "C1"]
    at = f"{BASE}/Organization?_count=3&_generation={GENERATION}&_offset="
    assert links(bundle)[1:] == [("next", f"{at}4"), ("previous", f"{at}0")]


def test_a_page_beyond_the_end_is_empty_and_has_a_total(world):
    bundle = ok(world, "Organization?_offset=1000000000")
    assert (bundle["total"], "entry" in bundle) == (5, False)
    assert [relation for relation, _ in links(bundle)] == ["self", "previous"]


def test_the_links_lead_to_the_address_that_was_asked(world):
    bundle = ok(world, "/organisation-data-terminology-api/fhir/Organization?_count=1")
    assert bundle["entry"][0]["fullUrl"] == f"{ODT}/Organization/A1"
    assert links(bundle)[1][1].startswith(f"{ODT}/Organization?_count=1&")


@pytest.mark.parametrize("target", ["Organization", "OrganizationAffiliation"])
def test_all_pages_of_the_sample_hold_everything_once_in_the_order_of_ids(client, target):
    every = [each for page in walk(client, f"{target}?_count=300") for each in ids(page)]
    assert every == sorted(set(every))
    stated = sum(len(each.record.get("Rels", {}).get("Rel", ())) for each in register().values())
    assert len(every) == (len(register()) if target == "Organization" else stated)


def test_no_page_but_the_last_is_short(client):
    pages = walk(client, "Organization?activeRoleCode=RO177&_count=50")
    assert {len(page["entry"]) for page in pages[:-1]} == {50}
    assert 0 < len(pages[-1]["entry"]) <= 50


def test_a_walk_stays_on_its_generation(make_client, new_url):
    url = new_url()
    publish(EDGES, url)
    client = make_client(index=url)
    first = ok(client, "Organization?_count=1")
    following = dict(links(first))["next"].removeprefix("https://ods.example.org")
    kept = ok(client, following)
    publish(EDGES, url)
    assert ids(ok(client, following)) == ids(kept)
    for _ in range(3):
        publish(EDGES, url)
    text = "The release this page belongs to is no longer kept: start the search again"
    assert issue(ask(client, following), 410) == ("not-found", text)


def test_self_names_the_generation_only_if_it_was_sent(world):
    bundle = ok(world, f"Organization?_generation={GENERATION}")
    assert links(bundle) == [("self", f"{BASE}/Organization?_generation={GENERATION}")]
    text = 'Invalid value "x" for "_generation": expected the name of a generation'
    assert issue(ask(world, "Organization?_generation=x")) == ("invalid", text)


# Numbers of matches


def test_a_page_has_twenty_matches_unless_asked_for(client):
    assert len(ok(client, "Organization")["entry"]) == 20
    assert len(ok(client, "Organization?_count=21")["entry"]) == 21


@pytest.mark.parametrize("count", ["1001", "5000", "9" * 5000])
def test_more_than_a_thousand_is_a_thousand_in_links_too(client, count):
    bundle = ok(client, f"Organization?_count={count}")
    assert len(bundle["entry"]) == 1000
    assert [url.partition("?")[2] for _, url in links(bundle)] == [
        "_count=1000",
        "_count=1000&_generation=2025-12-11.1&_offset=1000",
    ]


@pytest.mark.parametrize("name", ["_count", "_offset"])
@pytest.mark.parametrize("value", ["-1", "abc", "1.0", "1e3", "\u0661"])
def test_what_is_no_number_is_refused(world, name, value):
    bounds = "0 or more" if name == "_count" else "0 to 1,000,000,000"
    text = f'Invalid value "{value}" for "{name}": expected a whole number, {bounds}'
    for headers in ({}, {"Prefer": "handling=lenient"}):
        answer = ask(world, f"Organization?{name}={value}", headers=headers)
        assert issue(answer) == ("invalid", text)


def test_an_offset_above_the_limit_is_refused(world):
    text = 'Invalid value "1000000001" for "_offset": expected a whole number, 0 to 1,000,000,000'
    assert issue(ask(world, "Organization?_offset=1000000001")) == ("invalid", text)


@pytest.mark.parametrize("parameters", ["_count=0", "_summary=count", "_summary=count&_count=5&_offset=2"])
def test_a_count_has_a_total_and_the_link_to_itself(world, parameters):
    bundle = ok(world, f"Organization?{parameters}&active=true")
    assert bundle["total"] == 4
    assert "entry" not in bundle
    ((relation, url),) = links(bundle)
    assert relation == "self"
    assert sorted(url.partition("?")[2].split("&")) == sorted([*parameters.split("&"), "active=true"])


def test_a_total_may_be_left_out(world):
    bundle = ok(world, "Organization?_total=none&_count=2")
    assert "total" not in bundle
    assert [relation for relation, _ in links(bundle)] == ["self", "next"]
    for word in ("accurate", "estimate"):
        assert ok(world, f"Organization?_total={word}")["total"] == 5
    text = 'Invalid value "x" for "_total": expected one of none, estimate, estimated, accurate'
    assert issue(ask(world, "Organization?_total=x")) == ("invalid", text)


def test_a_method_of_counting_is_ignored_and_not_repeated(world):
    assert links(ok(world, "Organization?_totalMethod=count")) == [("self", f"{BASE}/Organization")]


# Parts and forms


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ("_elements=name", {"name"}),
        ("_elements=id,name", {"name"}),
        ("_summary=true", {"identifier", "active", "type", "name"}),
        ("_summary=text", set()),
    ],
)
def test_the_parts_of_a_page_are_those_of_a_read(client, parameters, kept):
    bundle = ok(client, f"Organization?{parameters}&_count=5")
    for entry in bundle["entry"]:
        assert set(entry["resource"]) == {"resourceType", "id", "meta", *kept}
        assert entry["resource"]["meta"]["tag"] == [SUBSETTED]
    assert "tag" not in bundle["meta"]


def test_the_summary_of_affiliations_has_no_extension(client):
    for entry in ok(client, "OrganizationAffiliation?_summary=true")["entry"]:
        assert list(entry["resource"]) == [
            *("resourceType", "id", "meta", "identifier", "active", "period", "organization"),
            *("participatingOrganization", "code"),
        ]


def test_xml_of_a_page_says_the_same(client):
    same_in_xml(client, "OrganizationAffiliation?_count=3")
    same_in_xml(client, "Organization?_summary=true&_count=3")


def test_the_format_stays_in_links(client):
    text = ask(client, "Organization?_format=xml&_count=2").text
    assert "/R4/Organization?_count=2&amp;_format=xml&amp;_generation=2025-12-11.1&amp;_offset=2" in text


def test_pretty_json_of_a_page_is_the_same(world):
    pretty = ask(world, "Organization?_pretty=true").text
    assert pretty.startswith('{\n  "resourceType": "Bundle"')
    assert json.loads(pretty)["entry"] == ok(world, "Organization")["entry"]


def test_head_of_a_search_has_its_headers(world):
    get, head = (ask(world, "Organization?name=alpha", method=method) for method in ("GET", "HEAD"))
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


# Leniency


def test_a_lenient_search_ignores_what_it_does_not_know(world):
    bundle = ok(world, "Organization?foo=1&name=alpha&ods-org-role=x", Prefer="handling=lenient")
    assert ids(bundle) == ["A1", "C1", "b1"]
    assert links(bundle) == [("self", f"{BASE}/Organization?name=alpha")]


def test_the_links_of_a_form_must_not_be_too_long(world):
    form = {"method": "POST", "headers": {"Content-Type": FORM}}
    answer = ask(world, "Organization/_search", body=b"name=" + b"%20x" * 2000, **form)
    code, text = issue(answer, 413)
    assert (code, text[:45]) == ("too-long", "The links of this search would be longer than")


def test_what_is_found_does_not_depend_on_the_page(world):
    assert found(world, "Organization?_total=accurate") == ["A1", "A2", "B1", "C1", "b1"]
