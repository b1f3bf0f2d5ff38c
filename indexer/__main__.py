"""`python -m indexer` is the command ods-indexer."""

from indexer.cli import main

main(prog_name="ods-indexer")
