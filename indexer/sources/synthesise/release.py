"""A synthetic release: a whole register of real proportions, in the exact form that TRUD publishes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from random import Random

from indexer.release import SYNTHESISED
from indexer.sources.publication import END, HEAD, RECORDS, Kind, Manifest, Part, code_systems, write
from indexer.sources.synthesise.kinds import RELATIONSHIPS, kinds, roles
from indexer.sources.synthesise.plan import ARCHIVE, FULL, Plan
from indexer.sources.synthesise.record import Writer
from indexer.sources.synthesise.relations import make_plan

EARLIEST = date(2018, 1, 1)
LATEST = date(2099, 12, 31)
"""Days of publication between which a register has sensible dates."""
FIRST_SEQUENCE = 4748
_BATCH = 400
"""Records written at a time."""

Progress = Callable[[int, int], object]


def synthesise(
    out: Path, organisations: int, seed: int, published: date, progress: Progress = lambda _done, _total: None
) -> None:
    """Write a release to a zip; the same arguments give the same XML on every machine.

    `progress` is called with the records written since its last call, and their total. Raises Refused where
    the zip cannot be written.
    """
    plan = make_plan(organisations, seed, published)
    files: dict[Kind, _File] = {"Full": _File(plan, FULL), "Archive": _File(plan, ARCHIVE)}
    total = sum(len(file.order) for file in files.values())

    def told(blocks: Iterator[tuple[str, int]]) -> Iterator[bytes]:
        for text, count in blocks:
            yield text.encode("ascii")
            progress(count, total)

    write(out, published, [Part(kind, told(file.blocks(kind))) for kind, file in files.items()])


class _File:
    """One XML file of a plan: complete records and stubs, in no useful order."""

    def __init__(self, plan: Plan, side: int) -> None:
        self._plan = plan
        members, stubs = plan.members(side), plan.stubs(side)
        self._sequence = FIRST_SEQUENCE + side
        self._held = {kinds()[plan.kind[number]].role for number in members}
        self._rng = Random(plan.seed * 7 + len(members))
        self.order = [(number, False) for number in members] + [(number, True) for number in stubs]

    def blocks(self, kind: Kind) -> Iterator[tuple[str, int]]:
        """Yield the XML in pieces, each with the number of its records."""
        plan, rng, order = self._plan, self._rng, self.order
        held = {role: display for role, display in roles().items() if role in self._held}
        about = Manifest(kind, plan.published, self._sequence, SYNTHESISED, len(order), held)
        yield HEAD + about.text() + code_systems(_shuffled(rng)) + RECORDS, 0
        rng.shuffle(order)
        writer = Writer(plan)
        for at in range(0, len(order), _BATCH):
            batch = order[at : at + _BATCH]
            records = (writer.stub(number) if is_stub else writer.record(number) for number, is_stub in batch)
            yield "".join(records), len(batch)
        yield END, 0


def _shuffled(rng: Random) -> dict[str, Mapping[str, str]]:
    """Return the concepts of the three code systems, each in no order."""
    found: dict[str, Mapping[str, str]] = {}
    for name, concepts in (
        ("OrganisationRecordClass", {"RC1": "HSCOrg", "RC2": "HSCSite"}),
        ("OrganisationRole", roles()),
        ("OrganisationRelationship", RELATIONSHIPS),
    ):
        rows = list(concepts.items())
        rng.shuffle(rows)
        found[name] = dict(rows)
    return found
