"""Words of the register and of questions are brought to the same forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.register.fields import KINDS
from app.register.words import Stated, stated, words, words_of_each, written


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("St George's Hospital", "SAINT GEORGES HOSP"),
        ("ST GEORGE\u2019S", "ST GEORGES"),
        ("St. James's University", "St James Uni"),
        ("OTTERY ST MARY", "Ottery Saint Mary"),
        ("12 HIGH ST", "12 High Street"),
        ("HIGH ST SURGERY", "HIGH STREET SURG"),
        ("LLOYDSPHARMACY", "Lloyds Chemist"),
        ("HEALTHCARE", "HEALTH CARE"),
        ("Smith & Jones", "SMITH AND JONES"),
        ("Smith+Jones", "SMITH AND JONES"),
        ("DRS SMITH & PTNRS", "Doctor Smith and Partners"),
        ("COMM GEN HOSP", "COMMUNITY GENERAL HOSPITAL"),
        ("MED CTR", "Medical Center"),
        ("ROYAL INFIRM", "ROYAL INFIRMARY"),
        ("LEEDS ICB", "LEEDS INTEGRATED CARE BOARD"),
        ("LEEDS PCN", "LEEDS PRIMARY CARE NETWORK"),
        ("BARTS NHS FT", "BARTS NHS FOUNDATION TRUST"),
        ("MILL RD", "MILL ROAD"),
        ("PARK AVE", "PARK AVENUE"),
        ("ACME LTD", "ACME LIMITED"),
        ("CHESTER-LE-STREET", "CHESTER LE STREET"),
        ("Straße Łódź Ærø", "STRASSE LODZ AERO"),
        ("CAFÉ", "CAFE"),
    ],
)
def test_two_spellings_have_the_same_words(text, same):
    assert words(text) == words(same)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("SAINT", "STREET"),
        ("CROSS", "CROS"),
        ("GAS", "GA"),
        ("CARE", "SCARE"),
    ],
)
def test_two_words_are_not_the_same(text, other):
    assert words(text) != words(other)


def test_words_as_written_are_folded_and_not_changed_by_the_table():
    assert written("Dr. O'Brien's Surg, (Leeds)") == ["DR", "OBRIENS", "SURG", "LEEDS"]


FIELDS = {field.name: field for field in KINDS["organisation"].fields}


def terms(field, name, places):
    """Return the terms of a field of an organisation."""
    return FIELDS[field].held(stated(name, places)._asdict())


def test_the_words_of_an_organisation_are_those_that_are_written_and_each_st_is_written_out():
    assert stated("ST MARY'S SURG", ["9 MILL ST", None, "HULL"]) == Stated(
        ("SAINT", "MARYS", "SURG"), ("9", "MILL", "STREET", "HULL")
    )


def test_terms_are_the_forms_the_changed_spellings_and_their_beginnings():
    asked = "LLOYDSPHARMACY", ["9 MILL RD", None, "HULL"]
    assert terms("name_word", *asked) == ("LLOYD", "PHARMACY", "LLOYDSPHARMACY")
    assert terms("place_word", *asked) == ("9", "MILL", "ROAD", "RD", "HULL")
    assert terms("beginning", *asked) == (
        *(
            "L",
            "LL",
            "LLO",
            "P",
            "PH",
            "PHA",
            "9",
            "M",
            "MI",
            "MIL",
            "R",
            "RO",
            "ROA",
            "RD",
            "H",
            "HU",
            "HUL",
        ),
    )


TEXTS = st.text(st.characters(exclude_characters="\0")) | st.from_regex(
    r"[A-Z]{0,4}(CARE|PHARMACY|MED|S){0,3} ?(ST )?", fullmatch=True
)


@given(TEXTS)
def test_words_in_their_forms_have_the_same_forms(text):
    assert words(" ".join(words(text))) == words(text)


@given(TEXTS)
def test_a_text_is_found_by_each_of_its_words(text):
    assert set(words(text)) <= set(terms("name_word", text, []))
    assert set(words(text)) <= set(terms("place_word", "", [text]))


_PARTS = st.lists(
    st.lists(
        st.sampled_from(("ST", "St.", "JOHN", "LTD", "Mary's", "A&E", "Ærø", "é", "_", "")), max_size=5
    ).map(" ".join),
    min_size=1,
    max_size=5,
)


@given(_PARTS)
def test_texts_that_are_split_together_have_the_words_of_each(texts):
    assert list(words_of_each(texts)) == [words(text) for text in texts]
