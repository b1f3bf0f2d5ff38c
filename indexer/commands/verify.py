"""The command ods-indexer verify."""

from pathlib import Path

import click

from app.cpus import usable
from indexer.console import index_option, opened, progress, settled
from indexer.verify import verify


@click.command("verify")
@click.argument("release", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@index_option
def verify_command(release: tuple[Path, ...], *, index: str | None) -> None:
    """Compare the live generation with the release it was made from.

    Compares date, files, counts and every document; tells the first ten differences.
    """
    with settled() as settings, progress("Read") as told:
        found = verify(release, opened(settings, index), usable(), told)
    name = found.generation.name
    if found.differences:
        for difference in found.named:
            click.echo(difference)
        raise click.ClickException(
            f"Generation {name} differs from the release in {found.differences:,} "
            f"{'place' if found.differences == 1 else 'places'}"
        )
    click.echo(
        f"Generation {name} is what the release gives: {found.organisations:,} organisations, "
        f"{found.documents:,} documents."
    )
