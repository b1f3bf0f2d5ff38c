"""Readers of tokens with systems, of references and uris, and of elements that no resource has.

Rules: fhir-search C and E.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import ClassVar

from app.fhir.readers import Sent
from app.fhir.rejected import Rejected, Unexpected
from app.fhir.values import split, unescape
from app.register.query import Clause, Operator, Test

_NOTHING = Clause(())
_FORMS = "code, system|code, |code or system|"


@dataclass(frozen=True)
class Codes:
    """The codes of one system, which are the terms of a field."""

    system: str | None
    """None: the element has no system."""
    field: str
    form: Callable[[str], str] = str.upper
    """Brings a code to the form in which it is stored."""
    held: Test | None = None
    """Whether an entry has a code; None: if its field has a value."""

    @property
    def present(self) -> Test:
        """The test whether an entry has a code."""
        return self.held or Test(self.field, Operator.PRESENT)


def bases(base: str, prefixes: Collection[str]) -> Iterator[str]:
    """Yield the base addresses of this server under all prefixes, of which `base` has one."""
    asked = next(prefix for prefix in prefixes if base.endswith(prefix))
    yield from (f"{base.removesuffix(asked)}{prefix}" for prefix in prefixes)


class Tokens:
    """Reads tokens of an element whose codes may be of several systems, each with its field."""

    once: ClassVar[bool] = False

    def __init__(self, *codes: Codes) -> None:
        self.codes = codes

    @property
    def present(self) -> tuple[Test, ...]:
        """Whether there is a code of any system."""
        return tuple(each.present for each in self.codes)

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return one clause: any alternative matches, or with `:not` none does."""
        tests = (test for alternative in sent.alternatives for test in self.tests(alternative, sent.name))
        return (Clause(tuple(tests), negated=sent.modifier == "not"),)

    def tests(self, alternative: str, name: str) -> Iterator[Test]:
        """Return the tests of an alternative of a parameter, none if no code has its system."""
        *systems, code = (unescape(part).strip(" ") for part in split(alternative, "|"))
        if len(systems) > 1:
            raise Rejected(Unexpected(name, alternative, _FORMS))
        for each in self.codes:
            if systems and systems[0] != (each.system or ""):
                continue
            if systems and not code:
                yield each.present
            else:
                yield Test(each.field, Operator.EQ, each.form(code))


@dataclass(frozen=True)
class References:
    """Reads references to resources of one type, whose ids are the values of a field."""

    field: str
    type: str
    system: str
    """The system of the identifiers in references: an identifier's value is an id in upper case."""
    prefixes: Collection[str]
    """Those under which this server has the resources."""
    once: ClassVar[bool] = False

    @property
    def present(self) -> tuple[Test, ...]:
        """Whether the field has a value."""
        return (Test(self.field, Operator.PRESENT),)

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return one clause: any alternative matches."""
        return (Clause(tuple(self._tests(sent))),)

    def _tests(self, sent: Sent) -> Iterator[Test]:
        identifier = Tokens(Codes(self.system, self.field))
        for alternative in sent.alternatives:
            if sent.modifier == "identifier" or len(split(alternative, "|")) > 1:
                yield from identifier.tests(alternative, sent.name)
            else:
                address, slash, resource_id = unescape(alternative).strip(" ").rpartition("/")
                if not slash or address in self._addresses(sent.base):
                    yield Test(self.field, Operator.EQ, resource_id)

    def _addresses(self, base: str) -> Iterator[str]:
        yield self.type
        yield from (f"{each}/{self.type}" for each in bases(base, self.prefixes))


@dataclass(frozen=True)
class Constant:
    """Reads uris of an element that is the same in all resources of a type."""

    values: tuple[str, ...]
    once: ClassVar[bool] = False

    @property
    def present(self) -> tuple[Test, ...]:
        """A test that all resources pass, or none if they lack the element."""
        return (Test("id", Operator.PRESENT),) if self.values else ()

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return no clause if an alternative is one of the values, so that all match; else none does."""
        found = [unescape(alternative).strip(" ") in self.values for alternative in sent.alternatives]
        return () if any(found) else (_NOTHING,)


@dataclass(frozen=True)
class Never:
    """Reads values of an element that no resource has."""

    check: Callable[[str], object] = unescape
    """Raises BadValue for an alternative with an error in its syntax."""
    once: ClassVar[bool] = False
    present: ClassVar[tuple[Test, ...]] = ()

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return what nothing matches; raises BadValue."""
        for alternative in filter(None, map(str.strip, sent.alternatives)):
            self.check(alternative)
        return (_NOTHING,)
