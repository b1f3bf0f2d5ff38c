"""Text is folded alike whoever folds it, and however often."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.register.text import fold, fold_part, fold_postcode

FOLDED = {
    "": "",
    "   ": "",
    "The Surgery": "THE SURGERY",
    "  THE \t SURGERY\r\n": "THE SURGERY",
    "THE\u00a0SURGERY\u2003ANNEXE": "THE SURGERY ANNEXE",
    "St Mary\u2019s \u2018Annexe\u2019": "ST MARY'S 'ANNEXE'",
    "Café": "CAFE",
    "Cafe\u0301": "CAFE",
    "Ysbyty Gŵynedd": "YSBYTY GWYNEDD",
    "Ångström": "ANGSTROM",
    "Straße": "STRASSE",
    "STRAẞE": "STRASSE",
    "ﬁeld": "FIELD",
    "\u0149": "\u02bcN",
    "İstanbul": "ISTANBUL",
    "ΈΛΕΟΣ έλεος ελεοσ": "ΕΛΕΟΣ ΕΛΕΟΣ ΕΛΕΟΣ",
    "１２３": "123",
    "100% (A & B), C-D: E@F_G [H] / I.": "100% (A & B), C-D: E@F_G [H] / I.",
    "\u0301\u0302": "",
    "a\x1fb": "A B",
}


@pytest.mark.parametrize(("text", "folded"), FOLDED.items(), ids=map(ascii, FOLDED))
def test_a_text_is_folded_as_the_table_says(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_folding_every_character_twice_is_folding_it_once() -> None:
    changed = [
        hex(point)
        for point in (*range(0x20000), *range(0x20000, sys.maxunicode + 1, 97))
        for once in [fold(chr(point))]
        if fold(once) != once
    ]
    assert not changed


def test_no_folded_character_has_a_case_a_mark_or_a_compatibility_form_left() -> None:
    for point in range(0x20000):
        folded = fold(chr(point))
        assert folded == folded.upper()
        assert not any(unicodedata.category(char).startswith("M") for char in folded)
        assert unicodedata.normalize("NFKD", folded) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_the_way_that_accents_are_written_does_not_matter(text: str, form: str) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), min_size=1))
def test_white_space_does_not_matter(words: list[str]) -> None:
    assert fold("\u2003\n ".join(words)) == fold(" ".join(words)) == " ".join(filter(None, map(fold, words)))


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_only_changes_its_case_and_its_white_space(text: str) -> None:
    assert fold(text) == " ".join(text.upper().split())


POSTCODES = {
    "LS1 4AP": "LS1 4AP",
    "LS14AP": "LS1 4AP",
    "ls14ap": "LS1 4AP",
    " LS1  4AP ": "LS1 4AP",
    "B11AA": "B1 1AA",
    "EC1A1BB": "EC1A 1BB",
    "W1A0AX": "W1A 0AX",
    "M11AE": "M1 1AE",
    "CR26XH": "CR2 6XH",
    "DN551PT": "DN55 1PT",
    "LS1": "LS1",
    "LS1 4": "LS1 4",
    "LS14": "LS14",
    "LS14A": "LS14A",
    "4AP": "4AP",
    "LS1 4A P": "LS1 4A P",
    "IM11AA": "IM1 1AA",
    "BFPO 801": "BFPO 801",
    "BFPO801": "BFPO801",
    "D02X285": "D02X285",
    "": "",
}


@pytest.mark.parametrize(("text", "folded"), POSTCODES.items(), ids=map(repr, POSTCODES))
def test_a_whole_postcode_gets_its_space_and_a_part_stays_a_part(text: str, folded: str) -> None:
    assert fold_postcode(text) == folded


@given(st.text() | st.from_regex(r"[a-z]{1,2}[0-9][a-z0-9]? {0,2}[0-9][a-z]{2}", fullmatch=True))
def test_folding_a_postcode_twice_is_folding_it_once(text: str) -> None:
    assert fold_postcode(fold_postcode(text)) == fold_postcode(text)


@given(st.from_regex(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}", fullmatch=True))
def test_a_postcode_is_found_with_and_without_its_space(postcode: str) -> None:
    assert fold_postcode(postcode.replace(" ", "").lower()) == fold_postcode(postcode) == postcode


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("nhs", "NHS"),
        (" nhs  trust\t", " NHS TRUST "),
        ("   ", " "),
        ("", ""),
        ("|a|", "|A|"),
        (" |", " |"),
        ("_a _", "_A _"),
    ],
)
def test_a_part_of_a_text_keeps_one_blank_of_those_at_its_ends(text: str, folded: str) -> None:
    assert fold_part(text) == folded


@given(st.text(), st.text(), st.text())
def test_a_part_of_ascii_is_found_in_whatever_holds_it(before: str, part: str, after: str) -> None:
    ascii_part = part.encode("ascii", "ignore").decode()
    assert fold_part(ascii_part).strip() in fold(f"{before} {ascii_part} {after}")
