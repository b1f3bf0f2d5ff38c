"""The command ods-indexer load."""

from importlib.resources import as_file
from pathlib import Path
from typing import get_args

import click

from app.clock import clock
from app.cpus import usable
from indexer.console import index_option, json_option, opened, progress, say, settled
from indexer.load import LoadOptions, load
from indexer.sources.sample import SAMPLE
from indexer.validate import Mode


@click.command("load")
@click.argument("release", nargs=-1, type=click.Path(path_type=Path, readable=False))
@click.option("--demo", is_flag=True, help="Load the bundled sample release.")
@index_option
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes that read the release. Default: one for each CPU the process may use.",
)
@click.option("--validate", type=click.Choice(get_args(Mode)), default="sample", show_default=True,
              help="Documents to check for valid FHIR: none, one in a hundred (sample), or all.")  # fmt: skip
@json_option
def load_command(  # one option each
    release: tuple[Path, ...],
    *,
    demo: bool,
    index: str | None,
    workers: int | None,
    validate: Mode,
    as_json: bool,
) -> None:
    """Load a release and make it live.

    RELEASE is TRUD's zip, its two inner zips, XML files, or a folder with these.
    """
    if bool(release) == demo:
        raise click.UsageError("Name a RELEASE, or --demo for the bundled sample, and not both.")
    with settled() as settings, as_file(SAMPLE) as bundled, progress("Read") as told:
        options = LoadOptions(workers or usable(), validate, told)
        kept = opened(settings, index)
        report = load(release or [bundled], kept, clock(settings.now), options)
    say(report, as_json=as_json)
