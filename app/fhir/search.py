"""Reads the parameters of a request into a query, and reports all that is wrong with them together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.engine.port import Register
from app.fhir import names
from app.fhir.includes import INCLUDES, Include, parse
from app.fhir.names import Meaning
from app.fhir.ranked import Found, Ranked, Texts
from app.fhir.readers import Sent, boolean
from app.fhir.rejected import Problem, Rejected, Unexpected, Unreadable
from app.fhir.results import Results
from app.fhir.subset import Subset
from app.fhir.values import BadValue
from app.fhir.version import ResourceType, Version
from app.register.query import Clause, Query
from app.web.message import Pair, Request


@dataclass(frozen=True)
class Search:
    """A parsed search: the query for the register, and the values that the Bundle needs."""

    searched: ResourceType
    query: Query
    used: tuple[Pair, ...]
    """The parameters that were used, in request order."""
    count: int
    only_count: bool
    subset: Subset
    generation: str | None
    lasting: bool
    """Whether the matches depend on the register alone, and not on the present time."""
    includes: tuple[Include, ...] = ()
    texts: Texts | None = None
    """The texts that find and order the matches."""

    def run(self, register: Register, document: str) -> Found:
        """Return the page of the search, each match with a document of this name."""
        if self.texts:
            return self.texts.search(register, self.query, document)
        return Found(register.search(self.query, document), {})


def parse_search(request: Request, version: Version, resource_type: str, now: datetime) -> Search:
    """Parse the parameters of a search; raises Rejected with all problems: of names first, then of values."""
    searched = version.types[resource_type]
    known = names.known(request, version, searched, searched.results)
    values = Results(version, searched)
    clauses: list[Clause] = []
    texts: Texts | None = None
    includes: list[Include] = []
    wrong: list[tuple[int, Problem]] = []
    used = []
    for name, value in known.pairs:
        kept = [(name, value)]
        try:
            if meaning := known.meanings.get(name):
                sent = Sent(name, meaning.modifier, value, known.pairs, request.base, now)
                clauses += _clauses(meaning, sent)
                texts = _texts(meaning, sent, texts)
            elif name in INCLUDES:
                includes.append(parse(version, searched, name, value))
            else:
                kept = values.take(name, value, lenient=known.lenient)
            used += kept
        except Rejected as rejected:
            wrong += [(version.rank(name), problem) for problem in rejected.problems]
        except BadValue as error:
            wrong.append((version.rank(name), Unreadable(name, error)))
    if values.summary == "text" and includes:
        expected = f'count, true, data or false beside "{includes[0].parameter}"'
        wrong.append((version.rank("_summary"), Unexpected("_summary", "text", expected)))
    wrong.sort(key=lambda each: each[0])
    problems = [*version.together(known.pairs), *known.problems, *(problem for _, problem in wrong)]
    if problems:
        raise Rejected(*problems)
    # The matches of a date with the prefix `ap` depend on the present time.
    lasting = not any(known.is_date(name) and "ap" in value for name, value in used)
    return _search(searched, clauses, used, values, lasting=lasting, includes=tuple(includes), texts=texts)


def _search(
    searched: ResourceType,
    clauses: Iterable[Clause],
    used: Iterable[Pair],
    values: Results,
    *,
    lasting: bool,
    includes: tuple[Include, ...] = (),
    texts: Texts | None = None,
) -> Search:
    only_count = values.summary == "count" or values.count == 0
    return Search(
        searched,
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
        lasting,
        includes,
        texts,
    )


def parse_operation(
    request: Request,
    version: Version,
    resource_type: str,
    results: Sequence[str],
    own: Mapping[str, Callable[[str, str], object]],
) -> tuple[Search, dict[str, Any]]:
    """Parse the parameters of an operation whose answer is paged like a search; raises Rejected.

    `results` are the result parameters that it accepts, and `own` reads its other ones, each from name and
    value. Returns a search without clauses, and what `own` has read.
    """
    known = names.known(request, version, None, (*own, *results))
    values, problems = Results(version, version.types[resource_type]), list(known.problems)
    asked: dict[str, Any] = {}
    used = []
    for name, value in known.pairs:
        try:
            if name in own:
                asked[name] = own[name](name, value)
                used.append((name, value))
            else:
                used += values.take(name, value, lenient=known.lenient)
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(*problems)
    return _search(version.types[resource_type], (), used, values, lasting=False), asked


def parse_read(request: Request, version: Version, accepted: Sequence[str]) -> Subset:
    """Parse the parameters of a read or of `metadata`, which accepts these; raises Rejected."""
    known = names.known(request, version, None, accepted)
    values, problems = Results(version, None), list(known.problems)
    for name, value in sorted(known.pairs, key=lambda pair: version.rank(pair[0])):
        try:
            values.take(name, value, lenient=known.lenient)
            if name == "_summary" and value == "count":
                raise Rejected(Unexpected(name, value, "one of data, false, text, true"))
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(*problems)
    return Subset(values.summary, values.elements)


def _clauses(meaning: Meaning, sent: Sent) -> tuple[Clause, ...]:
    """Return what must match for a parameter; raises Rejected, BadValue."""
    reader, relation = meaning.parameter.reader, meaning.related
    if sent.modifier == "missing":
        absent = boolean(sent.name, sent.value)
        clauses: tuple[Clause, ...] = (Clause(reader.present, negated=absent),)
    else:
        clauses = reader.clauses(sent)
    return (relation.clause(clauses),) if relation else clauses


def _texts(meaning: Meaning, sent: Sent, before: Texts | None) -> Texts | None:
    """Return the texts that rank the matches, with those of one more parameter."""
    reader = meaning.parameter.reader
    return (
        reader.joined(before, sent) if isinstance(reader, Ranked) and sent.modifier != "missing" else before
    )
