"""`GET /lookup`: its parameters, its answers and its errors (lookup 2)."""

import gc
import json

import pytest

from app.directory.filters import Filters
from app.directory.likeness import Likeness
from app.directory.ranking import find
from app.lookup.lookup import lookup
from app.web.message import Fault, FaultKind, Request

LGI = {
    "code": "RR801",
    "name": "LEEDS GENERAL INFIRMARY",
    "status": "active",
    "recordClass": "RC2",
    "primaryRole": {"id": "RO198", "name": "NHS TRUST SITE"},
    "address": {
        "lines": ["GREAT GEORGE STREET"],
        "town": "LEEDS",
        "county": "WEST YORKSHIRE",
        "postcode": "LS1 3EX",
        "country": "ENGLAND",
    },
    "parent": {"code": "RR8", "name": "LEEDS TEACHING HOSPITALS NHS TRUST", "relationship": "RE6"},
    "score": 1.0,
    "matched": "name",
}


def ask(register, headers=None, **parameters):
    query = tuple((name.replace("_", "-"), value) for name, value in parameters.items())
    request = Request("GET", "/lookup", "http://localhost", query, headers or {})
    return lookup(request, register, "1.0")


def answered(register, **parameters):
    response = ask(register, **parameters)
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    return json.loads(response.body)


def found(register, **parameters):
    return [result["code"] for result in answered(register, **parameters)["results"]]


def test_a_result_is_the_organisation_with_its_parent_score_and_what_matched(register):
    body = answered(register, q="leeds general infirmary", count="1")
    assert body == {"query": "leeds general infirmary", "results": [LGI], "more": True}


@pytest.mark.parametrize(
    ("question", "matched"),
    [
        ("rr801", "code"),
        ("leeds general infirmary", "name"),
        ("boots ls26 0ap", "name"),
        ("boots leeds", "address"),
        ("ls26 0ap", "address"),
        ("leeds genral infirmry", "spelling"),
        ("xyzzyq leeds general", "most"),
    ],
)
def test_a_result_says_what_matched(register, question, matched):
    assert answered(register, q=question)["results"][0]["matched"] == matched


def test_scores_fall_from_the_first_result_to_the_last(register):
    scores = [each["score"] for each in answered(register, q="leeds surgery", count="50")["results"]]
    assert len(scores) == 50
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_parent_without_a_record_has_no_name(register):
    results = answered(register, q="boots", count="50")["results"]
    parents = [result["parent"] for result in results if "parent" in result]
    assert parents
    assert all(set(parent) == {"code", "relationship"} for parent in parents)


# Filters


def test_roles_are_alternatives_that_are_held_actively(register):
    results = answered(register, q="leeds", role="RO197,RO318", count="50")["results"]
    assert {result["primaryRole"]["id"] for result in results} == {"RO197"}
    assert found(register, q="lloydspharmacy", role="RO182") == []
    assert "FEN67" in found(register, q="lloydspharmacy bd7")


def test_a_role_that_is_not_primary_is_found_by_role_alone(register):
    assert found(register, q="manston surgery", role="RO76") == ["B86009"]
    assert found(register, q="manston surgery", primary_role="RO76") == []
    assert found(register, q="manston surgery", primary_role="RO177")[0] == "B86009"


@pytest.mark.parametrize(
    ("status", "statuses"),
    [("active", {"active"}), ("inactive", {"inactive"}), ("all", {"active", "inactive"})],
)
def test_status_restricts(register, status, statuses):
    results = answered(register, q="boots", status=status, count="50")["results"]
    assert {result["status"] for result in results} <= statuses
    assert results


def test_active_ones_come_first_among_equals(register):
    statuses = [result["status"] for result in answered(register, q="boots ls26")["results"][:3]]
    assert statuses == ["active", "active", "inactive"]


def test_a_record_class_restricts(register):
    results = answered(register, q="leeds", record_class="RC1", count="50")["results"]
    assert {result["recordClass"] for result in results} == {"RC1"}


def test_only_what_belongs_to_an_organisation_is_found_within_it(register):
    results = answered(register, q="leeds general infirmary", within="rr8", count="1")["results"]
    assert [result["code"] for result in results] == ["RR801"]
    assert "RR8" not in found(register, q="leeds teaching hospitals nhs trust", within="RR8")


@pytest.mark.parametrize("unknown", [{"role": "RO9999"}, {"within": "XXXX"}, {"primary_role": "x"}])
def test_an_unknown_role_or_code_finds_nothing(register, unknown):
    assert answered(register, q="leeds", facets="true", **unknown) == {
        "query": "leeds",
        "results": [],
        "more": False,
        "facets": {"primaryRole": [], "status": {"active": 0, "inactive": 0}},
    }


@pytest.mark.parametrize("question", ["", "  ", "...", "-,-"])
def test_without_words_what_the_filters_leave_is_listed_by_name(register, question):
    body = answered(register, q=question, role="RO197", count="50", facets="true")
    names = [result["name"] for result in body["results"]]
    assert names == sorted(names)
    assert len(names) == sum(body["facets"]["status"].values())


@pytest.mark.parametrize("restricted", [{}, {"status": "active"}])
def test_without_words_and_filters_nothing_is_found(register, restricted):
    assert answered(register, q="", **restricted)["results"] == []


# What is found


@pytest.mark.parametrize(
    "question",
    ["leeds", "boots leeds", "leeds genral infirmry", "xyzzyq leeds", "ls1", "rr801", "lee", "the"],
)
def test_both_sums_of_the_facets_are_what_is_found(register, question):
    body = answered(register, q=question, facets="true", count="50")
    roles = [role["count"] for role in body["facets"]["primaryRole"]]
    assert roles == sorted(roles, reverse=True)
    assert sum(roles) == sum(body["facets"]["status"].values()) > 0
    assert body["more"] is (sum(roles) > len(body["results"]))


def test_facets_name_the_roles(register):
    body = answered(register, q="leeds general infirmary", facets="true")
    assert body["facets"]["primaryRole"][0] == {"id": "RO198", "name": "NHS TRUST SITE", "count": 56}


def test_a_word_that_nothing_holds_does_not_empty_the_answer(register):
    assert found(register, q="xyzzyq leeds general infirmary")[0] == "RR801"


@pytest.mark.parametrize("question", ["xyzzyq", "q" * 200, "xyzzyq zyxxyq", "0000"])
def test_words_that_nothing_holds_find_nothing(register, question):
    body = answered(register, q=question, facets="true")
    assert body["results"] == body["facets"]["primaryRole"] == []
    assert not body["more"]


# Errors


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, '"q" is missing: say what to look for, such as q=leeds'),
        ({"q": "a" * 201}, '"q" has 201 characters: ask with at most 200'),
        ({"q": "a", "count": "0"}, '"count" is "0": give a whole number from 1 to 50'),
        ({"q": "a", "count": "51"}, '"count" is "51": give a whole number from 1 to 50'),
        ({"q": "a", "count": "x"}, '"count" is "x": give a whole number from 1 to 50'),
        ({"q": "a", "status": "open"}, '"status" is "open": give one of active, inactive, all'),
        ({"q": "a", "record_class": "RC3"}, '"record-class" is "RC3": give one of RC1, RC2'),
        ({"q": "a", "facets": "yes"}, '"facets" is "yes": give one of true, false'),
    ],
)
def test_a_wrong_parameter_is_refused(register, parameters, text):
    with pytest.raises(Fault) as refused:
        ask(register, **parameters)
    assert (refused.value.kind, refused.value.text) == (FaultKind.MALFORMED, text)


def test_a_parameter_that_is_given_twice_is_refused(register):
    request = Request("GET", "/lookup", "http://localhost", (("q", "a"), ("q", "b")))
    with pytest.raises(Fault, match='"q" is given 2 times: give it once'):
        lookup(request, register, "1.0")


def test_two_hundred_characters_are_answered(register):
    assert found(register, q="leeds general infirmary".ljust(200, "-"))[0] == "RR801"


def test_an_answer_that_the_client_has_is_not_sent_again(register):
    first = ask(register, q="leeds")
    again = ask(register, {"if-none-match": first.headers["ETag"]}, q="leeds")
    assert (again.status, again.body) == (304, b"")
    assert ask(register, q="leeds", count="5").headers["ETag"] != first.headers["ETag"]


def test_a_comparison_needs_no_garbage_collector_to_be_freed(register):
    gc.collect()
    gc.disable()
    try:
        find(register, "st georges hosp", Filters(), 10)
        assert not [each for each in gc.get_objects() if isinstance(each, Likeness)]
    finally:
        gc.enable()
