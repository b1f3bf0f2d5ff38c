"""The command ods-indexer fetch, and how load finds TRUD."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.settings import Settings, WrongSetting
from indexer.console import progress, settled
from indexer.report import Refused
from indexer.sources.trud.client import Client
from indexer.sources.trud.download import download
from indexer.sources.trud.releases import TrudRelease, releases
from indexer.sources.trud.secret import hidden


@click.command("fetch")
@click.option("--list", "listing", is_flag=True, help="List the releases and fetch none.")
@click.option(
    "--release",
    "wanted",
    metavar="NAME",
    help='Name of the release, such as "Release 8.0.0". Default: the newest.',
)
@click.option(
    "--to",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="Folder to download to. Default: the current one.",
)
def fetch_command(*, listing: bool, wanted: str | None, folder: Path) -> None:
    """Download a release from TRUD; ODS_TRUD_API_KEY is the key of an account there.

    A download that broke off is resumed; a file that is there and right is not fetched again.
    """
    if listing and wanted:
        raise click.UsageError("Name --list or --release, and not both.")
    with settled() as settings, trud(settings) as client:
        if listing:
            for each in releases(client, settings.trud_api_key, latest=False):
                click.echo(f"{each.date}  {each.name}  {each.file}  {each.size:,} bytes")
            return
        release = chosen(client, settings.trud_api_key, wanted)
        with progress("Fetched") as told:
            path = download(client, release, folder, told)
    click.echo(f"{release.name} of {release.date} is {path}.")


@contextmanager
def trud(settings: Settings) -> Iterator[Client]:
    """Give what asks TRUD, with the key hidden in all that is printed or logged; raises WrongSetting."""
    if not settings.trud_api_key:
        raise WrongSetting("ODS_TRUD_API_KEY is not set: it is the API key on your account page at TRUD")
    with hidden(settings.trud_api_key):
        yield Client(settings.trud_url, settings.trud_api_key)


def chosen(client: Client, key: str, wanted: str | None = None) -> TrudRelease:
    """Return the release of that name, or the newest; raises Refused."""
    found = releases(client, key, latest=wanted is None)
    for release in found:
        if wanted is None or wanted in {release.name, release.file}:
            return release
    raise Refused(f'TRUD has no release named "{wanted}": --list shows the names')
