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
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from indexer.sources.synthesise.mutate import mutate
from indexer.sources.synthesise.release import synthesise
from tests import nodes
from tests.bench import targets
from tests.bench.bench import CHANGED, Bench, Engine, Scale, say
from tests.bench.corpus import read_corpus
from tests.bench.report import MEGABYTE, Result, as_json, markdown, rewrite, this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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


def measure_all(
    engines: Callable[[Path], Sequence[Engine]], release: Path | None, organisations: int, scale: Scale
) -> tuple[str, list[Result]]:
    """Measure every engine with one release and the same requests; the release in words, and the results."""
    busy = os.getloadavg()[0]  # what else the machine does belongs beside the figures
    with tempfile.TemporaryDirectory(prefix="ods-bench-") as scratch:
        folder = Path(scratch)
        if release is None:
            say(f"make a release of {organisations:,} organisations")
            release = folder / "release.zip"
            synthesise(release, organisations, scale.seed, date(2026, 8, 27))
        say("read what to ask for")
        corpus = read_corpus(release, scale.seed)
        say("make the release of the next month")
        later = folder / "later.zip"
        changes = max(1, int(corpus.count * CHANGED))
        mutate(release, later, changes=changes, seed=scale.seed, published=None)
        described = f"{corpus.count:,} records, {release.stat().st_size / MEGABYTE:.0f} MB zipped"
        described += f"; load average before the run {busy:.1f}"
        results = [
            Bench(engine, release, later, corpus, scale, folder / f"{place}.log").measure()
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
    parser.add_argument("--requests", type=int, default=250, help="of each class")
    parser.add_argument("--seconds", type=float, default=15.0, help="of the mixed load")
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
