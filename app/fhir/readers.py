"""How the value of a search parameter is read: one reader for each type of parameter (fhir-search B to E)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from app.fhir.rejected import BOOLEAN, Rejected, Unexpected
from app.fhir.values import parse_date, split, unescape
from app.register.query import Clause, Operator, Test
from app.web.message import Pair

STRING_OPERATORS = {"": Operator.PREFIX, "contains": Operator.CONTAINS, "exact": Operator.EQ}
"""The operator of a string by its modifier; "" is no modifier (fhir-search 17, 20)."""


@dataclass(frozen=True)
class Sent:
    """One parameter as it was sent, and what its meaning depends on besides."""

    name: str
    """As it was sent: with its modifier, and with what it is related by."""
    modifier: str
    value: str
    pairs: Sequence[Pair]
    """All parameters of the request that are known and not empty."""
    base: str
    now: datetime

    @property
    def alternatives(self) -> list[str]:
        """The values between commas, with their escapes."""
        return split(self.value, ",")


class Reader(Protocol):
    """Reads the values of one search parameter."""

    @property
    def present(self) -> tuple[Test, ...]:
        """Tests of which one holds where a resource has a value; none: no resource has one."""
        ...

    @property
    def once(self) -> bool:
        """Whether the parameter may be sent once only."""
        ...

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return what must match for a value without `:missing`; raises Rejected, BadValue."""
        ...


@dataclass(frozen=True)
class _OfField(ABC):
    """A reader of one field, whose alternatives are tests of that field."""

    field: str
    once: ClassVar[bool] = False

    @property
    def present(self) -> tuple[Test, ...]:
        """Whether the field has a value."""
        return (Test(self.field, Operator.PRESENT),)

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return one clause: any alternative matches, or with `:not` none does."""
        return (Clause(tuple(self.tests(sent)), negated=sent.modifier == "not"),)

    @abstractmethod
    def tests(self, sent: Sent) -> Iterator[Test]:
        """Return the tests of the alternatives; raises Rejected, BadValue."""


@dataclass(frozen=True)
class Strings(_OfField):
    """Reads texts, which match by their beginning unless a modifier says otherwise (fhir-search B)."""

    form: Callable[[str], str]
    """Folds the text of a query as the field folds what it stores."""
    check: Callable[[str, str], None] = lambda _name, _text: None
    """Refuses a text of the named parameter; raises Rejected."""

    def tests(self, sent: Sent) -> Iterator[Test]:
        """Return the test of each alternative that is not blank."""
        operator = STRING_OPERATORS[sent.modifier]
        for text in filter(None, (unescape(alternative).strip() for alternative in sent.alternatives)):
            self.check(sent.name, text)
            yield Test(self.field, operator, text if operator is Operator.EQ else self.form(text))


@dataclass(frozen=True)
class AnyOf:
    """Reads texts of several elements, any of which may match."""

    elements: tuple[Strings, ...]
    once: ClassVar[bool] = False

    @property
    def present(self) -> tuple[Test, ...]:
        """Whether any element has a value."""
        return tuple(test for element in self.elements for test in element.present)

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return one clause: any alternative matches in any element."""
        return (Clause(tuple(test for element in self.elements for test in element.tests(sent))),)


@dataclass(frozen=True)
class Dates(_OfField):
    """Reads dates, each of which becomes ranges of instants (fhir-search D)."""

    width: int = 1
    """How many milliseconds a stored value stands for, from its instant on: 1 for an instant, a day …"""

    def tests(self, sent: Sent) -> Iterator[Test]:
        """Return the ranges of each alternative that is not blank."""
        for text in filter(None, map(str.strip, sent.alternatives)):
            for instants in parse_date(text).ranges(sent.now, self.width):
                yield Test(self.field, Operator.RANGE, instants)


@dataclass(frozen=True)
class Terms(_OfField):
    """Reads tokens and uris, each of which becomes one term (fhir-search C, E)."""

    read: Callable[[str, Sent], str]
    """Makes a term of an alternative, which has its escapes; raises Rejected, BadValue."""

    def tests(self, sent: Sent) -> Iterator[Test]:
        """Return the test of each alternative."""
        for alternative in sent.alternatives:
            yield Test(self.field, Operator.EQ, self.read(alternative, sent))


def boolean(name: str, value: str) -> bool:
    """Return the value of ``true`` or ``false``; raises Rejected."""
    if value not in {"true", "false"}:
        raise Rejected(Unexpected(name, value, BOOLEAN))
    return value == "true"
