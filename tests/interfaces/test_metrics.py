"""The metrics: what they count, what they say of the register, and that they hold for all workers."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.operate.metrics import Metrics
from tests.conftest import wait_for
from tests.interfaces.helpers import ask
from tests.interfaces.sockets import Running, running

# What is counted does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Figures:
    """Return the figures by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(figures: Figures, name: str, **labels: str) -> float:
    """Return the sum of the figures of a name that have these labels."""
    return sum(
        value for (each, found), value in figures.items() if each == name and labels.items() <= set(found)
    )


def test_requests_are_counted_by_interface_route_method_and_status(
    make_client: Callable[..., FlaskClient],
) -> None:
    client = make_client()
    ask(client, "/STU3/Organization/RR8")
    ask(client, "/STU3/Organization/RR8", method="HEAD")
    ask(client, "/STU3/Nowhere?name=jane")
    ask(client, "/R4/Organization/RR8")
    ask(client, "/organisation-data-terminology-api/fhir/Nowhere")
    ask(client, "/organisation-data-terminology-api/fhir/Organization/RR8")
    ask(client, "/organisation-data-terminology-api/_ping")
    ask(client, "/ORD/2-0-0/roles")
    ask(client, "/organisations/RR8", headers={"Accept": "text/html"})
    ask(client, "/organisations/RR8", headers={"Accept": "application/json"})
    ask(client, "/lookup?text=leeds", method="BREW")
    ask(client, "/health/live", method="OPTIONS")
    answer = ask(client, "/metrics")
    ask(client, "/metrics")
    figures = read(answer.text)
    assert sorted(
        (labels["interface"], labels["route"].partition("<")[0], labels["method"], labels["status"], value)
        for (name, found), value in figures.items()
        if name == "ods_requests_total" and (labels := dict(found))
    ) == [
        ("lookup", "/organisations/", "GET", "200", 1),
        ("ord", "/ORD/2-0-0/", "GET", "200", 1),
        ("pages", "/organisations/", "GET", "200", 1),
        ("r4", "/R4/", "GET", "200", 1),
        ("r4", "/organisation-data-terminology-api/fhir/", "GET", "200", 1),
        ("r4", "unmatched", "GET", "404", 1),
        ("site", "/health/live", "OPTIONS", "204", 1),
        ("site", "/organisation-data-terminology-api/_ping", "GET", "200", 1),
        ("site", "unmatched", "other", "405", 1),
        ("stu3", "/STU3/", "GET", "200", 1),
        ("stu3", "/STU3/", "HEAD", "200", 1),
        ("stu3", "unmatched", "GET", "404", 1),
    ]
    assert of(figures, "ods_request_seconds_count") == 12
    assert of(figures, "ods_engine_seconds_count", operation="get") >= 2
    assert "jane" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    assert of(read(ask(client, "/metrics").text), "ods_requests_total") == 12


def test_the_register_its_load_and_the_processes_are_described(client: FlaskClient) -> None:
    figures = read(ask(client, "/metrics").text)
    assert of(figures, "ods_generation_info", engine="sqlite") == 1
    assert of(figures, "ods_organisations", status="active") > 1000
    assert of(figures, "ods_organisations", status="inactive") > 0
    assert of(figures, "ods_load_seconds") > 0
    assert of(figures, "ods_release_age_seconds") % 86_400 == 43_200
    assert of(figures, "ods_process_resident_bytes") > 1_000_000
    assert of(figures, "ods_process_cpu_seconds_total") > 0
    assert ("ods_cache_bytes", (("cache", "engine"),)) in figures
    assert len(figures) < 1_500


def test_an_index_without_a_register_leaves_its_figures_out(unloaded: FlaskClient) -> None:
    answer = ask(unloaded, "/metrics")
    assert answer.status_code == 200
    assert "ods_process_resident_bytes" in answer.text
    assert "ods_generation_info" not in answer.text


def test_metrics_that_are_off_have_no_address(make_client: Callable[..., FlaskClient]) -> None:
    assert ask(make_client(metrics="off"), "/metrics").status_code == 404


def test_workers_are_summed_and_one_that_ends_is_not_forgotten(sample_index: str, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with running(sample_index, tmp_path, workers=2, TMPDIR=str(temporary)) as server:
        for _ in range(30):
            requests.get(f"{server.address}/STU3/Organization/RR8", timeout=20)
        assert counted(server) == [30] * 10
        (folder,) = temporary.glob("ods-metrics-*")
        killed = pids(folder)[0]
        assert (folder / f"gauge_livesum_{killed}.db").exists()
        os.kill(int(killed), signal.SIGKILL)
        wait_for(lambda: not Path(f"/proc/{killed}").exists())
        for _ in range(30):
            wait_for(lambda: requests.get(f"{server.address}/STU3/Organization/RR8", timeout=20).ok)
        # Which worker answers is the kernel's choice: the new one may not have counted yet.
        assert counted(server) == [60] * 10
        assert (folder / f"counter_{killed}.db").exists()
        wait_for(lambda: not (folder / f"gauge_livesum_{killed}.db").exists())
    assert list(temporary.glob("ods-metrics-*")) == []


def counted(server: Running) -> list[float]:
    """Ask several times, so that both workers answer, for the number of reads."""
    return [
        of(read(server.get("/metrics").text), "ods_requests_total", interface="stu3", status="200")
        for _ in range(10)
    ]


def pids(folder: Path) -> list[str]:
    """Return the processes that count."""
    return [path.stem.partition("_")[2] for path in folder.glob("counter_*.db")]


def test_too_many_labels_are_counted_as_other(engine: object) -> None:
    metrics = Metrics(lambda: iter(()))
    for route in range(100):
        for status in range(400, 430):
            metrics.count("stu3", f"/{route}", "GET", status, 0.1)
    metrics.count("stu3", "/0", "GET", 400, 0.1)
    figures = read(metrics.text().decode())
    assert len(figures) <= 1_500
    assert of(figures, "ods_requests_total") == 3_001
    assert of(figures, "ods_requests_total", route="/0", status="400") == 2
    assert of(figures, "ods_requests_total", route="other", method="other") > 0
    assert of(figures, "ods_request_seconds_count") == 3_001
