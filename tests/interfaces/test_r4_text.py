"""`_text` and `_content` of R4: the ranking of lookups as a search of FHIR (fhir-r4 15.4)."""

from urllib.parse import quote

import pytest

from tests.interfaces.helpers import ask
from tests.interfaces.ord_release import fold
from tests.interfaces.r4_helpers import BASE, same_in_xml
from tests.interfaces.r4_relations import R4, diagnostics, found, holds, organisations, register

BROAD = "_text=practice"
"""Finds hundreds."""


def looked_up(client, parameters):
    """Return codes and scores of a lookup, best first."""
    results = ask(client, f"/lookup?count=50&{parameters}").json["results"]
    return [(each["code"], each["score"]) for each in results]


def scored(bundle):
    return [(entry["resource"]["id"], entry["search"]["score"]) for entry in bundle.get("entry", ())]


def walked(client, target, count):
    """Return codes and scores of all pages, and the total that each of them gives."""
    all_found, totals = [], set()
    while True:
        bundle = found(client, f"{target}&_count={count}&_offset={len(all_found)}")
        totals.add(bundle["total"])
        all_found += scored(bundle)
        if "next" not in {link["relation"] for link in bundle["link"]}:
            return all_found, totals


@pytest.mark.parametrize("name", ["_text", "_content"])
@pytest.mark.parametrize(
    "text", ["leeds general infirmary", "leeds practice", "LS1 3EX", "rr8", "genral infirmry"]
)
def test_what_is_found_and_its_order_are_those_of_a_lookup(client, name, text):
    expected = looked_up(client, f"q={quote(text)}")
    bundle = found(client, f"Organization?{name}={quote(text)}")
    assert bundle["entry"]
    assert scored(bundle) == expected[: len(bundle["entry"])]


def test_an_entry_says_why_it_is_there_and_how_well_it_fits(client):
    (first, *_) = found(client, "Organization?_text=leeds%20teaching%20hospitals%20nhs%20trust")["entry"]
    assert first == {
        "fullUrl": f"{BASE}/Organization/RR8",
        "resource": ask(client, f"{R4}Organization/RR8").json,
        "search": {"mode": "match", "score": 1.0},
    }


def test_scores_are_the_same_in_both_formats(client):
    bundle = same_in_xml(client, "Organization?_text=leeds%20practice&_count=5")
    assert len(scored(bundle)) == 5


def test_other_searches_have_no_scores(client):
    entries = found(client, "Organization?name=LEEDS")["entry"]
    assert all(entry["search"] == {"mode": "match"} for entry in entries)


@pytest.mark.parametrize("count", [20, 33, 1000])
def test_all_that_is_found_can_be_paged_through(client, count):
    pairs, totals = walked(client, f"Organization?{BROAD}", count)
    assert totals == {len(pairs)}
    assert len(pairs) > 100
    assert len({code for code, _ in pairs}) == len(pairs)
    scores = [score for _, score in pairs]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_pages_of_all_sizes_have_one_order(client):
    small, large = (walked(client, f"Organization?{BROAD}", count)[0] for count in (31, 300))
    assert small == large


def test_a_page_beyond_the_end_is_empty_and_tells_the_total(client):
    bundle = found(client, f"Organization?{BROAD}&_offset=100000")
    assert bundle["total"] == found(client, f"Organization?{BROAD}")["total"]
    assert "entry" not in bundle


def test_at_most_a_thousand_are_found(client):
    assert len(organisations(lambda org: "WEST " in f"{org.name} {org.record['GeoLoc']}".upper())) > 1_000
    bundle = found(client, "Organization?_text=west&_count=1000&_elements=id")
    assert (bundle["total"], len(bundle["entry"])) == (1_000, 1_000)
    assert "next" not in {link["relation"] for link in bundle["link"]}


@pytest.mark.parametrize(
    ("filters", "asked"),
    [
        ("activeRoleCode=RO177", "role=RO177"),
        ("activeRoleCode=RO177,RO182&active=true", "role=RO177,RO182&status=active"),
    ],
)
def test_other_parameters_filter_first(client, filters, asked):
    bundle = found(client, f"Organization?_text=leeds&{filters}")
    assert scored(bundle) == looked_up(client, f"q=leeds&{asked}")[:20]


@pytest.mark.parametrize("text", ["leeds", "practice", "street lane"])
@pytest.mark.parametrize(
    ("filter_", "wanted"),
    [
        ("roleCode=RO177", lambda org: holds(org, "RO177")),
        ("roleCode:not=RO177", lambda org: not holds(org, "RO177")),
        ("active=false", lambda org: org.record["Status"] == "Inactive"),
        ("name:contains=road", lambda org: fold("road") in org.name),
        ("lastChangeDate=ge2020", lambda org: org.record["LastChangeDate"] >= "2020"),
        (
            "_has:OrganizationAffiliation:primary-organization:role=RE5,RE8",
            lambda org: any(each[0] in {"RE5", "RE8"} for each in org.relationships),
        ),
    ],
)
def test_nothing_is_found_that_another_parameter_excludes(client, text, filter_, wanted):
    pairs, _ = walked(client, f"Organization?_text={quote(text)}&{filter_}", 1000)
    assert pairs
    assert {code for code, _ in pairs} <= organisations(wanted)


def test_a_sort_puts_the_best_in_another_order(client):
    best, _ = walked(client, f"Organization?{BROAD}", 1000)
    by_name, totals = walked(client, f"Organization?{BROAD}&_sort=-name", 150)
    assert totals == {len(best)}
    assert sorted(by_name) == sorted(best)
    names = [register()[code].name for code, _ in by_name]
    assert names == sorted(names, reverse=True)


@pytest.mark.parametrize("how", ["_summary=count", "_count=0"])
def test_a_count_is_the_number_of_those_found(client, how):
    expected = found(client, f"Organization?{BROAD}")["total"]
    bundle = found(client, f"Organization?{BROAD}&{how}")
    assert (bundle["total"], "entry" in bundle) == (expected, False)


def test_alternatives_find_what_any_of_them_finds(client):
    texts = ("leeds general infirmary", "st james university hospital")
    each = [dict(walked(client, f"Organization?_text={quote(text)}", 1000)[0]) for text in texts]
    together, _ = walked(client, f"Organization?_text={quote(','.join(texts), safe=',')}", 1000)
    assert dict(together) == {
        code: max(found.get(code, 0) for found in each) for code in {**each[0], **each[1]}
    }
    assert [score for _, score in together] == sorted((score for _, score in together), reverse=True)


def test_words_of_repeated_parameters_are_looked_for_together(client):
    together = found(client, "Organization?_text=leeds&_content=general&_text=infirmary")
    assert scored(together) == scored(found(client, "Organization?_text=leeds%20general%20infirmary"))


def test_an_escaped_comma_separates_nothing(client):
    pairs = scored(found(client, "Organization?_text=great%20george%20street%5C%2C%20leeds"))
    assert pairs == scored(found(client, "Organization?_text=great%20george%20street%20leeds"))


def test_a_text_without_words_finds_nothing(client):
    bundle = found(client, "Organization?_text=--&activeRoleCode=RO177")
    assert (bundle["total"], "entry" in bundle) == (0, False)


def test_a_text_is_never_missing(client):
    assert found(client, "Organization?_text:missing=true")["total"] == 0
    assert found(client, "Organization?_content:missing=false")["total"] == len(register())


def test_relationships_of_what_is_found_are_included(client):
    parameter = "_revinclude=OrganizationAffiliation:participating-organization"
    entries = found(client, f"Organization?_text=rr8&{parameter}&_count=1")["entry"]
    modes = [entry["search"] for entry in entries]
    assert modes[0] == {"mode": "match", "score": 1.0}
    assert modes[1:]
    assert all(mode == {"mode": "include"} for mode in modes[1:])


def test_links_repeat_the_text(client):
    bundle = found(client, "Organization?_text=leeds%20practice&_count=5")
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    assert "_text=leeds%20practice" in links["next"]
    second = found(client, links["next"].removeprefix(f"{BASE}/"))
    assert scored(second) == scored(found(client, "Organization?_text=leeds%20practice&_count=5&_offset=5"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("x" * 201, "at most 200 characters"), ("a,b,c,d", "at most 3 alternatives")],
)
def test_too_much_text_is_refused(client, value, expected):
    code, text = diagnostics(client, f"Organization?_text={value}")
    assert code == "invalid"
    assert text.endswith(f'for "_text": expected {expected}')


def test_many_repeated_texts_are_refused(client):
    asked = "&".join(["_text=a,b"] * 2)
    assert diagnostics(client, f"Organization?{asked}")[0] == "invalid"


def test_other_modifiers_are_refused(client):
    code, _ = diagnostics(client, "Organization?_text:contains=leeds", Prefer="handling=lenient")
    assert code == "not-supported"
