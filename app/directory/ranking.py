"""Finds organisations and puts them in order: the one ranking of lookups, lists and pages (lookup 2.3).

The engine gives candidates by a score of sets, which is quick and coarse. `likeness` puts the best of them in
the exact order.
"""

from collections.abc import Sequence
from typing import NamedTuple

from app.directory.candidates import add_operators, add_others, add_sites, others, result_of
from app.directory.clauses import weights, with_any, with_every, with_most
from app.directory.filters import Filters
from app.directory.fit import Fit, Tier
from app.directory.likeness import Likeness, organisation
from app.directory.recognise import KIND, Question, corrected, guess, recognise
from app.directory.result import Result, parents
from app.directory.sites import by_sites
from app.directory.vocabulary import Vocabulary, vocabulary_of
from app.engine.port import Register
from app.register.query import Clause, Key, Page, Query

CANDIDATES = 60
"""Organisations that are compared with the question, of more than `_MANY` that were found."""
_MANY = 100
"""Organisations found up to which all of them are compared, and others are looked for."""
_WANTED = 20
"""Results below which `best` looks for others, whatever page is asked for: all pages are of one order."""
_RARE = 1_000
"""Holders of a word up to which few are likely to have all words: others are looked for at once."""
_FEW = 5
"""Results below which misspellings of words that the register has are looked for."""


class Answer(NamedTuple):
    """Results in order, and how many organisations were found (`found`)."""

    results: list[Result]
    total: int
    last: int
    """The place of the last that was found: others may come before it."""


class _Asked(NamedTuple):
    """A query and its page."""

    query: Query
    page: Page


class _Found(NamedTuple):
    """What was found: the question, perhaps corrected, the clauses, and the first matches."""

    question: Question
    clauses: tuple[Clause, ...]
    page: Page
    exactly: bool = False
    """Whether the matches have every word as the question was before it was corrected."""
    others: _Asked | None = None
    """What was looked for beside them already."""

    @property
    def total(self) -> int:
        """How many organisations pass the clauses."""
        return self.page.total or 0


def find(register: Register, text: str, filters: Filters, count: int, offset: int = 0) -> Answer:
    """Return results from `offset` on; without a question, what the filters leave, by name and code."""
    vocabulary = vocabulary_of(register)
    found = _found(register, vocabulary, text, filters, wanted=offset + count)
    if found is None:
        return _listed(register, filters, count, offset)
    likeness = Likeness(vocabulary, found.question, exactly=found.exactly)
    if found.total > _MANY and offset >= CANDIDATES:
        return Answer(_further(register, likeness, found, count, offset), found.total, found.total)
    answer = _compared(register, likeness, found, filters, offset + count, shown=count)
    return answer._replace(results=answer.results[offset : offset + count])


def best(register: Register, text: str, filters: Filters, most: int, wanted: int) -> Answer:
    """Return the best of what is found, `most` at most: the first `wanted` of them, perhaps more.

    Results after the candidates have no better score than those.
    """
    vocabulary = vocabulary_of(register)
    found = _found(register, vocabulary, text, filters, wanted=_WANTED)
    if found is None:
        return Answer([], 0, 0)
    likeness = Likeness(vocabulary, found.question, exactly=found.exactly)
    answer = _compared(register, likeness, found, filters, _WANTED)
    results, total = answer.results[: answer.last], min(answer.last, most)
    if found.total > _MANY and min(total, wanted) > len(results):
        known = {result.document["code"] for result in results}
        worst = results[-1].fit
        further = _further(register, likeness, found, most - CANDIDATES, CANDIDATES)
        results += (
            result._replace(fit=result.fit.or_worse(worst))
            for result in sorted(further, key=lambda result: result.place)
            if result.document["code"] not in known
        )
    return Answer(results[:total], total, total)


def _further(register: Register, likeness: Likeness, found: _Found, count: int, offset: int) -> list[Result]:
    """Return what the coarse score puts after the candidates, in its order."""
    score = weights(found.question, named=True)
    query = Query(KIND, found.clauses, (), count, offset, total=False, score=score)
    page = register.search(query, "lookup")
    return [result_of(likeness, match.document) for match in page.matches]


def _compared(
    register: Register, likeness: Likeness, found: _Found, filters: Filters, wanted: int, *, shown: int = 0
) -> Answer:
    """Return the candidates in their order; others are looked for where they are fewer than `wanted`.

    `shown`: of so many, the last of those wanted, the names of the parents will be asked for.
    """
    first = slice(wanted - shown, wanted)
    total = found.total
    all_compared = total <= _MANY
    candidates = {match.id: result_of(likeness, match.document) for match in found.page.matches}
    if all_compared and total > CANDIDATES:
        further = _further(register, likeness, found, _MANY - CANDIDATES, CANDIDATES)
        candidates |= {result.document["code"]: result for result in further}
    known = set(candidates)
    if all_compared:
        # Nearly those that are shown: which are is known when all are found and in order.
        ahead = parents(list(candidates.values())[first])

        def search(query: Query) -> Page:
            if found.others and found.others.query == query:
                return found.others.page
            (page,) = register.searches((query,), "lookup", ahead)
            return page

        add_others(register, likeness, found.question, filters, candidates, wanted, search)
    add_sites(register, likeness, found.question, filters, candidates)
    add_operators(likeness, candidates)
    ranked = sorted(candidates.values(), key=lambda result: result.place)
    ordered = by_sites(register, ranked, wanted, parents(ranked[first]))
    last = total
    if all_compared:
        last = max(
            (at for at, result in enumerate(ordered, 1) if result.document["code"] in known), default=0
        )
    return Answer(ordered, total, last)


def found(register: Register, text: str, filters: Filters) -> tuple[Clause, ...] | None:
    """Return the clauses of all that is found: what has every word, else what has most; None: nothing."""
    if what := _found(register, vocabulary_of(register), text, filters):
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
    register: Register, vocabulary: Vocabulary, text: str, filters: Filters, wanted: int = 0
) -> _Found | None:
    """Return the first of these that finds anything: every word, every word corrected, most, any.

    Without a word, a postcode or a code in the text, return None. If no results are `wanted`, neither are
    matches.
    """
    size = CANDIDATES if wanted else 0

    def query(question: Question, clauses: Sequence[Clause]) -> Query:
        # If all of them are candidates, the score does not matter.
        score = weights(question, named=True) if size else ()
        return Query(KIND, (*filters.clauses(), *clauses), size=size, score=score, whole_unscored=True)

    def search(question: Question, clauses: Sequence[Clause]) -> _Found:
        asked = query(question, clauses)
        return _Found(question, asked.clauses, register.search(asked, "lookup"), others=looked)

    if not text.strip():
        return None
    guessed = guess(vocabulary, text)
    question, asked = guessed.question, query(guessed.question, with_every(guessed.question))
    is_early = wanted > 0 and register.distant and _is_rare(vocabulary, question)
    beside = others(question, filters, wanted) if is_early else None
    queries = (asked, guessed.codes, *filter(None, (guessed.start, beside)))
    page, codes, *starts = register.searches(queries, "lookup")
    looked = _Asked(beside, starts.pop()) if beside else None
    first = _Found(question, asked.clauses, page, others=looked)
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


def _is_rare(vocabulary: Vocabulary, question: Question) -> bool:
    """Return whether so few organisations have one of the words that others will probably be looked for."""
    held = (
        sum(map(vocabulary.holders, {*word.same, *word.near}))
        + (vocabulary.holders_starting(word.start) if word.start else 0)
        for word in question.asked
        if word.required
    )
    return 0 < min(held, default=0) <= _RARE
