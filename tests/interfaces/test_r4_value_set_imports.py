"""Value sets that import others, over a register by hand (fhir-r4 10.4)."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.engine import open_index
from app.register.fields import Entry, Value
from app.register.query import Stamp
from app.register.resources import of_type
from tests.contract.organisations import fill, stamped
from tests.engines import Engine
from tests.interfaces.r4_expand_helpers import codes, expand, expanded, pairs, parameters, post
from tests.interfaces.r4_expand_oracle import ODS
from tests.interfaces.r4_helpers import ask, issue, ok
from tests.run import Run

Json = dict[str, Any]


def entry(kind: str, name: str, **members: Any) -> Entry:
    """Return a resource; its url is `urn:` and its id."""
    body = {"url": f"urn:{name}", "version": "1", "name": name, "title": name, "status": "active", **members}
    urls = (body["url"], f"{body['url']}|1")
    fields: dict[str, Value] = {"type": (of_type("r4", kind),), "url": urls, "status": ("active",)}
    return stamped(Entry(f"{kind}/{name}", fields, {"r4": orjson.dumps(body)}), Stamp(1, 0))


def system(name: str, *members: str) -> Entry:
    """Return a code system."""
    concepts = [{"code": code, "display": f"DISPLAY OF {code}"} for code in members]
    return entry("CodeSystem", name, content="complete", concept=concepts)


def value_set(name: str, *include: Json, **others: Any) -> Entry:
    """Return a value set."""
    return entry("ValueSet", name, compose={"include": list(include), **others})


def importing(*names: str) -> Json:
    """Return an include that imports value sets."""
    return {"valueSet": [f"urn:{name}" for name in names]}


def listed(name: str, *members: str) -> Json:
    """Return an include of some codes of a code system."""
    return {"system": f"urn:{name}", "concept": [{"code": code} for code in members]}


RESOURCES = [
    system("S", "1", "2", "3", "4"),
    system("T", "1", "2"),
    value_set("evens", listed("S", "2", "4")),
    value_set("small", listed("S", "1", "2"), listed("T", "1")),
    value_set("both", importing("evens", "small")),
    value_set("either", importing("evens"), importing("small")),
    value_set("rest", {"system": "urn:S"}, exclude=[importing("evens")]),
    value_set("narrowed", {"system": "urn:S", "valueSet": ["urn:either", "urn:rest"]}),
    value_set("versioned", {"valueSet": ["urn:evens|1"]}),
    value_set("outdated", {"valueSet": ["urn:evens|2"]}),
    value_set("itself", importing("itself")),
    value_set("ring-1", importing("evens"), importing("ring-2")),
    value_set("ring-2", importing("ring-3")),
    value_set("ring-3", importing("ring-1")),
    value_set("lost", importing("nowhere")),
    *(value_set(f"deep-{number}", importing(f"deep-{number + 1}")) for number in range(1, 6)),
    value_set("deep-6", listed("S", "1")),
]


@pytest.fixture(scope="session")
def imports(run: Run, engine: Engine, make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client over the register."""

    def load() -> str:
        url = engine.new()
        fill(open_index(url), {"organisation": [], "resource": sorted(RESOURCES)})
        return url

    return make_client(index=run.once(f"imports-{engine.name}", load))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("evens", "S2 S4"),
        ("small", "S1 S2 T1"),
        ("both", "S2"),
        ("either", "S1 S2 S4 T1"),
        ("rest", "S1 S3"),
        ("narrowed", "S1"),
        ("versioned", "S2 S4"),
        ("deep-2", "S1"),
    ],
)
def test_imports_are_joined_and_those_of_one_include_all_hold(
    imports: FlaskClient, name: str, expected: str
) -> None:
    found = ok(imports, f"ValueSet/{name}/$expand")
    assert [f"{url[-1]}{code}" for url, code in pairs(found)] == expected.split()


def test_a_definition_that_is_sent_may_import_what_is_served(imports: FlaskClient) -> None:
    assert codes(expanded(imports, {"include": [importing("rest")]})) == ["1", "3"]
    compose = {"include": [{"system": "urn:S"}], "exclude": [importing("rest")]}
    assert codes(expanded(imports, compose)) == ["2", "4"]


@pytest.mark.parametrize(
    ("name", "status", "code", "text"),
    [
        ("itself", 422, "processing", "The value set urn:itself imports itself: it cannot be expanded"),
        ("ring-2", 422, "processing", "The value set urn:ring-2 imports itself: it cannot be expanded"),
        ("lost", 404, "not-found", "Unknown value set urn:nowhere"),
        ("outdated", 404, "not-found", 'Unknown version "2" of urn:evens: use 1'),
        ("deep-1", 422, "too-costly", "More than 5 value sets import each other"),
    ],
)
def test_imports_that_lead_nowhere_are_refused(
    imports: FlaskClient, name: str, status: int, code: str, text: str
) -> None:
    assert issue(ask(imports, f"ValueSet/{name}/$expand"), status) == (code, text)
    assert issue(expand(imports, {"include": [{"valueSet": [f"urn:{name}"]}]}), status)[0] == code


def brought(*value_sets: Json) -> list[Json]:
    """Return value sets as a request may bring them."""
    return [
        {"name": "tx-resource", "resource": {"resourceType": "ValueSet", "status": "active", **each}}
        for each in value_sets
    ]


def expand_brought(client: FlaskClient, *value_sets: Json) -> TestResponse:
    """Ask for the expansion of the first of some value sets that the request brings."""
    body = parameters(None, url=value_sets[0]["url"])
    return post(client, "$expand", {**body, "parameter": body["parameter"] + brought(*value_sets)})


def test_a_version_of_a_value_set_that_has_none_is_refused(imports: FlaskClient) -> None:
    found = expand_brought(
        imports,
        {"url": "urn:importing", "compose": {"include": [{"valueSet": ["urn:plain|3"]}]}},
        {"url": "urn:plain", "compose": {"include": [listed("S", "1")]}},
    )
    assert issue(found, 404) == ("not-found", 'Unknown version "3" of urn:plain: it has no version')


def test_imports_that_multiply_are_counted_each_time(imports: FlaskClient) -> None:
    """Ten value sets would ask for the last one 12 to the power of 4 times."""
    chain = [
        {"url": f"urn:m-{number}", "compose": {"include": [importing(f"m-{number + 1}")] * 12}}
        for number in range(1, 5)
    ]
    last = {"url": "urn:m-5", "compose": {"include": [listed("S", "1")]}}
    code, text = issue(expand_brought(imports, *chain, last), 422)
    assert code == "too-costly"
    assert text.startswith("The value set has more than 200 includes, excludes, imports and filters")


def test_the_deepest_imports_are_expanded(terms: FlaskClient) -> None:
    """Each adds several conditions around the others."""

    def of_level(number: int) -> Json:
        named = {"system": ODS, "filter": [{"property": "name", "op": "not-in", "value": f"X{number},Y"}]}
        further = [{**named, "valueSet": [f"urn:d-{number + 1}"]}] if number < 5 else [{"system": ODS}]
        without = {"system": ODS, "filter": [{"property": "town", "op": "=", "value": f"X{number}"}]}
        other = {"system": ODS, "filter": [{"property": "name", "op": "=", "value": f"Z{number}"}]}
        exclude = [{**without, "valueSet": [f"{ODS}/vs"]} if number < 5 else without]
        compose = {"inactive": False, "include": [*further, other], "exclude": exclude}
        return {"url": f"urn:d-{number}", "compose": compose}

    response = expand_brought(terms, *map(of_level, range(1, 6)))
    assert response.status_code == 200, response.text
    assert codes(json.loads(response.data)) == ["97R", "G81086", "QNX", "R01", "S01", "T01", "U36842", "Y59"]
