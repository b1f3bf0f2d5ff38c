"""What is counted of requests and of the engine, and how it is written for Prometheus (harness 6).

Where the environment names PROMETHEUS_MULTIPROC_DIR, all workers count into files of that folder, and any of
them writes the sums. The client reads the variable when it is imported, so it is imported late, in a worker.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder which the workers share."""
_BUCKETS = (0.005, 0.01, 0.025, 0.1, 0.25, 1, 5)
"""Upper ends in seconds; with infinity they are eight."""
_LINES = 10
"""Sample lines of one histogram."""
_MOST = 1_200
"""Sample lines that requests may add in a process; all figures may have 1,500 (harness 6)."""
_OTHER = "other"
"""The route and method of requests whose own labels would make more lines."""


class Metrics:
    """The counters of one process, and what writes those of all."""

    def __init__(self, collect: Callable[[], Any]) -> None:
        """Begin to count; `collect` returns what is worked out only when somebody asks."""
        import prometheus_client  # noqa: PLC0415

        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        from prometheus_client import values  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        self._write = prometheus_client.generate_latest
        self._registry = prometheus_client.CollectorRegistry()
        own = None if FOLDER in os.environ else self._registry
        if own is None:
            # By default the client asks for the number of the process five times a request.
            pid = os.getpid()
            values.ValueClass = values.MultiProcessValue(lambda: pid)  # type: ignore[no-untyped-call]
        self._requests = prometheus_client.Counter(
            "ods_requests", "Requests.", ("interface", "route", "method", "status"), registry=own
        )
        self._seconds = prometheus_client.Histogram(
            "ods_request_seconds",
            "Seconds until an answer was ready to be sent.",
            ("interface", "route"),
            buckets=_BUCKETS,
            registry=own,
        )
        self._engine = prometheus_client.Histogram(
            "ods_engine_seconds",
            "Seconds of a call to the engine.",
            ("operation",),
            buckets=_BUCKETS,
            registry=own,
        )
        self._cache = prometheus_client.Gauge(
            "ods_cache_bytes",
            "Bytes that are kept in memory.",
            ("cache",),
            multiprocess_mode="livesum",
            registry=own,
        )
        self._known: dict[tuple[str, str, str, int], tuple[Callable[..., None], Callable[..., None]]] = {}
        self._lines: set[tuple[str, str, str, int]] = set()
        if own is None:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        self._registry.register(_Collector(collect))

    def count(self, interface: str, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        key = (interface, route, method, status)
        known = self._known.get(key)  # the client's own look-up by labels takes as long as counting
        if known is None:
            known = self._known[key] = self._counters(interface, route, method, status)
        known[0]()
        known[1](seconds)

    def _counters(
        self, interface: str, route: str, method: str, status: int
    ) -> tuple[Callable[..., None], Callable[..., None]]:
        """Return what counts the requests with these labels, or those of `other` if there are too many."""
        if len(self._lines) + _LINES * len({line[:2] for line in self._lines}) >= _MOST:
            route = method = _OTHER
        self._lines.add((interface, route, method, status))
        counter = self._requests.labels(interface, route, method, str(status))
        return counter.inc, self._seconds.labels(interface, route).observe

    def operation(self, name: str) -> Callable[[float], None]:
        """Return what counts the seconds of a call to the engine: `get`, `search` or `count`."""
        observe: Callable[[float], None] = self._engine.labels(name).observe
        return observe

    def kept(self, cache: str, size: int) -> None:
        """Note the bytes that a cache of this process keeps."""
        self._cache.labels(cache).set(size)

    def text(self) -> bytes:
        """Return all figures in Prometheus's text format."""
        if folder := os.environ.get(FOLDER):
            _forget_gauges(Path(folder))
        return bytes(self._write(self._registry))


def _forget_gauges(folder: Path) -> None:
    """Take the gauges of workers that have ended out of the sums; their counters stay."""
    for left in folder.glob("gauge_live*_*.db"):
        with suppress(PermissionError):  # a process of another user has that number
            try:
                os.kill(int(left.stem.rpartition("_")[2]), 0)
            except ProcessLookupError:
                left.unlink(missing_ok=True)


class _Collector:
    """What the client asks for figures that are worked out when somebody asks."""

    def __init__(self, collect: Callable[[], Any]) -> None:
        self.collect = collect

    def describe(self) -> list[Any]:
        """Return nothing: the client would ask for figures to learn their names."""
        return []
