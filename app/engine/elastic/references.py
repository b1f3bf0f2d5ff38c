"""References between kinds: Elasticsearch joins nothing, so the ids that a query asks for are read first."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, cast

from app.register.fields import KINDS
from app.register.query import Clause, Operator, Query, Referring, Test, conditions

Ids = Callable[[str, tuple[Clause, ...], str], tuple[str, ...]]
"""Returns the ids that a field, or `id`, has in the entries of a kind that match some clauses."""

_TESTS = {Operator.ALL, Operator.REFERS, Operator.REFERRED}


def resolved(query: Query, ids: Ids) -> Query:
    """Return a query in which ids stand for what is asked of entries of other kinds."""
    clauses = in_clauses(query.kind, query.clauses, ids)
    score = tuple(weight._replace(tests=_in_tests(query.kind, weight.tests, ids)) for weight in query.score)
    return replace(query, clauses=clauses, score=score)


def in_clauses(kind: str, clauses: Iterable[Clause], ids: Ids) -> tuple[Clause, ...]:
    """Return clauses in which ids stand for what is asked of entries of other kinds."""
    return tuple(clause._replace(tests=_in_tests(kind, clause.tests, ids)) for clause in clauses)


def _in_tests(kind: str, tests: tuple[Test, ...], ids: Ids) -> tuple[Test, ...]:
    if not any(test.operator in _TESTS for test in tests):
        return tests
    return tuple(_in_test(kind, test, ids) for test in tests)


def _in_test(kind: str, test: Test, ids: Ids) -> Test:
    found: object = test.value
    match test:
        case Test(_, Operator.ALL):
            found = in_clauses(kind, conditions(test), ids)
        case Test(field, Operator.REFERS, tuple(clauses)):
            found = ids(KINDS[kind].field(field).of, cast("tuple[Clause, ...]", clauses), "id")
        case Test(_, Operator.REFERRED, Referring(other, field, clauses)):
            found = ids(other, clauses, field)
    return test._replace(value=cast("Any", found))
