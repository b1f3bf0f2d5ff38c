"""The dearest requests: no parameter is forgotten, and each request is one that the interfaces take."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from app.fhir.names import MAX_ALTERNATIVES
from app.fhir.related import relations
from app.fhir.search import parse_operation, parse_search
from app.ord import parameters as ord_
from app.r4.entries import read
from app.r4.operations import OPERATIONS, RESULTS
from app.r4.version import r4
from app.stu3.version import stu3
from app.web.message import MAX_LINE, Request
from tests.bench import classes, dearest, dearest_r4
from tests.bench.corpus import Corpus, Sampled
from tests.bench.traffic import ORD

NOW = datetime.now(UTC)
STU3 = stu3(shape="conformant")
R4 = r4()
STARTS = {each.start for found in R4.types.values() for each in relations(R4.references, found)}
BROAD = [f"{first}{last}ROAD" for first in "ABCDEFGHIJ" for last in "KLMNOPQ"]
TOWNS = ["LONDON", *(f"{word}TOWN" for word in BROAD)]
RECORD = Sampled("RR8", "THE SURGERY", "2026-01-01", "LONDON", "LS1 4AP", "177", ("177",), True, None)
CORPUS = Corpus([RECORD], BROAD, ["RARE"], TOWNS, 1, ["QWO"])


def parameters(version):
    """Every parameter, and every parameter with each of its modifiers."""
    for found in version.types.values():
        for name, parameter in found.search.items():
            yield name
            yield from (f"{name}:{modifier}" for modifier in parameter.modifiers)
    yield from version.result


def operations():
    """Every operation, and its parameters."""
    for operation in OPERATIONS:
        yield f"${operation.name}"
        yield from operation.parameters


NAMES = {
    dearest: {*parameters(STU3), *ord_.SEARCH, *ord_.SYNC},
    dearest_r4: {*parameters(R4), *operations(), *STARTS},
}
INTERFACES = pytest.mark.parametrize("interface", NAMES, ids=lambda interface: interface.__name__)


def used(interface):
    """What the dear requests use: a parameter of a related resource counts by how its name starts."""
    for dear in interface.DEAREST:
        address, _, query = dear.base.partition("?")
        yield address.rpartition("/")[2]
        for name in [*dear.values, *dict(parse_qsl(query))]:
            yield next((start for start in STARTS if name.startswith(start)), name)


def is_cheap(name, interface):
    _, colon, modifier = name.partition(":")
    return name in interface.CHEAP or (colon and f":{modifier}" in interface.CHEAP)


@INTERFACES
def test_every_parameter_is_in_a_dear_request_or_said_to_be_cheap(interface):
    unused = NAMES[interface] - set(used(interface))
    assert sorted(name for name in unused if not is_cheap(name, interface)) == []


@INTERFACES
def test_nothing_is_said_to_be_cheap_that_is_no_parameter_or_is_in_a_dear_request(interface):
    names = NAMES[interface]
    known = names | {name[name.index(":") :] for name in names if ":" in name}
    assert set(interface.CHEAP) - (known - set(used(interface))) == set()


def parse(path):
    """Parse a request as the interface does that it is for."""
    address, _, query = path.partition("?")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    version = R4 if address.startswith(R4.prefix) else STU3
    request = Request("GET", address, f"http://localhost{version.prefix}", pairs)
    last = address.rpartition("/")[2]
    if address == ORD:
        ord_.search(ord_.parse(request, ord_.SEARCH, ord_.Memory(NOW.date(), 185), filters=True).values)
    elif last.startswith("$"):
        operation = next(each for each in OPERATIONS if last == f"${each.name}")
        own = {name: each.read for name, each in operation.parameters.items()}
        parse_operation(request, R4, "Organization", RESULTS, own)
    else:
        parse_search(request, version, last, NOW)
    return pairs


@pytest.mark.parametrize("dear", classes.DEAREST, ids=lambda dear: dear.name)
def test_a_dear_request_is_taken_and_is_another_each_turn(dear):
    requests = [dear.request("dear", CORPUS, turn) for turn in range(6)]
    for request in requests:
        paths = [request.path]
        if request.body:
            headers = {"content-type": "application/fhir+json"}
            sent = Request("POST", request.path, "http://localhost/R4", headers=headers, body=request.body)
            paths = [f"{R4.prefix}/{entry.url}" for entry in read(sent, R4.fhir_version)]
            asked = (value for path in paths for name, value in parse(path) if name not in R4.result)
            assert sum(value.count(",") + 1 for value in asked) <= MAX_ALTERNATIVES
        for path in paths:
            parse(path)
            assert len(f"GET {path} HTTP/1.1") <= MAX_LINE
    assert len(set(requests)) == 6
