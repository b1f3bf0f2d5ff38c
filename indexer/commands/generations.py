"""The commands ods-indexer status and ods-indexer rollback."""

import json
import sys

import click

from app.clock import clock
from app.engine.port import NotLoaded
from indexer.console import described, index_option, json_option, opened, say, settled


@click.command("status")
@index_option
@json_option
def status_command(*, index: str | None, as_json: bool) -> None:
    """Show the live generation and the other generations that are kept."""
    with settled() as settings:
        try:
            kept = opened(settings, index)
            live, *others = kept.generations()
            failure = kept.notes.failure()
        except NotLoaded:
            if not as_json:
                raise
            click.echo(json.dumps({"release": None}))
            sys.exit(1)
    failed = {"time": failure.time.isoformat(), "sentence": failure.sentence} if failure else None
    report = described(live) | ({"last_failure": failed} if failed else {})
    say(report | {"kept": [described(other) for other in others]}, as_json=as_json)


@click.command("rollback")
@index_option
def rollback_command(*, index: str | None) -> None:
    """Make the newest generation older than the live one live again."""
    with settled() as settings:
        kept = opened(settings, index)
        generation = kept.rollback(clock(settings.now)())
    click.echo(f"Generation {generation.name}, release of {generation.release}, is live again.")
