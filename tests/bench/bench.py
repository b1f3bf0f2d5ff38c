"""What is measured of one engine: a load, then classes of requests by one client, each on a fresh server."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING

from tests.bench import classes, crowd, targets, traffic
from tests.bench.client import Connection, Request, run
from tests.bench.processes import PRODUCT, command, run_to_end, serving
from tests.bench.report import MEGABYTE, Result, Row, Times
from tests.bench.yardsticks import EMPTY, bare_parse, empty_route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.client import Figures
    from tests.bench.corpus import Corpus
    from tests.bench.processes import Finished, Server
    from tests.bench.traffic import TrafficClass

LOAD_LIMIT = 1800.0  # seconds
FIRST_ASKS = 5  # fresh servers for the request that no server has seen
CHANGED = 0.02  # share of records that a month changes
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
    later: Path  # the release of the next month
    corpus: Corpus
    scale: Scale
    log: Path
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    empties: list[float] = field(default_factory=list)
    empty: Server = field(init=False)

    def measure(self) -> Result:
        """Load, then every class on a fresh server, then what several clients ask at one time."""
        self._load()
        with empty_route(self.log) as self.empty:
            first = self._first_asked()
            for one in classes.CLASSES:
                self._class(one)
                if one.target is traffic.TWO_BROAD:
                    self.latency(targets.FIRST, first * 1000)
            self._walk()
            for several in (crowd.mixed, crowd.new_connections, crowd.among_neighbours, crowd.dearest):
                say(several.__name__.replace("_", " "))
                several(self)
            self._while_loading()
            self._load_later()
            note = f"p50, median of {len(self.empties)}"
            self.row(targets.EMPTY, median(self.empties), "ms", note)
        self.rows.insert(1, self.rows.pop())  # beside the other yardstick
        self.row(targets.START, median(self.starts), "s")
        return Result(self.engine.name, self.rows, self.faults)

    def row(
        self,
        measure: str,
        value: float,
        unit: str,
        note: str = "",
        *,
        ratio: float | None = None,
        at_least: bool = False,
    ) -> None:
        """Note a figure, with what is asked of it."""
        target = self.engine.targets.get(measure, (None, None))
        row = Row(measure, round(value, 3), unit, ratio and round(ratio, 3), *target, at_least, note)
        self.rows.append(replace(row, relative=isinstance(target, Times)))

    def latency(self, measure: str, milliseconds: float, note: str = "") -> None:
        """Note a time of requests, and how many times as long as an empty route's now it is."""
        self.row(measure, milliseconds, "ms", note, ratio=milliseconds / self._empty_p50())

    def _empty_p50(self) -> float:
        """What the empty route takes now, in milliseconds, with one client."""
        figures = run(self.empty.address, EMPTY).classes[EMPTY[0].kind]
        self.note_faults("empty route", figures)
        self.empties.append(figures.p50)
        return figures.p50

    def _load(self) -> None:
        say(f"{self.engine.name}: load")
        parse = bare_parse(self.release)
        self.row(targets.PARSE, parse, "s")
        done = self._run_load(self.release)
        loaded = json.loads(done.output.strip().splitlines()[-1])
        note = f"{loaded['organisations']:,} organisations, {loaded['relationships']:,} relationships"
        self.row(targets.LOAD, done.seconds, "s", note, ratio=done.seconds / parse)
        self.row(targets.PEAK, done.peak / MEGABYTE, "MB")
        self.row(targets.INDEX, self.engine.size() / MEGABYTE, "MB")

    def _load_later(self) -> None:
        """Load the release of the next month, of which most records are in the index already."""
        say("next month's load")
        parse = bare_parse(self.later)
        done = self._run_load(self.later)
        self.row(targets.LATER, done.seconds, "s", f"{CHANGED:.0%} changed", ratio=done.seconds / parse)
        self.row(targets.LATER_PEAK, done.peak / MEGABYTE, "MB")

    def _run_load(self, release: Path) -> Finished:
        arguments = ["load", str(release), "--index", self.engine.index, "--json"]
        done = run_to_end([command("ods-indexer"), *arguments], LOAD_LIMIT)
        if done.status:
            raise RuntimeError(f"the load ended with status {done.status}: {done.errors.strip()[-500:]}")
        return done

    def _first_asked(self) -> float:
        """Median seconds of the first search a server ever gets."""
        say("first request after a start")
        taken = []
        for _ in range(FIRST_ASKS):
            with self.server() as server:
                figures = run(server.address, [Request("first", traffic.FIRST_ASKED)]).classes["first"]
            self.note_faults("first request", figures)
            taken.append(figures.worst / 1000)
        return median(taken)

    @contextmanager
    def server(self) -> Iterator[Server]:
        """A fresh server of the product, whose time to ready is noted."""
        with serving(PRODUCT, self.log, index=self.engine.index) as server:
            self.starts.append(server.started)
            yield server

    def _class(self, one: TrafficClass) -> None:
        """One client, on a fresh server: nothing this class asks was asked before."""
        say(one.name)
        with self.server() as server:
            run(
                server.address,
                traffic.requests_of(traffic.CLASSES[0], self.corpus, WARM_UP, self.scale.seed + 1),
            )
            if one.late:
                requests = traffic.deep_pages(one, _total(server, one.base), self.scale.requests)
            else:
                requests = traffic.requests_of(one, self.corpus, self.scale.requests, self.scale.seed)
            figures = run(server.address, requests).classes[one.name]
        self.note_faults(one.name, figures)
        different = len({(request.path, request.body) for request in requests})
        note = f"p90 {figures.p90:.2f}, max {figures.worst:.1f}, {different:,} different requests"
        if figures.hits is not None:
            note += f", median {figures.hits:,} hits"
        self.latency(f"{one.name}: p50", figures.p50, note)
        self.latency(f"{one.name}: p99", figures.p99)

    def _walk(self) -> None:
        """One client reads all pages of a search that very many match."""
        say("walk of all active")
        with self.server() as server:
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
        rate, note = count / seconds, f"{count:,} records"
        ratio = rate * self._empty_p50() / 1000
        self.row(targets.WALK, rate, "records/s", note, ratio=ratio, at_least=True)

    def _while_loading(self) -> None:
        """One client asks of what is live while the same release is loaded once more."""
        say("requests while a load runs")
        mixed = classes.mixed(self.corpus, 5000, self.scale.seed + 3)
        requests = [replace(request, kind=targets.LOADING) for request in mixed]
        with self.server() as server, ThreadPoolExecutor(1) as threads:
            loading = threads.submit(self._run_load, self.release)
            figures = run(server.address, requests, ended=loading.done).classes[targets.LOADING]
            note = f"load {loading.result().seconds:.0f} s, {figures.count:,} requests, p50 {figures.p50:.2f}"
        self.note_faults(targets.LOADING, figures)
        self.latency(f"{targets.LOADING}: p99", figures.p99, note)
        self.latency(f"{targets.LOADING}: longest", figures.worst)

    def note_faults(self, what: str, figures: Figures) -> None:
        """Note that answers of a class were errors, if any were."""
        if figures.errors:
            self.faults.append(f"{what}: {figures.errors} errors, the first: {figures.fault}")


def _total(server: Server, base: str) -> int:
    """Organisations that a server serves at an address."""
    link = Connection(*server.address)
    try:
        answer = link.get(f"{base}?_summary=count")
    finally:
        link.close()
    if answer.status != 200 or answer.total is None:
        raise RuntimeError(f"no total of everything: status {answer.status}")
    return answer.total


def say(text: str) -> None:
    """One line of progress on standard error."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
