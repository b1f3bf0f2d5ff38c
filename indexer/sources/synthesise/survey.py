"""Reads a release for `mutate`: what each organisation could undergo, and what others like it have."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from indexer.header import START
from indexer.organisation import Organisation, Relationship, Role
from indexer.reader import Unreadable, head, pieces, read_piece
from indexer.release import File, Release
from indexer.report import refusal

_MOST = 50
"""Relationships to remember as examples for organisations of one primary role in one file."""


class Seen(NamedTuple):
    """A complete record: the number of its file, its primary role, and what it has."""

    file: int
    primary_role: str
    is_active: bool
    can_close: bool
    has_postcode: bool
    has_open_role: bool
    """Beside the primary one."""
    has_open_relationship: bool


class Link(NamedTuple):
    """A relationship of one organisation, as others could have it."""

    type: str
    target: str
    primary_role: str | None
    unique_role_id: int | None


@dataclass
class Survey:
    """The first reading of a release."""

    release: Release
    complete: dict[str, Seen] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    """How often each code is there, stubs included."""
    stubs: set[str] = field(default_factory=set)
    referred: set[str] = field(default_factory=set)
    """The targets of all relationships and successions."""
    roles: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Roles that stand beside a primary role."""
    links: dict[tuple[int, str], dict[Link, None]] = field(default_factory=lambda: defaultdict(dict))
    """Relationships of organisations in a file, by their primary role."""
    last: Counter[str] = field(default_factory=Counter)
    """The highest unique id of roles, relationships and successions, by the name of the attribute."""

    def take(self, file: int, organisation: Organisation) -> None:
        """Note one record."""
        code, primary = organisation.code, organisation.primary_role
        self.records[code] += 1
        self.referred.update(target.code for target in organisation.targets)
        for name, parts in (
            ("uniqueRoleId", organisation.roles),
            ("uniqueRelId", organisation.relationships),
            ("uniqueSuccId", organisation.successions),
        ):
            self.last[name] = max(self.last[name], *(part.unique_id or 0 for part in parts), 0)
        if organisation.ref_only:
            self.stubs.add(code)
            return
        further = [role for role in organisation.roles if not role.primary]
        self.roles[primary] |= {role.id: None for role in further}
        links = self.links[file, primary]
        for each in organisation.relationships:
            if is_open(each) and len(links) < _MOST:
                links[Link(each.id, *each.target)] = None
        address = organisation.address
        is_active = organisation.status == "Active"
        self.complete[code] = Seen(
            file,
            primary,
            is_active,
            is_active and all(period.end is None for period in organisation.periods if period.type[0] == "O"),
            bool(address and address.postcode),
            any(map(is_open, further)),
            any(map(is_open, organisation.relationships)),
        )


def is_open(part: Role | Relationship) -> bool:
    """Return whether a role or relationship is Active and without end."""
    return part.status == "Active" and all(period.end is None for period in part.periods)


def blocks(file: File) -> Iterator[tuple[Organisation, bytes]]:
    """Yield each record of a file with its XML, up to where the next one begins; raises Refused."""
    about = head(file)
    try:
        for piece in pieces(file):
            found = read_piece(about, piece)
            starts = [match.start() for match in START.finditer(piece.data)]
            if len(starts) != len(found):
                raise Unreadable
            ends = pairwise([*starts, len(piece.data)])
            for record, (begin, end) in zip(found, ends, strict=True):
                yield record.organisation, piece.data[begin:end]
    except Unreadable:
        what = "its records cannot be told apart: load it to see whether it is damaged"
        raise refusal(file.label, what) from None
