"""What is asked of the figures of each engine: by measure, what must hold and what is aimed at, if any is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import r4, traffic
from tests.bench.classes import CLASSES, DEAREST
from tests.bench.report import Times

if TYPE_CHECKING:
    from collections.abc import Mapping

    Targets = Mapping[str, tuple[float, float | None] | Times]

PARSE = "yardstick: bare parse"
EMPTY = "yardstick: empty route"
EMPTY_MIXED = "yardstick: empty route, 8 clients"
EMPTY_NEW = "yardstick: empty route, 8 clients, a new connection for each request"
PLAIN_NEW = "yardstick: plain gunicorn with the application, reads, a new connection for each request"
LOAD = "load"
LATER = "next month's load"
PEAK = "peak PSS of the load"
LATER_PEAK = "peak PSS of next month's load"
INDEX = "index"
FIRST = "the same, first request after a start, median"
MIXED = "mixed load"
MIXED_STU3_AND_ORD = "mixed load of STU3 and ORD"
MIXED_SHARE = "mixed load of STU3 and ORD, share of the empty route"
NEW = "reads, a new connection for each request"
NEW_SHARE = "reads, a new connection for each request, share of plain gunicorn"
NEIGHBOURS_NEW = "read among bad neighbours, new connection: longest"
NEIGHBOURS_KEPT = "read among bad neighbours, kept connection: longest"
READS_P50 = "reads beside a client that loops the dearest request: p50, multiple of that alone"
READS_LONGEST = "reads beside a client that loops the dearest request: longest"
ERRORS = "errors of the mixed load"
WORKER = "PSS of a worker after that"
START = "server start to ready, median"
WALK = "ORD: walk of all active, 1,000 a page"
LOADING = "mixed requests while a load runs"


def dearest(name: str) -> str:
    """The measure of one of the dearest requests."""
    return f"dearest: {name}"


BOTH: Targets = {
    ERRORS: (0, 0),
    f"{LOADING}: longest": (1000, None),
    NEW_SHARE: (0.9, None),
    NEIGHBOURS_NEW: (500, None),
    NEIGHBOURS_KEPT: (500, None),
    **{dearest(dear.name): (250, None) for dear in DEAREST},
    READS_P50: (10, None),
    READS_LONGEST: (500, None),
    PEAK: (800, 550),
    LATER_PEAK: (800, 550),
}
SQLITE: Targets = {
    **BOTH,
    LOAD: Times(7, 5),
    LATER: Times(4, 2.5),
    INDEX: (600, 450),
    **{f"{one.name}: p50": one.target.p50 for one in CLASSES},
    **{f"{one.name}: p99": one.target.p99 for one in CLASSES if one.target.p99},
    FIRST: (60, 25),
    WALK: (15_000, None),
    MIXED: (800, 2000),
    MIXED_SHARE: (0.45, 0.6),
    WORKER: (150, 150),
    START: (1.5, 1.5),
}
ELASTICSEARCH: Targets = {
    **BOTH,
    LOAD: Times(15, 10),
    **{f"{one.name}: p50": (15, 8) for one in traffic.CLASSES if not one.as_file},
    **{f"{one.name}: p99": (60, None) for one in traffic.CLASSES if not one.as_file},
    **{f"{one.name}: p50": Times(6) for one in r4.CLASSES if one.target is r4.READ},
    **{f"{one.name}: p50": Times(15) for one in r4.CLASSES if one.target is r4.SEARCH},
    "ORD: Limit=1000: p50": (60, None),  # no search like the others
}
