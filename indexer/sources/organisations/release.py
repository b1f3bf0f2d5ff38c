"""Writes a list of organisations as a release, which is then loaded like any other."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.resources import as_file
from pathlib import Path

from app.engine.temporary import no_room
from app.scratch import Scratch
from indexer.organisation import Organisation
from indexer.release import LISTED, open_release
from indexer.report import Hindered
from indexer.sources.organisations.listing import read
from indexer.sources.organisations.register import register
from indexer.sources.publication import END, HEAD, RECORDS, Kind, Manifest, Part, code_systems, write
from indexer.sources.record import record
from indexer.sources.sample import SAMPLE


@contextmanager
def organisations(path: Path, today: date) -> Iterator[Path]:
    """Give the path of a release made from a list, published today; raises BadList and Refused.

    Roles, types of relationships and their names are those of the bundled sample.
    """
    with as_file(SAMPLE) as sample, open_release([sample]) as known:
        systems = {name: system.concepts for name, system in known.code_systems.items()}
    roles = systems["OrganisationRole"]
    found = register(read(path), roles, systems["OrganisationRelationship"], today.isoformat())
    primary = {each.primary_role: roles[each.primary_role] for each in found}

    def file(kind: Kind, sequence: int, held: Sequence[Organisation]) -> Part:
        about = Manifest(kind, today, sequence, LISTED, len(held), primary)
        head = HEAD + about.text() + code_systems(systems) + RECORDS
        return Part(kind, (text.encode() for text in (head, *map(record, held), END)))

    try:
        scratch = Scratch("list")
    except OSError as error:
        raise Hindered(no_room(error)) from error
    with scratch as folder:
        release = folder / "organisations.zip"
        write(release, today, [file("Full", 1, found), file("Archive", 2, [])])
        yield release
