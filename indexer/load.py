"""Loads a release into a new generation of an index, and reports what it read."""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from app.clock import Clock, milliseconds, utc_day
from app.engine.port import NONE, Index, Leftover, Sink
from app.memory import give_back
from app.register.fields import Entry
from app.settings import DISTRIBUTION
from indexer.belonging import Belonging
from indexer.convert import Converter, Facts, Vocabulary
from indexer.deletions import Deletions, notifications
from indexer.digest import digest
from indexer.documents import conformance, stu3
from indexer.documents import ord as ord_
from indexer.entries import Entries
from indexer.faults import noting, refusing
from indexer.history import DIGEST_BYTES, History, digest_of
from indexer.instances import Instances
from indexer.known import NEW, Done, converted_now
from indexer.levels import Levels
from indexer.memory import without_collector
from indexer.merge import Merge
from indexer.parallel import Reading, conversion
from indexer.past import Past
from indexer.reader import Unreadable, check_count, head, pieces, read_piece, records
from indexer.release import File, Release, open_release
from indexer.report import Refused, refusal
from indexer.reuse import Damaged, Found, Reuse
from indexer.shrinkage import check
from indexer.tally import Tally
from indexer.validate import Mode, Validate

log = logging.getLogger(__name__)

_SMALL = 32 * 1024 * 1024
"""Bytes of XML below which starting worker processes takes longer than it saves."""

_MANY = 1_000
"""A release with at least this many records must have a relationship (hscorgrefdata 7)."""

_SAMPLE_PIECES = range(0, 48, 8)
"""The pieces of each file whose records are samples for the packer."""


@dataclass(frozen=True)
class LoadOptions:
    """Options of a load; `progress` is called with the bytes of XML since its last call, and the total."""

    workers: int = 1
    validate: Mode = "sample"
    max_change: float | None = None
    """Per cent of the live organisations that the release may lack (see `shrinkage`); None: all."""
    progress: Callable[[int, int], object] = lambda _read, _total: None


def load(paths: Sequence[Path], index: Index, clock: Clock, options: LoadOptions) -> dict[str, Any]:
    """Load a release into the index and return the report, of JSON values.

    Raises Refused for faults of the release or the machine, EngineError for faults of the index; the live
    generation then stays live, and the index remembers the sentence.
    """
    with noting(index, clock), without_collector():
        return _loaded(paths, index, clock, options)


def _loaded(paths: Sequence[Path], index: Index, clock: Clock, options: LoadOptions) -> dict[str, Any]:
    started = time.monotonic()
    with refusing(paths):
        archive = _archive(paths)
        with (
            open_release(paths) as release,
            index.build(release.publication_date, now := clock(), _workers(release, options)) as build,
        ):
            report = archive | Load(release, index, build, options, now, build.leftover).fill()
            give_back()
            generation = build.publish(
                lambda: report | {"seconds": round(time.monotonic() - started, 1)}, clock
            )
    return {"release": generation.release, "generation": generation.name, **generation.report}


def _workers(release: Release, options: LoadOptions) -> int:
    """Return how many processes read the release; 1: this one."""
    return options.workers if sum(file.size for file in release.files) > _SMALL else 1


def _archive(paths: Sequence[Path]) -> dict[str, str]:
    """Return what the report says of a single file, by which TRUD and `watch` know it again."""
    return {"archive": digest(paths[0])} if len(paths) == 1 and paths[0].is_file() else {}


@dataclass
class _Reading:
    """The records read so far: their merge, and their numbers by file and of stubs (`ref_only`)."""

    merge: Merge
    ref_only: int = 0
    by_file: Counter[File] = field(default_factory=Counter)

    def take(self, file: File, found: Iterable[Found]) -> None:
        """Count records of a file and add them to the merge."""
        full = file.kind == "full"
        for code, precedence, place, size, above in found:
            self.by_file[file] += 1
            self.ref_only += not precedence.complete
            # A record may have moved from the one file to the other since it was converted.
            self.merge.offer(code, precedence._replace(in_full_file=full), place, size, above)


class Load:
    """One reading of a release, which fills a build."""

    def __init__(
        self,
        release: Release,
        index: Index,
        build: Sink,
        options: LoadOptions,
        now: datetime,
        leftover: Leftover | None = None,
    ) -> None:
        """Name what is read and what is filled; `now` is the instant of the load."""
        self._release, self._index, self._build, self._options = release, index, build, options
        self._now, self._day = now, str(utc_day(now).date())
        self._reuse = Reuse(leftover, release, self._day, everything=options.validate == "all")
        vocabulary = Vocabulary(
            roles=release.code_systems["OrganisationRole"].concepts,
            classes=release.code_systems["OrganisationRecordClass"].concepts,
            relationships=release.code_systems["OrganisationRelationship"].concepts,
            published=release.publication_date,
        )
        trained = self._reuse.trained
        self._trained = build.train(_samples(release, vocabulary)) if trained is None else trained
        packer = build.packer(self._trained)
        self._converter = Converter(vocabulary, packer, Validate(options.validate), self._day)

    def fill(self) -> dict[str, Any]:
        """Read the release, write the records that the merge keeps, and return the report."""
        with self._reuse:
            try:
                return self._fill(self._read_pieces)
            except Unreadable:  # only reading the whole file shows what is wrong, or that nothing is
                self._reuse.leave_nothing()
                return self._fill(self._read_whole)
            except Damaged as error:
                log.warning("Every record is read again: %s", error)
                self._reuse.forget()
                return self._fill(self._read_pieces)

    def _fill(self, read: Callable[[_Reading], None]) -> dict[str, Any]:
        reading = _Reading(Merge(self._reuse.start()))
        read(reading)
        tally = self._write(reading)
        for kind, examples in tally.warnings.examples.items():
            log.warning("%s: %d, such as %s", kind, tally.warnings.counts[kind], "; ".join(examples))
        return self._report(reading, tally)

    def _read_pieces(self, reading: _Reading) -> None:
        """Read the files piece by piece, in several processes where that saves time."""
        files, progress = self._release.files, self._options.progress
        total, told = sum(file.size for file in files), 0
        converting = Reading(self._converter, self._reuse.known)
        with conversion(converting, _workers(self._release, self._options)) as convert:
            for file in files:
                about = head(file)
                for piece, done in convert((about, piece) for piece in pieces(file)):
                    reading.take(file, self._reuse.records(done))
                    progress(len(piece.data), total)
                    told += len(piece.data)
                check_count(file, reading.by_file[file])
        self._reuse.finish(self._trained)
        progress(total - told, total)  # the bytes before and after the records

    def _read_whole(self, reading: _Reading) -> None:
        """Read each file as one document, in this process."""
        for file in self._release.files:
            for nth, record in enumerate(records(file)):
                converted = self._converter(record, in_full_file=file.kind == "full", nth=nth)
                done = Done([NEW], *converted_now([(b"", 0, converted)]))
                reading.take(file, self._reuse.records(done))
            check_count(file, reading.by_file[file])

    def _write(self, reading: _Reading) -> Tally:
        """Add every entry of the new generation to the build."""
        release, merge = self._release, reading.merge
        past = Past(self._index, release, merge)
        if past.live and self._options.max_change is not None:
            check(past.live, past.lacking, self._options.max_change)
        tally = Tally(release, merge)
        for code in merge.beaten:
            tally.warnings.add("duplicate_record", code)
        history = History(past.rows(), self._build.remember, milliseconds(self._now), past.missed)
        deletions = Deletions(past, merge, release.publication_date)
        affiliations, instances = Entries(merge.spool), Instances()
        for facts in self._organisations(merge, history, deletions):
            tally.take(facts)
            instances.take(facts.code, facts.role_numbers, facts.role_marks, facts.succeeded)
            for entry in facts.entries:
                affiliations.add(entry)
        give_back()  # what decided where organisations belong
        read = reading.by_file.total()
        if read >= _MANY and not tally.counts["relationships"] and release.made_by != "organisations":
            what = f"none of the {read:,} records of the release has a relationship: "
            what += "the schema must have changed, so a newer version of ods-api-suite is needed"
            raise refusal(release.files[0].label, what)
        for entry_id, content in affiliations.in_order():
            stamp = history.stamp("affiliation", entry_id, content[:DIGEST_BYTES])
            terms = NONE if entry_id.isdigit() else {"unnumbered": ("true",)}
            self._build.add("affiliation", entry_id, content[DIGEST_BYTES:], terms, stamp)
            deletions.affiliation(entry_id)
        history.finish("affiliation")
        for entry_id, given in affiliations.repeated:
            tally.warnings.add("repeated_relationship_id", f"{entry_id}: {given}")
        roles, successions = instances.roles(), instances.successions()
        self._add("succession", successions.entries)
        self._add("role_table", roles.entries)
        counts = {"organization-role-instance": roles.instances, "succession": successions.instances}
        concepts = {system.name: system.concepts for system in release.code_systems.values()}
        resources = [
            *stu3.resources(release.publication_date, tally.roles),
            *conformance.resources(self._described(tally, counts)),
            *deletions.lists(history.gone),
        ]
        self._add("resource", resources, history)
        history.finish("resource")
        self._add("code_list", ord_.code_lists(concepts, tally.primary_roles))
        self._add("deletion", notifications(history.gone))
        return tally

    def _organisations(self, merge: Merge, history: History, deletions: Deletions) -> Iterator[Facts]:
        """Add the organisations, and yield what is known of each."""
        belonging = Belonging(merge.targets, merge)
        levels = Levels(merge, self._release.publication_date, self._day)
        for facts in map(Facts.load, merge.records()):
            stamp = history.stamp("organisation", facts.code, facts.digest, facts.primary_role or None)
            terms = {"within": belonging.of(facts.code), **levels.terms(facts.code)}
            self._build.add("organisation", facts.code, facts.packed, terms, stamp)
            deletions.organisation(facts, changed=stamp.updated == history.updated)
            yield facts
        merge.keep_codes()

    def _add(self, kind: str, entries: Iterable[Entry], history: History | None = None) -> None:
        """Add the entries of a kind in order of id; `history` is given for a kind that is versioned."""
        for entry in sorted(entries, key=lambda entry: entry.id):
            if self._converter.validate.mode != "none":
                self._converter.validate.check(kind, entry)
            stamp = history.stamp(kind, entry.id, digest_of(entry)) if history else None
            self._build.add(kind, entry.id, self._converter.pack(kind, entry), stamp=stamp)

    def _described(self, tally: Tally, instances: Mapping[str, int]) -> conformance.Register:
        """Return what the conformance resources say of the register; `instances` is counts by code system."""
        counts = {
            "ods-organization-code": tally.counts["active"] + tally.counts["inactive"],
            "organization-relationship-instance": tally.counts["relationships"],
            **instances,
        }
        return conformance.Register(
            self._release.publication_date,
            tally.code_systems(),
            tally.primary_roles,
            version(DISTRIBUTION),
            counts,
        )

    def _report(self, reading: _Reading, tally: Tally) -> dict[str, Any]:
        counts = tally.counts
        return {
            **({"made_by": self._release.made_by} if self._release.made_by else {}),
            "organisations": len(reading.merge),
            "active": counts["active"],
            "inactive": counts["inactive"],
            "roles": counts["roles"],
            "relationships": counts["relationships"],
            "successions": counts["successions"],
            "ref_only": reading.ref_only,
            "records_read": reading.by_file.total(),
            "warnings": dict(sorted(tally.warnings.counts.items())),
            "files": [
                {
                    "name": file.label,
                    "kind": file.kind,
                    "sequence": file.manifest.sequence,
                    "records": reading.by_file[file],
                    "sha256": file.sha256,
                }
                for file in self._release.files
            ],
        }


def _samples(release: Release, vocabulary: Vocabulary) -> dict[str, list[Entry]]:
    """Return entries by kind from the start of each file; stop at a fault, which the load will report."""
    samples: dict[str, list[Entry]] = defaultdict(list)
    for file in release.files:
        about = head(file)
        try:
            for number, piece in enumerate(islice(pieces(file), _SAMPLE_PIECES.stop)):
                if number in _SAMPLE_PIECES:
                    for record in read_piece(about, piece):
                        for made in vocabulary.entries(record.organisation):
                            samples[made.kind].append(made.entry)
        except (Refused, Unreadable):
            break
    return samples
