"""The container files: read by parsers and a linter, and their steps done without a container."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import requests
import yaml

from app.settings import Settings
from tests.conftest import BIN, wait_for
from tests.nodes import free_port

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "docker" / "Dockerfile"
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("indexer", "server1", "server2")


def given(instruction: str) -> list[str]:
    """Return what the instructions of a name are given, in order."""
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run([BIN / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    copied = [name for rest in given("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == kept
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_runs_as_a_user_by_number_and_is_pinned() -> None:
    assert given("USER") == ["10001"]
    assert all(re.match(r"\S+:\d+\.\d+\S*", image) for image in given("FROM"))
    assert re.fullmatch(r"\S+:8\.\d+\.\d+", SERVICES["elasticsearch"]["image"])


def test_only_settings_that_exist_are_set() -> None:
    known = {f"ODS_{field.name.upper()}" for field in fields(Settings)}
    named = re.findall(r"\bODS_[A-Z_]+", DOCKERFILE.read_text())
    named += [
        name for service in OURS for name in SERVICES[service]["environment"] if name.startswith("ODS_")
    ]
    assert named
    assert set(named) <= known


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_waits_for_the_cluster_and_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["depends_on"]["elasticsearch"]["condition"] == "service_healthy"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["mem_limit"]
    assert (ROOT / "docker" / service["build"]["context"] / service["build"]["dockerfile"]).samefile(
        DOCKERFILE
    )


def test_the_cluster_says_when_it_is_ready_and_keeps_its_data() -> None:
    service = SERVICES["elasticsearch"]
    assert "wait_for_status=yellow" in service["healthcheck"]["test"][1]
    assert service["volumes"] == ["elasticsearch:/usr/share/elasticsearch/data"]
    assert set(COMPOSE["volumes"]) == {"elasticsearch", "scratch"}


def test_the_steps_of_the_image_make_both_commands_for_another_user(tmp_path: Path) -> None:
    """The build stage's own commands, with folders of this test; then a load and a server as another user."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    source, opt, data = tmp_path / "src", tmp_path / "ods", tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    source.mkdir()
    copied = [name for rest in given("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]]
    subprocess.run(["cp", "-r", *(ROOT / name for name in copied), source], check=True)
    (build,) = (rest for rest in given("RUN") if "pip wheel" in rest)
    steps = build.replace("/opt/ods", str(opt)).replace("/wheels", str(tmp_path / "wheels"))
    steps = re.sub(r"(^|&& )python ", rf"\1{shlex.quote(sys.executable)} ", steps)
    subprocess.run(["bash", "-ec", steps], cwd=source, check=True, stdout=subprocess.DEVNULL)
    as_user = (
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    )
    bind = f"127.0.0.1:{free_port()}"
    environment = {
        "PATH": f"{opt}/bin:/usr/bin:/bin",
        "ODS_INDEX": f"sqlite:///{data}/ods.db",
        "ODS_BIND": bind,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    run = {"cwd": "/", "env": environment}
    subprocess.run([*as_user, "ods-indexer", "load", "--demo"], check=True, stderr=subprocess.DEVNULL, **run)
    (check,) = re.findall(r"CMD (\[.*\])", given("HEALTHCHECK")[0])
    probe = [part.replace("127.0.0.1:8000", bind) for part in yaml.safe_load(check)]
    (command,) = map(yaml.safe_load, given("CMD"))
    assert subprocess.run([*as_user, *probe], check=False, stderr=subprocess.DEVNULL, **run).returncode
    with subprocess.Popen([*as_user, *command], stderr=subprocess.DEVNULL, **run) as server:
        try:
            wait_for(lambda: requests.get(f"http://{bind}/STU3/Organization/RR8", timeout=2).ok)
            assert subprocess.run([*as_user, *probe], check=False, **run).returncode == 0
        finally:
            server.terminate()
