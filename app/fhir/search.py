"""Reads the parameters of a request into a query, and reports all that is wrong with them together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.fhir.parameters import SearchParameter
from app.fhir.readers import Sent, boolean
from app.fhir.rejected import (
    Problem,
    Rejected,
    Repeated,
    Unexpected,
    UnknownParameter,
    Unreadable,
    UnsupportedModifier,
)
from app.fhir.results import Results
from app.fhir.subset import Subset
from app.fhir.values import BadValue, split
from app.fhir.version import ResourceType, Version
from app.register.query import Clause, Operator, Query, Test
from app.web.message import Fault, FaultKind, Pair, Request

MAX_PARAMETERS = 200
MAX_ALTERNATIVES = 500
_NEVER_LENIENT = ("_query",)


@dataclass(frozen=True)
class Search:
    """A parsed search: the query for the register, and the values that the Bundle needs."""

    query: Query
    used: tuple[Pair, ...]
    """The parameters that were used, in request order."""
    count: int
    only_count: bool
    subset: Subset
    generation: str | None
    lasting: bool
    """Whether the matches depend on the register alone, and not on the present time."""


def parse_search(request: Request, version: Version, resource_type: str, now: datetime) -> Search:
    """Parse the parameters of a search; raises Rejected with all problems: of names first, then of values."""
    searched = version.types[resource_type]
    known = _known_pairs(request, searched, searched.results)
    values = Results(version, searched)
    clauses: list[Clause] = []
    wrong: list[tuple[int, Problem]] = []
    used = []
    for name, value in known.kept:
        parameter = searched.search.get(name.partition(":")[0])
        try:
            if parameter:
                sent = Sent(name, value, known.kept, request.base, now)
                clauses += _clauses(parameter, sent)
                used.append((name, value))
            else:
                used += values.take(name, value, lenient=known.lenient)
        except Rejected as rejected:
            wrong += [(version.rank(name), problem) for problem in rejected.problems]
    wrong.sort(key=lambda each: each[0])
    problems = [*version.together(known.kept), *known.problems, *(problem for _, problem in wrong)]
    if problems:
        raise Rejected(*problems)
    only_count = values.summary == "count" or values.count == 0
    return Search(
        Query(
            searched.kind,
            searched.clauses(clauses),
            order=values.order,
            size=0 if only_count else values.count,
            offset=0 if only_count else values.offset,
            total=values.total or only_count,
        ),
        tuple(used),
        values.count,
        only_count,
        Subset(None if only_count else values.summary, values.elements),
        values.generation,
        # The matches of a date with the prefix `ap` depend on the present time.
        lasting=not any(_is_date(searched.search, name) and "ap" in value for name, value in used),
    )


def parse_read(request: Request, version: Version, accepted: Sequence[str]) -> Subset:
    """Parse the parameters of a read or of `metadata`, which accepts these; raises Rejected."""
    known = _known_pairs(request, None, accepted)
    values, problems = Results(version, None), list(known.problems)
    for name, value in sorted(known.kept, key=lambda pair: version.rank(pair[0])):
        try:
            values.take(name, value, lenient=known.lenient)
            if name == "_summary" and value == "count":
                raise Rejected(Unexpected(name, value, "one of data, false, text, true"))
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(*problems)
    return Subset(values.summary, values.elements)


# Names of parameters


@dataclass(frozen=True)
class _Known:
    kept: list[Pair]
    problems: list[Problem]
    lenient: bool


def _known_pairs(request: Request, searched: ResourceType | None, results: Sequence[str]) -> _Known:
    """Drop empty parameters, and collect problems with unknown and repeated ones.

    With `Prefer: handling=lenient` unknown ones are dropped too. Raises Fault for too many parameters or
    alternatives (fhir-search 16).
    """
    _limit(request)
    searchable = searched.search if searched else {}
    lenient = _is_lenient(request.headers.get("prefer", ""))
    kept: list[Pair] = []
    problems: dict[str, Problem] = {}
    for name, value in request.query:
        base, colon, modifier = name.partition(":")
        known = base in searchable or base in results
        supported = not colon or (base in searchable and modifier in searchable[base].modifiers)
        if not known and lenient and base not in _NEVER_LENIENT:
            continue
        if not known:
            names = tuple(searchable) if searched else tuple(results)
            problems.setdefault(name, UnknownParameter(name, searched.name if searched else "", names))
        elif not supported:
            problems.setdefault(name, _unsupported(name, searched, searchable.get(base)))
        elif not _is_empty(value, searchable.get(base)):
            once = base in results or searchable[base].reader.once
            if once and any(other == name for other, _ in kept):
                problems.setdefault(name, Repeated(name))
            kept.append((name, value))
    return _Known(kept, list(problems.values()), lenient)


def _unsupported(
    name: str, searched: ResourceType | None, parameter: SearchParameter | None
) -> UnsupportedModifier:
    if searched and parameter:
        return UnsupportedModifier(name, searched.name, parameter.modifiers)
    return UnsupportedModifier(name)


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


def _is_date(searchable: Mapping[str, SearchParameter], name: str) -> bool:
    return name in searchable and searchable[name].type == "date"


# Values of search parameters


def _clauses(parameter: SearchParameter, sent: Sent) -> tuple[Clause, ...]:
    """Return what must match for a parameter; raises Rejected."""
    reader = parameter.reader
    if sent.modifier == "missing":
        tests = tuple(Test(field, Operator.PRESENT) for field in reader.fields)
        return (Clause(tests, negated=boolean(sent.name, sent.value)),)
    try:
        return reader.clauses(sent)
    except BadValue as error:
        raise Rejected(Unreadable(sent.name, error)) from None
