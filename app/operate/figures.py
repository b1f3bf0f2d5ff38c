"""Figures that are worked out when they are asked for: the live generation, its load, and the processes."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.clock import Clock
from app.engine.port import EngineError, Index
from app.operate.metrics import FOLDER

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Figures:
    """The figures of one index and of this server."""

    def __init__(self, index: Index, clock: Clock) -> None:
        self._index, self._clock = index, clock

    def collect(self) -> Iterator[Any]:
        """Yield the figures; those of the index are left out while it does not answer."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

        with suppress(EngineError):
            live = self._index.live().generation
            info = GaugeMetricFamily(
                "ods_generation_info",
                "The live generation.",
                labels=("name", "release", "layout", "engine"),
            )
            info.add_metric((live.name, live.release, str(self._index.layout), self._index.engine), 1)
            yield info
            published = datetime.fromisoformat(live.release).replace(tzinfo=UTC)
            age = (self._clock() - published).total_seconds()
            yield GaugeMetricFamily("ods_release_age_seconds", "Seconds since the release's date.", age)
            organisations = GaugeMetricFamily(
                "ods_organisations", "Organisations of the live generation.", labels=("status",)
            )
            for status in ("active", "inactive"):
                organisations.add_metric((status,), live.report[status])
            yield organisations
            yield GaugeMetricFamily(
                "ods_load_seconds",
                "Seconds that the load of the live generation took.",
                live.report["seconds"],
            )
            warnings = GaugeMetricFamily(
                "ods_load_warnings", "Warnings of the load of the live generation.", labels=("kind",)
            )
            for kind, number in live.report["warnings"].items():
                warnings.add_metric((kind,), number)
            yield warnings
            if failure := self._index.notes.failure():
                yield GaugeMetricFamily(
                    "ods_load_failed_timestamp_seconds",
                    "When the newest load since then was refused or broke off.",
                    failure.time.timestamp(),
                )
        resident, seconds = _processes()
        yield GaugeMetricFamily("ods_process_resident_bytes", "Memory of all processes.", resident)
        yield CounterMetricFamily("ods_process_cpu_seconds", "CPU time of all processes.", seconds)


def _processes() -> tuple[int, float]:
    """Return the memory and the CPU seconds of this process, or of all workers and of what started them."""
    parent = os.getppid() if FOLDER in os.environ else 0
    resident, ticks = 0, 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            pid = int(folder.name)
            if pid in {os.getpid(), parent} or (parent and int(fields[1]) == parent):
                resident += int(fields[21]) * _PAGE
                ticks += int(fields[11]) + int(fields[12])
                if pid == parent:  # with the time of workers that have ended
                    ticks += int(fields[13]) + int(fields[14])
    return resident, ticks / _TICKS
