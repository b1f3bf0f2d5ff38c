"""The command ods-server: serves the register over HTTP."""

import json
import os
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import ip_address
from logging.config import dictConfig
from pathlib import Path
from typing import Any, NoReturn

import click

from app.controls.controls import Controls
from app.engine import open_index
from app.engine.port import NotLoaded, Unavailable, WrongIndex
from app.engine.temporary import no_room
from app.loader import SAMPLE, NotLoadable, Source, without_ignored
from app.logs import configuration
from app.server.gunicorn import Server, Trial
from app.server.parent import end_with_parent
from app.server.temporary import temporary
from app.settings import (
    DISTRIBUTION,
    INDEX_HELP,
    Settings,
    WrongSetting,
    address,
    from_environment,
    warn_of_unknown,
)

_FREE_PORT = "127.0.0.1:0"
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Report a wrong value of --bind as wrong usage."""
    try:
        if value is not None:
            address(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error
    return value


def _instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Report a wrong value of --now as wrong usage."""
    if value is not None:
        try:
            if from_environment({"ODS_NOW": value}).now is None:
                raise click.BadParameter("use an ISO instant, such as 2026-01-31T09:00:00Z.")
        except WrongSetting as error:
            raise click.BadParameter(f"{str(error).partition(': ')[2]}.") from error
    return value


@dataclass(frozen=True)
class _ForTests:
    """The options of a server for tests."""

    source: Source
    bind: str
    now: str
    with_parent: bool
    test_controls: bool


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(DISTRIBUTION))
@click.option("--index", metavar="URL", help=INDEX_HELP)
@click.option(
    "--bind",
    metavar="HOST:PORT",
    callback=_address,
    help="Address to listen on; port 0 takes a free one. Default: ODS_BIND, else 127.0.0.1:8000; "
    "for tests a free port of 127.0.0.1.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes. Default: ODS_WORKERS, else one for each CPU the process may use.",
)
@click.option("--sample", is_flag=True, help="For tests: serve the bundled sample from a temporary index.")
@click.option(
    "--release", metavar="FILE", help="For tests: load a release into a temporary index and serve it."
)
@click.option(
    "--organisations",
    metavar="FILE",
    help="For tests: the same with a list of organisations, JSON or CSV; - is JSON from standard input.",
)
@click.option(
    "--now", metavar="INSTANT", callback=_instant, help="For tests: a fixed time in place of the clock."
)
@click.option("--with-parent", is_flag=True, help="For tests: end when the process that started this ends.")
@click.option(
    "--test-controls",
    is_flag=True,
    help="For tests: faults on demand and more, at /_test and by X-ODS-Fault.",
)
def main(  # noqa: PLR0913 - one option each
    *,
    index: str | None,
    bind: str | None,
    workers: int | None,
    sample: bool,
    release: str | None,
    organisations: str | None,
    now: str | None,
    with_parent: bool,
    test_controls: bool,
) -> None:
    """Serve the register over HTTP, until stopped by SIGTERM or Ctrl-C.

    With --sample, --release or --organisations it is a server for tests: it writes its address to standard
    output as one line of JSON when it answers.
    """
    source = _source(sample=sample, release=release, organisations=organisations)
    if source is None:
        only = {"--now": now, "--with-parent": with_parent, "--test-controls": test_controls}
        if used := [name for name, value in only.items() if value]:
            raise click.UsageError(f"{used[0]} needs --sample, --release or --organisations.")
        _serve(index, bind, workers)
    elif index is not None or workers is not None:
        name = "--index" if index is not None else "--workers"
        raise click.UsageError(f"A server for tests has an index and a worker of its own: leave out {name}.")
    else:
        _serve_for_tests(_ForTests(source, bind or _FREE_PORT, now or "", with_parent, test_controls))


def _source(*, sample: bool, release: str | None, organisations: str | None) -> Source | None:
    """Return what a server for tests serves; None for any other server."""
    if sum((sample, release is not None, organisations is not None)) > 1:
        raise click.UsageError("Name one of --sample, --release and --organisations.")
    if sample:
        return SAMPLE
    if release is not None:
        return Source(Path(release).absolute())
    if organisations is not None:
        return Source(Path(organisations), is_list=True)
    return None


def _serve(index: str | None, bind: str | None, workers: int | None) -> None:
    """Serve an index that ods-indexer fills."""
    try:
        settings = _settings(os.environ, index=index, bind=bind, workers=workers)
        try:
            open_index(settings.index, settings.engine).live()
        except (NotLoaded, Unavailable) as error:
            click.echo(f"Serving, but not ready. {error}", err=True)
        server = Server(settings)
    except (WrongSetting, WrongIndex) as error:
        raise click.ClickException(str(error)) from error
    server.run()


def _settings(environment: Any, **flags: Any) -> Settings:
    """Return the settings of the environment and of flags, and begin to log."""
    settings = from_environment(environment).but(**flags)
    dictConfig(configuration(settings.log_format, settings.log_level))
    warn_of_unknown(environment)
    return settings


def _serve_for_tests(asked: _ForTests) -> None:
    """Serve a temporary index."""
    for stop in _STOPS:  # until gunicorn has handlers of its own
        signal.signal(stop, _stopped)
    if asked.with_parent:
        end_with_parent()
    try:
        environment = without_ignored(os.environ) | ({"ODS_NOW": asked.now} if asked.now else {})
        settings = _settings(environment, bind=asked.bind, workers=1)
        with temporary(asked.source, asked.now) as made:
            controls = Controls(made.loader, made.source, made.folder) if asked.test_controls else None
            generation = made.generation
            facts = {"generation": generation.name, "organisations": generation.report["organisations"]}

            def announce(url: str) -> None:
                _write_line({"url": url, **facts}, with_parent=asked.with_parent)

            server = Server(settings.but(index=made.loader.url), Trial(announce, controls))
            if controls:
                _warn_if_reachable(server)
            server.run()
    except (WrongSetting, WrongIndex) as error:
        raise click.ClickException(str(error)) from error
    except NotLoadable as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.status)
    except OSError as error:
        raise click.ClickException(no_room(error)) from error


def _stopped(*_: object) -> NoReturn:
    sys.exit(0)


def _warn_if_reachable(server: Server) -> None:
    """Warn where others than this machine can use the controls."""
    host = server.listener.getsockname()[0]
    if not ip_address(host).is_loopback:
        click.echo(f"Whoever reaches {host} can use the test controls: bind them to 127.0.0.1.", err=True)


def _write_line(facts: dict[str, Any], *, with_parent: bool) -> None:
    """Write the line that says that the server answers; runs in the worker."""
    try:
        sys.stdout.write(f"{json.dumps(facts)}\n")
        sys.stdout.flush()
    except OSError:
        if with_parent:  # it ended before `end_with_parent` looked for the first time
            os.kill(os.getppid(), signal.SIGTERM)
