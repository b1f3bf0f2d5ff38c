"""Server and commands over a real Elasticsearch that hangs, dies, comes back, and loses a node."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
import requests

from app.engine import open_index
from app.engine.elastic import build, cluster
from app.engine.elastic.lease import FRESH
from app.engine.elastic.schema import APPLICATION
from app.engine.port import Busy, Gone
from app.register.query import Query
from indexer.load import LoadOptions, load
from tests import nodes
from tests.commands import UNCHECKED, ended
from tests.conftest import BIN, NOW, SAMPLE, wait_for
from tests.contract.organisations import add, organisation
from tests.engines import indices
from tests.interfaces.sockets import running
from tests.nodes import Node
from tests.releases import synthetic, tiny

TIMEOUT = 4
NARROW = {"node.processors": 1, "thread_pool.write.queue_size": 1}
READ = "/STU3/Organization/RR8"
SEARCH = "/STU3/Organization?name:contains=leeds"


@pytest.fixture(scope="module")
def node(elasticsearch: str) -> Iterator[Node]:
    """A node of these tests alone, of little room, with the sample loaded under `ods`."""
    with nodes.temporary(settings=NARROW) as (made,):
        made.wait()
        load([SAMPLE], open_index(f"{made.url}/ods"), lambda: NOW, LoadOptions(validate="none"))
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A release for tests to which it does not matter what is loaded."""
    return tiny(tmp_path / "small.xml", date(2025, 12, 11), dict.fromkeys(("A01", "A02", "A03"), "SURGERY"))


def command(*arguments: object, index: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, the index said in the environment."""
    return ended(*arguments, environment={**os.environ, "ODS_INDEX": index})


def test_a_cluster_that_hangs_is_told_within_the_time_out_and_taken_up_again(
    node: Node, tmp_path: Path
) -> None:
    with running(f"{node.url}/ods", tmp_path, ODS_ELASTICSEARCH_TIMEOUT=str(TIMEOUT)) as server:
        assert server.get(READ).status_code == 200
        with node.paused():
            for path in (READ, SEARCH, "/STU3/CodeSystem"):
                began = time.monotonic()
                response = server.get(path)
                assert time.monotonic() - began < 2 * TIMEOUT, "it waited twice"
                assert response.status_code == 503
                assert int(response.headers["Retry-After"]) > 0
                assert response.json()["resourceType"] == "OperationOutcome"
            assert server.get("/health/ready").status_code == 503
            assert server.get("/health/live").status_code == 200
        wait_for(lambda: server.get(READ).status_code == 200)
        assert server.get("/health/ready").json()["status"] == "ready"


def test_a_server_starts_without_its_cluster_and_serves_when_that_is_there(
    node: Node, tmp_path: Path
) -> None:
    node.kill()
    with running(f"{node.url}/ods", tmp_path) as server:
        assert server.get("/health/ready").status_code == 503
        assert server.get(SEARCH).status_code == 503
        node.start()
        node.wait()
        wait_for(lambda: server.get("/health/ready").status_code == 200)
        assert server.get(READ).json()["id"] == "RR8"


def test_a_cluster_without_room_for_a_load_is_asked_again(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rejected() -> int:
        (stats,) = node.ask("GET", "/_nodes/stats/thread_pool").json()["nodes"].values()
        count: int = stats["thread_pool"]["write"]["rejected"]
        return count

    monkeypatch.setattr(build, "_BULK_BYTES", 200_000)
    monkeypatch.setattr(cluster, "_PAUSES", [pause / 10 for pause in cluster._PAUSES])
    before = rejected()
    index = open_index(f"{node.url}/narrow")
    load([SAMPLE], index, lambda: NOW, LoadOptions(workers=8, validate="none"))
    assert rejected() > before
    register, same = index.live(), open_index(f"{node.url}/ods").live()
    query = Query("organisation", size=None)
    assert register.search(query, "ord") == same.search(query, "ord")


def test_a_load_that_is_killed_leaves_what_was_live_and_the_next_one_clears_up(
    node: Node, small: Path, tmp_path: Path
) -> None:
    url = f"{node.url}/killed"
    index = open_index(url)
    load([small], index, lambda: NOW, LoadOptions(validate="none"))
    before, live = indices(f"{node.url}/killed"), index.live().generation
    arguments = [
        BIN / "ods-indexer",
        "load",
        synthetic(tmp_path / "big.xml", 5_000, date(2026, 1, 29)),
        "--index",
        url,
    ]
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as loading:
        wait_for(lambda: indices(f"{node.url}/killed") != before)
        loading.send_signal(signal.SIGKILL)
    assert indices(f"{node.url}/killed") > before
    assert index.live().generation == live
    assert command("ods-indexer", "load", small, *UNCHECKED, index=url).returncode == 0
    published = {generation.name for generation in index.generations()}
    assert len(published) == 2
    assert {name.split("-", 2)[2] for name in indices(f"{node.url}/killed") - {"killed-load"}} == published


def test_a_load_that_was_held_up_for_too_long_leaves_the_one_that_took_over_alone(
    node: Node, tmp_path: Path
) -> None:
    url = f"{node.url}/late"
    release = synthetic(tmp_path / "big.xml", 5_000, date(2026, 1, 29))
    arguments = [BIN / "ods-indexer", "load", release, "--index", url]
    with ExitStack() as stack:
        with open_index(url).build("2026-01-28", NOW) as late:
            add(late, late.packer({}), "organisation", organisation("A01", "SURGERY"))
            before = indices(url)
            ran_out = {"doc": {"owner": "nobody", "until": 0}}
            node.ask("POST", "/late-load/_update/lease", json=ran_out).raise_for_status()
            later = stack.enter_context(
                subprocess.Popen(arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            )
            wait_for(lambda: not indices(url) <= before)
            time.sleep(FRESH)  # until then a load does not ask for its lease again
            with pytest.raises(Busy, match="taken over"):
                late.publish(dict, lambda: NOW)
        assert later.wait(timeout=120) == 0
    assert open_index(url).live().generation.release == "2026-01-29"
    assert indices(url) & before == {"late-load"}


def test_status_and_rollback_are_as_on_sqlite(node: Node, small: Path) -> None:
    url = f"{node.url}/status"
    nothing = command("ods-indexer", "status", index=url)
    assert (nothing.returncode, "Nothing is loaded" in nothing.stderr) == (1, True)
    for _ in range(2):
        assert command("ods-indexer", "load", small, *UNCHECKED, index=url).returncode == 0
    status = json.loads(command("ods-indexer", "status", "--json", index=url).stdout)
    assert status["organisations"] == 3
    assert status["size"] > 0
    (kept,) = status["kept"]
    back = command("ods-indexer", "rollback", index=url)
    assert (back.returncode, kept["generation"] in back.stdout) == (0, True)
    assert command("ods-indexer", "rollback", index=url).returncode == 1


def test_a_cluster_that_may_only_be_read_is_served_and_not_loaded_into(node: Node, tmp_path: Path) -> None:
    def block(value: bool | None) -> None:
        blocks = {"persistent": {"cluster.blocks.read_only": value}}
        requests.put(f"{node.url}/_cluster/settings", json=blocks, timeout=60).raise_for_status()

    block(True)
    try:
        with running(f"{node.url}/ods", tmp_path) as server:
            assert server.get(SEARCH).status_code == 200
            refused = command("ods-indexer", "load", "--demo", index=f"{node.url}/ods")
            assert refused.returncode == 1
            assert "read-only" in refused.stderr
            assert len(refused.stderr.splitlines()) == 1
    finally:
        block(None)


def test_an_index_that_is_not_ours_is_neither_served_nor_taken(node: Node) -> None:
    requests.put(f"{node.url}/theirs-organisation", timeout=60).raise_for_status()
    for arguments in (["ods-server"], ["ods-indexer", "status"], ["ods-indexer", "load", "--demo"]):
        said = command(*arguments, index=f"{node.url}/theirs")
        assert said.returncode == 1
        assert "is not of ods-api-suite" in said.stderr
    assert indices(f"{node.url}/theirs") - {"theirs-load"} == {"theirs-organisation"}


def test_another_layout_is_refused_and_replaced_by_a_load(node: Node, small: Path) -> None:
    made = f"{node.url}/old-organisation-2020-01-31.1"
    meta = {
        "application": APPLICATION,
        "layout": 0,
        "generation": "2020-01-31.1",
        "live_since": "2020-01-31T00:00:00+00:00",
    }
    aliases = {"old-organisation": {}, "old-generations": {}}
    requests.put(made, json={"mappings": {"_meta": meta}, "aliases": aliases}, timeout=60).raise_for_status()
    url = f"{node.url}/old"
    said = command("ods-server", index=url)
    assert (said.returncode, "has index layout 0" in said.stderr) == (1, True)
    assert command("ods-indexer", "load", small, *UNCHECKED, index=url).returncode == 0
    index = open_index(url)
    assert [generation.name for generation in index.generations()] == ["2025-12-11.2"]
    with pytest.raises(Gone):
        index.kept("2020-01-31.1")


def test_documents_can_be_read_where_they_are_kept(node: Node) -> None:
    found = requests.get(f"{node.url}/ods-organisation/_doc/RR8", timeout=60).json()["_source"]
    assert found["name"] == "LEEDS TEACHING HOSPITALS NHS TRUST"
    assert found["status"] == ["Active"]
    assert found["document"]["stu3"]["resourceType"] == "Organization"
