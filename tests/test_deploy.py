"""The examples of docs/deploy: linters find nothing, and what they name of ours exists."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.server import cli, gunicorn
from app.settings import Settings
from app.wsgi import create_app
from indexer.cli import main
from tests.conftest import BIN
from tests.test_docker import PORT, ROOT, given

DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
MANIFESTS = sorted((DEPLOY / "kubernetes").iterdir())
EXAMPLES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]
KNOWN = {f"ODS_{field.name.upper()}" for field in fields(Settings)}
FALSE_FINDINGS = ("Security.Delegate", "Security.UMaskOW")
"""systemdlint 1.4 demands that a service may make cgroups, and reads a umask as if it were a mode."""
MISTAKEN = {"ODS_PORT", "ODS_SERVICE_HOST"}
"""Variables that a comment says are no settings."""


def parse(command: list[str]) -> None:
    """Demand that a command of ours takes these arguments."""
    name, *arguments = command
    if name == "ods-server":
        cli.main.make_context(name, arguments)
    else:
        assert name == "ods-indexer"
        main.commands[arguments[0]].make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_only_settings_that_exist_are_named(path: Path) -> None:
    assert set(re.findall(r"\bODS_[A-Z_]+", path.read_text())) - MISTAKEN <= KNOWN


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_named_by_the_page_on_operations(path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert f"({path.relative_to(ROOT / 'docs')})" in page


# systemd


def test_systemdlint_finds_nothing() -> None:
    done = subprocess.run(
        [BIN / "systemdlint", "--norootfs", *UNITS], capture_output=True, text=True, check=False
    )
    found = [line for line in done.stderr.splitlines() if line.strip()]
    assert [line for line in found if not any(name in line for name in FALSE_FINDINGS)] == []


def unit(name: str) -> dict[str, list[str]]:
    """Return the values of a unit by key."""
    values: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", (DEPLOY / "systemd" / name).read_text(), re.MULTILINE):
        values.setdefault(key, []).append(value)
    return values


@pytest.mark.parametrize("name", ["ods-server.service", "ods-load.service"])
def test_a_service_runs_a_command_that_exists_as_a_user_who_may_do_little(name: str) -> None:
    service = unit(name)
    program, *arguments = shlex.split(service["ExecStart"][0])
    parse([program.removeprefix("/opt/ods/bin/"), *arguments])
    assert service["User"] == ["ods"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["CapabilityBoundingSet"] == [""]


def test_the_timer_starts_the_load_and_the_server_may_finish_its_requests() -> None:
    (timer,) = [path for path in UNITS if path.suffix == ".timer"]
    assert timer.with_suffix(".service") in UNITS
    assert int(unit("ods-server.service")["TimeoutStopSec"][0]) > gunicorn._GRACE_SECONDS


# Kubernetes


def documents(kind: str | None = None) -> list[Any]:
    """Return the manifests, those of one kind or all, as parameters named for file, kind and name."""
    return [
        pytest.param(each, id=f"{path.stem}-{each['kind']}-{each['metadata']['name']}")
        for path in MANIFESTS
        for each in yaml.safe_load_all(path.read_text())
        if kind in {None, each["kind"]}
    ]


def pods() -> Iterator[Any]:
    """Yield the specifications of pods as parameters."""
    for parameter in documents():
        (manifest,) = parameter.values
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield pytest.param(spec["template"]["spec"], id=parameter.id)


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_manifests_are_valid(path: Path) -> None:
    command = [BIN / "kubernetes-validate", "--strict", "-k", "1.34", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("pod", list(pods()))
def test_a_pod_may_do_little_and_has_the_volumes_that_it_mounts(pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"]
    assert given("USER") == [str(pod["securityContext"]["runAsUser"])]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    volumes = {volume["name"]: volume["emptyDir"] for volume in pod.get("volumes", ())}
    mounted = set()
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        mounted |= {mount["name"] for mount in container.get("volumeMounts", ())}
    assert mounted == set(volumes)
    assert all(volume["sizeLimit"] for volume in volumes.values())


@pytest.mark.parametrize("pod", list(pods()))
def test_a_container_of_ours_runs_a_command_that_exists_and_can_write_to_tmp(pod: dict[str, Any]) -> None:
    for container in containers(pod):
        if container["image"].startswith("registry.k8s.io/"):
            continue
        parse(container["args"])
        mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
        assert mounts["/tmp"] is False
        names = [variable["name"] for variable in container["env"]]
        assert len(set(names)) == len(names)
        assert "ODS_INDEX" in names
        is_server = container["args"] == ["ods-server"]
        assert mounts.get("/data", is_server) is is_server


@pytest.mark.parametrize("deployment", documents("Deployment"))
def test_a_server_is_probed_at_addresses_that_exist_and_given_time_to_end(deployment: Any) -> None:
    pod = deployment["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    (port,) = server["ports"]
    assert str(port["containerPort"]) == PORT
    addresses = create_app(Settings()).url_map.bind("localhost")
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = server[probe]["httpGet"]
        assert asked["port"] == port["name"]
        assert addresses.test(asked["path"], "GET")
    assert server["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    waits = int(server["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > waits + gunicorn._GRACE_SECONDS
    assert pod["enableServiceLinks"] is False


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_what_a_manifest_selects_and_names_is_in_it(path: Path) -> None:
    made = {each["kind"]: each for each in yaml.safe_load_all(path.read_text())}
    deployment = made["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels == made["Service"]["spec"]["selector"]
    assert made["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    if "Role" in made:
        (rule,) = made["Role"]["rules"]
        assert rule["resourceNames"] == [deployment["metadata"]["name"]]
        job = made["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert job["serviceAccountName"] == made["ServiceAccount"]["metadata"]["name"]
        assert job["containers"][0]["args"][-1] == f"deployment/{deployment['metadata']['name']}"
