"""What loads keep of organisations from one release to the next, on both engines (fhir-r4 2, 8 and 16)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from app.clock import clock, milliseconds
from app.engine import open_index
from app.engine.options import EngineOptions
from indexer.load import LoadOptions, load
from tests.releases import tiny

DAYS = [date(2026, month, 26) for month in range(1, 7)]
JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE = DAYS


def instant(published: date) -> datetime:
    return datetime(published.year, published.month, 28, 6, 0, 0, 123_456, UTC)


class Kept(NamedTuple):
    """What is kept of an organisation: version, the release that it came with, and since when it is gone."""

    version: int
    came: date
    gone: str | None = None


@dataclass
class Loads:
    """Small releases of some codes, which change with the name, loaded one after the other."""

    url: str
    folder: Path

    def load(self, published: date, workers: int = 1, **names: str) -> None:
        path = tiny(self.folder / "full.xml", JANUARY, names)  # the LastChangeDate of all stays
        old, new = (f'PublicationDate value="{day}"' for day in (JANUARY, published))
        path.write_text(path.read_text().replace(old, new))
        options = LoadOptions(workers, validate="none")
        load([path], open_index(self.url, EngineOptions(keep=2)), clock(instant(published)), options)

    def rollback(self) -> None:
        open_index(self.url).rollback(instant(JANUARY))

    def kept(self) -> dict[str, Kept]:
        rows = [row for row in open_index(self.url).history() if row.kind == "organisation"]
        assert {row.detail for row in rows} == {"RO177"}
        came = {milliseconds(instant(day)): day for day in DAYS}
        return {row.id: Kept(row.version, came[row.updated], row.gone) for row in rows}


@pytest.fixture
def loads(new_url: Callable[[], str], tmp_path: Path) -> Loads:
    return Loads(new_url(), tmp_path)


def test_a_version_counts_the_contents_of_an_organisation(loads: Loads) -> None:
    loads.load(JANUARY, A="ONE", B="TWO")
    loads.load(FEBRUARY, A="ONE", B="OTHER", C="THREE")
    loads.load(MARCH, A="ONE", B="TWO", C="THREE")
    assert loads.kept() == {"A": Kept(1, JANUARY), "B": Kept(3, MARCH), "C": Kept(1, FEBRUARY)}


def test_an_organisation_that_comes_back_goes_on_counting_however_long_it_was_gone(loads: Loads) -> None:
    loads.load(JANUARY, A="ONE", B="TWO")
    for day in (FEBRUARY, MARCH, APRIL):
        loads.load(day, A="ONE")
        assert loads.kept() == {"A": Kept(1, JANUARY), "B": Kept(1, JANUARY, str(FEBRUARY))}
    loads.load(MAY, A="ONE", B="TWO")
    assert loads.kept() == {"A": Kept(1, JANUARY), "B": Kept(2, MAY)}


def test_what_an_older_release_lacks_is_not_told_as_deleted_and_goes_on_counting(loads: Loads) -> None:
    loads.load(FEBRUARY, A="ONE", B="TWO")
    loads.load(JANUARY, A="ONE")
    assert loads.kept() == {"A": Kept(1, FEBRUARY), "B": Kept(1, FEBRUARY, "")}
    loads.load(MARCH, A="ONE", B="TWO")
    assert loads.kept() == {"A": Kept(1, FEBRUARY), "B": Kept(2, MARCH)}


def test_after_a_rollback_a_version_never_means_two_contents(loads: Loads) -> None:
    loads.load(JANUARY, A="ONE", B="ONE", C="ONE")
    loads.load(FEBRUARY, A="TWO", B="TWO", C="ONE", D="ONE")
    loads.rollback()
    assert loads.kept()["A"] == Kept(1, JANUARY)
    loads.load(MARCH, A="ONE", B="THREE", C="ONE")
    third = {"A": Kept(1, JANUARY), "B": Kept(3, MARCH), "C": Kept(1, JANUARY)}
    assert loads.kept() == third | {"D": Kept(1, FEBRUARY, "")}
    loads.load(APRIL, A="ONE", B="THREE", C="ONE")  # the generation that was rolled back is deleted by now
    loads.load(MAY, A="THREE", B="THREE", C="TWO", D="TWO")
    assert loads.kept() == {"A": Kept(3, MAY), "B": Kept(3, MARCH), "C": Kept(2, MAY), "D": Kept(2, MAY)}


def test_the_same_release_again_changes_nothing(loads: Loads) -> None:
    loads.load(JANUARY, A="ONE", B="TWO")
    before = list(open_index(loads.url).history())
    loads.load(JANUARY, A="ONE", B="TWO")
    assert list(open_index(loads.url).history()) == before
