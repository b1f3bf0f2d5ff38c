"""Measure the product: load a release, serve it, ask it, and set the figures beside the targets.

    python -m tests.bench.run [--organisations N] [--report docs/benchmarks.md] [--json OUT]

Everything happens in a temporary folder, with the commands of the environment this interpreter belongs to.
Exit status 1: a load or a server failed, or an answer was an error; missed targets are only reported.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.request import urlopen

from tests import nodes
from tests.bench import targets, traffic
from tests.bench.client import Connection, Request, run
from tests.bench.corpus import read_corpus
from tests.bench.processes import command, pss, run_to_end, serving
from tests.bench.release import make_release
from tests.bench.report import MEGABYTE, Result, Row, as_json, markdown, rewrite, this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.client import Figures
    from tests.bench.corpus import Corpus
    from tests.bench.processes import Finished, Server
    from tests.bench.traffic import TrafficClass

WORKERS = 2
CLIENTS = 8
LOAD_LIMIT = 1800.0  # seconds
FIRST_ASKS = 5  # fresh servers for the request that no server has seen
WARM_UP = 24  # reads before a class is measured


@dataclass(frozen=True, slots=True)
class Engine:
    """Where a register is kept: a name, an index URL, the bytes its index takes, and what is asked of it."""

    name: str
    index: str
    size: Callable[[], int]
    targets: targets.Targets


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is asked: requests of a class, seconds of the mixed load, and the seed of the values."""

    requests: int
    seconds: float
    seed: int


@dataclass(slots=True)
class Bench:
    """One engine under measurement; rows and faults gather here."""

    engine: Engine
    release: Path
    corpus: Corpus
    scale: Scale
    log: Path
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)

    def measure(self) -> Result:
        """Load, then every class on a fresh server, then the mixed load."""
        self._load()
        first = self._first_asked()
        for one in traffic.CLASSES:
            self._class(one)
            if one.target is traffic.TWO_BROAD:
                self._row(targets.FIRST, first * 1000, "ms")
        self._walk()
        self._mixed()
        self._while_loading()
        self._row(targets.START, median(self.starts), "s")
        return Result(self.engine.name, self.rows, self.faults)

    def _row(self, measure: str, value: float, unit: str, note: str = "", *, at_least: bool = False) -> None:
        must, aim = self.engine.targets.get(measure, (None, None))
        self.rows.append(Row(measure, round(value, 3), unit, must, aim, at_least=at_least, note=note))

    def _load(self) -> None:
        say(f"{self.engine.name}: load")
        done = self._run_load()
        loaded = json.loads(done.output.strip().splitlines()[-1])
        note = f"{loaded['organisations']:,} organisations, {loaded['relationships']:,} relationships"
        self._row(targets.LOAD, done.seconds, "s", note)
        self._row(targets.PEAK, done.peak / MEGABYTE, "MB")
        self._row(targets.INDEX, self.engine.size() / MEGABYTE, "MB")

    def _run_load(self) -> Finished:
        arguments = ["load", str(self.release), "--index", self.engine.index, "--json"]
        done = run_to_end([command("ods-indexer"), *arguments], LOAD_LIMIT)
        if done.status:
            raise RuntimeError(f"the load ended with status {done.status}: {done.errors.strip()[-500:]}")
        return done

    def _first_asked(self) -> float:
        """Median seconds of the first search a server ever gets."""
        say("first request after a start")
        taken = []
        for _ in range(FIRST_ASKS):
            with self._server() as server:
                figures = run(server.address, [Request("first", traffic.FIRST_ASKED)]).classes["first"]
            self._note_faults("first request", figures)
            taken.append(figures.worst / 1000)
        return median(taken)

    def _server(self) -> _Serving:
        return _Serving(self)

    def _class(self, one: TrafficClass) -> None:
        """One client, on a fresh server: nothing this class asks was asked before."""
        say(one.name)
        with self._server() as server:
            run(
                server.address,
                traffic.requests_of(traffic.CLASSES[0], self.corpus, WARM_UP, self.scale.seed + 1),
            )
            if one.target is traffic.DEEP:
                requests = traffic.deep_pages(one, _total(server), self.scale.requests)
            else:
                requests = traffic.requests_of(one, self.corpus, self.scale.requests, self.scale.seed)
            figures = run(server.address, requests).classes[one.name]
        self._note_faults(one.name, figures)
        different = len({request.path for request in requests})
        note = f"p90 {figures.p90:.2f}, max {figures.worst:.1f}, {different:,} different requests"
        if figures.hits is not None:
            note += f", median {figures.hits:,} hits"
        self._row(f"{one.name}: p50", figures.p50, "ms", note)
        self._row(f"{one.name}: p99", figures.p99, "ms")

    def _walk(self) -> None:
        """One client reads all pages of a search that very many match."""
        say("walk of all active")
        with self._server() as server:
            link, begun, count = Connection(*server.address), time.perf_counter(), 0
            while True:
                answer = link.get(f"{traffic.ORD_WALK}&Offset={count}" if count else traffic.ORD_WALK)
                rows = answer.body.count(b'"OrgId"')
                count += rows
                if not rows:
                    break
            seconds = time.perf_counter() - begun
            link.close()
        if answer.status != 200:
            self.faults.append(f"{targets.WALK}: status {answer.status} after {count:,} records")
        self._row(targets.WALK, count / seconds, "records/s", f"{count:,} records", at_least=True)

    def _mixed(self) -> None:
        say("mixed load")
        requests = traffic.mixed(self.corpus, int(1500 * self.scale.seconds), self.scale.seed + 2)
        with self._server() as server:
            done = run(server.address, requests, clients=CLIENTS, seconds=self.scale.seconds)
            memory = [pss(pid) for pid in server.workers()]
        for kind, figures in done.classes.items():
            self._note_faults(f"mixed, {kind}", figures)
        total = sum(figures.count for figures in done.classes.values())
        note = f"{CLIENTS} clients, {WORKERS} workers, {total:,} requests, {done.errors} errors"
        self._row(targets.MIXED, done.rate, "requests/s", note, at_least=True)
        self._row(targets.ERRORS, done.errors, "")
        self._row(targets.WORKER, max(memory, default=0) / MEGABYTE, "MB")

    def _while_loading(self) -> None:
        """One client asks of what is live while the same release is loaded once more."""
        say("requests while a load runs")
        mixed = traffic.mixed(self.corpus, 5000, self.scale.seed + 3)
        requests = [Request(targets.LOADING, request.path) for request in mixed]
        with self._server() as server, ThreadPoolExecutor(1) as threads:
            loading = threads.submit(self._run_load)
            figures = run(server.address, requests, ended=loading.done).classes[targets.LOADING]
            note = f"load {loading.result().seconds:.0f} s, {figures.count:,} requests, p50 {figures.p50:.2f}"
        self._note_faults(targets.LOADING, figures)
        self._row(f"{targets.LOADING}: p99", figures.p99, "ms", note)
        self._row(f"{targets.LOADING}: longest", figures.worst, "ms")

    def _note_faults(self, what: str, figures: Figures) -> None:
        if figures.errors:
            self.faults.append(f"{what}: {figures.errors} errors, the first: {figures.fault}")


class _Serving:
    """A fresh server of a bench, whose time to ready is noted."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._inner = serving(bench.engine.index, WORKERS, bench.log)

    def __enter__(self) -> Server:
        server = self._inner.__enter__()
        self._bench.starts.append(server.started)
        return server

    def __exit__(self, *raised: object) -> bool | None:
        return self._inner.__exit__(*raised)


def _total(server: Server) -> int:
    """Organisations that a server serves."""
    link = Connection(*server.address)
    try:
        answer = link.get(traffic.EVERYTHING)
    finally:
        link.close()
    if answer.status != 200 or answer.total is None:
        raise RuntimeError(f"no total of everything: status {answer.status}")
    return answer.total


def elasticsearch_engine(url: str) -> Engine:
    """An Elasticsearch node at a URL."""
    base, _, prefix = url.rpartition("/")

    def size() -> int:
        with urlopen(f"{base}/{prefix}-*/_stats/store") as answer:
            return int(json.load(answer)["_all"]["primaries"]["store"]["size_in_bytes"])

    return Engine("Elasticsearch", url, size, targets.ELASTICSEARCH)


def sqlite_engine(folder: Path) -> Engine:
    """The embedded index, in a file of its own in `folder`."""
    path = folder / "ods.db"
    return Engine("SQLite", f"sqlite:///{path}", lambda: path.stat().st_size, targets.SQLITE)


def say(text: str) -> None:
    """One line of progress on standard error."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def measure_all(
    engines: Callable[[Path], Sequence[Engine]], release: Path | None, organisations: int, scale: Scale
) -> tuple[str, list[Result]]:
    """Measure every engine with one release and the same requests; the release in words, and the results."""
    busy = os.getloadavg()[0]  # what else the machine does belongs beside the figures
    with tempfile.TemporaryDirectory(prefix="ods-bench-") as scratch:
        folder = Path(scratch)
        if release is None:
            say(f"make a release of {organisations:,} organisations")
            made = make_release(folder, organisations, scale.seed, date(2026, 8, 27))
            release = Path(made.path)
        say("read what to ask for")
        corpus = read_corpus(release, scale.seed)
        described = f"{corpus.count:,} records, {release.stat().st_size / MEGABYTE:.0f} MB zipped"
        described += f"; load average before the run {busy:.1f}"
        results = [
            Bench(engine, release, corpus, scale, folder / f"{place}.log").measure()
            for place, engine in enumerate(engines(folder))
        ]
    return described, results


def main() -> None:
    """Read the command line, measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.run", description="Measure the product.")
    parser.add_argument("--organisations", type=int, default=370_000)
    parser.add_argument("--release", type=Path, help="an outer zip to load, instead of making one")
    parser.add_argument("--report", type=Path, help="Markdown file whose marked section is rewritten")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--requests", type=int, default=400, help="of each class")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the mixed load")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    scale = Scale(given.requests, given.seconds, given.seed)
    try:
        with ExitStack() as running:
            clustered = (
                [] if (reason := nodes.missing()) else [running.enter_context(nodes.one(heap="1g")).url]
            )
            if reason:
                say(f"without Elasticsearch: {reason}")
            described, results = measure_all(
                lambda folder: [
                    sqlite_engine(folder),
                    *(elasticsearch_engine(f"{url}/bench") for url in clustered),
                ],
                given.release,
                given.organisations,
                scale,
            )
    except (OSError, RuntimeError, ValueError) as fault:
        sys.exit(f"bench: {fault}")
    machine = this_machine()
    section = markdown(machine, described, results)
    sys.stdout.write(section)
    if given.report:
        rewrite(given.report, section)
    if given.json:
        given.json.write_text(
            json.dumps(as_json(machine, described, results), indent=2) + "\n", encoding="utf-8"
        )
    sys.exit(1 if any(result.faults for result in results) else 0)


if __name__ == "__main__":
    main()
