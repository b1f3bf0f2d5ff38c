"""Parameters of related resources: chains and `_has`, of one level (fhir-r4 15.1).

The chain `primary-organization.name` is the name of the organisation that a reference names. The parameter
`_has:OrganizationAffiliation:primary-organization:role` is the role of an affiliation that refers to the
organisation searched.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.fhir.parameters import SearchParameter
from app.fhir.ranked import Ranked
from app.fhir.rejected import Rejected, UnknownRelated, UnsupportedModifier
from app.fhir.version import Reference, ResourceType, Version
from app.register.query import Clause, Operator, Referring, Test

HAS = "_has"


class Relation(NamedTuple):
    """How names of parameters of related resources start, and which parameters may follow."""

    start: str
    reference: Reference
    reverse: bool
    """Whether the related resources refer to those searched; else those searched refer to them."""
    parameters: Mapping[str, SearchParameter]

    @property
    def type(self) -> ResourceType:
        """The type of the related resources."""
        return self.reference.source if self.reverse else self.reference.target


@dataclass(frozen=True)
class Related:
    """A parameter of the resources that are in a relation to those searched."""

    relation: Relation
    parameter: SearchParameter
    modifier: str

    def clause(self, clauses: tuple[Clause, ...]) -> Clause:
        """Return what is related to a resource that matches all clauses."""
        field = self.relation.reference.field
        if self.relation.reverse:
            referring = Referring(self.relation.type.kind, field, clauses)
            return Clause((Test("id", Operator.REFERRED, referring),))
        return Clause((Test(field, Operator.REFERS, clauses),))


def related(version: Version, searched: ResourceType, name: str) -> Related | None:
    """Return what the name of a parameter means; None: it is that of neither a chain nor `_has`.

    Raises Rejected for a relation, a parameter or a modifier that is not possible.
    """
    first = re.split("[.:]", name, maxsplit=1)[0]
    if not version.references or not (first == HAS or ("." in name and first in searched.search)):
        return None
    possible = list(relations(version.references, searched))
    for relation in possible:
        inner, colon, modifier = name.removeprefix(relation.start).partition(":")
        if name.startswith(relation.start) and (parameter := relation.parameters.get(inner)):
            if colon and modifier not in parameter.modifiers:
                asked = f"{inner}:{modifier}"
                raise Rejected(UnsupportedModifier(asked, relation.type.name, parameter.modifiers))
            return Related(relation, parameter, modifier)
    starts = tuple(relation.start for relation in possible)
    names = {inner: None for relation in possible for inner in relation.parameters}
    raise Rejected(UnknownRelated(name, searched.name, starts, tuple(names)))


def relations(references: Iterable[Reference], searched: ResourceType) -> Iterator[Relation]:
    """Yield how a type is related to others, as names of parameters start."""
    for reference in references:
        name, source, target = reference.parameter, reference.source, reference.target
        if source.name == searched.name:
            # A parameter that reads no element, or that ranks, says nothing of one resource.
            parameters = {
                inner: each
                for inner, each in target.search.items()
                if each.reader.present and not isinstance(each.reader, Ranked)
            }
            for start in (f"{name}.", f"{name}:{target.name}."):
                yield Relation(start, reference, False, parameters)
        if target.name == searched.name:
            yield Relation(f"{HAS}:{source.name}:{name}:", reference, True, source.search)
