"""Targets, the table that sets measured figures beside them, and its place in a Markdown file."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MEGABYTE = 1_000_000
START = "<!-- bench:start -->"
END = "<!-- bench:end -->"


class Times(NamedTuple):
    """What must hold of a figure and what is aimed at, as multiples of its yardstick."""

    must: float
    aim: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure of one engine; `must` and `aim` in the same unit, None where there is none.

    `ratio`: the figure as a multiple, or a share, of a yardstick measured in the same run. `at_least`: the
    figure is to be no lower than its targets, else no higher. `relative`: the targets are of the ratio.
    """

    measure: str
    value: float
    unit: str
    ratio: float | None = None
    must: float | None = None
    aim: float | None = None
    at_least: bool = False
    note: str = ""
    relative: bool = False

    @property
    def verdict(self) -> str:
        """`aim`, `must`, `missed`, or nothing without a target."""
        if self.must is None:
            return ""
        if self.aim is not None and self._holds(self.aim):
            return "aim"
        return "must" if self._holds(self.must) else "missed"

    def _holds(self, target: float) -> bool:
        value = (self.ratio or 0) if self.relative else self.value
        return value >= target if self.at_least else value <= target


@dataclass(frozen=True, slots=True)
class Result:
    """The rows of one engine, and the faults that were seen, in words."""

    engine: str
    rows: list[Row]
    faults: list[str]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures were measured on; memory in bytes."""

    cores: int
    cpu: str
    memory: int
    system: str
    python: str
    sqlite: str
    day: str


def this_machine() -> Machine:
    """The machine this runs on, and today's date."""
    models = re.findall(r"model name\s*:\s*(.+)", _text("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+) kB", _text("/proc/meminfo"))
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        cpu=models[0] if models else platform.machine(),
        memory=int(memory[1]) * 1024 if memory else 0,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        day=datetime.now(UTC).date().isoformat(),
    )


def _text(path: str) -> str:
    return Path(path).read_text(errors="replace") if Path(path).exists() else ""


def number(value: float) -> str:
    """A figure as people read it: three digits, thousands with commas."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(machine: Machine, release: str, results: Sequence[Result]) -> str:
    """The section of the report: machine, release, a table with a column for each engine."""
    programs = f"{machine.system}, Python {machine.python}, SQLite {machine.sqlite}"
    memory = f"{machine.memory / 1024**3:.0f} GiB memory"
    lines = [
        f"Measured on {machine.day}: {machine.cores} cores of {machine.cpu}, {memory}, {programs}.",
        f"Release: {release}.",
        "",
        "| measure |" + "".join(f" {result.engine} | × yardstick | must | aim | |" for result in results),
        "| --- |" + " ---: | ---: | ---: | ---: | --- |" * len(results),
    ]
    by_engine = [{row.measure: row for row in result.rows} for result in results]
    for measure in dict.fromkeys(row.measure for result in results for row in result.rows):
        cells = " | ".join(_cells(rows.get(measure)) for rows in by_engine)
        lines.append(f"| {measure} | {cells} |")
    for result in results:
        lines += ["", *(f"- {result.engine}: {fault}" for fault in result.faults)] if result.faults else []
    return "\n".join(lines) + "\n"


def _cells(row: Row | None) -> str:
    if row is None:
        return " | | | | "
    notes = ", ".join(part for part in (row.verdict, row.note) if part)
    value = f"{number(row.value)} {row.unit}".rstrip()
    ratio = "" if row.ratio is None else number(row.ratio)
    return " | ".join((value, ratio, _target(row, row.must), _target(row, row.aim), notes))


def _target(row: Row, target: float | None) -> str:
    if target is None:
        return ""
    unit = "×" if row.relative else row.unit
    return f"{'≥' if row.at_least else '≤'} {number(target)} {unit}".rstrip()


def rewrite(path: Path, section: str) -> None:
    """Put `section` between the markers of a Markdown file; ValueError when it has not both, in order."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# Benchmarks\n\n{START}\n{END}\n"
    before, started, rest = text.partition(START)
    _, ended, after = rest.partition(END)
    if not started or not ended:
        raise ValueError(f"{path} lacks the markers {START} and {END}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before}{START}\n\n{section}\n{END}{after}", encoding="utf-8")


def as_json(machine: Machine, release: str, results: Sequence[Result]) -> dict[str, object]:
    """The same for programs."""
    return {
        "machine": asdict(machine),
        "release": release,
        "engines": {
            result.engine: {
                "rows": [asdict(row) | {"verdict": row.verdict} for row in result.rows],
                "faults": result.faults,
            }
            for result in results
        },
    }
