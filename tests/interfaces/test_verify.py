"""ods-indexer verify, as a process."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.clock import clock
from app.engine import open_index
from indexer.load import LoadOptions, load
from tests.commands import refused, run
from tests.conftest import NOW, SAMPLE
from tests.releases import tiny, unpacked

DAY = date(2026, 1, 30)
NAMES = {f"A{number:02}": "X" for number in range(20)}


def loaded(url: str, release: Path) -> str:
    load([release], open_index(url), clock(NOW), LoadOptions())
    return url


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


def differences(url: str, *release: Path) -> tuple[list[str], str]:
    """Return the differences that are told, and the last sentence."""
    done = run("ods-indexer", "verify", "--index", url, *release)
    assert done.returncode == 1
    return done.stdout.splitlines(), done.stderr.splitlines()[-1].removeprefix("Error: ")


@pytest.mark.parametrize("form", ["the outer zip", "a folder of XML files"])
def test_a_generation_is_what_its_release_gives(form: str, sample_index: str, tmp_path: Path) -> None:
    done = run("ods-indexer", "verify", "--index", sample_index, *unpacked(tmp_path / "x")[form])
    assert done.returncode == 0
    assert re.fullmatch(
        r"Generation 2025-12-11\.1 is what the release gives: 2,500 organisations, 1\d,\d{3} documents\.\n",
        done.stdout,
    )


def test_deletions_of_earlier_loads_are_no_difference(url: str, tmp_path: Path) -> None:
    loaded(url, tiny(tmp_path / "one.xml", DAY, NAMES))
    later = tiny(tmp_path / "two.xml", date(2026, 2, 27), {"A01": "X"})
    assert run("ods-indexer", "verify", "--index", loaded(url, later), later).returncode == 0


def test_a_document_that_differs_is_named(url: str, tmp_path: Path) -> None:
    loaded(url, tiny(tmp_path / "one.xml", DAY, NAMES))
    other = tiny(tmp_path / "other.xml", DAY, NAMES | {"A07": "Another"})
    told, last = differences(url, other)
    assert told[0].startswith("sha256 of the full file: the index has ")
    kinds = ("stu3", "r4", "ord", "ord_summary", "lookup")
    assert told[1:] == [f"organisation A07: its {kind} document differs" for kind in kinds]
    assert last == "Generation 2026-01-30.1 differs from the release in 6 places"


def test_the_first_ten_differences_are_told_and_their_number(url: str, tmp_path: Path) -> None:
    loaded(url, tiny(tmp_path / "one.xml", DAY, NAMES))
    other = tiny(tmp_path / "other.xml", DAY, {f"B{number:02}": "X" for number in range(19)})
    told, last = differences(url, other)
    assert len(told) == 10
    assert told[1:4] == [
        "records of the full file: the index has 20, the release 19",
        "organisations: the index has 20, the release 19",
        "active: the index has 20, the release 19",
    ]
    assert "organisation B00: the index does not have it" in told
    number = re.search(r"in (\d+) places", last)
    assert number
    assert int(number[1]) >= 5 + 19 + 20


def test_what_only_the_index_has_is_told(url: str, tmp_path: Path) -> None:
    loaded(url, tiny(tmp_path / "one.xml", DAY, {"A01": "X", "A02": "X"}))
    told, _ = differences(url, tiny(tmp_path / "other.xml", DAY, {"A01": "X"}))
    assert "organisation A02: the release does not have it" in told


def test_roles_have_no_document_and_are_told_where_they_are_missing(url: str, tmp_path: Path) -> None:
    loaded(url, tiny(tmp_path / "one.xml", DAY, {"A01": "X", "A02": "X"}))
    other = tiny(tmp_path / "other.xml", DAY, {"A01": "X", "A02": "X"})
    other.write_text(other.read_text().replace('uniqueRoleId="2"', 'uniqueRoleId="3"'))
    told, _ = differences(url, other)
    assert {
        "instance role/2: the release does not have it",
        "instance role/3: the index does not have it",
    } <= {*told}


def test_a_release_of_another_day_is_told_first(sample_index: str, tmp_path: Path) -> None:
    told, _ = differences(sample_index, tiny(tmp_path / "one.xml", DAY, NAMES))
    assert told[0] == "release: the index has 2025-12-11, the release 2026-01-30"


def test_what_cannot_be_compared_is_refused(url: str, sample_index: str, tmp_path: Path) -> None:
    assert "Nothing is loaded into" in refused(run("ods-indexer", "verify", "--index", url, SAMPLE))
    said = refused(run("ods-indexer", "verify", "--index", sample_index, tmp_path / "no.zip"))
    assert said == f"{tmp_path}/no.zip: there is no such file or folder"
    refused(run("ods-indexer", "verify", "--index", sample_index), 2)
