"""HL7's terminology test runner (TxTester) asks a server over the sample the cases in `suite/`."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.servers import serving

HERE = Path(__file__).parent
SUITE = HERE / "suite"
RUNNER = "org.hl7.fhir.validation.special.TxTester"
SECONDS = 600
"""The first time, libraries are fetched into Maven's cache."""
CASES = [
    (suite["name"], case["name"])
    for suite in json.loads((SUITE / "test-cases.json").read_text())["suites"]
    for case in suite["tests"]
]

pytestmark = pytest.mark.skipif(
    not (shutil.which("java") and shutil.which("mvn")), reason="java and mvn are not installed"
)


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
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """What the runner says of each case: nothing where it passes."""
    folder = tmp_path_factory.mktemp("runner")
    with serving(folder, "--sample", ODS_NOW="2026-11-27T12:00:00Z") as server:
        # The exit code says nothing; the results lie below the temporary folder of Java.
        java = ["java", f"-Djava.io.tmpdir={folder}", "-cp", class_path(folder), RUNNER]
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
        (suite["name"], case["name"]): "" if case["status"] == "pass" else case.get("message", ran.stderr)
        for suite in results
        for case in suite["tests"]
    }


@pytest.mark.parametrize(("suite", "case"), CASES)
def test_the_runner_passes_the_case(messages: dict[tuple[str, str], str], suite: str, case: str) -> None:
    assert messages[suite, case] == ""
