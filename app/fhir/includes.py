"""`_include` and `_revinclude`: what matches of a page refer to, and what refers to them (fhir-r4 7.4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import orjson

from app.engine.port import Register
from app.fhir.rejected import Rejected, UndeclaredInclude
from app.fhir.version import Reference, ResourceType, Version
from app.register.query import Clause, Match, Operator, Query, Test

INCLUDES = INCLUDE, REVINCLUDE = "_include", "_revinclude"

_AT_ONCE = 1_000
"""Resources that are read at once: an answer that becomes too large ends after one of these portions."""


class Include(NamedTuple):
    """Resources to include: those that matches refer to, or (`reverse`) those that refer to a match."""

    reference: Reference
    reverse: bool

    @property
    def parameter(self) -> str:
        """The parameter that asks for it."""
        return REVINCLUDE if self.reverse else INCLUDE

    @property
    def type(self) -> ResourceType:
        """The type of the included resources; it is another than that of the matches."""
        return self.reference.source if self.reverse else self.reference.target


class Included(NamedTuple):
    """The included resources of a type; they may be read while they are taken."""

    type: ResourceType
    matches: Iterable[Match]


def declared(references: Sequence[Reference], searched: ResourceType, parameter: str) -> dict[str, Include]:
    """Return what `_include` or `_revinclude` may ask of a type, by its value without a target type."""
    reverse = parameter == REVINCLUDE
    return {
        f"{reference.source.name}:{reference.parameter}": Include(reference, reverse)
        for reference in references
        if (reference.target if reverse else reference.source).name == searched.name
    }


def parse(version: Version, searched: ResourceType, name: str, value: str) -> Include:
    """Return what a value of `_include` or `_revinclude` asks for; raises Rejected."""
    possible = declared(version.references, searched, name)
    for asked, include in possible.items():
        if value in {asked, f"{asked}:{include.reference.target.name}"}:
            return include
    raise Rejected(undeclared(version, searched, name, value))


def undeclared(version: Version, searched: ResourceType, name: str, value: str) -> UndeclaredInclude:
    """Return what is wrong with `_include` or `_revinclude`: its value, or that its name has a modifier."""
    possible = declared(version.references, searched, name.partition(":")[0])
    return UndeclaredInclude(name, value, searched.name, tuple(possible))


def included(
    register: Register, includes: Sequence[Include], matches: Sequence[Match], document: str
) -> Iterator[Included]:
    """Yield what is included for the matches of a page, by type: in order of id, each resource once."""
    if not matches:
        return
    by_type: dict[str, list[Include]] = {}
    for include in includes:
        by_type.setdefault(include.type.name, []).append(include)
    for _, asked in sorted(by_type.items()):
        clause = Clause(tuple(dict.fromkeys(_tests(asked, matches))))
        query = Query(asked[0].type.kind, (clause,), size=_AT_ONCE, total=False)
        yield Included(asked[0].type, _all(register, query, document))


def _tests(includes: Sequence[Include], matches: Iterable[Match]) -> Iterator[Test]:
    """Yield the tests of which one holds for each included resource of a type."""
    fields = [include.reference.field for include in includes if include.reverse]
    elements = [include.reference.element for include in includes if not include.reverse]
    for match in matches:
        yield from (Test(field, Operator.EQ, match.id) for field in fields)
        body = orjson.loads(match.document) if elements else {}
        for element in elements:
            yield Test("id", Operator.EQ, body[element]["reference"].rpartition("/")[2])


def _all(register: Register, query: Query, document: str) -> Iterator[Match]:
    more = True
    while more:
        page = register.search(query, document)
        yield from page.matches
        query, more = replace(query, offset=query.offset + _AT_ONCE), page.more
