"""The pytest plugin, built and installed into an environment of its own, in a project called `app`."""

import os
import re
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import clean
from tests.conftest import BIN, wait_for
from tests.harness.servers import ForTests, is_running, serving

ROOT = Path(__file__).parent.parent.parent
SECONDS = 120


@dataclass
class Project:
    """A foreign project: its folder, and the Python of its environment."""

    folder: Path
    python: Path

    def command(self, *given: str) -> list[str | Path]:
        """Return the command that runs its suite."""
        return [
            self.python,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            "python_files=*.py",
            *given,
        ]

    def environment(self, **variables: str) -> dict[str, str]:
        """Return an environment with all that must not reach the server, but with the one server in PATH."""
        hostile = {
            "HTTP_PROXY": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
            "NO_PROXY": "",
            "no_proxy": "",
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "ODS_INDEX": "nonsense",
            "ODS_STU3_SHAPE": "nonsense",
            "PATH": f"{BIN}:/usr/bin:/bin",
        }
        return clean({}) | hostile | variables

    def run(self, *given: str, **variables: str) -> str:
        """Run its suite, and return what pytest says."""
        done = subprocess.run(
            self.command(*given),
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout + done.stderr

    def write(self, text: str) -> str:
        """Write a suite, and return its name."""
        (self.folder / "written.py").write_text(text)
        return "written.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, and an environment with the plugin built from its source."""
    folder = tmp_path_factory.mktemp("foreign")
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    source = folder / "source"
    shutil.copytree(ROOT / "testing", source)
    pip = (sys.executable, "-m", "pip", "--quiet", "--python", environment / "bin" / "python")
    pinned = ("-c", ROOT / "constraints.txt")
    subprocess.run([*pip, "install", *pinned, source, "pytest-xdist"], check=True)
    shutil.copytree(Path(__file__).parent / "foreign", folder / "foreign")
    # The suite asks with urllib, which would take the proxy of the environment.
    (folder / "foreign" / "conftest.py").write_text(
        "import urllib.request as r\nr.install_opener(r.build_opener(r.ProxyHandler({})))\n"
    )
    return Project(folder / "foreign", environment / "bin" / "python")


def test_the_suite_of_a_project_called_app_passes(project: Project) -> None:
    said = project.run("suite.py")
    assert re.search(r"^12 passed", said, re.MULTILINE), said


def test_the_suite_passes_in_two_processes_with_servers_of_their_own(project: Project) -> None:
    suite = project.write(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_it(n, ods_server, worker_id):\n"
        "    open(f'{worker_id}.url', 'a').write(ods_server.url + '\\n')\n"
    )
    said = project.run(suite, "-n", "2")
    assert "4 passed" in said, said
    urls = [set(path.read_text().split()) for path in project.folder.glob("gw*.url")]
    assert len(urls) == len(set.union(*urls)) == 2


def test_a_suite_without_the_fixtures_starts_and_imports_nothing(project: Project) -> None:
    suite = project.write(
        "import sys\n"
        "def test_it():\n"
        "    import app\n"
        "    assert 'foreign' in app.__file__\n"
        "    assert not {'flask', 'indexer'} & set(sys.modules)\n"
    )
    said = project.run(suite, ODS_SERVER="/no/such/server")
    assert "1 passed" in said, said


ASKS = "def test_it(ods_server):\n    pass\n"


def test_a_missing_server_is_an_error_that_says_how_to_install_one(project: Project) -> None:
    said = project.run(project.write(ASKS), PATH="/usr/bin:/bin")
    assert "1 error" in said
    assert "pipx install" in said
    assert "ODS_SERVER_URL" in said
    assert "During handling" not in said


def test_a_wrong_path_is_an_error_that_names_it(project: Project) -> None:
    said = project.run(project.write(ASKS), ODS_SERVER="/no/such/server")
    assert "1 error" in said
    assert 'ODS_SERVER is "/no/such/server"' in said


def test_a_server_that_ends_before_its_line_is_an_error_with_its_last_line(project: Project) -> None:
    program = project.folder / "broken"
    program.write_text("#!/bin/sh\necho first >&2\necho 'Error: no luck today' >&2\nexit 1\n")
    program.chmod(0o755)
    said = project.run(project.write(ASKS), ODS_SERVER=str(program))
    assert "1 error" in said
    assert "Error: no luck today" in said
    assert "first" not in said


def test_the_server_beside_the_interpreter_comes_before_that_of_the_path(project: Project) -> None:
    beside = project.python.parent / "ods-server"
    beside.write_text("#!/bin/sh\necho 'I am beside' >&2\nexit 1\n")
    beside.chmod(0o755)
    try:
        assert "I am beside" in project.run(project.write(ASKS))
    finally:
        beside.unlink()


def test_a_killed_run_leaves_no_server(project: Project) -> None:
    suite = project.write(
        "import os, pathlib, time\n"
        "def test_it(ods_server, _ods_pool):\n"
        "    (process,) = _ods_pool._processes.values()\n"
        "    pathlib.Path('pid.new').write_text(str(process._process.pid))\n"
        "    os.rename('pid.new', 'pid')\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        project.command(suite), cwd=project.folder, env=project.environment(), stdout=subprocess.DEVNULL
    ) as run:
        pid = project.folder / "pid"
        wait_for(pid.exists)
        server = int(pid.read_text())
        assert is_running(server)
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: not is_running(server))


# A server that runs already


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForTests]:
    """A server with controls, as a container would be."""
    with serving(tmp_path_factory.mktemp("server"), "--sample", "--test-controls") as made:
        yield made


def test_a_server_that_runs_already_is_used_and_loaded_before_each_test(
    project: Project, running: ForTests
) -> None:
    suite = project.write(
        "import app, pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def one(ods_server_of):\n"
        "    return ods_server_of(organisations=[{'code': 'A1', 'name': 'ONE SURGERY'}])\n"
        "def test_sample(ods_server):\n"
        "    assert app.organisation(ods_server.stu3, 'RR8')['active']\n"
        "def test_first(one):\n"
        "    assert app.found(one.stu3, 'one%20surgery') == 1\n"
        "    one.load(organisations=[])\n"
        "    assert app.found(one.stu3, 'one%20surgery') == 0\n"
        "def test_second(one):\n"
        "    assert app.found(one.stu3, 'one%20surgery') == 1\n"
        "def test_sample_again(ods_server):\n"
        "    assert app.organisation(ods_server.stu3, 'RR8')['active']\n"
    )
    said = project.run(suite, ODS_SERVER_URL=f"{running.url}/", PATH="/usr/bin:/bin")
    assert "4 passed" in said, said
    assert running.get("/STU3/Organization/RR8").status_code == 200


@pytest.mark.parametrize("argument", ["now='2026-01-01T00:00Z'", "stu3_shape='legacy'"])
def test_what_a_running_server_cannot_change_is_an_error(
    project: Project, running: ForTests, argument: str
) -> None:
    suite = project.write(f"def test_it(ods_server_of):\n    ods_server_of({argument})\n")
    said = project.run(suite, ODS_SERVER_URL=running.url)
    assert f"{argument.partition('=')[0]} cannot be changed" in said


def test_a_running_server_is_for_one_worker(project: Project, running: ForTests) -> None:
    said = project.run(project.write(ASKS), "-n", "2", ODS_SERVER_URL=running.url)
    assert "1 error" in said
    assert "one worker" in said


def test_a_running_server_without_controls_or_none_is_an_error(project: Project, tmp_path: Path) -> None:
    with serving(tmp_path, "--sample") as plain:
        said = project.run(project.write(ASKS), ODS_SERVER_URL=plain.url)
        assert "1 error" in said
        assert "has no test controls" in said
    said = project.run(project.write(ASKS), ODS_SERVER_URL=plain.url)
    assert "1 error" in said
    assert "does not answer" in said
