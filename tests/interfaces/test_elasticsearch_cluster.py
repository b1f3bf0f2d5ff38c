"""A server over a cluster of three nodes that loses one of them."""

import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path

from app.engine import open_index
from app.engine.options import EngineOptions
from indexer.load import LoadOptions, load
from tests import nodes
from tests.conftest import NOW, wait_for
from tests.interfaces.test_elasticsearch import READ
from tests.interfaces.test_server import running
from tests.releases import tiny


def test_a_node_that_dies_costs_no_wrong_answer_and_few_refusals(elasticsearch: str, tmp_path: Path) -> None:
    with nodes.temporary(3, heap="400m") as members:
        for member in members:
            member.wait(nodes=len(members))
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in members)
        url = f"http://{hosts}/ods"
        names = {"RR8": "LEEDS TEACHING HOSPITALS NHS TRUST"}
        names |= {f"A{number:03}": f"SURGERY {number} IN LEEDS" for number in range(300)}
        release = tiny(tmp_path / "release.xml", date(2025, 12, 11), names)
        for chosen in (EngineOptions(), EngineOptions(shards=3, replicas=1)):
            load([release], open_index(url, chosen), lambda: NOW, LoadOptions(validate="none"))
        kept = members[0].ask("GET", "/ods-organisation-*/_settings?flat_settings=true").json()
        made = [kept[name]["settings"] for name in sorted(kept)]
        assert [each["index.number_of_shards"] for each in made] == ["1", "3"]
        assert [each["index.number_of_replicas"] for each in made] == ["1", "1"]
        with running(url, tmp_path, workers=2) as server:
            expected = {
                path: server.get(path).json()
                for path in (READ, "/STU3/Organization?name=leeds&_summary=count")
            }
            seen: Counter[int] = Counter()
            wrong, refused, stop = [], [], threading.Event()

            def ask() -> None:
                while not stop.wait(0.02):  # the cores are for the cluster
                    for path, right in expected.items():
                        response = server.get(path)
                        seen[response.status_code] += 1
                        if response.status_code == 503:
                            refused.append(time.monotonic())
                        elif response.json().get("total") != right.get("total") or response.json().get(
                            "name"
                        ) != right.get("name"):
                            wrong.append(response.text)

            clients = [threading.Thread(target=ask) for _ in range(4)]
            for client in clients:
                client.start()
            try:
                wait_for(lambda: seen[200] > 100)
                members[0].kill()
                members[1].wait(nodes=2)
                recovered = time.monotonic()
                time.sleep(12)
            finally:
                stop.set()
                for client in clients:
                    client.join()
            assert not wrong
            assert set(seen) <= {200, 503}
            assert seen[200] > 100
            assert not refused or refused[-1] < recovered + 8
            assert server.get("/health/ready").status_code == 200
