"""The command ods-indexer: loads a release, shows what is loaded, or goes back to the generation before."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import as_file, files
from logging.config import dictConfig
from pathlib import Path
from typing import Any, get_args

import click
from tqdm import tqdm

from app.clock import clock
from app.cpus import usable
from app.engine import open_index
from app.engine.port import EngineError, Generation, Index, NotLoaded
from app.logs import configuration
from app.settings import DISTRIBUTION, INDEX_HELP, Settings, WrongSetting, from_environment, warn_of_unknown
from indexer.load import LoadOptions, load
from indexer.report import Refused
from indexer.validate import Mode

DEMO = "hscorgrefdataxml_data_12.0.0_20251212000001.zip"
_TENTHS = 10

log = logging.getLogger(__name__)

_index = click.option("--index", metavar="URL", help=INDEX_HELP)
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(DISTRIBUTION))
def main() -> None:
    """Load releases of HSCOrgRefData into an index, for ods-server to serve."""


@main.command("load")
@click.argument("release", nargs=-1, type=click.Path(path_type=Path, readable=False))
@click.option("--demo", is_flag=True, help="Load the bundled sample release.")
@_index
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes that read the release. Default: one for each CPU the process may use.",
)
@click.option("--validate", type=click.Choice(get_args(Mode)), default="sample", show_default=True,
              help="Documents to check for valid FHIR: none, one in a hundred (sample), or all.")  # fmt: skip
@_json
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
    with (
        _settings() as settings,
        as_file(files("indexer") / "demo" / DEMO) as bundled,
        _progress() as progress,
    ):
        options = LoadOptions(workers or usable(), validate, progress)
        kept = _opened(settings, index)
        report = load(release or [bundled], kept, clock(settings.now), options)
    _say(report, as_json=as_json)


@main.command("status")
@_index
@_json
def status_command(*, index: str | None, as_json: bool) -> None:
    """Show the live generation and the other generations that are kept."""
    with _settings() as settings:
        try:
            live, *others = _opened(settings, index).generations()
        except NotLoaded:
            if not as_json:
                raise
            click.echo(json.dumps({"release": None}))
            sys.exit(1)
    _say(_described(live) | {"kept": [_described(other) for other in others]}, as_json=as_json)


@main.command("rollback")
@_index
def rollback_command(*, index: str | None) -> None:
    """Make the newest generation older than the live one live again."""
    with _settings() as settings:
        kept = _opened(settings, index)
        generation = kept.rollback(clock(settings.now)())
    click.echo(f"Generation {generation.name}, release of {generation.release}, is live again.")


def _opened(settings: Settings, flag: str | None) -> Index:
    return open_index(flag or settings.index, settings.engine)


@contextmanager
def _settings() -> Iterator[Settings]:
    """Give the settings; end the command with one sentence and status 1 on an error that users can meet."""
    try:
        settings = from_environment(os.environ)
        dictConfig(configuration(settings.log_format, settings.log_level))
        warn_of_unknown(os.environ)
        yield settings
    except (WrongSetting, EngineError, Refused) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give a function for `LoadOptions.progress`: it draws a bar on a terminal, else logs each tenth."""
    terminal = sys.stderr.isatty()
    tqdm.monitor_interval = 0  # no monitor thread: the system may refuse to start one
    with tqdm(unit="B", unit_scale=True, desc="Reading", disable=not terminal) as bar:
        read = 0

        def show(now: int, total: int) -> None:
            nonlocal read
            before, read = read, min(read + now, total)
            bar.total = total
            bar.update(read - before)
            if read == total:
                bar.close()  # ends the line of the bar before later output
            if not terminal and total and read * _TENTHS // total > before * _TENTHS // total:
                log.info("Read %.1f of %.1f MB", read / 1e6, total / 1e6)

        yield show


def _described(generation: Generation) -> dict[str, Any]:
    known = {"release": generation.release, "generation": generation.name}
    return known | {"loaded": generation.loaded.isoformat(), "size": generation.size} | generation.report


def _say(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report))
        return
    for key, value in report.items():
        if key == "files":
            for file in value:
                click.echo(f"{'file':15}{file['name']} ({file['kind']}, {file['records']:,} records, "
                           f"sequence {file['sequence']}, SHA-256 {file['sha256']})")  # fmt: skip
        elif key == "warnings":
            for kind, count in value.items():
                click.echo(f"{'warning':15}{kind}: {count:,}")
        elif key == "kept":
            for other in value:
                click.echo(f"{'kept':15}{other['generation']}, {other['organisations']:,} organisations")
        else:
            shown = f"{value:,}" if isinstance(value, (int, float)) else value
            click.echo(f"{key.replace('_', ' '):15}{shown}")
