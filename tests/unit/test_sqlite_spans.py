"""Prefixes and equal texts in the SQLite engine: what they find at the borders of blocks of values."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.sqlite import spans
from app.engine.sqlite.folded import Folded
from app.engine.sqlite.index import SqliteIndex
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.schema import VALUES
from app.register.fields import Entry
from app.register.query import Operator
from app.register.query import Test as Comparison
from app.register.text import fold
from tests.contract.organisations import fill, organisation

LETTERS = "AB Z\U0010ffff"
DIFFERENT = 5 * VALUES + 1


def words(different: int) -> list[str]:
    """Return so many different names of few letters, so that each begins with some of the others."""
    chance, found = random.Random(different), set[str]()
    while len(found) < different:
        found.add(fold("".join(chance.choices(LETTERS, k=chance.randrange(1, 9)))) or "A")
    return sorted(found)


def named(names: list[str]) -> list[Entry]:
    """Return organisations of which several have the same name, and some have none."""
    chance = random.Random(len(names))
    held = [*names, *chance.choices(names, k=len(names)), None, None]
    chance.shuffle(held)
    return [organisation(f"A{number:04}", name) for number, name in enumerate(held)]


@pytest.fixture(scope="module", params=[1, VALUES - 1, VALUES, VALUES + 1, DIFFERENT])
def held(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SqliteIndex, list[str]]:
    """An index with so many different names, and the names of its entries in order."""
    entries = named(words(request.param))
    index = SqliteIndex(str(tmp_path_factory.mktemp("spans") / "ods.db"), keep=2)
    fill(index, entries)
    return index, sorted(str(name) for entry in entries if (name := entry.fields["name"]) is not None)


def prefix(reader: Reader, text: str) -> range:
    """Return the places of the names that begin with a text."""
    return spans.span(reader, "organisation", Comparison("name", Operator.PREFIX, text))


def beginning(names: list[str], text: str) -> range:
    """Return the same of all names in order."""
    found = [place for place, name in enumerate(names) if name.startswith(text)]
    below = sum(name < text for name in names)
    return range(below, below + len(found))


def test_prefixes_end_where_names_stop_beginning_with_them(held: tuple[SqliteIndex, list[str]]) -> None:
    index, names = held
    asked = {name[:size] + more for name in names for size in range(len(name) + 1) for more in ("", "B")}
    with index.live()._readers.borrow() as reader:
        assert {text: prefix(reader, text) for text in asked} == {
            text: beginning(names, text) for text in asked
        }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.sampled_from(LETTERS), max_size=9))
def test_any_prefix_and_any_text_finds_what_begins_with_it_or_is_it(
    held: tuple[SqliteIndex, list[str]], text: str
) -> None:
    index, names = held
    with index.live()._readers.borrow() as reader:
        assert prefix(reader, text) == beginning(names, text)
        assert len(spans.equal(reader, "organisation", "name", text)) == names.count(text)


def test_both_ends_of_a_prefix_inside_of_a_block_take_that_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = SqliteIndex(str(tmp_path / "ods.db"), keep=2)
    fill(index, [organisation(f"A{number}", f"NAME {number:04}") for number in range(DIFFERENT)])
    read: list[str] = []
    ranking = Folded.ranking
    monkeypatch.setattr(Folded, "ranking", lambda *given: read.append(given[1]) or ranking(*given))
    inside = f"NAME {VALUES + 5:04}"
    with index.live()._readers.borrow() as reader:
        assert prefix(reader, inside) == range(VALUES + 5, VALUES + 6)
        assert prefix(reader, f"{inside}X") == range(VALUES + 6, VALUES + 6)
    assert read == ["organisation.name value 1"]
