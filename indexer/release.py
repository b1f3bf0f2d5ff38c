"""Finds the XML files of a release, checks their Manifests, and chooses a full file and an archive.

A release is TRUD's item 341: the outer zip, its two inner zips, the XML files, or a folder with any of these.
This module reads each file up to its first Organisation, and whole files only to compare copies.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from indexer.header import CodeSystem, Foreign, Header, Manifest, read_header
from indexer.members import Member, Stream
from indexer.report import Refused, Warnings, refusal
from indexer.walk import Walk

__all__ = ["CodeSystem", "File", "Manifest", "Refused", "Release", "open_release"]

FileKind = Literal["full", "archive"]
SYNTHESISED = "ods-indexer synthesise"
LISTED = "ods-indexer load --organisations"
SOURCES = {SYNTHESISED: "synthesise", LISTED: "organisations"}
"""PublicationSource of releases that this software made -> `Release.made_by`."""
_SAMPLE = frozenset(
    (
        "39f9fe1c94d38a2e70f0622b96a5f28788647097ba9d29adaad422495df86e97",
        "5600d6541d833f76623370f3cc84137f66134d9811c4c34ef43534ff6a71a863",
    )
)
"""SHA-256 of the XML files of the bundled sample."""
_STANDARD = ("OrganisationRecordClass", "OrganisationRole", "OrganisationRelationship")


@dataclass(eq=False)
class File:
    """One chosen XML file of a release.

    ``codes`` are the ids in all code systems of the release, also in those of the other file.
    """

    member: Member
    kind: FileKind
    manifest: Manifest
    header: Header
    codes: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """The name shown to people: ``release.zip > fullfile.zip > HSCOrgRefData_Full_20251211.xml``."""
        return self.member.label

    @property
    def code_systems(self) -> list[CodeSystem]:
        """The code systems of this file alone, in its order."""
        return self.header.code_systems

    @property
    def size(self) -> int:
        """Bytes of XML as declared by the zip: not reliable, use it for progress only."""
        return self.member.size

    @property
    def sha256(self) -> str:
        """The digest of the raw XML in hex; "" until the file has been read to its end."""
        return self.member.sha256

    def open(self) -> Stream:
        """Open the raw bytes; reading raises Refused if they are damaged, encrypted or over a limit."""
        return self.member.open()


class Release:
    """The files of one release: the full file first, then the archive if there is one.

    Leaving this context manager closes all zips and temporary files. ``warnings`` are about the files.
    """

    def __init__(self, files: Sequence[File], warnings: Warnings, stack: ExitStack) -> None:
        self.files = tuple(files)
        self.publication_date = files[0].manifest.publication_date
        self.warnings = warnings
        self._stack = stack
        codes = frozenset(code for system in self.code_systems.values() for code in system.concepts)
        for file in self.files:
            file.codes = codes

    @cached_property
    def code_systems(self) -> dict[str, CodeSystem]:
        """The code systems of both files together, by name; display names of the full file win.

        The three code systems of the standard are always included, empty if no file has them.
        """
        merged: dict[str, CodeSystem] = {}
        for system in (system for file in self.files for system in file.code_systems):
            known = merged.get(system.name, CodeSystem(system.name, system.oid, {}))
            concepts = {**system.concepts, **known.concepts}
            merged[system.name] = CodeSystem(system.name, known.oid or system.oid, concepts)
        for name in _STANDARD:
            merged.setdefault(name, CodeSystem(name, "", {}))
        return merged

    @cached_property
    def primary_roles(self) -> dict[str, str]:
        """Primary roles of both Manifests together: name by role id; names of the full file win."""
        merged: dict[str, str] = {}
        for file in reversed(self.files):
            merged |= file.manifest.primary_roles
        return merged

    @property
    def made_by(self) -> str | None:
        """Say what made a release that NHS England did not publish, once its files were read.

        `sample` is the bundled one; `synthesise` and `organisations` are the command and the option of load.
        """
        if _SAMPLE.issuperset(file.sha256 for file in self.files):
            return "sample"
        return SOURCES.get(self.files[0].manifest.source)

    def __enter__(self) -> Self:
        """Enter; everything is open already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what the release holds open."""
        self.close()

    def close(self) -> None:
        """Close every zip and temporary file."""
        self._stack.close()


def open_release(paths: Sequence[Path]) -> Release:
    """Find the XML files of a release and read the head of each.

    Args:
        paths: a zip, several zips or XML files, or a folder, in any order.

    Raises:
        Refused: no file of a release; files of unknown kind; a damaged file; only an archive; two publication
            dates (hscorgrefdata 1.1 and 7).

    """
    with ExitStack() as stack:
        warnings = Warnings()
        files = _files(Walk(stack).members(paths), warnings)
        chosen = _choose(files, warnings)
        for file in chosen:
            for place in file.header.unknown:
                warnings.add("unknown_element", f"{file.label}: {place}")
        return Release(chosen, warnings, stack.pop_all())


def _files(members: Sequence[Member], warnings: Warnings) -> list[File]:
    """Read the header of every candidate and determine its kind."""
    headers: list[tuple[Member, Header]] = []
    foreign: list[Foreign] = []
    for member in members:
        try:
            headers.append((member, read_header(member)))
        except Foreign as fault:
            foreign.append(fault)
    if not headers:
        raise Refused(str(foreign[0]) if foreign else "no file was given")
    for other in foreign:
        warnings.add("foreign_file", str(other))
    files = []
    for member, header in headers:
        manifest = header.manifest
        if manifest is None:
            raise refusal(member.label, "it has no Manifest")
        kind = _kind(manifest, member)
        if kind is None and len(headers) > 1:
            what = (
                "neither its ContentDescription nor its name says whether it is the full file or the archive"
            )
            raise refusal(member.label, what)
        files.append(File(member, kind or "full", manifest, header))
    return files


def _kind(manifest: Manifest, member: Member) -> FileKind | None:
    description = manifest.description.lower()
    if "_full_" in description:
        return "full"
    if "_archive_" in description:
        return "archive"
    for name in (member.name.lower(), member.around.lower()):
        if "archive" in name:
            return "archive"
        if "full" in name:
            return "full"
    return None


def _choose(files: Sequence[File], warnings: Warnings) -> list[File]:
    """Choose one file of each kind; Refused if those do not make a release."""
    full = _distinct([file for file in files if file.kind == "full"], warnings)
    archive = _distinct([file for file in files if file.kind == "archive"], warnings)
    if not full:
        dates = ", ".join(file.manifest.publication_date for file in archive)
        what = f"the release of {dates} holds only the archive; give the full file too"
        raise refusal(archive[0].label, what)
    first = _standing(full, archive, warnings)
    if not archive:
        warnings.add("no_archive", f"{first.label}: there is no archive of {first.manifest.publication_date}")
        return [first]
    second = _standing(archive, full, warnings)
    if first.manifest.publication_date != second.manifest.publication_date:
        what = (
            f"its PublicationDate is {second.manifest.publication_date}, "
            f"that of {first.label} is {first.manifest.publication_date}"
        )
        raise refusal(second.label, what)
    return [first, second]


def _distinct(files: Iterable[File], warnings: Warnings) -> list[File]:
    """Drop byte-identical copies; only files with the same sequence number are compared."""
    kept: list[File] = []
    for file in files:
        for other in kept:
            if other.manifest.sequence == file.manifest.sequence and _digest(other) == _digest(file):
                warnings.add("duplicate_file", f"{file.label} is the same as {other.label}")
                break
        else:
            kept.append(file)
    return kept


def _digest(file: File) -> str:
    if not file.sha256:
        with file.open() as stream:
            while stream.read(1 << 20):
                pass
    return file.sha256


def _standing(files: Sequence[File], others: Sequence[File], warnings: Warnings) -> File:
    """Choose a file: prefer a publication date that `others` have too, then the highest sequence number."""
    dates = {other.manifest.publication_date for other in others}
    matching = [file for file in files if file.manifest.publication_date in dates]
    stands = max(matching or files, key=lambda file: (file.manifest.sequence, file.manifest.publication_date))
    for file in files:
        if file is not stands:
            warnings.add("superseded_file", f"{file.label} is superseded by {stands.label}")
    return stands
