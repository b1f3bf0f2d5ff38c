"""What the operations ask of a code system, whichever way its codes are stored (fhir-r4 9)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


class Property(NamedTuple):
    """One value of a property of a concept."""

    code: str
    type: str
    """`code`, `string`, `Coding`, `boolean` or `dateTime`."""
    value: str | bool
    """Of a Coding its code."""
    system: str = ""
    """Of a Coding its system."""
    description: str | None = None
    """The display of a code or Coding, where it is known."""


class Concept(NamedTuple):
    """A code, and what is known of it."""

    code: str
    display: str | None
    active: bool = True
    properties: Sequence[Property] = ()
    """The values of the properties that were asked for, in the order of fhir-r4 10.1."""


class Filter(NamedTuple):
    """A condition on a property, as `compose.include.filter` states it."""

    property: str
    op: str
    """`=`, `in`, `not-in` or `exists`; others are refused before."""
    value: str


class OneOf(NamedTuple):
    """The code is one of these."""

    codes: frozenset[str]


class Both(NamedTuple):
    """All of these conditions hold; none: always."""

    conditions: tuple["Condition", ...]


class Either(NamedTuple):
    """One of these conditions holds; none: never."""

    conditions: tuple["Condition", ...]


class Not(NamedTuple):
    """The condition does not hold."""

    condition: "Condition"


Condition = Filter | OneOf | Both | Either | Not
"""Which concepts of a code system are meant."""


@dataclass(frozen=True)
class Selection:
    """The concepts that a value set takes of one code system."""

    condition: Condition
    now: datetime
    """The time of the request."""
    text: str = ""
    """The `filter` of `$expand`: the display or the code has its words; the best come first."""


class Found(NamedTuple):
    """A slice of the concepts of a selection, in order, and how many it has in all."""

    concepts: Iterable[Concept]
    """They may be read while they are taken."""
    total: int


class System(Protocol):
    """One code system of a register, on the day of the request."""

    @property
    def url(self) -> str:
        """Its canonical address."""
        ...

    @property
    def version(self) -> str:
        """The version that is served."""
        ...

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def property_types(self) -> Mapping[str, str]:
        """The types of the properties that its concepts may have, by code."""
        ...

    def concepts(self, codes: Sequence[str], properties: Collection[str] | None) -> dict[str, Concept]:
        """Return those of these codes that exist, with these properties; None: all."""
        ...

    def select(self, selection: Selection, offset: int, count: int, properties: Collection[str]) -> Found:
        """Return a slice of the concepts of a selection; a count of 0 gives the total alone.

        Raises Rejected for a filter that it cannot answer.
        """
        ...
