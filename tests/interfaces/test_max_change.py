"""--max-change: a release that lacks many organisations is refused, on both engines' real loads.

What an engine has to say is which organisations are live and what was noted of their load. What a load makes
of that does not depend on the engine.
"""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from app.engine import open_index
from tests.commands import UNCHECKED, refused, run
from tests.conftest import SAMPLE
from tests.interfaces.conftest import publish
from tests.releases import tiny

NAMES = {f"A{number:02}": "X" for number in range(20)}
one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
JANUARY, FEBRUARY = date(2026, 1, 30), date(2026, 2, 27)
MANY = "3 of the 20 organisations of the live release of 2026-01-30 would be gone, more than 10 %"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(count: int, day: date = FEBRUARY) -> Path:
        some = dict(list(NAMES.items())[:count])
        return tiny(tmp_path / f"{day}-{count}.xml", day, some)

    return written


@pytest.fixture
def url(new_url: Callable[[], str], write: Callable[..., Path]) -> str:
    made = new_url()
    publish(write(20, JANUARY), made)
    return made


def load(url: str, *given: object, **environment: str) -> CompletedProcess[str]:
    """Run `ods-indexer load`; what the resources of these releases are like is not checked each time."""
    return run("ods-indexer", "load", *given, *UNCHECKED, "--index", url, **environment)


def live(url: str) -> str:
    return open_index(url).live().generation.name


def test_a_release_that_lacks_more_than_ten_per_cent_is_refused_and_says_how_to_load_it(
    url: str, write: Callable[..., Path]
) -> None:
    said = refused(load(url, write(17)))
    assert said == f"{MANY}: if that is right, allow it with --max-change 15"
    assert live(url) == "2026-01-30.1"
    assert load(url, write(17), "--max-change", 15).returncode == 0
    assert live(url) == "2026-02-27.3"


@one_engine
def test_a_release_that_lacks_ten_per_cent_is_loaded(url: str, write: Callable[..., Path]) -> None:
    assert load(url, write(18)).returncode == 0


@one_engine
def test_the_setting_counts_and_the_flag_wins_over_it(url: str, write: Callable[..., Path]) -> None:
    assert load(url, write(18), ODS_MAX_CHANGE="9.5").returncode == 1
    done = load(url, write(18), "--max-change", 50, ODS_MAX_CHANGE="0")
    assert done.returncode == 0


@pytest.mark.parametrize("value", ["-1", "100.5", "x", "nan"])
def test_a_value_outside_0_to_100_is_wrong_usage(value: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ods.db"
    done = load(url, SAMPLE, "--max-change", value)
    assert "'--max-change'" in refused(done, 2)
    said = refused(load(url, SAMPLE, ODS_MAX_CHANGE=value), 2)
    assert "ODS_MAX_CHANGE" in said
    assert list(tmp_path.iterdir()) == []


@one_engine
def test_an_older_release_is_compared_too(url: str, write: Callable[..., Path]) -> None:
    assert MANY.removeprefix("3") in refused(load(url, write(5, date(2025, 1, 1))))


@one_engine
def test_the_sample_and_what_is_made_here_are_not_compared_with(
    new_url: Callable[[], str], write: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "list.json").write_text(json.dumps([{"code": "X", "name": "X"}]))
    made = tmp_path / "made.zip"
    assert (
        run("ods-indexer", "synthesise", "--organisations", 100, "--seed", 1, "--out", made).returncode == 0
    )
    for given in (["--demo"], ["--organisations", tmp_path / "list.json"], [made]):
        url = new_url()
        assert load(url, *given).returncode == 0
        assert load(url, write(2), "--max-change", 0).returncode == 0
        said = refused(load(url, *given))
        assert said.startswith("2 of the 2 organisations")


def test_stubs_are_not_counted(new_url: Callable[[], str], tmp_path: Path) -> None:
    release, url = tmp_path / "stubs.xml", new_url()
    text = tiny(release, JANUARY, NAMES).read_text()
    for code in ("A17", "A18", "A19"):
        head, _, tail = text.partition(f'extension="{code}"')
        head = '<Organisation refOnly="true"'.join(head.rsplit("<Organisation", 1))
        text = f'{head}extension="{code}"{tail}'
    release.write_text(text)
    assert load(url, release).returncode == 0
    some = tiny(tmp_path / "later.xml", FEBRUARY, dict(list(NAMES.items())[:17]))
    assert load(url, some, "--max-change", 0).returncode == 0


def test_a_closed_organisation_has_not_vanished(url: str, write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(20)
    path.write_text(
        path.read_text().replace('<Status value="Active" /><Last', '<Status value="Inactive" /><Last')
    )
    assert load(url, path, "--max-change", 0).returncode == 0
