"""R4's types of conformance resources, and how their elements are searched (fhir-r4 9.4 and 11)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.fhir import systems
from app.fhir.readers import Dates, Reader, Sent, Strings, Terms
from app.fhir.rejected import BOOLEAN, Rejected, Unexpected
from app.fhir.tokens import Codes, Never, Tokens, bases
from app.fhir.values import DAY_MS, unescape
from app.register.query import Clause, Operator, Test
from app.register.resources import element
from app.register.text import fold

TYPES = (
    *("CodeSystem", "ValueSet", "NamingSystem"),
    *("StructureDefinition", "SearchParameter", "OperationDefinition"),
)
LABELLED = ("CodeSystem", "ValueSet")
"""The types that ODT has too: it declares `_count`, `_security` and `_tag` for them."""


def truth(value: str, sent: Sent) -> str:
    """Return ``true`` or ``false`` of one alternative, which may be in any case; raises Rejected."""
    found = unescape(value).strip(" ").lower()
    if found not in {"true", "false"}:
        raise Rejected(Unexpected(sent.name, sent.value, BOOLEAN))
    return found


def _uri(value: str, _sent: Sent) -> str:
    return unescape(value).strip(" ")


def _held(path: str) -> Test:
    """Return the test whether the element at a path has a value."""
    return Test("element", Operator.EQ, path)


@dataclass(frozen=True)
class _Values:
    """Reads values of the coded element at a path, each of which becomes one term."""

    path: str
    read: Callable[[str, Sent], str]
    """Makes a value of an alternative, which has its escapes; raises Rejected, BadValue."""
    once: ClassVar[bool] = False

    @property
    def present(self) -> tuple[Test, ...]:
        """Whether the element has a value."""
        return (_held(self.path),)

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Return one clause: any alternative matches, or with `:not` none does."""
        found = (element(self.path, self.read(each, sent)) for each in sent.alternatives)
        tests = tuple(Test("element", Operator.EQ, term) for term in found)
        return (Clause(tests, negated=sent.modifier == "not"),)


def _codes(path: str, system: str | None = None) -> Tokens:
    """Return the reader of codes at a path; `system` is that of all of them, None: they have none."""
    return Tokens(Codes(system, "element", lambda code: element(path, code), _held(path)))


def readers(prefixes: Collection[str]) -> Mapping[str, Reader]:
    """Return the readers of search parameters by FHIRPath expression.

    `prefixes` are those under which this server has the resources.
    """

    def own_url(value: str, sent: Sent) -> str:
        """Return the part of a url below the base address: it is all that the load knows."""
        text = _uri(value, sent)
        return next(
            (text.removeprefix(each) for each in bases(sent.base, prefixes) if text.startswith(each)), ""
        )

    absent, url = Never(), Terms("url", _uri)
    common: dict[str, Reader] = {
        "url": url,
        "version": _codes("version"),
        "status": Tokens(Codes(f"{_FHIR}/publication-status", "status", str)),
        "date": Dates("date", DAY_MS),
        **{name: Strings(name, fold) for name in ("name", "title", "publisher", "description")},
        "identifier": _codes("identifier.value", "urn:ietf:rfc:3986"),
        "useContext": absent,
        "useContext.code": absent,
    }
    return {
        **{f"{name}.{path}": reader for name in TYPES for path, reader in common.items()},
        **{f"({name}.useContext.value as CodeableConcept)": absent for name in LABELLED},
        "CodeSystem.content": _codes("content", f"{_FHIR}/codesystem-content-mode"),
        "CodeSystem.concept.code": _codes("concept.code"),
        "ValueSet.compose.include.system": _Values("compose.include.system", _uri),
        "NamingSystem.kind": _codes("kind", f"{_FHIR}/namingsystem-type"),
        "NamingSystem.type": absent,
        "NamingSystem.uniqueId.value": Strings("unique", fold),
        "OperationDefinition.url": Terms("url", own_url),
        "OperationDefinition.code": _codes("code"),
        "OperationDefinition.kind": _codes("kind", f"{_FHIR}/operation-kind"),
        "SearchParameter.base": _codes("base", f"{_FHIR}/resource-types"),
        "SearchParameter.code": _codes("code"),
        "SearchParameter.target": _codes("target", f"{_FHIR}/resource-types"),
        "SearchParameter.type": _codes("type", f"{_FHIR}/search-param-type"),
        "StructureDefinition.abstract": _Values("abstract", truth),
        "StructureDefinition.experimental": _Values("experimental", truth),
        "StructureDefinition.baseDefinition": _Values("baseDefinition", _uri),
        "StructureDefinition.derivation": _codes("derivation", f"{_FHIR}/type-derivation-rule"),
        "StructureDefinition.kind": _codes("kind", f"{_FHIR}/structure-definition-kind"),
        "StructureDefinition.type": _Values("type", _uri),
    }


_FHIR = systems.FHIR_NAMESPACE
