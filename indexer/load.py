"""The pipeline: a release in, a generation out, and the report of what happened on the way."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from app.clock import Clock
from app.engine.port import Build, Index
from app.search.fields import Entry
from indexer.convert import Converted, Converter, Facts, Vocabulary
from indexer.deletions import ledger
from indexer.documents import ord as ord_
from indexer.documents import stu3
from indexer.merge import Merge
from indexer.parallel import conversion
from indexer.reader import Unreadable, check_count, head, pieces, read_piece, records
from indexer.release import File, Release, open_release
from indexer.report import Refused, Warnings
from indexer.validate import Invalid, Mode, Validate

log = logging.getLogger(__name__)

_SMALL = 32 * 1024 * 1024
"""Bytes of XML up to which starting worker processes takes longer than it saves."""

_SAMPLE_PIECES = range(0, 48, 8)
"""Pieces of a file's start whose records stand for all when a packer is fitted."""


@dataclass(frozen=True)
class LoadOptions:
    """How a load is done; `progress` is told bytes of XML read since it was last told, and in all."""

    workers: int = 1
    validate: Mode = "sample"
    progress: Callable[[int, int], object] = lambda _read, _total: None


def load(paths: Sequence[Path], index: Index, clock: Clock, options: LoadOptions) -> dict[str, Any]:
    """Load a release into the index and return the report, of JSON values.

    Raises Refused for what is wrong with the release, EngineError for what is wrong with the index; in
    either case what was live still is.
    """
    started = time.monotonic()
    with (
        open_release(paths) as release,
        index.build(release.publication_date, clock(), options.workers) as build,
    ):
        try:
            report = _fill(release, index, build, options)
            generation = build.publish(
                lambda: report | {"seconds": round(time.monotonic() - started, 1)}, clock
            )
        except Invalid as error:
            raise Refused(f"{paths[0]}: {error}") from error
        except BrokenProcessPool as error:
            raise Refused(
                "A worker process was ended, perhaps for want of memory: try --workers 1"
            ) from error
    return {"release": generation.release, "generation": generation.name, **generation.report}


def _fill(release: Release, index: Index, build: Build, options: LoadOptions) -> dict[str, Any]:
    vocabulary = Vocabulary(
        roles=release.code_systems["OrganisationRole"].concepts,
        classes=release.code_systems["OrganisationRecordClass"].concepts,
    )
    converter = Converter(vocabulary, build.packer(_samples(release, vocabulary)), Validate(options.validate))
    with Merge() as merge:
        try:
            read = _read(release, converter, merge, options)
        except Unreadable:
            return _serially(release, index, build, converter)
        return _write(release, index, build, merge, read, converter)


def _serially(release: Release, index: Index, build: Build, converter: Converter) -> dict[str, Any]:
    """Read again, whole and in one process: what pieces could not tell is told, or it was no fault."""
    with Merge() as merge:
        read = _Read()
        for file in release.files:
            for nth, record in enumerate(records(file)):
                read.take(file, converter(record, in_full_file=file.kind == "full", nth=nth), merge)
            check_count(file, read.by_file[file])
        return _write(release, index, build, merge, read, converter)


@dataclass
class _Read:
    """How many records were read, stubs among them."""

    ref_only: int = 0
    by_file: Counter[File] = field(default_factory=Counter)

    def take(self, file: File, converted: Converted, merge: Merge) -> None:
        """Count one record and offer it to the merge."""
        self.by_file[file] += 1
        self.ref_only += not converted.precedence.complete
        merge.offer(*converted)


def _read(release: Release, converter: Converter, merge: Merge, options: LoadOptions) -> _Read:
    read = _Read()
    total, told = sum(file.size for file in release.files), 0
    with conversion(converter, options.workers if total > _SMALL else 1) as convert:
        for file in release.files:
            about = head(file)
            for piece, batch in convert((about, piece) for piece in pieces(file)):
                for converted in batch:
                    read.take(file, converted, merge)
                options.progress(len(piece.data), total)
                told += len(piece.data)
            check_count(file, read.by_file[file])
    options.progress(total - told, total)  # what stands before and behind the records
    return read


def _write(
    release: Release, index: Index, build: Build, merge: Merge, read: _Read, converter: Converter
) -> dict[str, Any]:
    """Write what stands after the merge, and count it."""
    counts: Counter[str] = Counter()
    warnings = Warnings()
    warnings.update(release.warnings)
    roles: dict[str, str | None] = dict(converter.vocabulary.roles)
    primary_roles = set(release.primary_roles)
    for code in merge.beaten:
        warnings.add("duplicate_record", code)
    for facts in map(Facts.load, merge.records()):
        counts["active" if facts.active else "inactive"] += 1
        counts["roles"] += len(facts.roles)
        counts["relationships"] += facts.relationships
        counts["successions"] += facts.successions
        for role in facts.roles:
            roles.setdefault(role)
        primary_roles.add(facts.primary_role)
        for kind, detail in facts.warnings:
            warnings.add(kind, f"{facts.code} ({detail})")
        if facts.ref_only:
            warnings.add("stub_without_record", facts.code)
        for target in facts.targets:
            if target not in merge:
                warnings.add("unresolved_target", f"{facts.code} to {target}")
        build.add("organisation", facts.packed)
    for entry in sorted(stu3.resources(release.publication_date, roles), key=lambda entry: entry.id):
        if converter.validate.mode != "none":
            converter.validate.check(entry)
        build.add("resource", converter.pack("resource", entry))
    concepts = {system.name: system.concepts for system in release.code_systems.values()}
    for entry in sorted(ord_.code_lists(concepts, primary_roles), key=lambda entry: entry.id):
        build.add("code_list", converter.pack("code_list", entry))
    for entry in ledger(index, release, merge):
        build.add("deletion", converter.pack("deletion", entry))
    for kind, examples in warnings.examples.items():
        log.warning("%s: %d, such as %s", kind, warnings.counts[kind], "; ".join(examples))
    return {
        "organisations": len(merge),
        "active": counts["active"],
        "inactive": counts["inactive"],
        "roles": counts["roles"],
        "relationships": counts["relationships"],
        "successions": counts["successions"],
        "ref_only": read.ref_only,
        "records_read": read.by_file.total(),
        "warnings": dict(sorted(warnings.counts.items())),
        "files": [
            {
                "name": file.label,
                "kind": file.kind,
                "sequence": file.manifest.sequence,
                "records": read.by_file[file],
                "sha256": file.sha256,
            }
            for file in release.files
        ],
    }


def _samples(release: Release, vocabulary: Vocabulary) -> list[Entry]:
    """Return entries from the start of each file; a fault met here is met again, and told, by the load."""
    samples = []
    for file in release.files:
        about = head(file)
        try:
            for number, piece in enumerate(islice(pieces(file), _SAMPLE_PIECES.stop)):
                if number in _SAMPLE_PIECES:
                    samples += [vocabulary.entry(record.organisation) for record in read_piece(about, piece)]
        except (Refused, Unreadable):
            break
    return samples
