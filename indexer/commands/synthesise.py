"""The command ods-indexer synthesise."""

from datetime import date, datetime
from pathlib import Path

import click

from indexer.console import progress, settled

SMALLEST = 100
"""Organisations: the register has nearly as many primary roles."""
_DAY = date(2026, 8, 27)

day_option = click.option(
    "--date",
    "day",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help=f"Publication date. Default: {_DAY}; with --mutate four weeks after FROM.",
)


@click.command("synthesise")
@click.option("--organisations", metavar="N", type=click.IntRange(SMALLEST, 10_000_000),
              help="Size of the register; the real one has some 370,000.")  # fmt: skip
@click.option("--mutate", "source", metavar="FROM", type=click.Path(path_type=Path, readable=False),
              help="Release to make a later one from.")  # fmt: skip
@click.option("--changes", metavar="N", type=click.IntRange(min=1), help="Changes to make, with --mutate.")
@click.option("--seed", metavar="S", type=click.IntRange(min=0), required=True,
              help="Another number gives another release.")  # fmt: skip
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="Zip to write; --mutate also writes FILE.changes.jsonl, a line a change.")  # fmt: skip
@day_option
def synthesise_command(  # one option each
    *,
    organisations: int | None,
    source: Path | None,
    changes: int | None,
    seed: int,
    out: Path,
    day: datetime | None,
) -> None:
    """Write a synthetic release, or a later release made from another one.

    The same arguments give the same XML on every machine.
    """
    # Imported here: other commands need none of the words and tables.
    from indexer.sources.synthesise.mutate import NotLater, mutate  # noqa: PLC0415
    from indexer.sources.synthesise.release import EARLIEST, LATEST, synthesise  # noqa: PLC0415

    if (organisations is None) == (source is None):
        raise click.UsageError("Name --organisations, or --mutate with a release, and not both.")
    if (source is None) != (changes is None):
        raise click.UsageError("--mutate and --changes belong together.")
    published = day.date() if day else None
    if published and not EARLIEST <= published <= LATEST:
        raise click.UsageError(f"Invalid value for '--date': use a date from {EARLIEST} to {LATEST}.")
    with settled(), progress("Wrote", " records" if organisations else "B") as told:
        if source and changes:
            try:
                published = mutate(
                    source, out, changes=changes, seed=seed, published=published, progress=told
                )
            except NotLater as error:
                raise click.UsageError(f"Invalid value for '--date': {error}.") from error
        elif organisations:
            published = published or _DAY
            synthesise(out, organisations, seed, published, told)
    click.echo(f"Wrote {out}, a release of {published}.")
