"""The command ods-indexer watch."""

import signal
import sys
import time
from pathlib import Path

import click

from app.clock import clock
from app.cpus import usable
from indexer.console import index_option, max_change_option, opened, progress, settled
from indexer.load import LoadOptions, load
from indexer.sources.watch import Watch


@click.command("watch")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@index_option
@click.option("--every", metavar="SECONDS", type=click.FloatRange(0.1, 86_400), default=10,
              help="Time between two looks. Default: 10.")  # fmt: skip
@click.option("--once", is_flag=True, help="Look twice and end; exit status 1 if a file was refused.")
@max_change_option
def watch_command(
    folder: Path, *, index: str | None, every: float, once: bool, max_change: float | None
) -> None:
    """Load the releases that appear in a folder.

    A zip is loaded when it has not changed between two looks, and when NAME.sha256, if it is there, agrees.
    What is refused is moved to FOLDER/refused.
    """
    with settled() as settings:
        kept, now = opened(settings, index), clock(settings.now)
        allowed = settings.max_change if max_change is None else max_change

        def load_one(path: Path) -> str:
            with progress("Read") as told:
                report = load([path], kept, now, LoadOptions(usable(), "sample", allowed, told))
            return str(report["generation"])

        watch = Watch(folder, kept, load_one)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            watch.look()
            while not once:
                time.sleep(every)
                watch.look()
            time.sleep(every)
            watch.look()
        except KeyboardInterrupt:
            return
    if watch.failed:
        sys.exit(1)
