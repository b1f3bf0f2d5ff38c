"""Finds organisations and puts them in order: the one ranking of lookups, lists and pages (lookup 2.3).

The engine gives candidates by a score of sets, which is quick and coarse. `likeness` puts the best of them in
the exact order.
"""

from collections.abc import Sequence
from typing import NamedTuple

from app.directory.clauses import weights, with_any, with_every, with_ids, with_most
from app.directory.filters import Filters
from app.directory.likeness import Document, Fit, Likeness, Tier, organisation
from app.directory.recognise import KIND, Question, corrected, guess, recognise
from app.directory.result import Result
from app.directory.sites import by_sites
from app.directory.vocabulary import Vocabulary, vocabulary_of
from app.engine.port import Register
from app.register import relationship
from app.register.query import Clause, Key, Operator, Page, Query, Test

CANDIDATES = 60
"""Organisations that are compared with the question, of more than `_MANY` that were found."""
_MANY = 100
"""Organisations found up to which all of them are compared, and others are looked for."""
_OTHERS = 12
"""Organisations with some of the words that are looked for beside them."""
_BRANCHES = 8
"""Branches with some of the words, whose operators are looked for too."""
_BRANCH = "RO96"
_TRUSTS = frozenset(("RO197", "RO107", "RO142"))
"""Primary roles of those whose sites are often named together with them."""
_FEW = 5
"""Results below which misspellings of words that the register has are looked for."""


class Answer(NamedTuple):
    """Results in order, and how many organisations were found (`found`)."""

    results: list[Result]
    total: int
    last: int
    """The place of the last that was found: others may come before it."""


class _Found(NamedTuple):
    """What was found: the question, perhaps corrected, the clauses, and the first matches."""

    question: Question
    clauses: tuple[Clause, ...]
    page: Page
    exactly: bool = False
    """Whether the matches have every word as the question was before it was corrected."""

    @property
    def total(self) -> int:
        """How many organisations pass the clauses."""
        return self.page.total or 0


def find(register: Register, text: str, filters: Filters, count: int, offset: int = 0) -> Answer:
    """Return results from `offset` on; without a question, what the filters leave, by name and code."""
    vocabulary = vocabulary_of(register)
    found = _found(register, vocabulary, text, filters)
    if found is None:
        return _listed(register, filters, count, offset)
    total = found.total
    likeness = Likeness(vocabulary, found.question, exactly=found.exactly)
    all_compared = total <= _MANY
    matches = found.page.matches
    if total > CANDIDATES and (all_compared or offset >= CANDIDATES):
        size, start = (_MANY - CANDIDATES, CANDIDATES) if all_compared else (count, offset)
        score = weights(found.question, named=True)
        query = Query(KIND, found.clauses, (), size, start, total=False, score=score)
        further = register.search(query, "lookup").matches
        if not all_compared:
            return Answer([_result(likeness, match.document) for match in further], total, total)
        matches = [*matches, *further]
    candidates = {match.id: _result(likeness, match.document) for match in matches}
    known = set(candidates)
    if all_compared:
        _add_others(register, likeness, found, filters, candidates, wanted=offset + count)
    _add_sites(register, likeness, found.question, filters, candidates)
    _add_operators(likeness, candidates)
    ranked = sorted(candidates.values(), key=lambda result: result.place)
    ordered = by_sites(register, ranked, offset + count)
    last = total
    if all_compared:
        last = max(
            (at for at, result in enumerate(ordered, 1) if result.document["code"] in known), default=0
        )
    return Answer(ordered[offset : offset + count], total, last)


def found(register: Register, text: str, filters: Filters) -> tuple[Clause, ...] | None:
    """Return the clauses of all that is found: what has every word, else what has most; None: nothing."""
    if what := _found(register, vocabulary_of(register), text, filters, size=0):
        return what.clauses
    return filters.clauses() if filters.narrow else None


def _listed(register: Register, filters: Filters, count: int, offset: int) -> Answer:
    if not filters.narrow:
        return Answer([], 0, 0)
    page = register.search(Query(KIND, filters.clauses(), (Key("name"),), count, offset), "lookup")
    fit = Fit(Tier.MOST, 0, "most")
    results = [Result(organisation(match.document), fit) for match in page.matches]
    return Answer(results, page.total or 0, page.total or 0)


def _found(
    register: Register, vocabulary: Vocabulary, text: str, filters: Filters, size: int = CANDIDATES
) -> _Found | None:
    """Return the first of these that finds anything: every word, every word corrected, most, any.

    Without a word, a postcode or a code in the text, return None.
    """

    def query(question: Question, clauses: Sequence[Clause]) -> Query:
        # If all of them are candidates, the score does not matter.
        score = weights(question, named=True) if size else ()
        return Query(KIND, (*filters.clauses(), *clauses), size=size, score=score, whole_unscored=True)

    def search(question: Question, clauses: Sequence[Clause]) -> _Found:
        asked = query(question, clauses)
        return _Found(question, asked.clauses, register.search(asked, "lookup"))

    if not text.strip():
        return None
    guessed = guess(vocabulary, text)
    question, asked = guessed.question, query(guessed.question, with_every(guessed.question))
    checks = (guessed.codes, guessed.start) if guessed.start else (guessed.codes,)
    codes, *starts, page = register.searches((*checks, asked), "lookup")
    first = _Found(question, asked.clauses, page)
    if codes.matches or not all(start.matches for start in starts):
        question = recognise(register, vocabulary, text, [match.id for match in codes.matches])
        first = search(question, with_every(question))
    if not (question.asked or question.postcode or question.codes):
        return None
    if first.total >= _FEW:
        return first
    better = corrected(vocabulary, question)
    if first.total:
        return first._replace(question=better, exactly=better != question)
    if better != question and (second := search(better, with_every(better))).total:
        return second
    third = search(better, with_most(better))
    return third if third.total else search(better, with_any(better))


# Candidates beside what was found


def _add_others(
    register: Register,
    likeness: Likeness,
    found: _Found,
    filters: Filters,
    candidates: dict[str, Result],
    wanted: int,
) -> None:
    """Add what has only some of the words, where there are too few results, and operators of branches.

    One search finds both. A branch is found whatever the filters, since its operator may pass them.
    """
    branch, narrowing = Test("active_primary_role", Operator.EQ, _BRANCH), filters.clauses()
    some, score = with_any(found.question), weights(found.question)
    if len(candidates) < wanted:
        size = max(_OTHERS, wanted) + _BRANCHES
        among = tuple(Clause((*clause.tests, branch)) for clause in narrowing)
    else:
        size, among = _BRANCHES, (Clause((branch,)),)
    query = Query(KIND, (*among, *some), size=size, total=False, score=score)
    fits: dict[str, Fit] = {}
    unknown: dict[str, None] = {}
    for match in register.search(query, "lookup").matches:
        other = candidates.get(match.id) or _result(likeness, match.document)
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
            candidates[code] = _result(likeness, document)
    for code in fits.keys() & candidates.keys():
        own = candidates[code]
        candidates[code] = own._replace(fit=own.fit.or_better(fits[code]))


def _passing(register: Register, narrowing: Sequence[Clause], codes: Sequence[str]) -> dict[str, bytes]:
    """Return the documents of those organisations that pass the filters."""
    if not narrowing:  # a few chains operate most branches: an engine may still have their documents
        return register.documents(KIND, codes, "lookup")
    query = Query(KIND, (*narrowing, Clause(with_ids(codes))), size=len(codes), total=False)
    return {match.id: match.document for match in register.search(query, "lookup").matches}


def _add_sites(
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
            candidates.setdefault(match.id, _result(likeness, match.document))


def _add_operators(likeness: Likeness, candidates: dict[str, Result]) -> None:
    """Compare sites anew whose operator is among the candidates: a question may name both."""
    for code, result in candidates.items():
        operator = candidates.get(result.operator)
        if operator and result.fit.tier is Tier.MOST:
            fit = likeness.fit(result.organisation, operator.organisation)
            candidates[code] = result._replace(fit=result.fit.or_better(fit))


def _result(likeness: Likeness, document: bytes) -> Result:
    found = organisation(document)
    return Result(found, likeness.fit(found))


def _is_branch(document: Document) -> bool:
    return bool(document["status"] == "active" and document["primaryRole"]["id"] == _BRANCH)
