"""Server and commands over an Elasticsearch that asks who one is, by TLS, with an authority of its own."""

import base64
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import requests

from app.engine.port import NOTICED_WITHIN
from tests import nodes
from tests.commands import UNCHECKED, ended
from tests.conftest import wait_for
from tests.interfaces.sockets import Running, running
from tests.nodes import Node
from tests.releases import tiny

SCALING = Path(__file__).parents[2] / "docs" / "scaling.md"
PASSWORDS = {"elastic": "secret-of/the:node", "loader": "secret-of@the%loader", "reader": "secret-of-reader"}
READ = "/STU3/Organization/A01"
SEARCH = "/STU3/Organization?name:contains=surgery&_sort=-name"


@dataclass
class Secured:
    """A node, the key that it gave out, and a release for it."""

    node: Node
    key: str
    release: Path

    def url(self, user: str = "", password: str = "", scheme: str = "https", host: str = "127.0.0.1") -> str:
        """Return the index URL of a user, who has the right password unless another is said."""
        password = requests.utils.quote(password or PASSWORDS.get(user, ""), safe="")
        return f"{scheme}://{f'{user}:{password}@' if user else ''}{host}:{self.node.port}/ods"

    def environment(self, url: str, **more: str) -> dict[str, str]:
        """Return the settings to reach it, talking as much as can be."""
        trusted = {"ODS_ELASTICSEARCH_CA_CERTS": str(self.node.authority), "ODS_LOG_LEVEL": "DEBUG"}
        return {"ODS_INDEX": url, **trusted, **more}

    def command(self, *arguments: object, url: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; it tells no secret."""
        done = ended(*arguments, environment={**os.environ, **self.environment(url, **more)})
        self.tells_nothing(done.stdout + done.stderr)
        return done

    def load(self, url: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Load the release."""
        return self.command("ods-indexer", "load", self.release, *UNCHECKED, "--workers", 1, url=url, **more)

    @contextmanager
    def serving(self, folder: Path, url: str, **more: str) -> Iterator[Running]:
        """Run a server, whose log tells no secret."""
        with running(url, folder, **self.environment(url, **more)) as server:
            yield server
        self.tells_nothing(server.log.read_text())

    def tells_nothing(self, text: str) -> None:
        """Demand that no secret is in a text, as it is, as in a URL or as in a header."""
        assert "secret" not in text  # every password begins so
        for user, password in PASSWORDS.items():
            assert base64.b64encode(f"{user}:{password}".encode()).decode() not in text
        assert self.key not in text
        assert base64.b64decode(self.key).decode().partition(":")[2] not in text


def privileges(of: str) -> dict[str, object]:
    """Return what the page on scaling says that a loader or a server must be allowed."""
    return json.loads(re.search(rf"^{of}: `(.+)`$", SCALING.read_text(), re.MULTILINE)[1])


@pytest.fixture(scope="module")
def secured(elasticsearch: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A node that knows a loader and a reader, into which the loader has loaded."""
    names = {f"A{number:02}": f"SURGERY {number}" for number in range(30)}
    release = tiny(tmp_path_factory.mktemp("secured") / "release.xml", date(2026, 1, 29), names)
    with nodes.temporary(password=PASSWORDS["elastic"]) as (node,):
        node.wait()
        allowed = {"loader": privileges("Loader"), "reader": privileges("Server")}
        for user, role in allowed.items():
            node.ask("PUT", f"/_security/role/{user}", json=role).raise_for_status()
            known = {"password": PASSWORDS[user], "roles": [user]}
            node.ask("PUT", f"/_security/user/{user}", json=known).raise_for_status()
        asked = {"name": "loads", "role_descriptors": {"loader": allowed["loader"]}}
        given = node.ask("POST", "/_security/api_key", json=asked)
        made = Secured(node, given.json()["encoded"], release)
        done = made.load(made.url("loader"))
        assert done.returncode == 0, done.stderr
        yield made


def test_an_api_key_with_the_privileges_of_a_loader_loads_serves_and_rolls_back(
    secured: Secured, tmp_path: Path
) -> None:
    key = {"ODS_ELASTICSEARCH_API_KEY": secured.key}
    done = secured.load(secured.url(), **key)
    assert done.returncode == 0, done.stderr
    with secured.serving(tmp_path, secured.url(), **key) as server:
        assert server.get(READ).json()["id"] == "A01"
    assert secured.command("ods-indexer", "rollback", url=secured.url(), **key).returncode == 0


def test_a_user_with_the_privileges_of_a_server_serves_and_does_not_load(
    secured: Secured, tmp_path: Path
) -> None:
    url = secured.url("reader")
    with secured.serving(tmp_path, url, ODS_LOG_FORMAT="json") as server:
        assert server.get(READ).json()["id"] == "A01"
        assert server.get(SEARCH).json()["total"] == 30
        assert server.get("/health/ready").json()["status"] == "ready"
    assert '"organisations": 30' in secured.command("ods-indexer", "status", "--json", url=url).stdout
    refused = secured.load(url)
    assert refused.returncode == 1
    assert "does not allow this user or API key to do this" in refused.stderr


@pytest.mark.parametrize(
    "program", [["ods-server"], ["ods-indexer", "status"], ["ods-indexer", "load", "--demo"]]
)
def test_whom_the_cluster_does_not_know_is_told_so(secured: Secured, program: list[str]) -> None:
    unknown = [
        {"url": secured.url("reader", "secret-that-is-wrong")},
        {"url": secured.url()},
        {"url": secured.url(), "ODS_ELASTICSEARCH_API_KEY": base64.b64encode(b"secret:wrong").decode()},
    ]
    for each in unknown:
        said = secured.command(*program, **each)
        assert said.returncode == 1
        assert said.stderr.splitlines()[-1] == (
            f"Error: https://127.0.0.1:{secured.node.port}/ods does not know this user, password or API key: "
            "they are those in ODS_INDEX or ODS_ELASTICSEARCH_API_KEY"
        )


@pytest.mark.parametrize("program", [["ods-server"], ["ods-indexer", "status"]])
def test_a_certificate_that_is_not_trusted_is_said_with_its_reason(
    secured: Secured, program: list[str]
) -> None:
    unknown = secured.command(*program, url=secured.url("reader"), ODS_ELASTICSEARCH_CA_CERTS="")
    elsewhere = secured.command(*program, url=secured.url("reader", host="localhost"))
    for said, why in ((unknown, "unable to get local issuer certificate"), (elsewhere, "Hostname mismatch")):
        assert said.returncode == 1
        assert "is not trusted" in said.stderr
        assert why in said.stderr
        assert "ODS_ELASTICSEARCH_CA_CERTS" in said.stderr


def test_a_password_that_changes_under_a_server_is_a_503_until_it_is_right_again(
    secured: Secured, tmp_path: Path
) -> None:
    def change(password: str) -> None:
        path = "/_security/user/reader/_password"
        secured.node.ask("POST", path, json={"password": password}).raise_for_status()

    with secured.serving(tmp_path, secured.url("reader")) as server:
        assert server.get(READ).status_code == 200
        change("secret-that-is-new")
        try:
            time.sleep(NOTICED_WITHIN)
            for path in (READ, SEARCH, "/health/ready"):
                refused = server.get(path)
                assert refused.status_code == 503
                secured.tells_nothing(refused.text)
            assert "does not know this user" in server.log.read_text()
        finally:
            change(PASSWORDS["reader"])
        wait_for(lambda: server.get(READ).status_code == 200)


def test_a_url_without_tls_is_not_answered(secured: Secured) -> None:
    said = secured.command("ods-indexer", "status", url=secured.url("reader", scheme="http"))
    assert (said.returncode, "cannot be reached" in said.stderr) == (1, True)
