"""Finds organisations and puts them in order: the one ranking of lookups, lists and pages (lookup 2.3).

The engine gives candidates by a score of sets, which is quick and coarse. `likeness` puts the best of them in
the exact order.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, groupby
from typing import Any, NamedTuple

from app.directory.filters import Filters
from app.directory.likeness import Document, Fit, Likeness, Organisation, Tier, organisation
from app.directory.recognise import KIND, POSTCODE_WEIGHT, Asked, Question, corrected, guess, recognise
from app.directory.vocabulary import Vocabulary, vocabulary_of
from app.engine.port import Register
from app.register import relationship
from app.register.query import MAX_POINTS, Clause, Key, Operator, Page, Query, Test, Weight

CANDIDATES = 60
"""Organisations that are compared with the question, of more than `_MANY` that were found."""
_MANY = 100
"""Organisations found up to which all of them are compared, and others are looked for."""
_OTHERS = 12
"""Organisations beside them that have some of the words."""
_BRANCHES = 8
"""Branches whose operators are."""
_BRANCH = "RO96"
_TRUSTS = frozenset(("RO197", "RO107", "RO142"))
"""Primary roles of those whose sites are often named together with them."""
_FEW = 5
"""Results below which misspellings of words that the register has are looked for."""

_POINTS = 6
"""Points of a word, for each unit of its weight: few, since each bit of a score costs time."""
_IN_NAME = 0.2
"""Share of its points that a word gains only in a name."""

_MOST = 0.5
"""How much of what was asked an organisation must have where none has all of it."""
_ANY = 0.3
"""How much it may have at least, so that it can be among the results."""
_DECIDING = 6
"""Words that decide what is most of a question: the heaviest. Each subset of them may become a clause."""

_SITES = 500
"""Organisations whose operators are counted, for each postcode that is looked at."""
_PLACES = 10
"""Postcodes at which they are counted."""


class Result(NamedTuple):
    """One organisation that was found, and how well it fits."""

    organisation: Organisation
    fit: Fit

    @property
    def document(self) -> Document:
        """The document `lookup` of the organisation."""
        return self.organisation.document


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
        score = _weights(found.question, named=True)
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
    ranked = sorted(candidates.values(), key=_place)
    ordered = _by_sites(register, ranked, offset + count)
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
        score = _weights(question, named=True) if size else ()
        return Query(KIND, (*filters.clauses(), *clauses), size=size, score=score, whole_unscored=True)

    def search(question: Question, clauses: Sequence[Clause]) -> _Found:
        asked = query(question, clauses)
        return _Found(question, asked.clauses, register.search(asked, "lookup"))

    if not text.strip():
        return None
    guessed = guess(vocabulary, text)
    question, asked = guessed.question, query(guessed.question, _every(guessed.question))
    checks = (guessed.codes, guessed.start) if guessed.start else (guessed.codes,)
    codes, *starts, page = register.searches((*checks, asked), "lookup")
    first = _Found(question, asked.clauses, page)
    if codes.matches or not all(start.matches for start in starts):
        question = recognise(register, vocabulary, text, [match.id for match in codes.matches])
        first = search(question, _every(question))
    if not (question.asked or question.postcode or question.codes):
        return None
    if first.total >= _FEW:
        return first
    better = corrected(vocabulary, question)
    if first.total:
        return first._replace(question=better, exactly=better != question)
    if better != question and (second := search(better, _every(better))).total:
        return second
    third = search(better, _most(better))
    return third if third.total else search(better, _any(better))


# What is asked of the engine


def _tests(asked: Asked, fields: Iterable[str]) -> tuple[Test, ...]:
    terms = sorted(asked.terms)
    begun = (Test("beginning", Operator.EQ, asked.beginning),) if asked.beginning else ()
    # BOOTS LS may be the start of BOOTS LS26.
    area = (Test("postcode", Operator.PREFIX, asked.start),) if re.fullmatch("[A-Z]{2}", asked.start) else ()
    return (*(Test(field, Operator.EQ, term) for field in fields for term in terms), *begun, *area)


def _ids(codes: Iterable[str]) -> tuple[Test, ...]:
    return tuple(Test("id", Operator.EQ, code) for code in codes)


class _Part(NamedTuple):
    """A word or the postcode: how much it weighs, and the tests of which one must hold."""

    weight: float
    tests: tuple[Test, ...]
    required: bool
    held: bool


def _parts(question: Question) -> list[_Part]:
    """Return what an organisation may have of a question, the heaviest first."""
    found = []
    for asked in question.asked:
        codes = (*question.codes, *(code for code in question.word_codes if code == asked.written))
        tests = _tests(asked, ("name_word", "place_word")) + _ids(codes)
        found.append(_Part(asked.weight, tests, asked.required, asked.held or bool(codes)))
    if postcode := question.postcode:
        tests = (Test("postcode", Operator.PREFIX, postcode.steps[-1]),)
        if postcode.word:
            tests += (Test("name_word", Operator.EQ, postcode.word),)
        weight = (question.weight or 1) * POSTCODE_WEIGHT
        found.append(_Part(weight, tests + _ids(question.codes), required=True, held=True))
    if not found:
        found.append(_Part(1, _ids(question.codes), required=True, held=True))
    return sorted(found, key=lambda part: -part.weight)


def _every(question: Question) -> list[Clause]:
    """Return the clauses of having every word, but for those that say nothing."""
    parts = _parts(question)
    return [Clause(part.tests) for part in parts if part.required] or [Clause(part.tests) for part in parts]


def _most(question: Question) -> list[Clause]:
    """Return the clauses of having most of what was asked, of the heaviest words that any has.

    Without a set of words that weighs more than half, most cannot be had: one of each such set must be there.
    """
    parts = [part for part in _parts(question) if part.held][:_DECIDING]
    half = _MOST * sum(part.weight for part in parts)
    needed: list[tuple[int, ...]] = []
    for size in range(1, len(parts) + 1):
        for some in combinations(range(len(parts)), size):
            if sum(parts[at].weight for at in some) > half and not any(
                set(fewer) <= set(some) for fewer in needed
            ):
                needed.append(some)
    found = [Clause(tuple(test for at in some for test in parts[at].tests)) for some in needed]
    return found or _any(question)  # without a clause everything would match


def _any(question: Question) -> list[Clause]:
    """Return a clause that holds of what may be among the results: it has one of the heaviest words."""
    parts = [part for part in _parts(question) if part.held] or _parts(question)
    left = least = sum(part.weight for part in parts)
    tests: list[Test] = []
    for part in parts:
        if left < _ANY * least:
            break
        tests += part.tests
        left -= part.weight
    return [Clause(tuple(tests))]


def _weights(question: Question, *, named: bool = False) -> tuple[Weight, ...]:
    """Return the coarse score: the weights of the words, more in a name, and of each step of the postcode.

    `named`: also whether the name is the question, or starts with it, and whether the organisation is active.
    """
    found = []
    for asked in question.asked:
        points = asked.weight * _POINTS
        found.append(Weight(_tests(asked, ("name_word", "place_word")), _points(points * (1 - _IN_NAME))))
        found.append(Weight(_tests(asked._replace(start=""), ("name_word",)), _points(points * _IN_NAME)))
    total = question.weight * _POINTS
    if question.postcode:
        for step in question.postcode.steps:
            test = Test("postcode", Operator.PREFIX, step)
            points = total * POSTCODE_WEIGHT / len(question.postcode.steps)
            found.append(Weight((test,), _points(points)))
    if named and question.words:
        found.append(Weight((Test("name", Operator.EQ, question.words),), _points(total)))
        found.append(Weight((Test("name", Operator.PREFIX, question.words),), _points(total / 2)))
        found.append(Weight((Test("status", Operator.EQ, "Active"),), 1))
    if question.codes:
        found.append(Weight(_ids(question.codes), MAX_POINTS))
    if question.word_codes:
        found.append(Weight(_ids(question.word_codes), _points(total)))
    return tuple(found)


def _points(points: float) -> int:
    return min(max(round(points), 1), MAX_POINTS)


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
    some, weights = _any(found.question), _weights(found.question)
    if len(candidates) < wanted:
        size = max(_OTHERS, wanted) + _BRANCHES
        among = tuple(Clause((*clause.tests, branch)) for clause in narrowing)
    else:
        size, among = _BRANCHES, (Clause((branch,)),)
    query = Query(KIND, (*among, *some), size=size, total=False, score=weights)
    fits: dict[str, Fit] = {}
    unknown: dict[str, None] = {}
    for match in register.search(query, "lookup").matches:
        other = candidates.get(match.id) or _result(likeness, match.document)
        if _is_branch(other.document):
            if code := _operator(other.document):
                fit = other.fit.second()
                fits[code] = min(fits.get(code, fit), fit, key=_order)
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
        candidates[code] = own._replace(fit=min(own.fit, fits[code], key=_order))


def _passing(register: Register, narrowing: Sequence[Clause], codes: Sequence[str]) -> dict[str, bytes]:
    """Return the documents of those organisations that pass the filters."""
    if not narrowing:  # a few chains operate most branches: an engine may still have their documents
        return register.documents(KIND, codes, "lookup")
    query = Query(KIND, (*narrowing, Clause(_ids(codes))), size=len(codes), total=False)
    return dict(register.search(query, "lookup").matches)


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
        query = Query(KIND, (*filters.clauses(), theirs), size=_OTHERS, total=False, score=_weights(question))
        for match in register.search(query, "lookup").matches:
            candidates.setdefault(match.id, _result(likeness, match.document))


def _add_operators(likeness: Likeness, candidates: dict[str, Result]) -> None:
    """Compare sites anew whose operator is among the candidates: a question may name both."""
    for code, result in candidates.items():
        operator = candidates.get(_operator(result.document))
        if operator and result.fit.tier is Tier.MOST:
            fit = likeness.fit(result.organisation, operator.organisation)
            candidates[code] = result._replace(fit=min(result.fit, fit, key=_order))


def _result(likeness: Likeness, document: bytes) -> Result:
    found = organisation(document)
    return Result(found, likeness.fit(found))


# The order


def _order(fit: Fit) -> tuple[int, float]:
    return fit.tier, -round(fit.share, 3)


def _place(result: Result) -> tuple[Any, ...]:
    """Return the place of a result: by fit, then active ones, by kind, shorter names, by code."""
    document = result.document
    return (
        *_order(result.fit),
        document["status"] != "active",
        result.organisation.precedence,
        len(document["name"]),
        document["code"],
    )


def _by_sites(register: Register, ranked: list[Result], count: int) -> list[Result]:
    """Return results with sites of one name in the order of their operators' sites at their postcodes.

    One hospital may have a code under several trusts, and a large one is asked for more often than others of
    its name. Only what is among the first `count` is put in this order, and of it the first few places.
    """
    groups: list[tuple[_Alike, list[Result]]] = []
    postcodes: dict[str, None] = {}
    before = 0
    for alike, same in groupby(ranked, key=_alike):
        if before >= count:
            break
        group = list(same)
        before += len(group)
        groups.append((alike, group))
        if len(group) > 1 and alike.site:
            postcodes |= dict.fromkeys(each.organisation.postcode for each in group)
    if not postcodes:
        return ranked
    sites = _sites(register, list(postcodes)[:_PLACES])
    found: list[Result] = []
    for alike, group in groups:
        if alike.site:
            group.sort(key=lambda each: -sites[each.organisation.postcode, _operator(each.document)])
        found += group
    return found + ranked[len(found) :]


class _Alike(NamedTuple):
    """What results have in common that only the number of sites tells apart."""

    place: tuple[Any, ...]
    name: tuple[str, ...]
    site: bool


def _alike(result: Result) -> _Alike:
    return _Alike(_place(result)[:4], result.organisation.name, result.document["recordClass"] == "RC2")


def _is_branch(document: Document) -> bool:
    return bool(document["status"] == "active" and document["primaryRole"]["id"] == _BRANCH)


def _operator(document: Document) -> str:
    parent = document.get("parent", {})
    return str(parent["code"]) if parent.get("relationship") == "RE6" else ""


def _sites(register: Register, postcodes: Sequence[str]) -> Counter[tuple[str, str]]:
    """Return how many organisations each operator has at each of some postcodes."""
    there = Clause(tuple(Test("postcode", Operator.EQ, postcode) for postcode in postcodes))
    page = register.search(Query(KIND, (there,), size=_SITES * len(postcodes), total=False), "lookup")
    found = (organisation(match.document) for match in page.matches)
    return Counter((each.postcode, _operator(each.document)) for each in found)
