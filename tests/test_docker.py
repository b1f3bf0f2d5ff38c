"""The container files: read by parsers and a linter, and their steps done without a container."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests
import yaml

from app.engine.elastic.address import parse
from app.server import gunicorn
from app.settings import Settings
from tests.conftest import BIN, wait_for
from tests.nodes import free_port

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "docker" / "Dockerfile"
LINES = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
INSTRUCTIONS = [line.split(maxsplit=1) for line in "\n".join(LINES).replace("\\\n", " ").splitlines() if line]
MAKEFILE = (ROOT / "Makefile").read_text()
CONSTRAINTS = (ROOT / "constraints.txt").read_text()
COMPOSE_FILE = ROOT / "docker" / "compose.yml"
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text())
SERVICES = COMPOSE["services"]
SERVERS = ("server1", "server2")
OURS = ("indexer", *SERVERS)
KNOWN = {f"ODS_{field.name.upper()}" for field in fields(Settings)}


def given(instruction: str) -> list[str]:
    """Return what the instructions of a name are given, in order."""
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def form(instruction: str) -> list[str]:
    """Return the command that the one instruction of a name has, which is in exec form."""
    (rest,) = given(instruction)
    command: list[str] = yaml.safe_load(rest[rest.index("[") :])
    return command


COPIED = [name for rest in given("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]]
BASE = dict(rest.split("=", 1) for rest in given("ARG"))["PYTHON"]
(VARIABLES,) = (dict(pair.split("=", 1) for pair in shlex.split(rest)) for rest in given("ENV"))
PORT = VARIABLES["ODS_BIND"].rpartition(":")[2]


# The files


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run([BIN / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_compose_starts_nothing_without_a_password() -> None:
    variables = set(re.findall(r"\$\{([^}]+)\}", COMPOSE_FILE.read_text()))
    unset = {variable for variable in variables if ":-" not in variable}
    assert unset == {"ELASTIC_PASSWORD:?set ELASTIC_PASSWORD to letters and digits"}
    assert len(variables) > len(unset)


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(COPIED) == kept
    assert all((ROOT / name).exists() for name in COPIED)


def test_the_image_runs_as_a_user_by_number_and_is_pinned() -> None:
    (user,) = given("USER")
    assert int(user) > 0
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", BASE)
    assert (ROOT / "docs" / "operations.md").read_text().count(BASE) == 2
    assert {rest.split()[0] for rest in given("FROM")} == {"${PYTHON}"}
    assert re.fullmatch(r"\S+:8\.\d+\.\d+", SERVICES["elasticsearch"]["image"])


def test_only_settings_that_exist_are_set() -> None:
    named = set(re.findall(r"\bODS_[A-Z_]+", DOCKERFILE.read_text() + COMPOSE_FILE.read_text()))
    assert named >= {"ODS_INDEX", "ODS_BIND", "ODS_WORKERS", "ODS_BASE_URL"}
    assert named <= KNOWN


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little_and_take_little(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["restart"] == ("no" if name == "indexer" else "unless-stopped")
    assert not {"privileged", "network_mode", "user"} & set(service)
    assert "docker.sock" not in str(service)


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_is_built_here_and_waits_for_the_cluster(name: str) -> None:
    service = SERVICES[name]
    build = COMPOSE_FILE.parent / service["build"]["context"]
    assert build.samefile(ROOT)
    assert (build / service["build"]["dockerfile"]).samefile(DOCKERFILE)
    assert service["depends_on"]["elasticsearch"]["condition"] == "service_healthy"
    assert service["read_only"]
    url = re.sub(r"\$\{ELASTIC_PASSWORD:\?[^}]+\}", "secret", service["environment"]["ODS_INDEX"])
    address = parse(url)
    assert address
    assert (address.hosts, address.password) == (("http://elasticsearch:9200",), "secret")


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_published_to_this_machine_and_given_time_to_end(name: str) -> None:
    service = SERVICES[name]
    assert given("EXPOSE") == [PORT]
    (published,) = service["ports"]
    assert re.fullmatch(rf"127\.0\.0\.1:\d+:{PORT}", published)
    assert int(service["stop_grace_period"].removesuffix("s")) > gunicorn._GRACE_SECONDS
    assert service["environment"]["ODS_WORKERS"] == service["cpus"]


def test_servers_have_ports_of_their_own() -> None:
    assert len({SERVICES[name]["ports"][0] for name in SERVERS}) == len(SERVERS)


def test_the_job_runs_when_asked_and_only_reads_releases() -> None:
    service = SERVICES["indexer"]
    assert service["profiles"]
    releases, scratch = service["volumes"]
    assert releases.endswith(":/releases:ro")
    assert scratch == f"scratch:{service['environment']['TMPDIR']}"


def test_the_cluster_says_when_it_is_ready_and_keeps_its_data() -> None:
    service = SERVICES["elasticsearch"]
    assert "wait_for_status=yellow" in service["healthcheck"]["test"][1]
    assert service["volumes"] == ["elasticsearch:/usr/share/elasticsearch/data"]
    assert "ports" not in service
    assert set(COMPOSE["volumes"]) == {"elasticsearch", "scratch"}


# The image's steps, in folders of the test


@dataclass
class Image:
    """What the build stage made, and how the last stage runs it: as another user who may write little."""

    root: Path
    environment: dict[str, str]
    as_user: list[str]

    def run(self, *command: str) -> int:
        """Run a command to its end, and return its status."""
        return subprocess.run(self._line(command), check=False, **self._how()).returncode

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command."""
        return subprocess.Popen(self._line(command), **self._how())

    def _line(self, command: tuple[str, ...]) -> list[str]:
        # Looked up here: the test's own python may come first on another path.
        found = shutil.which(command[0], path=self.environment["PATH"])
        assert found
        return [*self.as_user, found, *command[1:]]

    def _how(self) -> dict[str, Any]:
        return {"cwd": "/", "env": self.environment, "stderr": subprocess.DEVNULL}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The steps of the Dockerfile, done; the source is gone, and only data and tmp may be written."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        for name in ("src", "opt", "data", "tmp"):
            (root / name).mkdir()

        def placed(text: str) -> str:
            return re.sub(r"(?<![\w.])/(?=(?:src|opt|wheels|data)\b)", f"{root}/", text)

        subprocess.run(["cp", "-r", *(ROOT / name for name in COPIED), root / "src"], check=True)
        steps = placed(given("RUN")[0])
        steps = re.sub(r"(^|&&\s+)python ", rf"\1{shlex.quote(sys.executable)} ", steps)
        subprocess.run(["sh", "-ec", steps], cwd=root / "src", check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(root / "src")
        variables = {name: placed(value) for name, value in VARIABLES.items()}
        variables["PATH"] = variables["PATH"].replace("$PATH", "/usr/bin:/bin")
        variables |= {"ODS_BIND": f"127.0.0.1:{free_port()}", "HOME": "/", "TMPDIR": str(root / "tmp")}
        yield Image(root, variables, list(_as_user(root / "data", root / "tmp")))


def _as_user(*writable: Path) -> Iterator[str]:
    """Give how a command is run as the image's user, to whom folders are given; not as root, as this user."""
    if os.geteuid():
        return
    (user,) = given("USER")
    for path in writable:
        os.chown(path, int(user), int(user))
    yield from ("setpriv", "--reuid", user, "--regid", user, "--clear-groups")
    # The interpreter may lie in root's home, where that user could not look: it may look, not write.
    yield from ("--inh-caps", "-all,+dac_read_search", "--ambient-caps", "+dac_read_search")


def test_the_image_serves_what_its_job_loads_and_says_that_it_is_alive(image: Image) -> None:
    address = f"http://{image.environment['ODS_BIND']}"
    check = form("HEALTHCHECK")
    assert image.run(*check), "nothing listens yet"
    with image.start(*form("CMD")) as process:
        try:
            wait_for(lambda: requests.get(f"{address}/health/live", timeout=2).ok)
            assert image.run(*check) == 0
            assert requests.get(f"{address}/health/ready", timeout=60).status_code == 503
            assert image.run("ods-indexer", "load", "--demo") == 0
            wait_for(lambda: requests.get(f"{address}/health/ready", timeout=2).ok)
            assert requests.get(f"{address}/STU3/Organization/RR8", timeout=60).json()["id"] == "RR8"
            if os.geteuid() == 0:
                status = Path(f"/proc/{process.pid}/status").read_text()
                assert re.search(rf"^Uid:\s+{given('USER')[0]}\s", status, re.MULTILINE)
        finally:
            (signal_name,) = given("STOPSIGNAL")
            process.send_signal(signal.Signals[signal_name])
            process.wait(timeout=30)
    assert process.returncode == 0
    assert [path.name for path in (image.root / "tmp").iterdir()] == []


def test_the_image_serves_the_sample_with_controls_to_test_suites(image: Image) -> None:
    bind = f"0.0.0.0:{free_port()}"
    address = f"http://127.0.0.1:{bind.partition(':')[2]}"
    with image.start("ods-server", "--sample", "--test-controls", "--bind", bind) as process:
        try:
            wait_for(lambda: requests.get(f"{address}/_test/requests", timeout=2).ok)
            assert requests.get(f"{address}/STU3/Organization/RR8", timeout=60).ok
        finally:
            process.terminate()
            process.wait(timeout=30)
    assert process.returncode == 0
    assert [path.name for path in (image.root / "tmp").iterdir()] == []


def test_the_image_holds_what_runs_and_not_what_builds_or_tests(image: Image) -> None:
    installed = {path.name.partition("-")[0].lower() for path in (image.root / "opt").rglob("*.dist-info")}
    assert {"ods_api_suite", "gunicorn", "elasticsearch"} <= installed
    assert not {"pip", "setuptools", "pytest", "ruff"} & installed


def test_the_bill_of_materials_lists_the_locked_versions_of_what_the_image_holds(
    image: Image, tmp_path: Path
) -> None:
    recipe = re.search(r"cyclonedx-py (.+) --output-file var/sbom.json var/sbom$", MAKEFILE, re.MULTILINE)
    assert recipe
    made = tmp_path / "sbom.json"
    command = [BIN / "cyclonedx-py", *recipe[1].split(), "--output-file", made, image.root / "opt" / "ods"]
    subprocess.run(command, check=True, capture_output=True)
    bill = json.loads(made.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    listed = {plain(each["name"]): each["version"] for each in bill["components"]}
    assert listed.pop("ods-api-suite")
    locked = {plain(line.split("==")[0]): line.split("==")[1] for line in CONSTRAINTS.split()}
    assert listed == {name: locked[name] for name in listed}
    assert {"flask", "gunicorn", "lxml", "zstandard"} <= listed.keys()
    assert "pytest" not in listed
    assert all(
        each["purl"].startswith("pkg:pypi/") for each in bill["components"] if each["name"] != "ods-api-suite"
    )


def plain(name: str) -> str:
    """Return the name of a package in the one form that compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
