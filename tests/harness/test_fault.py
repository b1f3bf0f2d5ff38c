"""Faults on demand: what is allowed, and which fault a request gets."""

import itertools
import threading
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.controls.fault import Fault, WrongFault, parse, parse_header
from app.controls.faults import Faults

DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
WRONG: list[tuple[Any, str]] = [
    ([], "JSON object"),
    ({}, "does nothing"),
    ({"path": "/STU3/*", "times": 2}, "does nothing"),
    ({"retry_after": 2}, "does nothing"),
    ({"empty": False, "close": False, "delay": 0}, "does nothing"),
    ({"status": 503, "colour": "red"}, "colour"),
    ({"status": 200}, "status"),
    ({"status": "503"}, "status"),
    ({"status": True}, "status"),
    ({"status": 503.0}, "status"),
    ({"status": 503, "path": ""}, "path"),
    ({"status": 503, "path": None}, "path"),
    ({"status": 503, "method": "G T"}, "method"),
    ({"status": 503, "times": 0}, "times"),
    ({"status": 503, "times": True}, "times"),
    ({"status": 503, "after": -1}, "after"),
    ({"status": 503, "retry_after": -1}, "retry_after"),
    ({"status": 503, "retry_after": "soon"}, "retry_after"),
    ({"status": 503, "retry_after": "Wed, 99 Jan 2026 00:00:00 GMT"}, "retry_after"),
    ({"status": 503, "retry_after": "Thu, 01 Jan 2026 00:00:00 GMT\r\nX: y"}, "retry_after"),
    ({"body": 5}, "body"),
    ({"content_type": "text/html\r\nX: y"}, "content_type"),
    ({"content_type": ""}, "content_type"),
    ({"empty": "true"}, "empty"),
    ({"delay": 301}, "delay"),
    ({"delay": "1"}, "delay"),
    ({"delay": float("nan")}, "delay"),
    ({"cut": -1}, "cut"),
    ({"cut": 1.5}, "cut"),
    ({"close": 1}, "close"),
]


@pytest.mark.parametrize(("wrong", "named"), WRONG, ids=[str(wrong) for wrong, _ in WRONG])
def test_a_wrong_fault_is_refused_in_a_sentence_that_names_the_key(wrong: Any, named: str) -> None:
    with pytest.raises(WrongFault, match=named):
        parse(wrong)


def test_a_fault_has_defaults() -> None:
    assert parse({"status": 503, "times": None, "method": "get"}) == Fault(status=503, method="GET")
    assert parse({"status": 429, "retry_after": 2}).retry_after == "2"
    assert parse({"cut": 0}).cut == 0
    assert parse({"body": ""}).body == ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("status=503; retry-after=2", Fault(status=503, retry_after="2")),
        (f"status=503;retry-after={DATE}", Fault(status=503, retry_after=DATE)),
        ("delay=0.25; close=true;", Fault(delay=0.25, close=True)),
        ("empty=true", Fault(empty=True)),
        ("cut=10; close=false", Fault(cut=10)),
    ],
)
def test_a_header_describes_a_fault(header: str, expected: Fault) -> None:
    assert parse_header(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "status",
        "status=",
        "status=503,close=true",
        "status=teapot",
        "status=503; status=503",
        "retry-after=2",
        "path=/x; status=503",
        "times=1; status=503",
        "body=x",
        "content-type=text/html",
        "retry_after=2; status=503",
    ],
)
def test_a_wrong_header_is_refused(header: str) -> None:
    with pytest.raises(WrongFault):
        parse_header(header)


@given(st.text())
def test_any_text_is_a_fault_or_refused(header: str) -> None:
    with suppress(WrongFault):
        assert parse_header(header).does_something


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("/STU3/Organization/RR8", "*", True),
        ("/STU3/Organization/RR8", "/STU3/*", True),
        ("/STU3/Organization/RR8", "/stu3/*", False),
        ("/STU3/Organization/RR8", "/STU3/Organization", False),
        ("/health/live", "*", False),
        ("/health/live", "/health*", True),
        ("/metrics", "*", False),
        ("/metrics", "/metrics", True),
        ("/healthy", "*", True),
    ],
)
def test_a_pattern_matches_paths(path: str, pattern: str, matches: bool) -> None:
    assert Fault(path=pattern, status=503).matches("GET", path) is matches


def test_the_first_fault_that_matches_and_is_not_used_up_is_taken() -> None:
    faults = Faults()
    for fault in (
        Fault(path="/a", status=500, after=2, times=1),
        Fault(path="/*", status=503, times=2),
        Fault(path="/*", method="POST", status=504),
    ):
        faults.add(fault, {})

    def taken(method: str, path: str) -> int | None:
        fault = faults.take(method, path)
        return fault.status if fault else None

    asked = [("GET", "/a"), ("GET", "/b"), ("GET", "/a"), ("GET", "/a"), ("GET", "/a"), ("POST", "/a")]
    assert list(itertools.starmap(taken, asked)) == [503, 503, None, 500, None, 504]
    assert [each["hits"] for each in faults.listed()] == [1, 2, 1]


def test_counting_is_exact_however_many_requests_run_side_by_side() -> None:
    faults = Faults()
    faults.add(Fault(status=503, after=250, times=500), {})
    taken: list[Fault | None] = []

    def ask() -> None:
        taken.extend(faults.take("GET", "/x") for _ in range(200))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fault is not None for fault in taken) == 500
    assert faults.listed()[0]["hits"] == 500


def test_a_fault_may_be_removed_once_and_ids_are_not_used_again() -> None:
    faults = Faults()
    first = faults.add(Fault(status=503), {})
    assert faults.remove(first)
    assert not faults.remove(first)
    assert faults.add(Fault(status=503), {}) != first
    faults.clear()
    assert faults.listed() == []
