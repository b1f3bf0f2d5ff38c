"""Words of the register and of questions are brought to the same forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.register.words import Terms, terms, words, written


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


def test_terms_are_the_forms_the_changed_spellings_and_their_beginnings():
    assert terms("LLOYDSPHARMACY", ["9 MILL RD", None, "HULL"]) == Terms(
        ("LLOYD", "PHARMACY", "LLOYDSPHARMACY"),
        ("9", "MILL", "ROAD", "RD", "HULL"),
        ("L", "LL", "LLO", "P", "PH", "PHA", "9", "M", "MI", "MIL", "R", "RO", "ROA", "RD", "H", "HU", "HUL"),
    )


TEXTS = st.text(st.characters(exclude_characters="\0")) | st.from_regex(
    r"[A-Z]{0,4}(CARE|PHARMACY|MED|S){0,3} ?(ST )?", fullmatch=True
)


@given(TEXTS)
def test_words_in_their_forms_have_the_same_forms(text):
    assert words(" ".join(words(text))) == words(text)


@given(TEXTS)
def test_a_text_is_found_by_each_of_its_words(text):
    assert set(words(text)) <= set(terms(text, []).name_word)
    assert set(words(text)) <= set(terms("", [text]).place_word)
