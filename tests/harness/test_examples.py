"""The complete examples of docs/examples, each in an environment of its own, with real client libraries."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.commands import SHORT_RUN, clean
from tests.conftest import BIN

ROOT = Path(__file__).parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ods-api-suite"
EXAMPLES = ROOT / "docs" / "examples"
SECONDS = 600
"""The first time, libraries are fetched into the user's cache folders."""


def needs(*commands: str) -> pytest.MarkDecorator:
    """Skip a test where a command is missing."""
    missing = [command for command in commands if not shutil.which(command)]
    return pytest.mark.skipif(bool(missing), reason=f"{' and '.join(missing)} is not installed")


def run(folder: Path, *command: object, **variables: str) -> str:
    """Run a command to its end, and return what it says."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=clean({"ODS_SERVER": str(BIN / "ods-server"), **variables}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(requirements: Path) -> Path:
    """Return the Python of an environment with these requirements; it is kept in the user's cache folder."""
    key = hashlib.sha256(f"{sys.version}{sys.prefix}{requirements.read_text()}".encode()).hexdigest()[:16]
    kept = CACHE / f"example-{key}"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as scratch:
            made = Path(scratch) / "environment"
            venv.create(made, with_pip=False)
            pip = (sys.executable, "-m", "pip", "--quiet", "--python", made / "bin" / "python", "install")
            run(CACHE, *pip, "-r", requirements, "pytest>=8.3,<10", "setuptools>=77")
            with suppress(OSError):  # another run was faster
                made.rename(kept)
    return kept / "bin" / "python"


def test_the_python_example_passes_with_fhirpy_and_the_plugin(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "python", tmp_path / "python")
    plugin = shutil.copytree(ROOT / "testing", tmp_path / "testing")
    python, installed = environment(folder / "requirements.txt"), tmp_path / "installed"
    pip = (sys.executable, "-m", "pip", "--quiet", "--python", python, "install")
    run(folder, *pip, "--no-index", "--no-deps", "--no-build-isolation", "--target", installed, plugin)
    assert "10 passed" in run(folder, python, "-m", "pytest", PYTHONPATH=str(installed))


@needs("java", "javac", "mvn")
def test_the_java_example_passes_with_hapi_and_junit(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "java", tmp_path / "java")
    # Without a network first: what is cached is not asked for again, which takes most of the time.
    command = "mvn --batch-mode --offline test || mvn --batch-mode test"
    run(folder, "sh", "-c", command, JAVA_TOOL_OPTIONS=" ".join(SHORT_RUN))
    (report,) = (folder / "target" / "surefire-reports").glob("*.txt")
    assert "Tests run: 9, Failures: 0, Errors: 0, Skipped: 0" in report.read_text()


@needs("node", "npm")
def test_the_javascript_example_passes_with_fhir_kit_client(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "javascript", tmp_path / "javascript")
    run(folder, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund")
    said = run(folder, "node", "--test")
    assert re.search(r"^# pass 10$", said, re.MULTILINE), said
    assert re.search(r"^# fail 0$", said, re.MULTILINE), said
