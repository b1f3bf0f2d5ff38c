"""The command ods-indexer load."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date
from importlib.resources import as_file
from pathlib import Path
from typing import get_args

import click

from app.clock import clock
from app.cpus import usable
from app.engine.port import Generation, Index, NotLoaded, WrongLayout
from app.engine.temporary import no_room
from app.scratch import Scratch
from app.settings import Settings
from indexer.commands.fetch import chosen, trud
from indexer.console import (
    described,
    index_option,
    json_option,
    max_change_option,
    opened,
    progress,
    say,
    settled,
)
from indexer.faults import noting
from indexer.load import LoadOptions, load
from indexer.report import Hindered
from indexer.sources.organisations.listing import BadList
from indexer.sources.organisations.release import organisations as organisations_release
from indexer.sources.sample import SAMPLE
from indexer.sources.trud.download import download
from indexer.validate import Mode

TRUD = Path("trud:")


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
@click.option(
    "--validate",
    type=click.Choice(get_args(Mode)),
    default="sample",
    help="Documents to check for valid FHIR: none, one in a hundred (sample), or all. Default: sample.",
)
@max_change_option
@click.option("--force", is_flag=True, help="Load the newest of trud: even if it is live already.")
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
    force: bool,
    as_json: bool,
) -> None:
    """Load a release and make it live.

    RELEASE is TRUD's zip, its two inner zips, XML files, or a folder with these; or trud:, TRUD's newest.
    """
    from_trud = release == (TRUD,)
    if bool(release) + demo + bool(organisations) != 1:
        raise click.UsageError("Name a RELEASE, --demo for the bundled sample, or --organisations FILE.")
    if TRUD in release and not from_trud:
        raise click.UsageError("trud: stands alone: name no other RELEASE beside it.")
    with settled() as settings, ExitStack() as stack:
        now = clock(settings.now)
        kept = opened(settings, index)
        paths = list(release)
        if demo:
            paths = [stack.enter_context(as_file(SAMPLE))]
        elif organisations:
            paths = [stack.enter_context(_listed(organisations, now().astimezone(UTC).date()))]
        elif from_trud:
            stack.enter_context(noting(kept, now))
            fetched = stack.enter_context(_fetched(settings, kept, force=force))
            if isinstance(fetched, Generation):
                if not as_json:
                    click.echo(f"The newest release is live already: generation {fetched.name}.")
                else:
                    say(described(fetched), as_json=True)
                return
            paths = [fetched]
        told = stack.enter_context(progress("Read"))
        allowed = settings.max_change if max_change is None else max_change
        report = load(paths, kept, now, LoadOptions(workers or usable(), validate, allowed, told))
    say(report, as_json=as_json)


@contextmanager
def _fetched(settings: Settings, kept: Index, *, force: bool) -> Iterator[Path | Generation]:
    """Give the path of TRUD's newest release, or the live generation if it was made from that."""
    with trud(settings) as client:
        newest = chosen(client, settings.trud_api_key)
        live = None
        with suppress(NotLoaded, WrongLayout):
            live = kept.live().generation
        if live and live.report.get("archive") == newest.sha256 and not force:
            yield live
            return
        try:
            scratch = Scratch("load")
        except OSError as error:
            raise Hindered(no_room(error)) from error
        with scratch as folder, progress("Fetched") as told:
            # Below the folder: it is locked by its owner, and a download locks its own.
            yield download(client, newest, folder / "trud", told)


@contextmanager
def _listed(path: Path, today: date) -> Iterator[Path]:
    """Give a release made from a list; end the command with status 2 for a bad list."""
    try:
        with organisations_release(path, today) as release:
            yield release
    except BadList as error:
        raise click.UsageError(str(error)) from error
