"""What can be wrong with a request to a FHIR interface: meanings, which each version puts into its words."""

from dataclasses import dataclass

from app.fhir.values import BadValue

BOOLEAN = "true or false"
"""What `Unexpected` says of a value that must be one of these."""


@dataclass(frozen=True)
class UnknownParameter:
    """A parameter that the resource type, or the interaction, does not have."""

    name: str
    resource_type: str = ""
    """The type that is searched; none: it was no search."""
    known: tuple[str, ...] = ()
    """The search parameters of the type, or the parameters of the interaction."""


@dataclass(frozen=True)
class UnsupportedModifier:
    """A parameter with a modifier that it does not have; `name` includes the modifier."""

    name: str
    resource_type: str = ""
    """The type that is searched; none: it is no search parameter."""
    modifiers: tuple[str, ...] = ()
    """Those that the parameter has."""


@dataclass(frozen=True)
class Repeated:
    """A parameter that may be sent once."""

    name: str


@dataclass(frozen=True)
class Unexpected:
    """A value that is none of those allowed; `expected` says which are, as words that follow "expected"."""

    name: str
    value: str
    expected: str


@dataclass(frozen=True)
class Unreadable:
    """A value with an error in its syntax; `name` is the parameter as it was sent."""

    name: str
    error: BadValue


@dataclass(frozen=True)
class UnknownSortKey:
    """A key of `_sort` that is none of those allowed, `keys`."""

    key: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class UnknownRelated:
    """A chain or `_has` that is none of those possible.

    `starts` are those of the possible names, `parameters` what may follow one of them.
    """

    name: str
    resource_type: str
    starts: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class UndeclaredInclude:
    """An `_include` or `_revinclude`, perhaps with a modifier, that is none of those of the type."""

    name: str
    value: str
    resource_type: str
    declared: tuple[str, ...]


@dataclass(frozen=True)
class TooLarge:
    """An answer that would have more bytes than this server sends."""


@dataclass(frozen=True)
class UnknownFormat:
    """A `_format` of which no answer can be made."""

    value: str


@dataclass(frozen=True)
class UnacceptableFormat:
    """An Accept header that allows no answer."""

    value: str


@dataclass(frozen=True)
class UnknownId:
    """An id that no resource of the type has."""

    resource_type: str
    resource_id: str


@dataclass(frozen=True)
class UnknownVersion:
    """A version of a resource that is not its current one."""

    resource_type: str
    resource_id: str
    version_id: str


@dataclass(frozen=True)
class Deleted:
    """An id whose resource is gone, and the publication date of the first release without it."""

    resource_type: str
    resource_id: str
    since: str


Problem = object
"""One of the meanings above, or one that only a version has."""


class Rejected(Exception):
    """A request that is refused for these problems, which are told in this order."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems
