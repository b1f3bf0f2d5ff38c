"""The dearest requests: no parameter is forgotten, and each request is one that the interfaces take."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from app.fhir.search import parse_search
from app.ord import parameters as ord_
from app.stu3.version import stu3
from app.web.message import MAX_LINE, Request
from tests.bench.corpus import Corpus, Sampled
from tests.bench.dearest import CHEAP, DEAREST
from tests.bench.traffic import ORD

NOW = datetime.now(UTC)
STU3 = stu3(shape="conformant")
BROAD = [f"{first}{last}ROAD" for first in "ABCDEFGHIJ" for last in "KLMNOPQ"]
TOWNS = ["LONDON", *(f"{word}TOWN" for word in BROAD)]
RECORD = Sampled("RR8", "THE SURGERY", "2026-01-01", "LONDON", "LS1 4AP", "177", ("177",), True, None)
CORPUS = Corpus([RECORD], BROAD, ["RARE"], TOWNS, 1)


def registered():
    """Every parameter, and every parameter with each of its modifiers."""
    for found in STU3.types.values():
        for name, parameter in found.search.items():
            yield name
            yield from (f"{name}:{modifier}" for modifier in parameter.modifiers)
    yield from STU3.result
    yield from ord_.SEARCH
    yield from ord_.SYNC


def is_cheap(name):
    _, colon, modifier = name.partition(":")
    return name in CHEAP or (colon and f":{modifier}" in CHEAP)


def pairs(dear, turn=0):
    return tuple(parse_qsl(dear.path(CORPUS, turn).partition("?")[2], keep_blank_values=True))


def test_every_parameter_is_in_a_dear_request_or_said_to_be_cheap():
    used = {name for dear in DEAREST for name in dear.values}
    assert sorted(name for name in set(registered()) - used if not is_cheap(name)) == []


def test_nothing_is_said_to_be_cheap_that_is_no_parameter_or_is_in_a_dear_request():
    used = {name for dear in DEAREST for name in dear.values}
    names = set(registered())
    known = names | {name[name.index(":") :] for name in names if ":" in name}
    assert set(CHEAP) - (known - used) == set()


@pytest.mark.parametrize("dear", DEAREST, ids=lambda dear: dear.name)
def test_a_dear_request_is_taken_and_is_another_each_turn(dear):
    for turn in range(6):
        request = Request("GET", dear.base, "http://localhost", pairs(dear, turn))
        if dear.base == ORD:
            ord_.search(ord_.parse(request, ord_.SEARCH, ord_.Memory(NOW.date(), 185), filters=True).values)
        else:
            parse_search(request, STU3, "Organization", NOW)
        assert len(f"GET {dear.path(CORPUS, turn)} HTTP/1.1") <= MAX_LINE
    assert len({dear.path(CORPUS, turn) for turn in range(6)}) == 6
