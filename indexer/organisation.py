"""The ODS record and its parts, as HSCOrgRefData states them (DCB0090; element names in brackets).

Values are those of the data; only a missing status or primary mark is filled in by rule. Dates are
``YYYY-MM-DD`` strings, checked by the reader. These are named tuples, not dataclasses: a full release makes
five million of them, and a tuple is made four times as fast.
"""

from typing import NamedTuple

LARGEST_INTEGER = 2**31 - 1
"""The largest number of a role that has a place in FHIR R4: its type integer has 32 bits."""


class Period(NamedTuple):
    """One ``Date``: when a component was open, ``type`` being ``Operational`` or ``Legal``."""

    type: str
    start: str
    end: str | None


class Contact(NamedTuple):
    """One ``Contact``: ``type`` is ``tel``, ``fax``, ``mailto``, ``http`` or what the data says."""

    type: str
    value: str


class Address(NamedTuple):
    """``GeoLoc/Location``: every part is None where the data has nothing."""

    line1: str | None
    line2: str | None
    line3: str | None
    town: str | None
    county: str | None
    postcode: str | None
    country: str | None
    uprn: str | None


class Role(NamedTuple):
    """One ``Role``: ``id`` with its letters (``RO197``), ``status`` ``Active`` or ``Inactive``."""

    id: str
    unique_id: int | None
    primary: bool
    periods: tuple[Period, ...]
    status: str


class Target(NamedTuple):
    """The other party of a relationship or succession, with its primary role as the source states it."""

    code: str
    primary_role: str | None
    unique_role_id: int | None


class Relationship(NamedTuple):
    """One ``Rel``, stated by its source: ``id`` with its letters (``RE4``)."""

    id: str
    unique_id: int | None
    periods: tuple[Period, ...]
    status: str
    target: Target


class Succession(NamedTuple):
    """One ``Succ``: ``type`` is ``Predecessor`` or ``Successor``, read from this record's side."""

    unique_id: int | None
    forward: bool
    periods: tuple[Period, ...]
    type: str
    target: Target


class Organisation(NamedTuple):
    """One ``Organisation``: ``record_class`` is ``RC1`` or ``RC2``; repeated parts keep the data's order."""

    code: str
    root: str | None
    assigning_authority: str | None
    record_class: str
    ref_only: bool
    name: str
    status: str
    last_change: str | None
    periods: tuple[Period, ...]
    address: Address | None
    contacts: tuple[Contact, ...]
    roles: tuple[Role, ...]
    relationships: tuple[Relationship, ...]
    successions: tuple[Succession, ...]

    @property
    def primary_role(self) -> str:
        """Return the id of the one role that is primary."""
        for role in self.roles:  # twice as fast as a generator
            if role.primary:
                return role.id
        raise ValueError(self.code)

    @property
    def targets(self) -> list[Target]:
        """Return the other parties of its relationships, then of its successions."""
        return [each.target for each in self.relationships] + [each.target for each in self.successions]
