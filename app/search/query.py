"""What can be asked of a register: frozen values that know neither HTTP nor store."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Operator(Enum):
    """How a test compares; each type of field has its own (`app.search.fields.Type`)."""

    EQ = "eq"
    """Text: the whole raw value. Token: the term. `id`: the id. All with case."""
    PREFIX = "prefix"
    """Text: the folded value starts with the folded text."""
    CONTAINS = "contains"
    """Text: the folded text stands anywhere in the folded value."""
    LIKE = "like"
    """Text: like CONTAINS, but each ``_`` of the folded text stands for any one character."""
    RANGE = "range"
    """Instant: in the half-open range (low, high); None is an open end."""
    PRESENT = "present"
    """Any type: there is a value."""


Range = tuple[int | None, int | None]


class Test(NamedTuple):
    """One comparison; `field` is a field of the kind, or `id`."""

    field: str
    operator: Operator
    value: str | Range | None = None


class Clause(NamedTuple):
    """Tests of which one must hold, or (negated) none may."""

    tests: tuple[Test, ...]
    negated: bool = False


class Key(NamedTuple):
    """One key of an order: `id`, a text (folded) or an instant; what has no value comes last, either way."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """Clauses that must all hold, and the slice of the ordered matches that is wanted.

    Order: by the keys, ties by id; ids, and folded text, compare by code point.
    """

    kind: str
    clauses: tuple[Clause, ...] = ()
    order: tuple[Key, ...] = ()
    size: int | None = 20
    """None: all that there are."""
    offset: int = 0
    total: bool = True


class Match(NamedTuple):
    """One entry found: its id and the document that was asked for, empty where none was."""

    id: str
    document: bytes


class Page(NamedTuple):
    """Matches in order; `total` where it was wanted; `more` says whether others follow."""

    matches: list[Match]
    total: int | None
    more: bool
