"""What is measured of several clients at one time: shares of yardsticks, bad neighbours, dear requests."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tests.bench import classes, targets, traffic
from tests.bench.client import Connection, ask, figures, looping, run
from tests.bench.neighbours import DESCRIBED, neighbours
from tests.bench.processes import PLAIN, WORKERS, pss, serving
from tests.bench.report import MEGABYTE
from tests.bench.yardsticks import EMPTY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.bench import Bench
    from tests.bench.client import Figures, Request, Run
    from tests.bench.dearest import Dear
    from tests.bench.processes import Server

CLIENTS = 8
TURNS = 5
TURN = 1.5  # seconds of a turn
READERS = 4
READS = 200
PATIENCE = 15.0  # seconds for them, however long each takes
DEAR_ASKS = 4  # of each of the dearest requests, each with a connection of its own


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients ask of one server; `seconds` of one turn."""

    server: Server
    requests: Sequence[Request] = EMPTY
    seconds: float = TURN


def mixed(bench: Bench) -> None:
    """The mixed load on kept connections, and what of it asks for STU3 and ORD alone."""
    seconds, seed = bench.scale.seconds, bench.scale.seed + 2
    requests = classes.mixed(bench.corpus, int(1500 * seconds), seed)
    of_both = classes.mixed(bench.corpus, int(2500 * seconds), seed, classes.STU3_AND_ORD)
    with bench.server() as server:
        loads = [Load(server, asked, seconds / TURNS) for asked in (requests, of_both)]
        runs, runs_of_both, empty = _in_turn([*loads, Load(bench.empty)], keep=True)
        memory = [pss(pid) for pid in server.workers()]
    _note_faults(bench, "mixed", [*runs, *runs_of_both])
    errors = sum(one.errors for one in (*runs, *runs_of_both))
    _rate(bench, targets.EMPTY_MIXED, empty)
    for measure, found in ((targets.MIXED, runs), (targets.MIXED_STU3_AND_ORD, runs_of_both)):
        total = sum(one.count for one in found)
        _rate(bench, measure, found, empty, f"{CLIENTS} clients, {WORKERS} workers, {total:,} requests")
    _share(bench, targets.MIXED_SHARE, runs_of_both, empty)
    bench.row(targets.ERRORS, errors, "")
    bench.row(targets.WORKER, max(memory, default=0) / MEGABYTE, "MB")


def new_connections(bench: Bench) -> None:
    """Reads, each with a connection of its own, of the product and of its application under gunicorn."""
    reads = _reads(bench, 5000)
    plain = serving((*PLAIN, "app.wsgi:app"), bench.log, index=bench.engine.index)
    with bench.server() as server, plain as other:
        loads = [Load(server, reads), Load(other, reads), Load(bench.empty)]
        runs, plainly, empty = _in_turn(loads, keep=False)
    _note_faults(bench, "new connections", [*runs, *plainly])
    _rate(bench, targets.EMPTY_NEW, empty)
    _rate(bench, targets.PLAIN_NEW, plainly, empty)
    _rate(bench, targets.NEW, runs, empty)
    _share(bench, targets.NEW_SHARE, runs, plainly)


def among_neighbours(bench: Bench) -> None:
    """Reads of a client that behaves while others do not."""
    reads = _reads(bench, READS)
    for measure, keep in ((targets.NEIGHBOURS_NEW, False), (targets.NEIGHBOURS_KEPT, True)):
        with bench.server() as server, neighbours(server.address, reads[0].path):
            seen = run(server.address, reads, seconds=PATIENCE, keep=keep).classes[reads[0].kind]
        bench.note_faults(measure, seen)
        note = f"{DESCRIBED}; p50 {seen.p50:.2f} of {seen.count} requests"
        bench.latency(measure, seen.worst, note)


def dearest(bench: Bench) -> None:
    """The dearest requests, then reads beside the one of them that usually takes longest."""
    _beside(bench, max(classes.DEAREST, key=lambda one: _dear(bench, one)))


def _dear(bench: Bench, one: Dear) -> float:
    """Ask a dear request of a server that has answered nothing yet; the median of its times."""
    measure = targets.dearest(one.name)
    requests = [one.request(measure, bench.corpus, turn) for turn in range(DEAR_ASKS)]
    with bench.server() as server:
        seen = run(server.address, requests, seconds=PATIENCE, keep=False).classes[measure]
    bench.note_faults(measure, seen)
    bench.latency(measure, seen.worst, f"longest of {seen.count}, p50 {seen.p50:.2f}")
    return seen.p50


def _beside(bench: Bench, one: Dear) -> None:
    """Reads while another client asks a dear request again and again.

    They go over one kept connection after another, since a worker has some of them and not others.
    """
    reads = _reads(bench, READS)
    looped = [one.request(one.name, bench.corpus, turn) for turn in range(200)]

    def read(links: list[Connection]) -> list[Figures]:
        tallies = [ask(link, reads, 0, PATIENCE / READERS, READS) for link in links]
        return [figures(tally[reads[0].kind]) for tally in tallies]

    with bench.server() as server:
        links = [Connection(*server.address) for _ in range(READERS)]
        alone = median(seen.p50 for seen in read(links))
        with looping(server.address, looped):
            time.sleep(1)  # until it is under way
            found = read(links)
        for link in links:
            link.close()
    for seen in found:
        bench.note_faults(targets.READS_LONGEST, seen)
    slowest, longest = max(seen.p50 for seen in found), max(seen.worst for seen in found)
    note = f"{slowest:.2f} ms on the slowest of {READERS} connections, {alone:.2f} alone; looped: {one.name}"
    bench.row(targets.READS_P50, slowest / alone, "", note)
    bench.latency(targets.READS_LONGEST, longest)


def _reads(bench: Bench, count: int) -> list[Request]:
    return traffic.requests_of(traffic.CLASSES[0], bench.corpus, count, bench.scale.seed + 4)


def _in_turn(loads: Sequence[Load], *, keep: bool) -> list[list[Run]]:
    """Several turns of the loads, one load after the other: the runs of each load.

    No turn asks what another asked, and each has new connections: which worker gets how many is chance.
    """
    turns = [
        [
            run(
                load.server.address,
                load.requests[turn::TURNS],
                clients=CLIENTS,
                seconds=load.seconds,
                keep=keep,
            )
            for load in loads
        ]
        for turn in range(TURNS)
    ]
    return [list(runs) for runs in zip(*turns, strict=True)]


def _rate(
    bench: Bench, measure: str, runs: list[Run], empty: list[Run] | None = None, note: str = ""
) -> None:
    ratio = median(_shares(runs, empty)) if empty else None
    bench.row(measure, median(each.rate for each in runs), "requests/s", note, ratio=ratio, at_least=True)


def _share(bench: Bench, measure: str, runs: list[Run], others: list[Run]) -> None:
    shares = _shares(runs, others)
    note = f"turns: {min(shares):.2f} to {max(shares):.2f}"
    bench.row(measure, median(shares), "", note, at_least=True)


def _shares(runs: list[Run], others: list[Run]) -> list[float]:
    """The share of each turn."""
    return [one.rate / other.rate for one, other in zip(runs, others, strict=True)]


def _note_faults(bench: Bench, what: str, runs: list[Run]) -> None:
    for one in runs:
        for kind, seen in one.classes.items():
            bench.note_faults(f"{what}, {kind}", seen)
