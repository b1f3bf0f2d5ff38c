"""Make a synthetic release: a whole register in the exact form TRUD publishes, of real size and proportions.

    python -m tests.bench.release OUT.zip [--organisations 370000] [--seed 1]
                                  [--date 2026-08-27] [--edition N]

Edition 1 is published on the given date; edition N is the same register N - 1 months later. If OUT is
a folder, or ends with `/`, the release gets TRUD's own name in it. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import zipfile
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from tests.bench.kinds import RELATIONSHIPS, kinds, roles
from tests.bench.plan import ARCHIVE, FULL, make_plan
from tests.bench.record import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.plan import Plan

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<HSCOrgRefData:OrgRefData xmlns:HSCOrgRefData="http://refdata.hscic.gov.uk/org/v2-0-0" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://refdata.hscic.gov.uk/org/v2-0-0 HSCOrgRefData.xsd">
"""
MEMBERS = (("fullfile.zip", "Full"), ("archive.zip", "Archive"))
LEVEL = 4  # of deflate
BATCH = 400  # records written at a time


@dataclass(frozen=True, slots=True)
class Made:
    """What a release holds: numbers of records; `xml_bytes` and `zip_bytes` in bytes."""

    path: str
    published: str
    organisations: int
    active: int
    full_records: int
    full_stubs: int
    archive_records: int
    archive_stubs: int
    relationships: int
    successions: int
    xml_bytes: int
    zip_bytes: int


def make_release(out: Path, organisations: int, seed: int, published: date, edition: int = 1) -> Made:
    """Write the release of one edition to `out`, a zip or an existing folder, and say what it holds."""
    plan = make_plan(organisations, seed, published, edition)
    released = plan.published + timedelta(days=1)
    if out.is_dir():
        out /= f"hscorgrefdataxml_data_{released.month}.0.0_{released:%Y%m%d}000001.zip"
    members = [plan.members(side) for side in (FULL, ARCHIVE)]
    stubs = [plan.stubs(side) for side in (FULL, ARCHIVE)]
    size = 0
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch, zipfile.ZipFile(out, "w") as outer:
        for side, (inner, content) in enumerate(MEMBERS):
            spool = Path(scratch) / inner
            size += _inner_zip(spool, plan, content, members[side], stubs[side])
            entry = _entry(inner, released, zipfile.ZIP_STORED)
            with spool.open("rb") as source, outer.open(entry, "w", force_zip64=False) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    present = [number for side in members for number in side]
    return Made(
        path=str(out),
        published=plan.published.isoformat(),
        organisations=len(present),
        active=sum(plan.state[n] == 0 and plan.edits.get(n, ("",))[0] != "closure" for n in present),
        full_records=len(members[FULL]) + len(stubs[FULL]),
        full_stubs=len(stubs[FULL]),
        archive_records=len(members[ARCHIVE]) + len(stubs[ARCHIVE]),
        archive_stubs=len(stubs[ARCHIVE]),
        relationships=sum(plan.rel_at[n + 1] - plan.rel_at[n] for n in present),
        successions=sum(len(plan.successions.get(n, ())) for n in present),
        xml_bytes=size,
        zip_bytes=out.stat().st_size,
    )


def _entry(name: str, released: date, method: int) -> zipfile.ZipInfo:
    """An entry of a zip, dated with the release so that the same release is the same bytes."""
    entry = zipfile.ZipInfo(name, (released.year, released.month, released.day, 1, 0, 0))
    entry.compress_type = method
    entry._compresslevel = LEVEL
    return entry


def _inner_zip(path: Path, plan: Plan, content: str, members: list[int], stubs: list[int]) -> int:
    """Write one of the two inner zips; the bytes of its XML."""
    described = f"HSCOrgRefData_{content}_{plan.published:%Y%m%d}"
    size = 0
    with zipfile.ZipFile(path, "w") as inner:
        entry = _entry(f"{described}.xml", plan.published, zipfile.ZIP_DEFLATED)
        with inner.open(entry, "w") as target:
            for text in _document(plan, described, members, stubs):
                block = text.encode("ascii")
                size += len(block)
                target.write(block)
    return size


def _document(plan: Plan, described: str, members: list[int], stubs: list[int]) -> Iterator[str]:
    """The XML of one file, in pieces of some hundred records."""
    rng = Random(plan.seed * 7 + len(members))
    seq = plan.seq + ("Archive" in described)
    yield HEAD
    yield _manifest(plan, described, seq, members, len(stubs))
    yield _code_systems(rng)
    yield "  <Organisations>\n"
    order = [(number, False) for number in members] + [(number, True) for number in stubs]
    rng.shuffle(order)
    writer = Writer(plan)
    for at in range(0, len(order), BATCH):
        yield "".join(
            [
                writer.stub(number) if is_stub else writer.record(number)
                for number, is_stub in order[at : at + BATCH]
            ]
        )
    yield "  </Organisations>\n</HSCOrgRefData:OrgRefData>\n"


def _manifest(plan: Plan, described: str, seq: int, members: list[int], stubs: int) -> str:
    values = {
        "Version": "2-0-0",
        "PublicationType": "Full",
        "PublicationSource": "HSCIC",
        "PublicationDate": plan.published.isoformat(),
        "PublicationSeqNum": seq,
        "FileCreationDateTime": f"{plan.published.isoformat()}T01:12:{seq % 60:02}",
        "RecordCount": len(members) + stubs,
        "ContentDescription": described,
    }
    held = {kinds()[index].role for index in {plan.kind[number] for number in members}}
    lines = [f'    <{element} value="{value}" />\n' for element, value in values.items()]
    scope = [
        f'      <PrimaryRole id="{role}" displayName={quoteattr(display)} />\n'
        for role, display in roles().items()
        if role in held
    ]
    listed = f"    <PrimaryRoleScope>\n{''.join(scope)}    </PrimaryRoleScope>\n"
    return f"  <Manifest>\n{''.join(lines)}{listed}  </Manifest>\n"


def _code_systems(rng: Random) -> str:
    """The three code systems, their concepts in no order."""
    systems = (
        ("OrganisationRecordClass", "2.16.840.1.113883.2.1.3.2.4.23", {"RC1": "HSCOrg", "RC2": "HSCSite"}),
        ("OrganisationRole", "2.16.840.1.113883.2.1.3.2.4.17.507", roles()),
        ("OrganisationRelationship", "2.16.840.1.113883.2.1.3.2.4.17.508", RELATIONSHIPS),
    )
    text = "  <CodeSystems>\n"
    for name, oid, concepts in systems:
        rows = [
            f'      <concept id="{key}" code="{key[2:]}" displayName={quoteattr(display)} />\n'
            for key, display in concepts.items()
        ]
        rng.shuffle(rows)
        text += f'    <CodeSystem name="{name}" oid="{oid}">\n{"".join(rows)}    </CodeSystem>\n'
    return text + "  </CodeSystems>\n"


def main() -> None:
    """Read the command line, make the release, print what it holds as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.release", description="Make a synthetic release."
    )
    parser.add_argument("out", help="zip to write, or a folder")
    parser.add_argument("--organisations", type=int, default=370_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 8, 27), help="of edition 1")
    parser.add_argument("--edition", type=int, default=1, choices=range(1, 121), metavar="N")
    given = parser.parse_args()
    out = Path(given.out)
    if given.out.endswith("/"):
        out.mkdir(parents=True, exist_ok=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    try:
        made = make_release(out, given.organisations, given.seed, given.date, given.edition)
    except ValueError as fault:
        parser.error(str(fault))
    seconds = round(time.perf_counter() - began, 1)
    sys.stdout.write(json.dumps(asdict(made) | {"seconds": seconds}, indent=2) + "\n")


if __name__ == "__main__":
    main()
