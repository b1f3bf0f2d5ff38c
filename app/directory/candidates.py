"""Which organisations are compared with a question besides those that have its words (lookup 2.3)."""

from collections.abc import Callable, Sequence

from app.directory.clauses import weights, with_any, with_ids
from app.directory.filters import Filters
from app.directory.fit import Fit, Tier
from app.directory.likeness import Document, Likeness, organisation
from app.directory.recognise import KIND, Question
from app.directory.result import Result
from app.engine.port import Register
from app.register import relationship
from app.register.query import Clause, Operator, Page, Query, Test

_OTHERS = 12
"""Organisations with some of the words that are looked for beside them."""
_BRANCHES = 8
"""Branches with some of the words, whose operators are looked for too."""
_BRANCH = "RO96"
_TRUSTS = frozenset(("RO197", "RO107", "RO142"))
"""Primary roles of those whose sites are often named together with them."""


def others(question: Question, filters: Filters, wanted: int) -> Query:
    """Return what looks for organisations with some of the words; for branches alone if none is wanted."""
    branch = Test("active_primary_role", Operator.EQ, _BRANCH)
    if wanted:
        size = max(_OTHERS, wanted) + _BRANCHES
        among = tuple(
            clause if clause.negated else Clause((*clause.tests, branch)) for clause in filters.clauses()
        )
    else:
        size, among = _BRANCHES, (Clause((branch,)),)
    clauses = (*among, *with_any(question))
    return Query(KIND, clauses, size=size, total=False, score=weights(question))


def add_others(
    register: Register,
    likeness: Likeness,
    question: Question,
    filters: Filters,
    candidates: dict[str, Result],
    wanted: int,
    search: Callable[[Query], Page],
) -> None:
    """Add what has only some of the words, where there are too few results, and operators of branches.

    One search finds both. A branch is found whatever the filters, since its operator may pass them; but not
    if a filter says what an organisation must not have. `search` returns the page of a query, with documents.
    """
    narrowing = filters.clauses()
    query = others(question, filters, wanted if len(candidates) < wanted else 0)
    fits: dict[str, Fit] = {}
    unknown: dict[str, None] = {}
    for match in search(query).matches:
        other = candidates.get(match.id) or result_of(likeness, match.document)
        if _is_branch(other.document):
            if code := other.operator:
                fit = other.fit.second()
                fits[code] = fits.get(code, fit).or_better(fit)
                unknown[code] = None
            if narrowing:
                unknown[match.id] = None
                continue
        candidates.setdefault(match.id, other)
    if codes := [code for code in unknown if code not in candidates]:
        for code, document in _passing(register, narrowing, codes).items():
            candidates[code] = result_of(likeness, document)
    for code in fits.keys() & candidates.keys():
        own = candidates[code]
        candidates[code] = own._replace(fit=own.fit.or_better(fits[code]))


def _passing(register: Register, narrowing: Sequence[Clause], codes: Sequence[str]) -> dict[str, bytes]:
    """Return the documents of those organisations that pass the filters."""
    if not narrowing:  # a few chains operate most branches: an engine may still have their documents
        return register.documents(KIND, codes, "lookup")
    query = Query(KIND, (*narrowing, Clause(with_ids(codes))), size=len(codes), total=False)
    return {match.id: match.document for match in register.search(query, "lookup").matches}


def add_sites(
    register: Register,
    likeness: Likeness,
    question: Question,
    filters: Filters,
    candidates: dict[str, Result],
) -> None:
    """Add sites of trusts whose whole name is in the question, which may name a site and its trust."""
    trusts = [
        code
        for code, result in candidates.items()
        if result.fit.tier is Tier.MOST
        and result.document["primaryRole"]["id"] in _TRUSTS
        and likeness.is_named(result.organisation)
    ]
    if trusts:
        terms = relationship.asked(("Active",), ("RE6",), trusts)
        theirs = Clause(tuple(Test("relationship", Operator.EQ, term) for term in terms))
        query = Query(KIND, (*filters.clauses(), theirs), size=_OTHERS, total=False, score=weights(question))
        for match in register.search(query, "lookup").matches:
            candidates.setdefault(match.id, result_of(likeness, match.document))


def add_operators(likeness: Likeness, candidates: dict[str, Result]) -> None:
    """Compare sites anew whose operator is among the candidates: a question may name both."""
    for code, result in candidates.items():
        if result.fit.tier is Tier.MOST and (operator := candidates.get(result.operator)):
            fit = likeness.fit(result.organisation, operator.organisation)
            candidates[code] = result._replace(fit=result.fit.or_better(fit))


def result_of(likeness: Likeness, document: bytes) -> Result:
    """Return the organisation of a document `lookup` as a result."""
    found = organisation(document)
    return Result(found, likeness.fit(found))


def _is_branch(document: Document) -> bool:
    return bool(document["status"] == "active" and document["primaryRole"]["id"] == _BRANCH)
