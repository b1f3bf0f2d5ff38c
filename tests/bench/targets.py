"""What is asked of the figures of each engine: by measure, what must hold and what is aimed at, if any is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.traffic import CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    Targets = Mapping[str, tuple[float, float | None]]

LOAD = "load"
PEAK = "peak PSS of the load"
INDEX = "index"
FIRST = "the same, first request after a start, median"
MIXED = "mixed load"
ERRORS = "errors of the mixed load"
WORKER = "PSS of a worker after that"
START = "server start to ready, median"
WALK = "ORD: walk of all active, 1,000 a page"
LOADING = "mixed requests while a load runs"

SQLITE: Targets = {
    LOAD: (120, 60),
    PEAK: (1000, 500),
    INDEX: (600, 400),
    **{f"{one.name}: p50": one.target.p50 for one in CLASSES},
    **{f"{one.name}: p99": one.target.p99 for one in CLASSES if one.target.p99},
    FIRST: (60, 25),
    WALK: (15_000, None),
    MIXED: (800, 2000),
    ERRORS: (0, 0),
    WORKER: (150, 150),
    f"{LOADING}: longest": (1000, None),
    START: (1.5, 1.5),
}
ELASTICSEARCH: Targets = {
    LOAD: (300, 150),
    **{f"{one.name}: p50": (15, 8) for one in CLASSES},
    **{f"{one.name}: p99": (60, None) for one in CLASSES},
    "ORD: Limit=1000: p50": (60, None),  # no search like the others
    ERRORS: (0, 0),
    f"{LOADING}: longest": (1000, None),
}
