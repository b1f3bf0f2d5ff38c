"""All that is found for a text in one order, for interfaces that page through it (fhir-r4 15.4)."""

import pytest

from app.directory.filters import Filters
from app.directory.ranking import CANDIDATES, best, find
from app.register.query import Clause, Operator, Query
from app.register.query import Test as Comparison

MANY = "surgery"
SOME = "leeds surgery"
FEW = "leeds general infirmary"


def codes(answer):
    return [result.document["code"] for result in answer.results]


@pytest.mark.parametrize("text", [MANY, SOME, FEW])
def test_each_organisation_that_is_found_comes_once(register, text):
    answer = best(register, text, Filters(), 1_000, 1_000)
    assert len(answer.results) == len(set(codes(answer))) == answer.total


@pytest.mark.parametrize("text", [MANY, SOME, FEW])
def test_scores_fall_through_all_that_is_found(register, text):
    scores = [result.fit.score for result in best(register, text, Filters(), 1_000, 1_000).results]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("text", [MANY, SOME, FEW])
def test_the_first_ones_are_those_of_a_lookup(register, text):
    first = codes(find(register, text, Filters(), 10))
    found = codes(best(register, text, Filters(), 1_000, 1_000))
    assert found[:10] == first[: len(found)]


def test_the_first_ones_do_not_depend_on_whether_all_are_asked_for(register):
    some = best(register, MANY, Filters(), 1_000, 20)
    every = best(register, MANY, Filters(), 1_000, 1_000)
    assert some.total == every.total > len(some.results) >= CANDIDATES
    assert codes(some) == codes(every)[: len(some.results)]


def test_no_more_are_found_than_asked_for(register):
    answer = best(register, MANY, Filters(), 70, 1_000)
    assert (len(answer.results), answer.total) == (70, 70)


def test_nothing_is_found_for_a_text_without_words(register):
    only_pharmacies = Filters(others=(Clause((Comparison("role", Operator.EQ, "RO182"),)),))
    assert best(register, "--", only_pharmacies, 1_000, 1_000) == ([], 0, 0)


@pytest.mark.parametrize("text", [MANY, SOME, "oakwood lane", "street lane practice"])
@pytest.mark.parametrize("negated", [False, True])
def test_what_is_found_passes_the_clauses_of_an_interface(register, text, negated):
    practices = Clause((Comparison("active_role", Operator.EQ, "RO76"),), negated)
    page = register.search(Query("organisation", (practices,), size=None), None)
    found = codes(best(register, text, Filters(others=(practices,)), 1_000, 1_000))
    assert found
    assert set(found) <= {match.id for match in page.matches}
