"""The command ods-indexer: loads releases, makes them, finds them, and shows what is loaded."""

from importlib.metadata import version

import click

from app.settings import DISTRIBUTION
from indexer.commands.generations import rollback_command, status_command
from indexer.commands.load import load_command
from indexer.commands.synthesise import synthesise_command
from indexer.commands.verify import verify_command
from indexer.commands.watch import watch_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(DISTRIBUTION))
def main() -> None:
    """Load releases of HSCOrgRefData into an index, for ods-server to serve."""


for command in (
    load_command,
    watch_command,
    status_command,
    rollback_command,
    verify_command,
    synthesise_command,
):
    main.add_command(command)
