"""What notifications tell: what was deleted, whatever releases come and go (ord 8)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from app.engine import open_index
from app.settings import Settings
from app.wsgi import create_app
from tests.interfaces.ord_world import publish
from tests.releases import tiny

JANUARY, FEBRUARY, MARCH = date(2026, 1, 29), date(2026, 2, 26), date(2026, 3, 26)
NOW = "2026-04-20T12:00:00+00:00"


@dataclass
class Ledger:
    """Small releases of some codes, loaded one after the other, and what is told of them."""

    url: str
    folder: Path

    def load(self, codes: str, published: date, *kinds: str) -> None:
        path = tiny(self.folder / "Full.xml", published, dict.fromkeys(codes.split(), "SURGERY"))
        paths = [path]
        if "Archive" in kinds:
            paths.append(tiny(self.folder / "Archive.xml", published, {"Z99": "OLD SURGERY"}))
            paths[1].write_text(paths[1].read_text().replace("_Full_", "_Archive_"))
        publish(paths, self.url, published)

    def answer(self, now: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        settings = Settings(index=self.url, now=datetime.fromisoformat(now))
        return create_app(settings).test_client().get("/ORD/2-0-0/notifications", headers=headers)

    def body(self, now: str = NOW) -> bytes:
        response = self.answer(now)
        assert response.status_code == 200
        return response.data

    def told(self, now: str = NOW) -> list[str]:
        return [each["OrgID"] for each in json.loads(self.body(now))["DeletedOrganisations"]]


@pytest.fixture
def ledger(new_url: Callable[[], str], tmp_path: Path) -> Ledger:
    return Ledger(new_url(), tmp_path)


def test_deletions_are_told_newest_first_then_by_code_and_carried_over(ledger: Ledger) -> None:
    ledger.load("A01 A02 A03 A04 A05", JANUARY)
    assert ledger.body() == b'{"DeletedOrganisations": []}'
    ledger.load("A01 A02 A04", FEBRUARY)
    ledger.load("A01 A02", MARCH)
    row = '{"OrgID": "%s", "PrimaryRoleId": "RO177", "time": "%s 00:00:00", "type": {"code": 1, "description": "Machine"}}'  # noqa: E501
    rows = [row % each for each in (("A04", MARCH), ("A03", FEBRUARY), ("A05", FEBRUARY))]
    assert ledger.body() == f'{{"DeletedOrganisations": [{", ".join(rows)}]}}'.encode()


def test_deletions_of_the_last_185_days_of_london_are_told_and_none_is_forgotten(ledger: Ledger) -> None:
    ledger.load("A01 A02 A03", JANUARY)
    ledger.load("A01 A02", FEBRUARY)  # 185 days before 30 August
    ledger.load("A01", date(2027, 2, 25))
    assert ledger.told("2026-08-30T22:59:59+00:00") == ["A02", "A03"]
    assert ledger.told("2026-08-30T23:00:00+00:00") == ["A02"]
    assert ledger.told("2027-03-01T12:00:00+00:00") == ["A02"]


def test_what_a_client_has_of_yesterday_is_not_called_unchanged(ledger: Ledger) -> None:
    ledger.load("A01 A02", JANUARY)
    ledger.load("A01", FEBRUARY)
    ledger.load("A01", date(2027, 2, 25))  # so the register went live after both days, by its own clock
    # 185 days after the second release, and a day later
    tags = [ledger.answer(now).headers["ETag"] for now in ("2026-08-30T12:00:00Z", "2026-08-31T12:00:00Z")]
    assert ledger.answer("2026-08-30T13:00:00Z", {"If-None-Match": tags[0]}).status_code == 304
    assert ledger.answer("2026-08-31T13:00:00Z", {"If-None-Match": tags[0]}).status_code == 200
    assert tags[0] != tags[1]


def test_a_code_that_comes_back_is_no_longer_told(ledger: Ledger) -> None:
    ledger.load("A01 A02 A03", JANUARY)
    ledger.load("A01", FEBRUARY)
    ledger.load("A01 A03", MARCH)
    assert ledger.told() == ["A02"]


def test_an_older_release_is_not_compared_but_what_follows_it_is(ledger: Ledger) -> None:
    ledger.load("A01 A02 A03 A04", FEBRUARY)
    ledger.load("A01 A02 A03", JANUARY)
    assert ledger.told() == []
    ledger.load("A01 A02", FEBRUARY)
    assert ledger.told() == ["A03"]


@pytest.mark.parametrize("kinds", [[(), ("Archive",)], [("Archive",), ()]])
def test_releases_of_which_one_has_an_archive_are_not_compared(kinds: list[tuple], ledger: Ledger) -> None:
    ledger.load("A01 A02 A03", JANUARY, *kinds[0])
    ledger.load("A01 A02", FEBRUARY, *kinds[1])
    assert ledger.told() == []
    ledger.load("A01", MARCH, *kinds[1])
    assert ledger.told() == ["A02"]


def test_after_a_rollback_deletions_are_those_of_the_generation_that_is_live_again(ledger: Ledger) -> None:
    ledger.load("A01 A02 A03", JANUARY)
    ledger.load("A01 A03", FEBRUARY)
    open_index(ledger.url).rollback(datetime(2026, 3, 10, tzinfo=UTC))
    assert ledger.told() == []
    ledger.load("A01 A02", MARCH)
    assert ledger.told() == ["A03"]
