"""Converts a record into a packed entry (fields and documents), in the process that read the record."""

import marshal
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from app.engine.port import Packer
from app.register.fields import Entry
from indexer.belonging import Targets, held
from indexer.documents import lookup, stu3
from indexer.documents import ord as ord_
from indexer.fields import fields
from indexer.merge import Precedence
from indexer.organisation import Organisation
from indexer.reader import Record
from indexer.validate import Validate

_DIGEST_BYTES = 8
"""Only the digests of one code are compared with each other."""


class Facts(NamedTuple):
    """What the main process needs of a record: values to count, and the packed entry."""

    code: str
    active: bool
    ref_only: bool
    roles: tuple[str, ...]
    primary_role: str
    targets: tuple[str, ...]
    """The other parties of its relationships and successions."""
    relationships: int
    successions: int
    warnings: tuple[tuple[str, str], ...]
    digest: bytes
    """Of ORD's record, which says all that a release says of the organisation."""
    packed: bytes

    def dump(self) -> bytes:
        """Return the facts as bytes for the spool file."""
        return marshal.dumps(tuple(self))

    @staticmethod
    def load(data: bytes) -> "Facts":
        """Return the facts from the bytes of `dump`."""
        return Facts(*marshal.loads(data))  # noqa: S302 - our own spool, an anonymous file


class Converted(NamedTuple):
    """A converted record, as a worker sends it to the merge."""

    code: str
    precedence: Precedence
    facts: bytes
    targets: Targets | None
    """See `belonging.held`."""


@dataclass(frozen=True)
class Vocabulary:
    """Display names of roles and record classes in the release, by id."""

    roles: Mapping[str, str]
    classes: Mapping[str, str]

    def entry(self, record: Organisation) -> Entry:
        """Return the entry of a record: its fields and its documents in all formats."""
        return Entry(
            record.code,
            fields(record),
            {
                "stu3": stu3.organization(record, self.roles, self.classes),
                "ord": ord_.record(record),
                "ord_summary": ord_.summary(record, self.roles),
                "lookup": lookup.result(record, self.roles),
            },
        )


@dataclass(frozen=True)
class Converter:
    """Converts, checks and packs records in the process that read them; can be pickled."""

    vocabulary: Vocabulary
    pack: Packer
    validate: Validate
    published: str
    """The PublicationDate of the release."""

    def __call__(self, record: Record, *, in_full_file: bool, nth: int) -> Converted:
        """Convert the `nth` record of a piece; raises Invalid if a document is not valid FHIR."""
        organisation = record.organisation
        entry = self.vocabulary.entry(organisation)
        if self.validate.wants(nth, warned=bool(record.warnings)):
            self.validate.check(entry, odd_id=any(kind == "odd_code" for kind, _ in record.warnings))
        precedence = Precedence(
            complete=not organisation.ref_only,
            in_full_file=in_full_file,
            start=next((each.start for each in organisation.periods if each.type == "Operational"), ""),
            last_change=organisation.last_change or "",
        )
        facts = Facts(
            code=organisation.code,
            active=organisation.status == "Active",
            ref_only=organisation.ref_only,
            roles=tuple(role.id for role in organisation.roles),
            primary_role=organisation.primary_role,
            targets=tuple(target.code for target in organisation.targets),
            relationships=len(organisation.relationships),
            successions=len(organisation.successions),
            warnings=record.warnings,
            digest=blake2b(entry.documents["ord"], digest_size=_DIGEST_BYTES).digest(),
            packed=self.pack("organisation", entry),
        )
        return Converted(organisation.code, precedence, facts.dump(), held(organisation, self.published))
