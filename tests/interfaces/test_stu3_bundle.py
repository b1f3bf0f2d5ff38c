"""The searchset Bundle: its layout, its links, its order, and walks through its pages."""

import json
import re
import time

import pytest

from app.engine.port import NOTICED_WITHIN
from tests.conftest import SAMPLE
from tests.interfaces.conftest import EDGES, publish
from tests.interfaces.helpers import (
    BASE,
    SUBSETTED,
    ask,
    codes_of,
    conformant,
    faults,
    links_of,
    ok,
    post,
    same_in_xml,
    walk,
)
from tests.interfaces.oracle import codes, fold, register, starts

GENERATION = "2025-12-11.1"
KEYS = ["resourceType", "id", "meta", "type", "total", "link", "entry"]
LEEDS = codes(starts("name", "leeds"))
SHAPED = "_pretty=false&_elements=name&_sort=-name&_summary=data"
QUALIFIED = "ods-org-primaryRole=true&ods-org-role=177"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def link(parameters):
    return f"{BASE}/Organization?{parameters}"


def stripped(bundle):
    assert UUID.fullmatch(bundle["id"])
    return {key: value for key, value in bundle.items() if key != "id"}


def test_a_bundle_is_laid_out_as_the_live_one_was(client):
    bundle = same_in_xml(client, "Organization?name=leeds&_count=2")
    assert list(bundle) == KEYS
    assert bundle["meta"] == {"lastUpdated": "2026-01-15T12:00:00+00:00"}
    assert bundle["type"] == "searchset"
    assert bundle["total"] == len(LEEDS)
    assert bundle["entry"] == [
        {
            "fullUrl": f"{BASE}/Organization/{code}",
            "resource": register()[code].body,
            "search": {"mode": "match"},
        }
        for code in LEEDS[:2]
    ]
    assert [list(entry) for entry in bundle["entry"]] == [["fullUrl", "resource", "search"]] * 2


def test_every_bundle_has_an_id_of_its_own(client):
    assert len({ok(client, "Organization?_count=1")["id"] for _ in range(5)}) == 5


def test_an_address_without_parameters_pages_through_everything(client):
    bundle = ok(client, "Organization")
    assert bundle["total"] == len(register())
    assert codes_of(bundle) == sorted(register())[:20]
    assert links_of(bundle)["self"] == link("_count=20&_page=1")


@pytest.mark.parametrize(
    ("count", "page", "relations"),
    [
        (7, 1, "self first last next"),
        (7, 2, "self first last next previous"),
        (7, 5, "self first last previous"),
        (7, 6, "self first last"),
        (7, 10**9, "self first last"),
        (15, 1, "self first last next"),
        (15, 2, "self first last previous"),
        (15, 3, "self first last"),
    ],
)
def test_links_lead_to_the_other_pages(client, count, page, relations):
    assert len(LEEDS) == 30
    bundle = ok(client, f"Organization?name=leeds&_count={count}&_page={page}")
    last = -(-30 // count)
    pages = {"first": 1, "last": last, "next": page + 1, "previous": page - 1}
    assert links_of(bundle) == {
        "self": link(f"name=leeds&_count={count}&_page={page}"),
        **{
            to: link(f"name=leeds&_generation={GENERATION}&_count={count}&_page={pages[to]}")
            for to in relations.split()[1:]
        },
    }
    assert list(links_of(bundle)) == relations.split()
    assert codes_of(bundle) == LEEDS[count * (page - 1) : count * page]
    assert bundle["total"] == 30


@pytest.mark.parametrize(
    ("parameters", "relations"),
    [
        ("_id=RR8", ["self"]),
        ("_id=RR8&_count=1", ["self"]),
        ("_id=RR8&_page=2", ["self", "first", "last"]),
        ("_id=NOPE", ["self"]),
        ("_id=NOPE&_page=3", ["self"]),
        ("_id=RR8,N81082&_count=1", ["self", "first", "last", "next"]),
        ("_id=RR8,N81082&_count=2", ["self"]),
    ],
)
def test_a_single_page_needs_no_links_but_its_own(client, parameters, relations):
    assert list(links_of(ok(client, f"Organization?{parameters}"))) == relations


@pytest.mark.parametrize(
    ("page", "relations"),
    [(1, "self first next"), (2, "self first next previous"), (5, "self first previous"), (6, "self first")],
)
def test_without_a_total_there_is_no_last_page_but_a_next_one_while_more_follow(client, page, relations):
    bundle = ok(client, f"Organization?name=leeds&_count=7&_page={page}&_total=none")
    assert "total" not in bundle
    assert list(links_of(bundle)) == relations.split()
    assert links_of(bundle)["first"] == link(
        f"name=leeds&_total=none&_generation={GENERATION}&_count=7&_page=1"
    )
    assert codes_of(bundle) == LEEDS[7 * (page - 1) : 7 * page]


@pytest.mark.parametrize("total", ["estimate", "accurate"])
def test_a_total_is_always_exact(client, total):
    assert ok(client, f"Organization?name=leeds&_total={total}")["total"] == 30


def test_a_single_page_without_a_total_has_its_own_link_only(client):
    assert list(links_of(ok(client, "Organization?_id=RR8&_total=none"))) == ["self"]


@pytest.mark.parametrize(
    ("sent", "used"),
    [
        ("_page=1&name=leeds&_count=5", "name=leeds&_count=5&_page=1"),
        ("name=leeds&active=true&name=leeds", "name=leeds&active=true&name=leeds&_count=20&_page=1"),
        ("name:contains=leeds", "name%3Acontains=leeds&_count=20&_page=1"),
        ("name=leeds+teaching", "name=leeds%20teaching&_count=20&_page=1"),
        ("name=leeds,york", "name=leeds%2Cyork&_count=20&_page=1"),
        ("name=O'Brien %26 Sons", "name=O%27Brien%20%26%20Sons&_count=20&_page=1"),
        ("name=TŶ GW", "name=T%C5%B6%20GW&_count=20&_page=1"),
        ("name=&active=&_format=json&_sort=", "_format=json&_count=20&_page=1"),
        ("_count=&_count=5&_page=%20&_id=RR8", "_id=RR8&_count=5&_page=1"),
        ("_totalMethod=x&_id=RR8", "_id=RR8&_count=20&_page=1"),
        (SHAPED, f"{SHAPED}&_count=20&_page=1"),
        (f"_generation={GENERATION}&_id=RR8", f"_id=RR8&_generation={GENERATION}&_count=20&_page=1"),
        (QUALIFIED, f"{QUALIFIED}&_count=20&_page=1"),
    ],
)
def test_the_self_link_holds_what_was_used_in_the_order_of_the_request(client, sent, used):
    bundle = ok(client, f"Organization?{sent}")
    assert links_of(bundle)["self"] == link(used)
    again = ok(client, links_of(bundle)["self"].removeprefix("https://ods.example.org"))
    assert stripped(again) == stripped(bundle)


def test_other_links_keep_what_shapes_a_page(client):
    kept = "name=leeds&_sort=-name&_elements=name&_format=json&_pretty=false"
    links = links_of(ok(client, f"Organization?{kept}&_page=2&_count=9"))
    for to, page in {"first": 1, "last": 4, "next": 3, "previous": 1}.items():
        assert links[to] == link(f"{kept}&_generation={GENERATION}&_count=9&_page={page}")


def test_lenient_handling_ignores_what_is_unknown_and_the_self_link_shows_it(client):
    lenient = {"Prefer": "return=minimal, handling=Lenient"}
    bundle = ok(
        client, "Organization?nam=x&name=leeds&address:contains=y&_sort=active,-name,x&_include=z", **lenient
    )
    assert links_of(bundle)["self"] == link("name=leeds&_sort=-name&_count=20&_page=1")
    assert "_sort" not in links_of(ok(client, "Organization?_sort=active", **lenient))["self"]
    for header in ("handling=strict", "handling", "lenient", "handling=lenient-ish", ""):
        assert faults(ask(client, "Organization?nam=x", headers={"Prefer": header}))


@pytest.mark.parametrize(
    ("parameters", "used"),
    [
        ("name=leeds&_summary=count", "name=leeds&_summary=count"),
        ("name=leeds&_count=0", "name=leeds&_count=0"),
        ("_count=0&name=leeds&_page=7&_sort=name&_totalMethod=x", "_count=0&name=leeds&_page=7&_sort=name"),
        (
            "_summary=count&_total=none&name=leeds&_elements=name&_count=5",
            "_summary=count&_total=none&name=leeds&_elements=name&_count=5",
        ),
    ],
)
def test_a_count_is_a_total_and_a_self_link(client, parameters, used):
    bundle = same_in_xml(client, f"Organization?{parameters}")
    assert list(bundle) == ["resourceType", "id", "meta", "type", "total", "link"]
    assert bundle["total"] == 30
    assert bundle["link"] == [{"relation": "self", "url": link(used)}]


SUMMARY = ["identifier", "active", "type", "name"]


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ("_summary=true", SUMMARY),
        ("_summary=text", []),
        ("_elements=name,address", ["name", "address"]),
        ("_elements=unknown", []),
        ("_elements=active&_summary=true", ["active"]),
        ("_elements=extension&_summary=data", ["extension"]),
    ],
)
def test_entries_are_cut_to_a_subset_and_tagged(client, parameters, kept):
    bundle = same_in_xml(client, f"Organization?name=leeds&{parameters}")
    for entry in bundle["entry"]:
        resource, whole = entry["resource"], register()[entry["resource"]["id"]].body
        assert resource == {
            **{key: whole[key] for key in ["resourceType", "id", *kept] if key in whole},
            "meta": {**whole["meta"], "tag": [SUBSETTED]},
        }
        assert list(resource) == [key for key in whole if key in resource]
    assert codes_of(bundle) == LEEDS[:20]


@pytest.mark.parametrize("parameters", ["_summary=false", "_summary=data", "_elements="])
def test_entries_of_these_are_whole(client, parameters):
    bundle = ok(client, f"Organization?name=leeds&{parameters}")
    assert [entry["resource"] for entry in bundle["entry"]] == [register()[code].body for code in LEEDS[:20]]


NAME, CHANGED = (lambda code: fold(register()[code].name)), (lambda code: register()[code].changed)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("_id", sorted(LEEDS)),
        ("-_id", sorted(LEEDS, reverse=True)),
        ("name", sorted(LEEDS, key=NAME)),
        ("-name", sorted(LEEDS, key=NAME, reverse=True)),
        ("_lastUpdated", sorted(LEEDS, key=CHANGED)),
        ("-_lastUpdated", sorted(LEEDS, key=CHANGED, reverse=True)),
        ("_lastUpdated,-name", sorted(sorted(LEEDS, key=NAME, reverse=True), key=CHANGED)),
        ("-_lastUpdated,-_id", sorted(sorted(LEEDS, reverse=True), key=CHANGED, reverse=True)),
        ("+name+,+-_id", sorted(sorted(LEEDS, reverse=True), key=NAME)),
    ],
)
def test_a_sort_orders_all_pages_and_ties_by_id(client, sort, order):
    assert len({CHANGED(code) for code in LEEDS}) < len(LEEDS)
    for count in (4, 20):
        assert walk(client, f"name=leeds&_sort={sort}&_count={count}") == order


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("_lastUpdated", "OLD PC1 PC3 TXT1 TXT2 TXT3 TXT4 TXT5 PC2 FULL COMMA BARE"),
        ("-_lastUpdated", "COMMA FULL PC2 PC1 PC3 TXT1 TXT2 TXT3 TXT4 TXT5 OLD BARE"),
        ("name", "TXT5 TXT4 TXT1 BARE COMMA FULL OLD PC1 PC2 PC3 TXT3 TXT2"),
        ("-name", "TXT2 TXT3 PC1 PC2 PC3 OLD FULL COMMA BARE TXT1 TXT4 TXT5"),
        ("-name,-_id", "TXT2 TXT3 PC3 PC2 PC1 OLD FULL COMMA BARE TXT1 TXT4 TXT5"),
    ],
)
def test_names_are_sorted_folded_and_what_has_no_date_comes_last_either_way(edges, sort, order):
    assert walk(edges, f"_sort={sort}&_count=5") == order.split()


@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize(
    "parameters",
    ["name=leeds", "ods-org-role=57", "active=false&_sort=name", "_lastUpdated=lt2015&_sort=-_lastUpdated"],
)
def test_a_walk_meets_every_organisation_once(client, parameters, count):
    found = walk(client, f"{parameters}&_count={count}")
    assert (
        len(found) == len(set(found)) == ok(client, f"Organization?{parameters}&_summary=count")["total"] > 0
    )


def test_a_walk_can_go_back(client):
    bundle = ok(client, "Organization?name=leeds&_count=7&_page=5")
    found = codes_of(bundle)
    while "previous" in links_of(bundle):
        bundle = ok(client, links_of(bundle)["previous"].removeprefix("https://ods.example.org"))
        found = codes_of(bundle) + found
    assert found == LEEDS


@pytest.mark.parametrize(
    ("address", "form", "same_as"),
    [
        ("", "name=leeds&_count=3&_page=2", "name=leeds&_count=3&_page=2"),
        ("?name=leeds&_count=3", "", "name=leeds&_count=3"),
        (
            "?name=leeds&_count=3",
            "active=true&name:contains=hos",
            "name=leeds&_count=3&active=true&name:contains=hos",
        ),
        ("?name=leeds", "name=leeds+t&_sort=-name", "name=leeds&name=leeds+t&_sort=-name"),
        ("?_count=0", "name=T%C5%B6%20GW&_elements=", "_count=0&name=TŶ GW"),
    ],
)
def test_a_search_by_post_is_the_same_as_by_get(client, address, form, same_as):
    by_post = conformant(post(client, f"Organization/_search{address}", form))
    assert json.dumps(stripped(by_post)) == json.dumps(stripped(ok(client, f"Organization?{same_as}")))


def test_a_form_may_name_its_character_set_and_ask_for_xml(client):
    response = post(
        client,
        "Organization/_search",
        "_id=RR8&_format=xml",
        **{"Content-Type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"},
    )
    assert response.headers["Content-Type"] == "application/fhir+xml;charset=UTF-8"
    wrong = post(client, "Organization/_search", "_idd=RR8&_format=xml")
    assert wrong.headers["Content-Type"] == "application/fhir+xml;charset=UTF-8"
    assert faults(wrong) == [("INVALID_PARAMETER", "Unknown argument found - _idd")]


def test_parameters_repeated_in_address_and_form_count_as_repeated(client):
    assert faults(post(client, "Organization/_search?_count=1", "_count=1")) == [
        ("INVALID_PARAMETER", "Repeated _count argument.")
    ]


def test_a_walk_stays_on_its_generation_while_that_is_kept(make_client, new_url):
    url = new_url()
    changing = make_client(index=url)

    publish(SAMPLE, url)
    page = ok(changing, "Organization?name=leeds&_count=10")
    publish(EDGES, url)
    time.sleep(NOTICED_WITHIN)
    assert ok(changing, "Organization")["total"] == 12
    following = links_of(page)["next"].removeprefix("https://ods.example.org")
    second = ok(changing, following)
    assert codes_of(second) == LEEDS[10:20]
    assert links_of(second)["self"] == f"https://ods.example.org{following}"
    assert links_of(second)["next"] == link(f"name=leeds&_generation={GENERATION}&_count=10&_page=3")
    publish(EDGES, url)
    time.sleep(NOTICED_WITHIN)
    assert [code for code, _ in faults(ask(changing, following), 410)] == ["NO_RECORD_FOUND"]
    assert links_of(ok(changing, "Organization?_count=5"))["next"].count("_generation=2026-01-09.3") == 1
