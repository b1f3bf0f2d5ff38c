"""Makes `python -m indexer` the command ods-indexer: servers for tests run it with their own interpreter."""

from indexer.cli import main

main(prog_name="ods-indexer")
