"""What the commands of ods-indexer share: settings and their errors, a progress bar, and printed results."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.config import dictConfig
from math import isnan
from typing import Any

import click
from tqdm import tqdm

from app.engine import open_index
from app.engine.port import EngineError, Generation, Index
from app.logs import configuration
from app.settings import INDEX_HELP, Settings, WrongSetting, from_environment, warn_of_unknown
from indexer.report import Refused

_TENTHS = 10

log = logging.getLogger(__name__)

index_option = click.option("--index", metavar="URL", help=INDEX_HELP)
max_change_option = click.option(
    "--max-change",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    callback=lambda _context, _option, value: _number(value),
    help="Refuse a release that lacks more of the live organisations than this. Default: ODS_MAX_CHANGE.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")


def _number(value: float | None) -> float | None:
    if value is not None and isnan(value):  # which no range leaves out
        raise click.BadParameter("nan is not in the range 0<=x<=100.")
    return value


def opened(settings: Settings, flag: str | None) -> Index:
    """Return the index that a flag or the settings name."""
    return open_index(flag or settings.index, settings.engine)


@contextmanager
def settled() -> Iterator[Settings]:
    """Give the settings; end the command with one sentence on an error that users can meet."""
    try:
        settings = from_environment(os.environ)
        dictConfig(configuration(settings.log_format, settings.log_level))
        warn_of_unknown(os.environ)
        yield settings
    except WrongSetting as error:
        wrong = click.UsageError if error.name == "max_change" else click.ClickException  # as the flag
        raise wrong(str(error)) from error
    except (EngineError, Refused) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def progress(what: str, unit: str = "B") -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told of progress, and of the total: it draws a bar, or logs each tenth."""
    terminal = sys.stderr.isatty()
    tqdm.monitor_interval = 0  # no monitor thread: the system may refuse to start one
    with tqdm(unit=unit, unit_scale=True, desc=what, disable=not terminal) as bar:
        done = 0

        def show(now: int, total: int) -> None:
            nonlocal done
            before, done = done, min(done + now, total)
            bar.total = total
            bar.update(done - before)
            if done == total:
                bar.close()  # ends the line of the bar before later output
            if not terminal and total and done * _TENTHS // total > before * _TENTHS // total:
                if unit == "B":
                    log.info("%s %.1f of %.1f MB", what, done / 1e6, total / 1e6)
                else:
                    log.info("%s %d of %d%s", what, done, total, unit)

        yield show


def described(generation: Generation) -> dict[str, Any]:
    """Return what status says of a generation."""
    known = {"release": generation.release, "generation": generation.name}
    return known | {"loaded": generation.loaded.isoformat(), "size": generation.size} | generation.report


def say(report: dict[str, Any], *, as_json: bool) -> None:
    """Print the report of a load or of status."""
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
        elif key == "last_failure":
            click.echo(f"{'last failure':15}{value['time']}: {value['sentence']}")
        elif key == "kept":
            for other in value:
                click.echo(f"{'kept':15}{other['generation']}, {other['organisations']:,} organisations")
        else:
            shown = f"{value:,}" if isinstance(value, (int, float)) else value
            click.echo(f"{key.replace('_', ' '):15}{shown}")
