"""Converts a record into packed entries (fields and documents), in the process that read the record."""

import marshal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import starmap
from typing import Any, NamedTuple

from app.engine.port import Packer
from app.register.fields import Entry
from indexer.belonging import held, lived
from indexer.days import odd
from indexer.documents import lookup, r4, stu3
from indexer.documents import ord as ord_
from indexer.entries import Stored
from indexer.fields import fields, of_affiliation
from indexer.history import digest_of
from indexer.instances import Stated, marks, successions
from indexer.merge import Above, Kept, Precedence
from indexer.organisation import Organisation, Relationship
from indexer.placing import placing
from indexer.reader import Record
from indexer.validate import Validate


class Made(NamedTuple):
    """An entry that a record makes."""

    kind: str
    entry: Entry
    second_id: str = ""
    """Its id where another entry of its kind that was read before has the same id."""


class Facts(NamedTuple):
    """What the main process needs of a record: values to count, and its entries."""

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
    role_numbers: tuple[int, ...]
    role_marks: tuple[str, ...]
    """See `instances.marks`."""
    succeeded: tuple[Stated, ...]
    """Its successions that have a number."""
    digest: bytes
    """See `history.digest_of`."""
    packed: bytes
    """The entry of the organisation."""
    entries: tuple[Stored, ...] = ()
    """Its entries of other kinds; of each the digest stands before what is packed."""

    def dump(self, entries: Iterable[tuple[Made, bytes]]) -> bytes:
        """Return the facts, and after them its packed entries of other kinds, as bytes for the spool file."""
        heads: list[tuple[str, str, int, int]] = []
        parts: list[bytes] = []
        for made, packed in entries:
            second_id = made.second_id.encode()
            heads.append((made.kind, made.entry.id, len(second_id), len(packed)))
            parts += (second_id, packed)
        plain = (*self[:-4], tuple(map(tuple, self.succeeded)), self.digest, self.packed, tuple(heads))
        return marshal.dumps(plain) + b"".join(parts)

    @staticmethod
    def load(record: Kept) -> "Facts":
        """Return the facts that `dump` made bytes of."""
        # What follows the marshalled value, the entries, is not looked at.
        _, *values = marshal.loads(record.content)  # noqa: S302 - our own spool, an anonymous file
        facts = Facts(record.code, *values)  # the merge has the code already
        if facts.succeeded:
            facts = facts._replace(succeeded=tuple(starmap(Stated, facts.succeeded)))
        heads: Any = facts.entries  # as `dump` has them
        if not heads:
            return facts
        end = record.place + len(record.content)
        stored = []
        for kind, entry_id, second_size, size in reversed(heads):
            stored.append(Stored(kind, entry_id, end - size, size, second_size))
            end -= size + second_size
        return facts._replace(entries=tuple(reversed(stored)))


class Converted(NamedTuple):
    """A converted record, as a worker sends it to the merge."""

    code: str
    precedence: Precedence
    record: bytes
    """What `Facts.dump` returned."""
    above: Above


@dataclass(frozen=True)
class Vocabulary:
    """Display names of roles, record classes and relationships by id, and the date of the release."""

    roles: Mapping[str, str]
    classes: Mapping[str, str]
    relationships: Mapping[str, str]
    published: str
    """Its PublicationDate."""

    def entries(self, record: Organisation) -> list[Made]:
        """Return the entries that a record makes: that of the organisation, then its affiliations."""
        stated = record.relationships
        return [
            Made("organisation", self.entry(record)),
            *map(partial(self._affiliation, record.code), stated, odd(stated, self.published)),
        ]

    def entry(self, record: Organisation) -> Entry:
        """Return the entry of an organisation: its fields and its documents in all formats."""
        return Entry(
            record.code,
            fields(record, self.published),
            {
                "stu3": stu3.organization(record, self.roles, self.classes),
                "r4": r4.organization(record, self.roles, self.classes),
                "ord": ord_.record(record),
                "ord_summary": ord_.summary(record, self.roles),
                "lookup": lookup.result(record, self.roles),
            },
        )

    def _affiliation(self, source: str, stated: Relationship, oddity: tuple[str, ...]) -> Made:
        """Return the entry of a relationship; its id is as fhir-r4 5 says."""
        start = f"-{r4.period_of(stated.periods).start}" if stated.periods else ""
        named = f"{source}-{stated.id}-{stated.target.code}{start}"
        entry_id = named if stated.unique_id is None else str(stated.unique_id)
        document = r4.affiliation(source, stated, self.relationships)
        values = of_affiliation(source, stated, oddity)
        return Made("affiliation", Entry(entry_id, values, {"r4": document}), named)


@dataclass(frozen=True)
class Converter:
    """Converts, checks and packs records in the process that read them; can be pickled."""

    vocabulary: Vocabulary
    pack: Packer
    validate: Validate
    day: str
    """The day of the load, in UTC."""

    def __call__(self, record: Record, *, in_full_file: bool, nth: int) -> Converted:
        """Convert the `nth` record of a file; raises Invalid if a document is not valid FHIR."""
        organisation = record.organisation
        entries = self.vocabulary.entries(organisation)
        if self.validate.wants(nth, warned=bool(record.warnings)):
            odd_id = any(kind == "odd_code" for kind, _ in record.warnings)
            for made in entries:
                self.validate.check(made.kind, made.entry, odd_id=odd_id)
        starts = [each.start for each in organisation.periods if each.type == "Operational"]
        precedence = Precedence(
            complete=not organisation.ref_only,
            in_full_file=in_full_file,
            start=starts[0] if starts else "",
            last_change=organisation.last_change or "",
        )
        digests = [digest_of(made.entry) for made in entries]
        own, *others = [self.pack(made.kind, made.entry) for made in entries]
        facts = Facts(
            code=organisation.code,
            active=organisation.status == "Active",
            ref_only=organisation.ref_only,
            roles=tuple([role.id for role in organisation.roles]),
            primary_role=organisation.primary_role,
            targets=tuple([target.code for target in organisation.targets]),
            relationships=len(organisation.relationships),
            successions=len(organisation.successions),
            warnings=record.warnings,
            role_numbers=tuple([each.unique_id for each in organisation.roles if each.unique_id is not None]),
            role_marks=marks(organisation.roles),
            succeeded=successions(organisation),
            digest=digests[0],
            packed=own,
        )
        content = facts.dump(zip(entries[1:], map(bytes.__add__, digests[1:], others), strict=True))
        published = self.vocabulary.published
        life, document = lived(organisation, published), entries[0].entry.documents["ord"]
        above = Above(
            held(organisation, life, published),
            placing(organisation, life, document, published, self.day),
        )
        return Converted(organisation.code, precedence, content, above)
