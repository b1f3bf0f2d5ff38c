"""A copy kept by docs/ord_sync.py is the register, whatever comes and goes."""

import importlib.util
import io
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.engine import open_index
from app.register.query import Query
from tests.interfaces.ord_world import World, code_of, publish
from tests.interfaces.sockets import Running, running

SCRIPT = Path(__file__).parents[2] / "docs" / "ord_sync.py"
SPEC = importlib.util.spec_from_file_location("ord_sync", SCRIPT)
ord_sync = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(ord_sync)

JANUARY, FEBRUARY, MARCH = date(2026, 1, 29), date(2026, 2, 26), date(2026, 3, 26)
NOW = "2026-04-20T12:00:00+00:00"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ord_sync, "PAGE", 70)


@dataclass
class Site:
    """An index, a server over it, and a copy of what it serves."""

    url: str
    server: Running
    copy: Path
    world: World

    def synchronise(self) -> int:
        """Run the script, compare the whole copy with the live register, and return how much was fetched."""
        with redirect_stdout(io.StringIO()) as said:
            ord_sync.main(self.server.address, str(self.copy))
        assert self.copied() == self.registered()
        return int(said.getvalue().split()[0])

    def copied(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.copy)) as file, suppress(sqlite3.OperationalError):
            return dict(file.execute("SELECT code, record FROM organisation"))
        return {}  # not begun yet

    def registered(self) -> dict[str, str]:
        found = open_index(self.url).live().search(Query("organisation", size=None, total=False), "ord")
        return {match.id: match.document.decode() for match in found.matches}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site of the embedded engine, without a release yet."""
    url = f"sqlite:///{tmp_path / 'ods.db'}"
    with running(url, tmp_path, ODS_NOW=NOW) as server:
        yield Site(url, server, tmp_path / "copy.db", World(tmp_path, JANUARY))


def test_the_copy_is_the_register_after_each_of_three_releases(
    new_url: Callable[[], str], tmp_path: Path
) -> None:
    url, world = new_url(), World(tmp_path, JANUARY)
    publish(world.write(), url, JANUARY)
    with running(url, tmp_path, ODS_NOW=NOW) as server:
        site = Site(url, server, tmp_path / "copy.db", world)
        assert site.synchronise() == len(site.copied())
        for published, back in ((FEBRUARY, 0), (MARCH, 3)):
            publish(world.pass_to(published, back), url, published)
            assert 0 < site.synchronise() < len(site.copied()) / 2
            assert site.synchronise() == 0
        told = server.get("/ORD/2-0-0/notifications").json()["DeletedOrganisations"]
    assert {each["OrgID"] for each in told} == set(map(code_of, world.deleted))


def test_a_code_that_comes_back_under_its_old_date_is_found_by_counting(site: Site) -> None:
    publish(site.world.write(), site.url, JANUARY)
    site.synchronise()
    publish(site.world.pass_to(FEBRUARY), site.url, FEBRUARY)
    site.synchronise()
    publish(site.world.pass_to(MARCH, back=2, dated=False), site.url, MARCH)
    assert site.synchronise() < len(site.copied()) / 2


def test_a_run_that_ends_in_the_middle_leaves_the_copy_as_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(site.world.write(), site.url, JANUARY)
    site.synchronise()
    before = site.copied()
    publish(site.world.pass_to(FEBRUARY), site.url, FEBRUARY)
    with monkeypatch.context() as patched:
        patched.setattr(ord_sync, "get", interrupted(at=9))
        with pytest.raises(KeyboardInterrupt):
            site.synchronise()
    assert site.copied() == before
    site.synchronise()
    assert site.copied() != before


def interrupted(at: int, do: Callable[[], object] | None = None) -> Callable[[str], object]:
    """Return a `get` at whose so manieth call something happens: by default the run is ended."""
    get, calls = ord_sync.get, []

    def ask(url: str) -> object:
        calls.append(url)
        if len(calls) == at:
            if do is None:
                raise KeyboardInterrupt
            do()
        return get(url)

    return ask


@pytest.mark.parametrize("call", [2, 4, 6, 20])
def test_a_release_that_becomes_live_in_the_middle_of_a_run_is_the_one_that_is_copied(
    call: int, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(site.world.write(), site.url, JANUARY)
    site.synchronise()
    publish(site.world.pass_to(FEBRUARY), site.url, FEBRUARY)
    swap = interrupted(call, lambda: publish(site.world.pass_to(MARCH), site.url, MARCH))
    monkeypatch.setattr(ord_sync, "get", swap)
    site.synchronise()
    assert site.world.published == MARCH


def test_a_register_that_goes_back_or_loses_its_archive_is_copied_anew(site: Site, tmp_path: Path) -> None:
    january = site.world.write()
    publish(january, site.url, JANUARY)
    site.synchronise()
    february = site.world.pass_to(FEBRUARY)
    publish(february, site.url, FEBRUARY)
    site.synchronise()
    open_index(site.url).rollback(datetime(2026, 3, 12, tzinfo=UTC))
    site.synchronise()
    for release in (february[:1], february, january):
        publish(release, site.url, FEBRUARY)
        site.synchronise()
    with running(site.url, tmp_path, ODS_NOW="2026-12-24T12:00:00+00:00") as site.server:
        publish(site.world.pass_to(MARCH), site.url, MARCH)  # the last run was longer ago than is told
        site.synchronise()


def test_a_server_that_is_not_ready_is_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []

    def sleep(seconds: int) -> None:
        waits.append(seconds)
        publish(site.world.write(), site.url, JANUARY)

    monkeypatch.setattr(ord_sync, "time", SimpleNamespace(sleep=sleep))
    site.synchronise()
    assert waits == [5]


def test_what_cannot_be_done_ends_with_a_sentence(site: Site, tmp_path: Path) -> None:
    publish(site.world.write(), site.url, JANUARY)
    address = site.server.address

    def told(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 1
        (sentence,) = done.stderr.splitlines()
        return sentence

    assert told().startswith("Usage: ")
    assert told(address).startswith("Usage: ")
    for wrong in (f"{address}/STU3", "nowhere"):
        assert told(wrong, str(site.copy)).startswith(f"{wrong} could not be copied to {site.copy}: ")
    (tmp_path / "text.db").write_text("no database, but a text of some length" * 100)
    assert "file is not a database" in told(address, str(tmp_path / "text.db"))
    assert subprocess.run([sys.executable, SCRIPT, f"{address}/", site.copy], check=True).returncode == 0
