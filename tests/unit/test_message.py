"""Query strings and forms are decoded strictly, and paths are checked as strictly."""

# ruff: noqa: E501 - tables

from contextlib import suppress
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.message import Fault, FaultKind, Request, parse_form, parse_form_loosely, parse_path, quote

FORMS = {
    b"": (),
    b"&&": (),
    b"name=leeds": (("name", "leeds"),),
    b"name=a&name=b": (("name", "a"), ("name", "b")),
    b"name": (("name", ""),),
    b"name=": (("name", ""),),
    b"=x": (("", "x"),),
    b"=": (("", ""),),
    b"a=b=c": (("a", "b=c"),),
    b"a=b&&c=d&": (("a", "b"), ("c", "d")),
    b"a+b=c+d": (("a b", "c d"),),
    b"a=%2B%20%26%3D%25": (("a", "+ &=%"),),
    b"a=%c3%a9%C3%A9": (("a", "\u00e9\u00e9"),),
    b"a=%F0%9F%8F%A5": (("a", "\U0001f3e5"),),
    b"name%3Acontains=x": (("name:contains", "x"),),
    b"a=b;c=d": (("a", "b;c=d"),),
    b"a=%0d%0a": (("a", "\r\n"),),
    b"a=%2500": (("a", "%00"),),
    "a=é".encode(): (("a", "é"),),
}


@pytest.mark.parametrize(("raw", "pairs"), FORMS.items(), ids=map(repr, FORMS))
def test_a_form_is_decoded_as_the_table_says(raw: bytes, pairs: tuple[tuple[str, str], ...]) -> None:
    assert parse_form(raw) == pairs
    assert parse_form_loosely(raw) == pairs


LOOSE = {
    b"a=%": "%", b"a=100%&b=": "100%", b"a=%zz+%u00e9": "%zz %u00e9", b"a=%%20": "% ", b"a=%2": "%2", b"a=x%00": "x\0",
    b"a=%ff": "\ufffd", b"a=%c3": "\ufffd", b"a=%c3%28": "\ufffd(", b"a=\xff": "\ufffd",
}  # fmt: skip


@pytest.mark.parametrize(("raw", "value"), LOOSE.items(), ids=map(repr, LOOSE))
def test_what_cannot_be_decoded_stays_where_that_is_wanted(raw: bytes, value: str) -> None:
    assert parse_form_loosely(raw)[0] == ("a", value)


BAD = [
    b"a=%", b"a=%2", b"a=%zz", b"a=%2g", b"a=%%20", b"a=% 20", b"a=%+1", b"%=a", b"a=x%2&b=c", b"a=%-1", b"a=%0x",
    b"a=%ff", b"a=%c3", b"a=%c3%28", b"a=%ed%a0%80", b"a=%f4%90%80%80", b"a=%c0%af", b"a=\xff", b"\xc3=a", b"a=%e2%82",
    b"a=%00", b"%00=a", b"a=\x00", b"ok=1&a=b%00c",
]  # fmt: skip


@pytest.mark.parametrize("raw", BAD, ids=repr)
def test_what_others_mend_quietly_is_refused(raw: bytes) -> None:
    for parse in (parse_form, parse_path):
        with pytest.raises(Fault) as refused:
            parse(raw)
        assert refused.value.kind is FaultKind.MALFORMED
        assert refused.value.text.startswith("The address or form ")


pairs = st.lists(st.tuples(*[st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))] * 2))


@given(pairs)
def test_what_is_encoded_is_decoded(sent: list[tuple[str, str]]) -> None:
    raw = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sent)
    assert parse_form(raw.encode()) == tuple(sent)


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    for parse in (parse_form, parse_path):
        with suppress(Fault):
            parse(raw)


def test_a_path_stays_as_it_was_asked_for() -> None:
    assert parse_path(b"/STU3/Organization/%41+1") == "/STU3/Organization/%41+1"


def test_the_values_of_a_parameter_are_those_that_are_more_than_blanks() -> None:
    request = Request("GET", "/", "", (("a", "1"), ("b", "2"), ("a", " "), ("a", ""), ("a", "3"), ("A", "4")))
    assert request.values("a") == ["1", "3"]
    assert request.values("c") == []


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("leeds", "leeds"),
        ("a\r\nb\x00\x1b[1m", "ab[1m"),
        ("é\u202e\u200b", "é"),
        ("x" * 1000, "x" * 100),
        ("\n" * 1000 + "x", ""),
        ("", ""),
    ],
)
def test_what_a_client_sent_is_repeated_shortly_and_without_control_characters(sent: str, shown: str) -> None:
    assert quote(sent) == shown
