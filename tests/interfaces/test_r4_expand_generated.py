"""Random definitions of value sets are expanded as a plain reading of the release says (fhir-r4 10.4)."""

import io
import random
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient

from tests.interfaces import r4_expand_oracle as oracle
from tests.interfaces.r4_expand_helpers import PROPERTY, codes, expanded, of, pairs
from tests.interfaces.r4_expand_oracle import DAYS, FOLDED, ODS, RELATIONSHIP, ROLE, SUCCESSION, Contents
from tests.releases import synthetic
from tests.run import Run

GOLDEN = Path(__file__).parent.parent / "golden" / "r4-terminology.xml"
PUBLISHED = date(2026, 1, 9)
BOOLEANS = {ODS: {"inactive", "refOnly"}, ROLE: {"inactive", "primaryRole"}, RELATIONSHIP: {"inactive"}}
LEVELS = {"golden": {"ICB", "NHSER", "PCN", "SUBICB"}, "synthetic": {"PCN"}}
"""The levels that organisations of each register have."""
BOOLEANS[SUCCESSION] = {"forwardSuccession"}

Json = dict[str, Any]


class Chance(random.Random):
    """Makes definitions from what a register has."""

    def __init__(self, seed: int, contents: Contents) -> None:
        super().__init__(seed)
        self.contents = contents

    def compose(self) -> Json:
        """Return a definition."""
        found: Json = {"inactive": self.random() < 0.7} if self.random() < 0.3 else {}
        found["include"] = [self.part() for _ in range(self.choice((1, 1, 1, 2, 3, 5)))]
        if self.random() < 0.4:
            found["exclude"] = [self.part() for _ in range(self.choice((1, 1, 2)))]
        return found

    def part(self) -> Json:
        """Return an include or exclude."""
        url = self.choice((ODS, ODS, ODS, ROLE, RELATIONSHIP, SUCCESSION))
        imports = [f"{self.choice((url, url, url, ODS))}/vs" for _ in range(self.choice((0, 0, 0, 0, 1, 2)))]
        if imports and self.random() < 0.5:
            return {"valueSet": imports}
        found: Json = {"system": url}
        if self.random() < 0.2:
            codes = [*self.sample([*self.contents[url]], min(8, len(self.contents[url]))), "NONE", "none"]
            found["concept"] = [{"code": code} for code in self.sample(codes, self.randint(1, len(codes)))]
        elif self.random() < 0.9:
            found["filter"] = [self.filter(url) for _ in range(self.choice((1, 1, 1, 2, 2, 3)))]
        return found | ({"valueSet": imports} if imports else {})

    def filter(self, url: str) -> Json:
        """Return a filter that some concepts may pass."""
        concepts = self.contents[url]
        concept = concepts[self.choice([*concepts])]
        name = self.choice(sorted(concept.values))
        op = self.choice(("=", "=", "in", "not-in", "exists"))
        if op == "exists":
            return {"property": name, "op": op, "value": self.choice(("true", "false"))}
        values = [self.value(url, name) for _ in range(1 if op == "=" else self.choice((1, 2, 5)))]
        if op != "=":
            values = [value for value in values if "," not in value] or ["2020" if name in DAYS else "true"]
        return {"property": name, "op": op, "value": ",".join(values)}

    def value(self, url: str, name: str) -> str:
        """Return a value of a property that some concept has, or one like it."""
        if name in BOOLEANS[url]:
            return self.choice(("true", "false"))
        held = sorted({value for each in self.contents[url].values() for value in each.values.get(name, ())})
        value = self.choice(held or ["2020-01-01" if name in DAYS else "NONE"])
        if name in DAYS:
            value = value[: self.choice((4, 7, 10, 10, 10))]
            return self.choice(("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")) + value
        if self.random() < 0.1:
            return f"{value}X"
        if name in FOLDED:
            return self.choice((value, value.lower(), value.title()))
        return value


class World(NamedTuple):
    """A register, and what it holds."""

    name: str
    client: FlaskClient
    contents: Contents


@pytest.fixture(scope="session", params=["golden", "synthetic"])
def world(
    request: pytest.FixtureRequest,
    run: Run,
    loaded: Callable[[Path], str],
    make_client: Callable[..., FlaskClient],
) -> World:
    """A client over a release, and its contents."""
    path = GOLDEN
    if request.param == "synthetic":
        path = Path(run.once("expanded", lambda: str(_synthetic(run.folder))))
    return World(request.param, make_client(index=loaded(path)), oracle.read(path))


def _synthetic(folder: Path) -> Path:
    """Write a full file of some four hundred organisations."""
    with zipfile.ZipFile(synthetic(folder / "expanded.zip", 400, PUBLISHED)) as outer:
        files = zipfile.ZipFile(io.BytesIO(outer.read("fullfile.zip")))
    path = folder / "expanded.xml"
    path.write_bytes(files.read(files.namelist()[0]))
    return path


@pytest.mark.parametrize("seed", range(4))
def test_a_random_definition_is_expanded_as_the_oracle_says(world: World, seed: int) -> None:
    chance = Chance(seed, world.contents)
    sizes = []
    for _ in range(60):
        compose = chance.compose()
        expected = oracle.taken(world.contents, compose)
        inputs: Json = {}
        if chance.random() < 0.3:
            inputs["activeOnly"] = chance.random() < 0.7
        if inputs.get("activeOnly"):
            expected = [pair for pair in expected if oracle.is_active(world.contents, *pair)]
        if chance.random() < 0.2:
            inputs["exclude_system"] = excluded = chance.choice((ODS, ROLE))
            expected = [pair for pair in expected if pair[0] != excluded]
        total = len(expected)
        if chance.random() < 0.5:
            inputs["offset"] = offset = chance.randrange(total + 3)
            inputs["count"] = count = chance.choice((0, 1, 3, 20, 1_000))
            expected = expected[offset : offset + count]
        found = expanded(world.client, compose, **inputs)
        assert found["expansion"]["total"] == total, compose
        assert pairs(found) == expected, compose
        for each in found["expansion"].get("contains", ()):
            concept = world.contents[each["system"]][each["code"]]
            assert each["display"] == concept.display
            assert ("inactive" in each) == (
                not oracle.is_active(world.contents, each["system"], each["code"])
            )
        sizes.append(total)
    assert sum(size > 0 for size in sizes) > 30
    assert len(set(sizes)) > 8


@pytest.mark.parametrize("url", [ODS, ROLE, RELATIONSHIP, SUCCESSION])
def test_pages_one_after_another_meet_every_code_once(world: World, url: str) -> None:
    """The pages go on from one code system to the next."""
    compose = {
        "include": [{"system": url}, {"system": ODS, "concept": [{"code": "T01"}]}, {"system": SUCCESSION}]
    }
    met: list[tuple[str, str]] = []
    for offset in range(0, 10_000, 97):
        page = pairs(expanded(world.client, compose, offset=offset, count=97))
        met += page
        if len(page) < 97:
            break
    assert met == oracle.taken(world.contents, compose)


def test_every_property_is_shown_as_the_oracle_reads_it(world: World) -> None:
    for url, concepts in world.contents.items():
        names = sorted({name for concept in concepts.values() for name in concept.values})
        found = expanded(world.client, {"include": [{"system": url}]}, property=names)
        for each in found["expansion"]["contains"]:
            shown: dict[str, list[str]] = {name: [] for name in names}
            for extension in each.get("extension", ()):
                assert extension["url"] == PROPERTY
                code, held = extension["extension"]
                (element,) = held.keys() - {"url"}
                value = held[element]["code"] if element == "valueCoding" else held[element]
                shown[code["valueCode"]].append(str(value).lower() if isinstance(value, bool) else value)
            held = concepts[each["code"]].values
            assert {name: sorted(values) for name, values in shown.items()} == {
                name: sorted(held.get(name, ())) for name in names
            }


@pytest.mark.parametrize("level", ["ICB", "NHSER", "PCN", "SUBICB"])
def test_a_level_is_found_where_it_is_shown(world: World, level: str) -> None:
    whole = expanded(world.client, {"include": [{"system": ODS}]}, property=level)
    by_value: dict[str, list[str]] = {}
    for each in whole["expansion"]["contains"]:
        for extension in each.get("extension", ()):
            value = extension["extension"][1]
            code = value["valueCode"] if "valueCode" in value else value["valueCoding"]["code"]
            by_value.setdefault(code, []).append(each["code"])
    assert by_value or level not in LEVELS[world.name]
    for value, codes_of_value in by_value.items():
        assert codes(expanded(world.client, of(ODS, (level, "=", value)))) == codes_of_value
    every = sorted(code for some in by_value.values() for code in some)
    assert codes(expanded(world.client, of(ODS, (level, "exists", "true")))) == every
