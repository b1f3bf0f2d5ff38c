"""Reads the parameters of a request into a query, and reports all their faults together."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.fhir import systems
from app.fhir.parameters import STRING_OPERATORS, SearchParameter, missing
from app.fhir.subset import Subset
from app.fhir.values import BadDate, BadEscape, BadPrefix, parse_date, split, unescape
from app.register.fields import KINDS
from app.register.query import Clause, Operator, Query, Test
from app.register.text import fold
from app.stu3 import checks
from app.stu3.outcome import Issue, Rejected
from app.stu3.parameters import ON_READ, PRIMARY_ROLE, ROLE, SEARCH, rank, result_parameters
from app.stu3.results import Results
from app.web.message import Fault, FaultKind, Pair, Request, quote

MAX_PARAMETERS = 200
MAX_ALTERNATIVES = 500
_NEVER_LENIENT = ("_query",)


@dataclass(frozen=True)
class Context:
    """What the meaning of values depends on besides the request: the present time and the shape."""

    now: datetime
    legacy: bool


@dataclass(frozen=True)
class Search:
    """A parsed search: the query for the register, and the values that the Bundle needs."""

    query: Query
    used: tuple[Pair, ...]
    """The parameters that were used, in request order."""
    count: int
    page: int
    only_count: bool
    subset: Subset
    generation: str | None


def parse_search(request: Request, resource_type: str, context: Context) -> Search:
    """Parse the parameters of a search; raises Rejected with all faults, in the order of fhir-stu3 7.1."""
    searchable = SEARCH[resource_type]
    pairs = _known_pairs(request, searchable, result_parameters(resource_type))
    issues = list(pairs.issues)
    values, clauses = Results(), []
    faults: list[tuple[int, Issue]] = []
    qualifier = _primary_role(pairs.kept, faults)
    used = []
    for name, value in pairs.kept:
        base, _, modifier = name.partition(":")
        try:
            if base == PRIMARY_ROLE:
                used.append((name, value))
            elif base in searchable:
                reader = _Reader(request.base, context, resource_type, searchable[base], modifier, qualifier)
                clauses.append(reader.clause(name, value))
                used.append((name, value))
            else:
                used += values.take(name, value, lenient=pairs.lenient)
        except Rejected as rejected:
            faults += [(rank(name), issue) for issue in rejected.issues]
    issues = [
        *_role_missing(pairs.kept),
        *issues,
        *(issue for _, issue in sorted(faults, key=lambda each: each[0])),
    ]
    if issues:
        raise Rejected(*issues)
    only_count = values.summary == "count" or values.count == 0
    return Search(
        Query(
            *_kind(resource_type, clauses),
            order=values.order,
            size=0 if only_count else values.count,
            offset=0 if only_count else (values.page - 1) * values.count,
            total=values.total or only_count,
        ),
        tuple(used),
        values.count,
        values.page,
        only_count,
        Subset(None if only_count else values.summary, values.elements),
        values.generation,
    )


def parse_read(request: Request) -> Subset:
    """Parse the parameters of a read or of `metadata`; raises Rejected."""
    pairs = _known_pairs(request, {}, ON_READ)
    values, issues = Results(), list(pairs.issues)
    for name, value in sorted(pairs.kept, key=lambda pair: rank(pair[0])):
        try:
            values.take(name, value, lenient=pairs.lenient)
            if name == "_summary" and value == "count":
                raise Rejected(Issue("INVALID_VALUE", "Invalid _summary parameter."))
        except Rejected as rejected:
            issues += rejected.issues
    if issues:
        raise Rejected(*issues)
    return Subset(values.summary, values.elements)


def _kind(resource_type: str, clauses: list[Clause]) -> tuple[str, tuple[Clause, ...]]:
    if resource_type == "Organization":
        return "organisation", tuple(clauses)
    return "resource", (Clause((Test("type", Operator.EQ, resource_type),)), *clauses)


# Names of parameters


@dataclass(frozen=True)
class _Pairs:
    kept: list[Pair]
    issues: list[Issue]
    lenient: bool


def _known_pairs(
    request: Request, searchable: Mapping[str, SearchParameter], results: tuple[str, ...]
) -> _Pairs:
    """Drop empty parameters, and collect issues for unknown and repeated ones.

    With `Prefer: handling=lenient` unknown ones are dropped too. Raises Fault beyond the limits of
    fhir-search 16.
    """
    _limit(request)
    lenient = _is_lenient(request.headers.get("prefer", ""))
    kept: list[Pair] = []
    issues: dict[str, Issue] = {}
    for name, value in request.query:
        base, colon, modifier = name.partition(":")
        known = base in searchable or base in results
        supported = not colon or (base in searchable and modifier in searchable[base].modifiers)
        if not known and lenient and base not in _NEVER_LENIENT:
            continue
        if not known or not supported:
            issues.setdefault(name, Issue("INVALID_PARAMETER", f"Unknown argument found - {quote(name)}"))
        elif not _is_empty(value, searchable.get(base)):
            again = any(other == name for other, _ in kept)
            if again and name == PRIMARY_ROLE:
                fault = "Only one ods-org-primaryRole parameter should be supplied"
                issues.setdefault(name, Issue("INVALID_PARAMETER", fault))
            elif again and base in results:
                issues.setdefault(name, Issue("INVALID_PARAMETER", f"Repeated {name} argument."))
            kept.append((name, value))
    return _Pairs(kept, list(issues.values()), lenient)


def _limit(request: Request) -> None:
    if len(request.query) > MAX_PARAMETERS:
        raise Fault(FaultKind.MALFORMED, f"The request has more than {MAX_PARAMETERS} parameters")
    if sum(value.count(",") + 1 for _, value in request.query) > MAX_ALTERNATIVES:
        raise Fault(
            FaultKind.MALFORMED, f"The request has more than {MAX_ALTERNATIVES} comma-separated alternatives"
        )


def _is_lenient(prefer: str) -> bool:
    preferences = [part.strip().lower().replace(" ", "") for part in re.split("[,;]", prefer)]
    return "handling=lenient" in preferences and "handling=strict" not in preferences


def _is_empty(value: str, parameter: SearchParameter | None) -> bool:
    """Return whether a value counts as absent: only blanks, or in a text or date only blanks and commas."""
    if parameter and parameter.type in {"string", "date"}:
        return not any(part.strip() for part in split(value, ","))
    return not value.strip()


# Search parameters


def _primary_role(pairs: list[Pair], faults: list[tuple[int, Issue]]) -> bool | None:
    """Return whether the searched roles must be primary (True), must not be (False) or either (None)."""
    qualifier = None
    for name, value in pairs:
        if name == PRIMARY_ROLE:
            try:
                fault = "Invalid FHIR ods-org-primaryRole parameter. Must be true or false."
                qualifier = checks.boolean(value, fault)
            except Rejected as rejected:
                faults.append((rank(name), rejected.issues[0]))
    return qualifier


def _role_missing(pairs: list[Pair]) -> Iterator[Issue]:
    names = {name for name, _ in pairs}
    if PRIMARY_ROLE in names and not names & {ROLE, f"{ROLE}:not"}:
        fault = "ods-org-role is a mandatory argument in all queries containing a ods-org-primaryRole term."
        yield Issue("INVALID_PARAMETER", fault)


@dataclass(frozen=True)
class _Reader:
    """Parses the value of one search parameter into a clause."""

    base: str
    context: Context
    resource_type: str
    parameter: SearchParameter
    modifier: str
    qualifier: bool | None

    def clause(self, sent_as: str, value: str) -> Clause:
        """Return the clause for a value; raises Rejected with the first fault in it."""
        parameter = self.parameter
        if self.modifier == "missing":
            fault = f"Invalid {sent_as} parameter. Must be true or false."
            return missing(parameter.field, is_missing=checks.boolean(value, fault))
        try:
            return Clause(tuple(self._tests(sent_as, value)), negated=self.modifier == "not")
        except BadEscape:
            fault = (
                f"Supplied {sent_as} has an invalid escape: a backslash stands only before a comma, a dollar "
                "sign, a bar or a backslash"
            )
            raise Rejected(Issue("INVALID_VALUE", fault)) from None

    def _tests(self, sent_as: str, value: str) -> Iterator[Test]:
        field = self.parameter.field
        alternatives = split(value, ",")
        if self.parameter.type == "string":
            for text in filter(None, (unescape(alternative).strip() for alternative in alternatives)):
                checks.text(self.parameter.name, sent_as, text)
                exact = self.modifier == "exact"
                yield Test(field, STRING_OPERATORS[self.modifier], text if exact else self._folded(text))
        elif self.parameter.type == "date":
            for text in filter(None, (alternative.strip() for alternative in alternatives)):
                for instants in self._dates(text):
                    yield Test(field, Operator.RANGE, instants)
        else:
            read, field = self._terms()
            for alternative in alternatives:
                yield Test(field, Operator.EQ, read(alternative))

    def _folded(self, text: str) -> str:
        field = next(field for field in KINDS["organisation"].fields if field.name == self.parameter.field)
        # The retired service did not insert the missing space of a postcode (fhir-stu3 1).
        return fold(text) if self.context.legacy else field.form(text)

    def _dates(self, text: str) -> tuple[tuple[int | None, int | None], ...]:
        try:
            return parse_date(text).ranges(self.context.now)
        except BadPrefix:
            fault = "Supplied date prefix is invalid, must be one of eq, ne, gt, lt, ge, le, sa, eb, ap"
        except BadDate:
            fault = "Supplied date is invalid"
        raise Rejected(Issue("INVALID_VALUE", fault))

    def _terms(self) -> tuple[Callable[[str], str], str]:
        """Return the function that makes a term of a token or uri alternative, and the field to search."""
        field = self.parameter.field
        match self.parameter.name:
            case "_id" if self.resource_type == "Organization":
                return checks.organization_id, field
            case "_id":
                return lambda value: f"{self.resource_type}/{unescape(value).strip(' ')}", field
            case "identifier":
                return checks.identifier, field
            case "active":
                return _status, field
            case "url":
                return self._url, field
        fields = {None: "role", True: "primary_role", False: "non_primary_role"}
        return lambda value: checks.role(value, self.base), fields[self.qualifier]

    def _url(self, value: str) -> str:
        url = unescape(value)
        return systems.STU3_ROLE if checks.is_role_system(url, self.base) else url


def _status(value: str) -> str:
    return "Active" if checks.boolean(unescape(value), "Invalid FHIR active parameter") else "Inactive"
