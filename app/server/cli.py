"""The command ods-server: serves the register over HTTP."""

import os
from importlib.metadata import version
from logging.config import dictConfig

import click

from app.engine import open_index
from app.engine.port import NotLoaded, Unavailable, WrongIndex
from app.logs import configuration
from app.server.gunicorn import Server
from app.settings import (
    DISTRIBUTION,
    INDEX_HELP,
    WrongSetting,
    address,
    from_environment,
    warn_of_unknown,
)


def _address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Report a wrong value of --bind as wrong usage."""
    try:
        if value is not None:
            address(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error
    return value


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(DISTRIBUTION))
@click.option("--index", metavar="URL", help=INDEX_HELP)
@click.option(
    "--bind",
    metavar="HOST:PORT",
    callback=_address,
    help="Address to listen on. Default: ODS_BIND, else 127.0.0.1:8000.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes. Default: ODS_WORKERS, else one for each CPU the process may use.",
)
def main(index: str | None, bind: str | None, workers: int | None) -> None:
    """Serve the register over HTTP, until stopped by SIGTERM or Ctrl-C."""
    try:
        settings = from_environment(os.environ).but(index=index, bind=bind, workers=workers)
        dictConfig(configuration(settings.log_format, settings.log_level))
        warn_of_unknown(os.environ)
        try:
            open_index(settings.index, settings.engine).live()
        except (NotLoaded, Unavailable) as error:
            click.echo(f"Serving, but not ready. {error}", err=True)
        server = Server(settings)
    except (WrongSetting, WrongIndex) as error:
        raise click.ClickException(str(error)) from error
    server.run()
