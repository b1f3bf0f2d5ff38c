"""Queries and pages of results as frozen values, independent of HTTP and of the engines."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Operator(Enum):
    """How a test compares; each type of field (`app.register.fields.Type`) allows some of these."""

    EQ = "eq"
    """Equal, with case: a text's whole raw value, one term of a token field, or the id."""
    EQUALS = "equals"
    """Text: the folded value equals the folded text, which is not empty."""
    PREFIX = "prefix"
    """Text: the folded value starts with the folded text."""
    CONTAINS = "contains"
    """Text: the folded text stands anywhere in the folded value."""
    LIKE = "like"
    """Text: like CONTAINS, but each ``_`` in the folded text matches any one character."""
    RANGE = "range"
    """Instant: in the half-open range (low, high); None is an open end."""
    PRESENT = "present"
    """Any type: the field has a value."""
    ABSENT = "absent"
    """Any type: the field has no value."""
    ALL = "all"
    """No field: all tests and clauses of a tuple hold; any boolean combination can be written so."""
    REFERS = "refers"
    """Reference: it names an entry that matches all clauses of a tuple."""
    REFERRED = "referred"
    """`id`: an entry of another kind refers to this one (`Referring`)."""

    # Those of Enum are written in Python and slow: a search may have thousands of tests.
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        """Return the value."""
        return str(self._value_)


Range = tuple[int | None, int | None]


class Test(NamedTuple):
    """One comparison; `field` is a field of the kind, or `id`."""

    field: str
    operator: Operator
    value: "str | Range | tuple[Test | Clause, ...] | Referring | None" = None

    def __repr__(self) -> str:
        """Return the values without the names of the fields: keys of caches are made of this."""
        return tuple.__repr__(self)


class Clause(NamedTuple):
    """Matches if at least one test holds; if `negated`, if no test holds."""

    tests: tuple[Test, ...]
    negated: bool = False

    def __repr__(self) -> str:
        """Return the values, as of a test."""
        return tuple.__repr__(self)


def conditions(test: Test) -> tuple[Clause, ...]:
    """Return the clauses that must all match for a test to hold: of the test alone, or those of ALL."""
    if test.operator is not Operator.ALL:
        return (Clause((test,)),)
    found: list[Clause] = []
    for part in test.value if isinstance(test.value, tuple) else ():
        match part:
            case Test():
                found += conditions(part)
            case Clause((one,), negated=False):
                found += conditions(one)
            case Clause():
                found.append(part)
    return tuple(found)


class Referring(NamedTuple):
    """Entries of a kind that match all clauses and refer to others by a field."""

    kind: str
    field: str
    clauses: tuple[Clause, ...] = ()


class Key(NamedTuple):
    """A sort key: `id`, a text (folded) or an instant; entries without a value come last either way."""

    field: str
    descending: bool = False


class Weight(NamedTuple):
    """What an entry gains in a score, if at least one test holds: so many points, 1 to MAX_POINTS."""

    tests: tuple[Test, ...]
    points: int


MAX_POINTS = 1_023


@dataclass(frozen=True)
class Query:
    """Clauses that must all match, the order of the matches, and the slice of them to return.

    Ties in the order are broken by id. Ids and folded texts compare by code point.
    """

    kind: str
    clauses: tuple[Clause, ...] = ()
    order: tuple[Key, ...] = ()
    size: int | None = 20
    """None: all matches."""
    offset: int = 0
    total: bool = True
    score: tuple[Weight, ...] = ()
    """Matches that gain more points come before others, whatever the `order`; a match needs no points."""
    whole_unscored: bool = False
    """Whether the score may be left out if all matches are on the page."""


class Stamp(NamedTuple):
    """The version of an entry: a number that counts its contents, and when this content was first loaded."""

    version: int
    updated: int
    """Milliseconds since 1970 UTC."""


class Match(NamedTuple):
    """One match: the entry's id and the requested document, empty if none was requested.

    `stamp` is there for the kinds that are versioned, beside a document that is not brief.
    """

    id: str
    document: bytes
    stamp: Stamp | None = None


class Page(NamedTuple):
    """Matches in order; `total` is None unless the query asks for it; `more`: whether others follow."""

    matches: list[Match]
    total: int | None
    more: bool
