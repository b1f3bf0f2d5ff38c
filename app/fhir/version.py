"""What differs between the served versions of FHIR: data, words, and the few functions behind them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson

from app.engine.port import Register
from app.fhir.parameters import SearchParameter
from app.fhir.rejected import Problem, Rejected
from app.fhir.subset import Definitions
from app.fhir.tokens import References
from app.register.query import Clause, Match, Operator, Page, Test
from app.web.message import Fault, Pair, Request

if TYPE_CHECKING:
    from app.fhir.search import Search

Json = dict[str, Any]


@dataclass(frozen=True)
class ResourceType:
    """One resource type: where the register has its resources, and how they are searched."""

    name: str
    kind: str
    """The kind of its entries; their documents have the name of the version."""
    search: Mapping[str, SearchParameter]
    results: tuple[str, ...]
    """The result parameters of its searches."""
    sort_keys: Mapping[str, str]
    """Fields by key of `_sort`."""
    shared_as: str = ""
    """The term of the field `type` of its entries, if other types have entries of the same kind.

    Then the ids of the entries begin with the type.
    """
    form: Callable[[str], str] = str
    """Brings an id in an address to the form in which it is stored."""
    interactions: tuple[str, ...] = ("read", "search-type")
    """The interactions that have a route."""
    profiles: tuple[str, ...] = ()
    """The profiles in `meta.profile` of each resource."""
    summary: str | None = None
    """What a search that has no `_summary` takes it to be; None: all elements are sent."""

    def entry_id(self, resource_id: str) -> str:
        """Return the id of the entry of a resource."""
        return f"{self.name}/{resource_id}" if self.shared_as else self.form(resource_id)

    def resource_id(self, entry_id: str) -> str:
        """Return the id of the resource of an entry."""
        return entry_id.removeprefix(f"{self.name}/") if self.shared_as else entry_id

    def clauses(self, clauses: Iterable[Clause]) -> tuple[Clause, ...]:
        """Return the clauses of a search, restricted to this type."""
        if self.shared_as:
            return (Clause((Test("type", Operator.EQ, self.shared_as),)), *clauses)
        return tuple(clauses)


class Reference(NamedTuple):
    """A reference between two types of resources, by which they can be included and searched."""

    source: ResourceType
    parameter: str
    """The search parameter that reads it."""
    field: str
    """The field of the entries of the source that has the id of the target's."""
    element: str
    """The element of the source that holds it."""
    target: ResourceType


def references(types: Mapping[str, ResourceType]) -> tuple[Reference, ...]:
    """Return the references between types: all that a search parameter reads."""
    return tuple(
        Reference(
            source,
            name,
            parameter.reader.field,
            parameter.expression.rpartition(".")[2],
            types[parameter.reader.type],
        )
        for source in types.values()
        for name, parameter in source.search.items()
        if isinstance(parameter.reader, References)
    )


class Walk(NamedTuple):
    """The address, without a query, and the generation in the links of a Bundle."""

    address: str
    generation: str


class Links(Protocol):
    """Makes the links of a searchset Bundle."""

    def own(self, search: "Search", address: str) -> str:
        """Return the address that repeats the search, with the parameters that were used."""
        ...

    def all(self, search: "Search", page: Page, walk: Walk) -> Iterable[Pair]:
        """Return relations and addresses, in their order."""
        ...


class Outcome(NamedTuple):
    """The answer to a request that failed: its status and its OperationOutcome."""

    status: int
    resource: Json


@dataclass(frozen=True)
class Served:
    """What statements such as the CapabilityStatement say of this server."""

    base: str
    software: str
    """The version of the software."""
    installed: datetime
    """When this version of the software was installed."""
    register: Register | None
    """The live generation, if something is loaded."""


class Statement(NamedTuple):
    """A resource that describes this server."""

    make: Callable[[Served], Json]
    id: str | None = None
    """The id by which it can be read, if it can."""


def stored(_type: ResourceType, match: Match, _base: str) -> bytes:
    """Return the document of an entry as it is stored."""
    return match.document


def dumps(resource: Json, *, pretty: bool) -> bytes:
    """Write a resource as JSON."""
    return orjson.dumps(resource, option=orjson.OPT_INDENT_2 if pretty else None)


@dataclass(frozen=True)
class Version:
    """One version of FHIR as it is served under one prefix."""

    name: str
    """The name of its documents in the register."""
    prefix: str
    fhir_version: str
    """As media types name it: ``3.0``."""
    types: Mapping[str, ResourceType]
    result: Mapping[str, tuple[str, str]]
    """Result parameters by name: type and documentation."""
    on_read: tuple[str, ...]
    """The parameters that a read accepts."""
    on_metadata: tuple[str, ...]
    """The parameters that `metadata` accepts."""
    max_count: int
    capped: bool
    """Whether a larger `_count` is taken as `max_count`; else it is refused."""
    definitions: Definitions
    links: Links
    outcome: Callable[[Rejected | Fault, Request | None], Outcome]
    """Answers a request that failed; there is none where the bytes received are no HTTP."""
    statements: Mapping[str, Statement]
    """What describes this server, by resource type; `metadata` answers the CapabilityStatement."""
    modes: Mapping[str, str] = field(default_factory=dict)
    """The types of statements that `metadata` answers for a `mode`."""
    rank: Callable[[str], int] = lambda _: 0
    """The place of a parameter, with its modifier, among the problems with values."""
    together: Callable[[list[Pair]], Iterable[Problem]] = lambda _: ()
    """Finds what is wrong with parameters that are sent together."""
    complete: Callable[[ResourceType, Match, str], bytes] = stored
    """Makes the JSON of a resource from its entry, for the base address that was asked."""
    versioned: bool = False
    """Whether resources have versions: they are read by version, and a read has the headers of one."""
    dumps: Callable[..., bytes] = dumps
    """Writes a resource as JSON; takes `pretty`."""
    with_modes: bool = True
    """Whether an entry of a Bundle says by `search.mode` why it is there."""
    timespec: str = "seconds"
    """The precision of the time of a Bundle."""
    as_stored: bool = True
    """Whether `dumps` writes the documents as they are stored."""
    max_bytes: int | None = None
    """The size of the largest answer."""

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """The references between its types."""
        return references(self.types)
