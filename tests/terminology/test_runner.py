"""HL7's terminology test runner (TxTester) asks a server over the sample the cases in `suite/`."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import SHORT_RUN
from tests.harness.servers import ForTests, serving

HERE = Path(__file__).parent
SUITE = HERE / "suite"
RUNNER = "org.hl7.fhir.validation.special.TxTester"
SECONDS = 600
"""The first time, libraries are fetched into Maven's cache."""
PATHS = {
    "lookup": "CodeSystem/$lookup",
    "cs-validate-code": "CodeSystem/$validate-code",
    "expand": "ValueSet/$expand",
    "validate-code": "ValueSet/$validate-code",
}
"""The operations of the runner that have errors among the cases."""


def read(name: str) -> Any:
    """Return the JSON of a file of the suite."""
    return json.loads((SUITE / name).read_text())


SUITES = {suite["name"]: suite for suite in read("test-cases.json")["suites"]}
CASES = {(name, case["name"]): case for name, suite in SUITES.items() for case in suite["tests"]}


def class_path(folder: Path) -> str:
    """Return where Java finds the runner; Maven asks for nothing over the network that is cached."""
    written = folder / "class-path"
    fetch = f"mvn --batch-mode --quiet dependency:build-classpath -Dmdep.outputFile={written}"
    shutil.copy(HERE / "pom.xml", folder)
    subprocess.run(
        ["sh", "-c", f"{fetch} --offline || {fetch}"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    return written.read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForTests]:
    """A server over the sample."""
    with serving(tmp_path_factory.mktemp("server"), "--sample", ODS_NOW="2026-11-27T12:00:00Z") as server:
        yield server


@pytest.fixture(scope="module")
def messages(server: ForTests, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """What the runner says of each case: nothing where it passes."""
    folder = tmp_path_factory.mktemp("runner")
    # The exit code says nothing; the results lie below the temporary folder of Java.
    java = ["java", *SHORT_RUN, f"-Djava.io.tmpdir={folder}", "-cp", class_path(folder), RUNNER]
    ran = subprocess.run(
        [*java, str(SUITE), f"{server.url}/R4", "true", "*"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    found = list(folder.glob("*/test-results.json"))
    assert found, ran.stdout + ran.stderr
    results = json.loads(found[0].read_text())["suites"]
    return {
        (suite["name"], case["name"]): "" if case.get("status") == "pass" else case.get("message", ran.stderr)
        for suite in results
        for case in suite["tests"]
    }


@pytest.mark.skipif(
    not (shutil.which("java") and shutil.which("mvn")), reason="java and mvn are not installed"
)
@pytest.mark.parametrize(("suite", "case"), CASES)
def test_the_runner_passes_the_case(messages: dict[tuple[str, str], str], suite: str, case: str) -> None:
    assert messages[suite, case] == ""


@pytest.mark.parametrize(("suite", "case"), [name for name, case in CASES.items() if "status" in case])
def test_an_error_has_the_status_and_the_text_of_its_case(server: ForTests, suite: str, case: str) -> None:
    """The runner compares neither: it removes the issues that have diagnostics and no details."""
    asked = CASES[suite, case]
    request = read(asked["request"])
    request["parameter"] += [
        {"name": "tx-resource", "resource": read(name)} for name in SUITES[suite]["setup"]
    ]
    answer = server.post(f"/R4/{PATHS[asked['operation']]}", json=request)
    assert (answer.status_code, answer.json()["issue"]) == (asked["status"], read(asked["response"])["issue"])
