"""Writes a later release made from another one: some records changed, all else as it was, and a log."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from indexer.header import chunks
from indexer.organisation import Organisation
from indexer.release import SYNTHESISED, File, open_release
from indexer.report import Refused
from indexer.sources.publication import Kind, Part, described, write
from indexer.sources.synthesise import edits
from indexer.sources.synthesise.changes import Change, Chosen, choose
from indexer.sources.synthesise.facts import INWARD
from indexer.sources.synthesise.kinds import DEFAULT_SHAPE, SHAPES
from indexer.sources.synthesise.naming import name, pick
from indexer.sources.synthesise.plan import free_code
from indexer.sources.synthesise.release import Progress
from indexer.sources.synthesise.survey import Link, Survey, blocks, is_open

_LATER = timedelta(weeks=4)
_FILES_A_DAY = 8 / 5
"""By which PublicationSeqNum grows."""


class NotLater(Exception):
    """The date of the new release is not after that of the old one; the text is a sentence."""


def mutate(
    source: Path,
    out: Path,
    *,
    changes: int,
    seed: int,
    published: date | None,
    progress: Progress = lambda _done, _total: None,
) -> date:
    """Write the later release to the zip `out`, and the log beside it; return its publication date.

    Raises NotLater, and Refused for faults of the release, and where it has too little to change.
    """
    with open_release([source]) as release:
        before = date.fromisoformat(release.publication_date)
        published = published or before + _LATER
        if published <= before:
            raise NotLater(f"the new release must be later than that of {before}, from which it is made")
        total = 2 * sum(file.size for file in release.files)
        survey = Survey(release)
        for place, file in enumerate(release.files):
            for organisation, block in blocks(file):
                survey.take(place, organisation)
                progress(len(block), total)
        chosen = choose(survey, changes, Random(seed))
        editor = _Editor(survey, chosen, seed, published)
        parts = [_part(editor, place, file, progress, total) for place, file in enumerate(release.files)]
        write(out, published, parts)
    log = out.with_name(f"{out.name}.changes.jsonl")
    lines = [json.dumps(editor.log[code], ensure_ascii=False) + "\n" for code in sorted(editor.log)]
    try:
        log.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{log} cannot be written: {error.strerror or error}") from error
    return published


def _part(editor: "_Editor", place: int, file: File, progress: Progress, total: int) -> Part:
    kind: Kind = "Full" if file.kind == "full" else "Archive"

    def text() -> Iterator[bytes]:
        yield editor.head(file, kind, place)
        for organisation, block in blocks(file):
            yield editor.record(organisation, block)
            progress(len(block), total)
        if place == 0:
            yield from editor.opened
        if file.header.offset is not None:
            yield b"\n" + file.header.closing + b"\n"

    return Part(kind, text())


@dataclass
class _Editor:
    """Carries out the chosen changes while the release is read a second time."""

    survey: Survey
    chosen: Chosen
    seed: int
    published: date
    log: dict[str, dict[str, Any]] = field(default_factory=dict)
    opened: list[bytes] = field(default_factory=list)
    """The records to add to the full file."""

    def __post_init__(self) -> None:
        self._day = self.published.isoformat()
        self._ids = {unique: count(last + 1) for unique, last in sorted(self.survey.last.items())}
        self._successions = {code: next(self._ids["uniqueSuccId"]) for code in sorted(self.chosen.successors)}
        self._predecessors = {after: before for before, after in self.chosen.successors.items()}
        self._links = self._succession_links()
        self._taken = set(self.survey.records)
        self._opening: dict[str, list[int]] = {}
        for number, code in enumerate(self.chosen.templates):
            self._opening.setdefault(code, []).append(number)
        self._names = self.survey.release.code_systems["OrganisationRole"].concepts

    def head(self, file: File, kind: Kind, place: int) -> bytes:
        """Return a file up to its first record (all of it if it has none), with the new Manifest."""
        offset, text = file.header.offset, b""
        for chunk in chunks(file.member):
            text += chunk
            if offset is not None and len(text) >= offset:
                break
        days = (self.published - date.fromisoformat(file.manifest.publication_date)).days
        sequence = file.manifest.sequence + int(days * _FILES_A_DAY)
        changes = self.chosen.changes.items()
        deleted = sum(
            change == "deleted" and self.survey.complete[code].file == place for code, change in changes
        )
        opened = len(self.chosen.templates) if place == 0 else 0
        values = {
            "PublicationSource": SYNTHESISED,
            "PublicationDate": self._day,
            "PublicationSeqNum": sequence,
            "FileCreationDateTime": f"{self._day}T01:12:{sequence % 60:02}",
            "RecordCount": file.manifest.record_count + opened - deleted,
            "ContentDescription": described(kind, self.published),
        }
        head = text[:offset].decode()
        head = re.sub(r"(<\?xml[^>]*?encoding=)[\"'][^\"']*[\"']", r'\1"utf-8"', head, count=1)
        for element, value in values.items():
            head = re.sub(rf'(<{element}\s[^>]*?value\s*=\s*)["\'][^"\']*["\']', rf'\g<1>"{value}"', head)
        return head.encode()

    def record(self, organisation: Organisation, block: bytes) -> bytes:
        """Return the XML of a record in the new release; nothing if it is deleted."""
        code = organisation.code
        for number in () if organisation.ref_only else self._opening.get(code, ()):
            self._open(organisation, block, number)
        change = self.chosen.changes.get(code)
        before = self._predecessors.get(code)
        if change == "deleted":
            self._note(code, change, organisation.name, None)
            return b""
        if not (change or before):
            return block
        record = edits.parse(block, organisation)
        edits.stamp(record, self._day)
        if before and not organisation.ref_only:
            self._succeed(record, "Predecessor", before, self._successions[before])
        elif change:
            self._change(record, organisation, change)
        return edits.written(record)

    def _change(self, record: edits.Record, organisation: Organisation, change: Change) -> None:
        """Change a record; its stub in the other file changes with it where it says the same."""
        code, day = organisation.code, self._day
        rng = Random(f"{self.seed}/{code}")
        if change == "renamed":
            called = self._fresh_name(organisation, rng)
            edits.rename(record, called)
            self._note(code, change, organisation.name, called)
        elif change == "moved":
            old = (organisation.address and organisation.address.postcode) or ""
            new = _other_postcode(old, rng)
            edits.move(record, new)
            self._note(code, change, old, new)
        elif change == "closed":
            edits.end(record, day)
            self._note(code, change, "active", "inactive")
        elif organisation.ref_only:
            return
        elif change == "role_added":
            held = {role.id for role in organisation.roles}
            usual = [role for role in self.survey.roles[organisation.primary_role] if role not in held]
            role = pick(rng.random, usual or sorted(self._names.keys() - held) or sorted(held))
            edits.add_role(record, role, next(self._ids["uniqueRoleId"]), day)
            self._note(code, change, None, role)
        elif change == "role_ended":
            places = [at for at, role in enumerate(organisation.roles) if is_open(role) and not role.primary]
            at = pick(rng.random, places)
            ended = organisation.roles[at]
            edits.end(edits.part_of(record, "Roles/Role", "uniqueRoleId", ended.unique_id, at), day)
            self._note(code, change, ended.id, None)
        elif change == "relationship_added":
            link = self._fresh_link(organisation, rng)
            edits.add_relationship(record, link, next(self._ids["uniqueRelId"]), day)
            self._note(code, change, None, {"type": link.type, "target": link.target})
        elif change == "relationship_ended":
            at = pick(rng.random, [at for at, each in enumerate(organisation.relationships) if is_open(each)])
            gone = organisation.relationships[at]
            edits.end(edits.part_of(record, "Rels/Rel", "uniqueRelId", gone.unique_id, at), day)
            self._note(code, change, {"type": gone.id, "target": gone.target.code}, None)
        else:
            successor = self.chosen.successors[code]
            self._succeed(record, "Successor", successor, self._successions[code])
            self._note(code, change, None, successor)

    def _open(self, organisation: Organisation, block: bytes, number: int) -> None:
        """Make a new organisation like this one."""
        rng = Random(f"{self.seed}/{organisation.code}/{number}")
        shape = SHAPES.get(organisation.primary_role, DEFAULT_SHAPE)
        above = next((each.target.code for each in organisation.relationships if each.id == "RE6"), "")
        code = free_code(rng, shape.lstrip("<"), above[:5] if "<" in shape else "", self._taken)
        self._taken.add(code)
        called = self._fresh_name(organisation, rng)
        record = edits.opened(edits.parse(block, organisation), code, called, self._ids, self._day)
        edits.stamp(record, self._day)
        self.opened.append(edits.written(record))
        self._note(code, "opened", None, called)

    def _succeed(self, record: edits.Record, side: str, other: str, number: int) -> None:
        edits.add_succession(record, side, self._links[other], number, self._day)

    def _succession_links(self) -> dict[str, Link]:
        """Return the parties of the new successions as targets."""
        parties = {*self.chosen.successors, *self.chosen.successors.values()}
        return {code: Link("", code, self.survey.complete[code].primary_role, None) for code in parties}

    def _fresh_name(self, organisation: Organisation, rng: Random) -> str:
        role = organisation.primary_role
        town = (organisation.address and organisation.address.town) or "LEEDS"
        fresh = name(rng.random, role, self._names.get(role, role), town)
        return fresh if fresh != organisation.name else f"THE {fresh}"

    def _fresh_link(self, organisation: Organisation, rng: Random) -> Link:
        """Choose a relationship that others of its type have, and it has not if there is such a one."""
        seen = self.survey.complete[organisation.code]
        held = {(each.id, each.target.code) for each in organisation.relationships}
        links = [
            each
            for each in self.survey.links[seen.file, seen.primary_role]
            if each.target != organisation.code
        ]
        return pick(rng.random, [each for each in links if (each.type, each.target) not in held] or links)

    def _note(self, code: str, change: Change, old: object, new: object) -> None:
        self.log[code] = {"code": code, "change": change, "from": old, "to": new, "date": self._day}


def _other_postcode(old: str, rng: Random) -> str:
    """Return another postcode of the same district."""
    district = old.rpartition(" ")[0].strip() or old[:-3]
    while True:
        new = f"{district} {1 + int(rng.random() * 9)}{pick(rng.random, INWARD)}{pick(rng.random, INWARD)}"
        if new != old:
            return new.strip()
