"""Organisations are found by what people type, and by the names that other lists give them."""

from collections import defaultdict

import pytest

from tests.bench.lookup import TARGETS, TYPO, Question, codes, measure, read_questions
from tests.lookup.conftest import DATA

MUST_PASS = [line.split("\t") for line in (DATA / "must-pass.tsv").read_text().splitlines()]

REACHED = {
    "children-2024-city": (1.0, 1.0),
    "children-2024-name": (1.0, 1.0),
    "clinic-2014-city": (0.925, 0.975),
    "gp-2014-name-role": (0.537, 0.575),
    "gp-2014-postcode-role": (0.912, 0.95),
    "hospital-2014-city": (0.875, 0.875),
    "hospital-2018-city": (0.885, 0.885),
    "hospital-2018-name": (0.864, 0.864),
    "pharmacy-2014-outward": (0.662, 0.837),
    "pharmacy-2014-postcode": (0.85, 0.95),
    "pharmacy-2020-outward": (0.837, 0.987),
    "pharmacy-2020-postcode": (1.0, 1.0),
    "practice-2014-name-role": (0.662, 0.737),
    "practice-2014-postcode-role": (0.962, 0.987),
}
"""Shares that the questions of the cut reach, with those that have a typing error: top-1 and top-5."""


@pytest.fixture(scope="module")
def corpora():
    """The questions by the name of their corpus, those with a typing error among the others."""
    found = defaultdict(list)
    for line in (DATA / "questions.tsv").read_text().splitlines():
        corpus, _, rest = line.partition("\t")
        found[corpus.removesuffix(TYPO)] += read_questions([rest])
    return found


@pytest.mark.parametrize(("text", "role", "right"), MUST_PASS)
def test_what_a_person_types_finds_the_right_organisation_first(register, text, role, right):
    found = codes(register, Question(text, role, frozenset(right.split("|"))))
    assert found[0] in right.split("|")


def test_there_are_questions_of_every_corpus(corpora):
    assert set(corpora) == {name.removesuffix(TYPO) for name in TARGETS} == set(REACHED)


@pytest.mark.parametrize("corpus", REACHED)
def test_the_questions_of_a_corpus_are_answered_as_well_as_before(register, corpora, corpus):
    reached = measure(register, corpus, corpora[corpus]).shares
    assert reached.first >= REACHED[corpus][0]
    assert reached.five >= REACHED[corpus][1]
