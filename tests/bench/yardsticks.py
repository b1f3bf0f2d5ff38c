"""What figures are set beside: the least that a load and a request cost on this machine, in the same run.

A load's is a bare parse of the release. A request's is an empty route under plain gunicorn, with the workers
and threads of the product and the same client.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from typing import TYPE_CHECKING

from lxml import etree

from tests.bench.client import Request
from tests.bench.corpus import sources
from tests.bench.processes import PLAIN, serving

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.bench.processes import Server

EMPTY = (Request("empty", "/"),) * 200


def bare_parse(release: Path) -> float:
    """Seconds that lxml takes for both XML files, unpacked, each Organisation cleared as it ends."""
    seconds = 0.0
    for source in sources(release):
        with tempfile.TemporaryFile() as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.seek(0)
            began = time.perf_counter()
            for _, organisation in etree.iterparse(file, tag="Organisation"):
                organisation.clear()
            seconds += time.perf_counter() - began
    return seconds


def empty_route(log: Path) -> AbstractContextManager[Server]:
    """A server of the empty route."""
    return serving((*PLAIN, "tests.bench.empty:app"), log, ready="/")
