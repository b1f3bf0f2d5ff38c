"""The running server: what it does when generations are swapped, and when it is told to stop."""

import json
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import requests

from app.clock import clock
from app.engine import open_index
from app.engine.port import NOTICED_WITHIN
from indexer.load import LoadOptions, load
from tests.conftest import wait_for
from tests.interfaces.sockets import (
    FORM,
    answer_to,
    connected,
    outcome,
    read_answer,
    request,
    rest_of,
    running,
)
from tests.releases import tiny

CODES = [f"A{number:02}" for number in range(1, 31)]


@dataclass
class Swapping:
    """An index that is loaded again and again; the n-th release has its number in every name."""

    url: str
    folder: Path
    number: int = 0

    def load(self) -> int:
        """Load the next release: CODES, and as many others as its number says; return the number."""
        self.number += 1
        others = [f"B{number:02}" for number in range(self.number)]
        names = dict.fromkeys((*CODES, *others), f"SURGERY G{self.number}")
        path = tiny(self.folder / f"{self.number}.xml", date(2026, 1, 29), names)
        now = datetime(2026, 1, 30, 0, 0, self.number, tzinfo=UTC)
        load([path], open_index(self.url), clock(now), LoadOptions(validate="none"))
        return self.number


@pytest.fixture
def swapping(new_url: Callable[[], str], tmp_path: Path) -> Swapping:
    """An index into which nothing was loaded yet."""
    return Swapping(new_url(), tmp_path)


def number_in(names: set[str]) -> int:
    """Return the number of the one release that names are of."""
    (name,) = names
    return int(name.removeprefix("SURGERY G"))


# Generations under a running server


def test_swaps_under_load_fail_no_request_and_mix_no_answer(swapping: Swapping, tmp_path: Path) -> None:
    swapping.load()
    stop = threading.Event()
    faults: list[object] = []
    releases: defaultdict[str, set[int]] = defaultdict(set)
    answers: list[int] = []

    def look(response: requests.Response, number: int) -> None:
        releases[response.headers["ETag"]].add(number)
        answers.append(number)

    def search(session: requests.Session) -> None:
        response = session.get(
            f"{server.address}/STU3/Organization?name:contains=URGER&_sort=-name&_count=20", timeout=20
        )
        bundle = response.json()
        number = number_in({entry["resource"]["name"] for entry in bundle["entry"]})
        (next_link,) = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if (response.status_code, bundle["total"]) != (
            200,
            len(CODES) + number,
        ) or f"2026-01-29.{number}&" not in next_link:
            faults.append((response.status_code, number, bundle["total"], next_link))
        look(response, number)

    def read(session: requests.Session) -> None:
        response = session.get(f"{server.address}/STU3/Organization/A07", timeout=20)
        number = number_in({response.json()["name"]})
        look(response, number)
        unchanged = session.get(
            f"{server.address}/STU3/Organization/A07",
            headers={"If-None-Match": response.headers["ETag"]},
            timeout=20,
        )
        if unchanged.status_code == 200 and number_in({unchanged.json()["name"]}) <= number:
            faults.append(("told as changed", number))
        elif unchanged.status_code not in {200, 304}:
            faults.append(unchanged.status_code)

    def hammer(ask: Callable[[requests.Session], None]) -> None:
        with requests.Session() as session:
            while not stop.wait(0.005):  # the load needs the cores too
                try:
                    ask(session)
                except Exception as error:
                    faults.append(error)

    with running(swapping.url, tmp_path, workers=2, ODS_LOG_LEVEL="WARNING") as server:
        clients = [threading.Thread(target=hammer, args=[ask]) for ask in (search, read, search)]
        for client in clients:
            client.start()
        try:
            for _ in range(10):
                last = swapping.load()
                wait_for(lambda last=last: last in answers)
            wait_for(lambda: answers[-1] == last and len(answers) > 50)
        finally:
            stop.set()
            for client in clients:
                client.join()
    assert not faults, faults[:3]
    assert all(len(numbers) == 1 for numbers in releases.values())
    assert len({number for numbers in releases.values() for number in numbers}) == len(releases) >= 10


def walk(url: str, after: Callable[[int], object]) -> list[str]:
    """Follow `next` from a search to its end, with something done after each page; return the ids met."""
    met, pages = [], 0
    while url:
        response = requests.get(url, timeout=20)
        assert response.status_code == 200
        bundle = response.json()
        met += [entry["resource"]["id"] for entry in bundle["entry"]]
        pages += 1
        after(pages)
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    return met


@pytest.mark.parametrize("order", ["", "&_sort=-name", "&_sort=_lastUpdated,-_id"])
def test_a_walk_that_spans_a_swap_meets_every_match_once(
    order: str, swapping: Swapping, tmp_path: Path
) -> None:
    swapping.load()
    with running(swapping.url, tmp_path, workers=2) as server:
        met = walk(
            f"{server.address}/STU3/Organization?name=surgery&_count=7{order}",
            lambda page: swapping.load() if page == 2 else None,
        )
        assert sorted(met) == sorted([*CODES, "B00"])
        time.sleep(NOTICED_WITHIN)
        assert server.get("/STU3/Organization?_summary=count").json()["total"] == len(CODES) + 2


def test_a_walk_whose_generation_is_gone_is_told_to_start_again(swapping: Swapping, tmp_path: Path) -> None:
    swapping.load()
    with running(swapping.url, tmp_path, workers=2) as server:
        bundle = server.get("/STU3/Organization?name=surgery&_count=7").json()
        (url,) = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        swapping.load()
        assert requests.get(url, timeout=20).status_code == 200
        swapping.load()
        for _ in range(6):  # whichever worker answers
            response = requests.get(url, timeout=20)
            assert response.status_code == 410
            assert "start the search again" in outcome(response.headers["Content-Type"], response.content)


def test_a_rollback_is_served_without_a_restart(swapping: Swapping, tmp_path: Path) -> None:
    swapping.load()
    swapping.load()
    with running(swapping.url, tmp_path, workers=2) as server:
        before = [server.get("/STU3/Organization/A01") for _ in range(6)]
        open_index(swapping.url).rollback(datetime(2026, 1, 1, tzinfo=UTC))
        after = [server.get("/STU3/Organization/A01") for _ in range(6)]
        assert {response.json()["name"] for response in before} == {"SURGERY G2"}
        assert {response.json()["name"] for response in after} == {"SURGERY G1"}
        assert {response.headers["ETag"] for response in before} & {
            response.headers["ETag"] for response in after
        } == set()
        ((was,), (is_,)) = (
            {response.headers["Last-Modified"] for response in each} for each in (before, after)
        )
        changed = server.get("/STU3/Organization/A01", headers={"If-Modified-Since": was})
        assert changed.status_code == 200
        assert server.get("/STU3/Organization/A01", headers={"If-Modified-Since": is_}).status_code == 304
        time.sleep(NOTICED_WITHIN)
        assert server.get("/health/ready").json()["generation"] == "2026-01-29.1"


def test_a_server_without_a_register_starts_and_becomes_ready_by_a_load(
    swapping: Swapping, tmp_path: Path
) -> None:
    with running(swapping.url, tmp_path, workers=2) as server:
        assert "Serving, but not ready" in server.log.read_text()
        assert server.get("/health/live").status_code == 200
        assert server.get("/health/ready").status_code == 503
        assert server.get("/").status_code == 200
        assert server.get("/STU3/metadata").json()["resourceType"] == "CapabilityStatement"
        for path in (
            "/STU3/Organization",
            "/STU3/Organization/RR8",
            "/STU3/CodeSystem",
            "/STU3/ValueSet/ODSAPI-OrganizationRole-1",
        ):
            response = server.get(path)
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) > 0
            assert "ods-indexer load" in outcome(response.headers["Content-Type"], response.content)
        swapping.load()
        for _ in range(6):
            assert server.get("/health/ready").status_code == 200
            assert server.get("/STU3/Organization/A01").json()["name"] == "SURGERY G1"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # a cluster keeps its own files
def test_an_index_that_is_damaged_under_a_running_server_is_no_fault_of_the_client(
    swapping: Swapping, tmp_path: Path
) -> None:
    swapping.load()
    path = Path(swapping.url.removeprefix("sqlite:///"))
    with running(swapping.url, tmp_path) as server:
        assert server.get("/STU3/Organization/A01").status_code == 200
        torn = path.with_name("torn")
        torn.write_bytes(path.read_bytes()[:5000])
        torn.replace(path)
        response = server.get("/STU3/Organization/A01")
        assert response.status_code == 503
        assert str(path) not in outcome(response.headers["Content-Type"], response.content)
        assert server.get("/health/ready").status_code == 503
        assert server.get("/health/live").status_code == 200
        swapping.load()
        assert server.get("/STU3/Organization/A01").json()["name"] == "SURGERY G2"


# Stopping


def test_a_stop_finishes_the_request_that_runs(sample_index: str, tmp_path: Path) -> None:
    with running(sample_index, tmp_path) as server, connected(server) as idle, connected(server) as busy:
        for connection in (busy, idle):
            answer_to(connection, request("/health/live"))
        body = b"name=LEEDS%20TEACHING&_count=1"
        head = request("/STU3/Organization/_search", FORM, f"Content-Length: {len(body)}", method="POST")
        busy.sendall(head + body[:5])
        for _ in range(2):  # what came before these is received before them
            answer_to(idle, request("/health/live"))
        server.process.send_signal(signal.SIGTERM)
        assert rest_of(idle) == b""
        assert server.process.poll() is None
        busy.sendall(body[5:])
        answer = read_answer(busy)
        assert answer.status == 200
        assert json.loads(answer.body)["total"] > 0
        # A request that does not end is given 20 seconds.
        assert server.process.wait(timeout=15) == 0


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_server_with_zero_and_no_worker_is_left(
    sent: signal.Signals, sample_index: str, tmp_path: Path
) -> None:
    with running(sample_index, tmp_path, workers=2) as server, connected(server) as idle:
        answer_to(idle, request("/health/live"))
        server.process.send_signal(sent)
        assert server.process.wait(timeout=15) == 0
        with pytest.raises(requests.ConnectionError):
            server.get("/health/live")


def test_a_stop_reaches_workers_that_are_still_starting(sample_index: str, tmp_path: Path) -> None:
    with running(sample_index, tmp_path, workers=8) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=15) == 0
