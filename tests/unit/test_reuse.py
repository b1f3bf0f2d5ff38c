"""Records that a load takes over from the one before: a generation is as if all were read."""

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.clock import clock
from app.engine import open_index
from app.engine.port import Index
from app.register.fields import KINDS
from app.register.query import Query
from indexer import parallel
from indexer.known import until
from indexer.load import LoadOptions, load
from indexer.sources.synthesise.mutate import mutate
from tests.conftest import NOW
from tests.releases import synthetic, tiny

ORGANISATIONS, CHANGES = 600, 30
FEW = 4 * CHANGES
FIRST, SECOND = date(2026, 1, 29), date(2026, 2, 26)
SCHEME = 'root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC"'
RELATIONSHIP = f"""<Rels><Rel id="RE4" uniqueRelId="7">
    <Date><Type value="Operational" /><Start value="2001-02-03" /><End value="2026-02-10" /></Date>
    <Status value="Active" /><Target><OrgId {SCHEME} extension="B1" />
    <PrimaryRoleId id="RO177" uniqueRoleId="2" /></Target></Rel></Rels>"""
RELATIONSHIPS = """<CodeSystem name="OrganisationRelationship" oid="3"><concept id="RE4" code="4"
    displayName="IS COMMISSIONED BY" /></CodeSystem></CodeSystems>"""


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two releases, the second with a few changes."""
    folder = tmp_path_factory.mktemp("releases")
    first = synthetic(folder / "first.zip", ORGANISATIONS, FIRST)
    mutate(first, folder / "second.zip", changes=CHANGES, seed=2, published=SECOND)
    return [first, folder / "second.zip"]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An empty index."""
    return opened(tmp_path)


@pytest.fixture(scope="module")
def loaded(releases: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of the first release, to be copied."""
    folder = tmp_path_factory.mktemp("loaded")
    filled(opened(folder), releases[0])
    return folder


@pytest.fixture
def first(loaded: Path, tmp_path: Path) -> Index:
    """An index of the first release."""
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    return opened(tmp_path)


@pytest.fixture(scope="module")
def second(releases: list[Path], loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """All that a generation of the second release holds where nothing of the first one could be reused."""
    folder = tmp_path_factory.mktemp("second")
    shutil.copytree(loaded, folder, dirs_exist_ok=True)
    filled(fresh(folder), releases[1])
    return everything(folder, "other")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The plain records that are read, in this process."""
    found: list[bytes] = []
    reading = parallel.read_plain

    def noting(raw: bytes, codes: frozenset[str]) -> Any:
        found.append(raw)
        return reading(raw, codes)

    monkeypatch.setattr(parallel, "read_plain", noting)
    return found


def opened(folder: Path, name: str = "one") -> Index:
    """Open the index of that name in a folder."""
    return open_index(f"sqlite:///{folder}/{name}/ods.db")


def filled(index: Index, release: Path, **options: Any) -> None:
    """Load a release."""
    load([release], index, clock(NOW), LoadOptions(**({"validate": "none"} | options)))


def within(index: Index) -> dict[str, int]:
    """Return how many organisations belong to each."""
    return index.live().counts("organisation", (), ["within"])["within"]


def records(folder: Path, name: str = "one") -> Path:
    """Return the path of what a load of an index leaves for the next one."""
    return folder / name / "ods.db.d" / "records"


def fresh(folder: Path) -> Index:
    """Copy the index of a folder as it is, but for what the load before left."""
    shutil.copytree(folder / "one", folder / "other")
    records(folder, "other").unlink()
    return opened(folder, "other")


def everything(folder: Path, name: str = "one") -> list[Any]:
    """Return all that a generation holds: its report, its tables but for the documents, and the documents."""
    live = opened(folder, name).live()
    found: list[Any] = [live.generation.report | {"seconds": 0}]
    documents = {f"{kind.name}_{document.name}" for kind in KINDS.values() for document in kind.documents}
    with closing(sqlite3.connect(folder / name / "ods.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in sorted(tables):
            if table not in {"generation", "dictionary", *documents}:
                found.append((table, connection.execute(f"SELECT * FROM {table}").fetchall()))
    for kind in KINDS.values():
        found += (live.search(Query(kind.name, size=10_000), each.name) for each in kind.documents)
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_a_generation_with_reused_records_is_as_if_all_were_read(
    workers: int,
    releases: list[Path],
    index: Index,
    second: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("indexer.load._SMALL", 0)
    filled(index, releases[0], workers=workers)
    filled(index, releases[1], workers=workers)
    assert everything(tmp_path) == second


def test_only_records_that_changed_are_read(releases: list[Path], index: Index, read: list[bytes]) -> None:
    filled(index, releases[0])
    assert len(read) > ORGANISATIONS
    read.clear()
    filled(index, releases[1])
    assert 0 < len(read) <= FEW


def test_a_rollback_leaves_what_can_be_reused(releases: list[Path], first: Index, read: list[bytes]) -> None:
    filled(first, releases[1])
    first.rollback(NOW)
    read.clear()
    filled(first, releases[1])
    assert len(read) <= FEW  # those that name the day of the release


def test_an_older_release_is_read_whole(
    releases: list[Path], index: Index, tmp_path: Path, read: list[bytes]
) -> None:
    filled(index, releases[1])
    other = fresh(tmp_path)
    read.clear()
    filled(index, releases[0])
    assert len(read) > ORGANISATIONS
    filled(other, releases[0])
    assert everything(tmp_path) == everything(tmp_path, "other")


def test_all_records_are_read_where_all_documents_are_checked(
    releases: list[Path], index: Index, tmp_path: Path, read: list[bytes]
) -> None:
    small = tiny(tmp_path / "small.xml", FIRST, {"A1": "ONE", "B1": "TWO"})
    filled(index, small)
    read.clear()
    filled(index, small, validate="all")
    assert len(read) == 2


def test_all_records_are_read_where_a_display_name_changed(
    index: Index, tmp_path: Path, read: list[bytes]
) -> None:
    small = tiny(tmp_path / "small.xml", FIRST, {"A1": "ONE", "B1": "TWO"})
    filled(index, small)
    text = small.read_text()
    small.write_text(
        text.replace(
            'displayName="PRESCRIBING COST CENTRE" /></CodeSystem>', 'displayName="PRACTICE" /></CodeSystem>'
        )
    )
    read.clear()
    filled(index, small)
    assert len(read) == 2
    assert b"PRACTICE" in (index.live().get("organisation", "A1", "stu3") or b"")


def test_what_was_held_until_a_day_between_the_releases_is_held_no_longer(
    index: Index, tmp_path: Path, read: list[bytes]
) -> None:
    text = tiny(tmp_path / "small.xml", FIRST, {"A1": "ONE", "B1": "TWO"}).read_text()
    text = text.replace("</Roles>", f"</Roles>{RELATIONSHIP}", 1).replace("</CodeSystems>", RELATIONSHIPS)
    first, second = tmp_path / "first.xml", tmp_path / "second.xml"
    first.write_text(text)
    second.write_text(
        text.replace('PublicationDate value="2026-01-29"', 'PublicationDate value="2026-02-26"')
    )
    filled(index, first)
    assert within(index) == {"B1": 1}
    read.clear()
    filled(index, second)
    assert within(index) == {}
    assert [re.findall(rb'extension="(\w+)"', raw)[0] for raw in read] == [b"A1"]


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ('<Start value="2026-01-28" /><End value="2026-01-28" />', 99_999_999),
        ('<Start value="2026-01-28" /><End value="2026-01-29" />', 2026_01_29),
        ('<Start value="2026-03-01" /><End value="2026-02-02" />', 2026_02_02),
        ('<LastChangeDate value="2026-01-29" />', 99_999_999),
    ],
)
def test_a_record_is_reused_until_the_next_start_or_end(raw: str, day: int) -> None:
    assert until(raw.encode(), "2026-01-29") == day


def damaged(path: Path, at: float) -> None:
    """Change a byte of a file, at a share of its length."""
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 0xFF
    path.write_bytes(content)


DAMAGES = {
    "a block": lambda path: damaged(path, 0.2),
    "the table": lambda path: damaged(path, 0.995),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no records, but some text of another program\n" * 99),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_makes_no_difference(
    damage: str, releases: list[Path], first: Index, second: list[Any], tmp_path: Path, read: list[bytes]
) -> None:
    DAMAGES[damage](records(tmp_path))
    read.clear()
    filled(first, releases[1])
    assert len(read) > ORGANISATIONS
    assert everything(tmp_path) == second


def test_a_load_goes_on_where_nothing_can_be_left(releases: list[Path], index: Index, tmp_path: Path) -> None:
    (tmp_path / "one" / "ods.db.d" / "records").mkdir(parents=True)
    (tmp_path / "one" / "ods.db.d" / "records" / "file").touch()
    filled(index, releases[0])
    assert index.live().generation.release == str(FIRST)


def test_the_file_does_not_grow_for_ever(index: Index, tmp_path: Path) -> None:
    sizes = []
    for month in range(1, 7):
        names = {f"A{number}": f"ORGANISATION {number} OF {month}" for number in range(50)}
        filled(index, tiny(tmp_path / "small.xml", date(2026, month, 1), names))
        sizes.append(records(tmp_path).stat().st_size)
    assert max(sizes) < 4 * sizes[0]
    assert sizes[0] < sizes[1] > sizes[3]


def test_a_file_that_is_read_as_a_whole_leaves_nothing(index: Index, tmp_path: Path) -> None:
    path = tiny(tmp_path / "small.xml", FIRST, {"A1": "ONE"})
    path.write_text(path.read_text().replace("</Organisations>", "<!-- end --></Organisations>  <Odd/>"))
    filled(index, path)
    assert [each.name for each in (tmp_path / "one" / "ods.db.d").iterdir() if "records" in each.name] == []
