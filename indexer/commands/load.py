"""The command ods-indexer load."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date
from importlib.resources import as_file
from pathlib import Path
from typing import get_args

import click

from app.clock import clock
from app.cpus import usable
from indexer.console import index_option, json_option, max_change_option, opened, progress, say, settled
from indexer.load import LoadOptions, load
from indexer.sources.organisations.listing import BadList
from indexer.sources.organisations.release import organisations as organisations_release
from indexer.sources.sample import SAMPLE
from indexer.validate import Mode


@click.command("load")
@click.argument("release", nargs=-1, type=click.Path(path_type=Path, readable=False))
@click.option("--demo", is_flag=True, help="Load the bundled sample release.")
@click.option("--organisations", metavar="FILE", type=click.Path(path_type=Path, readable=False),
              help="Load a list of organisations, JSON or CSV; - is standard input.")  # fmt: skip
@index_option
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes that read the release. Default: one for each CPU the process may use.",
)
@click.option("--validate", type=click.Choice(get_args(Mode)), default="sample", show_default=True,
              help="Documents to check for valid FHIR: none, one in a hundred (sample), or all.")  # fmt: skip
@max_change_option
@json_option
def load_command(  # noqa: PLR0913 - one for each option
    release: tuple[Path, ...],
    *,
    demo: bool,
    organisations: Path | None,
    index: str | None,
    workers: int | None,
    validate: Mode,
    max_change: float | None,
    as_json: bool,
) -> None:
    """Load a release and make it live.

    RELEASE is TRUD's zip, its two inner zips, XML files, or a folder with these.
    """
    if bool(release) + demo + bool(organisations) != 1:
        raise click.UsageError("Name a RELEASE, --demo for the bundled sample, or --organisations FILE.")
    with settled() as settings, ExitStack() as stack:
        now = clock(settings.now)
        kept = opened(settings, index)
        paths = list(release)
        if demo:
            paths = [stack.enter_context(as_file(SAMPLE))]
        elif organisations:
            paths = [stack.enter_context(_listed(organisations, now().astimezone(UTC).date()))]
        told = stack.enter_context(progress("Read"))
        allowed = settings.max_change if max_change is None else max_change
        report = load(paths, kept, now, LoadOptions(workers or usable(), validate, allowed, told))
    say(report, as_json=as_json)


@contextmanager
def _listed(path: Path, today: date) -> Iterator[Path]:
    """Give a release made from a list; end the command with status 2 for a bad list."""
    try:
        with organisations_release(path, today) as release:
            yield release
    except BadList as error:
        raise click.UsageError(str(error)) from error
