"""References between kinds: Elasticsearch joins nothing, so sets of what a query asks for are read first."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, cast

from app.engine.elastic import sets
from app.register.fields import KINDS
from app.register.query import Clause, Operator, Query, Referring, Test, conditions

Read = Callable[[str, tuple[Clause, ...], str], bytes]
"""Returns the set (`sets.py`) of what a field, or `id`, has in the entries of a kind that match clauses."""

_TESTS = {Operator.ALL, Operator.REFERS, Operator.REFERRED}


def resolved(query: Query, read: Read) -> Query:
    """Return a query in which sets stand for what is asked of entries of other kinds."""
    clauses = in_clauses(query.kind, query.clauses, read)
    score = tuple(weight._replace(tests=_in_tests(query.kind, weight.tests, read)) for weight in query.score)
    return replace(query, clauses=clauses, score=score)


def in_clauses(kind: str, clauses: Iterable[Clause], read: Read) -> tuple[Clause, ...]:
    """Return clauses in which sets stand for what is asked of entries of other kinds."""
    return tuple(clause._replace(tests=_in_tests(kind, clause.tests, read)) for clause in clauses)


def _in_tests(kind: str, tests: tuple[Test, ...], read: Read) -> tuple[Test, ...]:
    if not any(test.operator in _TESTS for test in tests):
        return tests
    return tuple(_in_test(kind, test, read) for test in tests)


def _in_test(kind: str, test: Test, read: Read) -> Test:
    found: object = test.value
    match test:
        case Test(_, Operator.ALL):
            found = in_clauses(kind, conditions(test), read)
        case Test(field, Operator.REFERS, tuple(clauses)):
            found = read(KINDS[kind].field(field).of, cast("tuple[Clause, ...]", clauses), "id")
        case Test(_, Operator.REFERRED, Referring(other, field, clauses)):
            found = read(other, clauses, field)
    return test._replace(value=cast("Any", found))


def is_empty(clause: Clause) -> bool:
    """Return whether a clause asks for empty sets alone."""
    return not clause.negated and all(
        isinstance(test.value, bytes) and not sets.count(test.value) for test in clause.tests
    )


def computed(
    clauses: tuple[Clause, ...], entries: int, with_ids: Callable[[tuple[Test, ...]], bytes]
) -> bytes | None:
    """Return the set of what matches clauses, if they ask for sets, and perhaps ids, but for nothing else.

    There are so many `entries` of the kind; `with_ids` returns the set of those that have one of some ids.
    """
    tests = [test for clause in clauses for test in clause.tests]
    if not any(map(_is_set, tests)) or not all(_is_set(test) or _is_id(test) for test in tests):
        return None
    among, others = [sets.all_of(entries)], [b""]
    for clause in clauses:
        held = [cast("bytes", test.value) for test in clause.tests if _is_set(test)]
        if ids := tuple(filter(_is_id, clause.tests)):
            held.append(with_ids(ids))
        (others if clause.negated else among).append(sets.joined(held or [b""]))
    return sets.without(sets.common(among), sets.joined(others))


def _is_set(test: Test) -> bool:
    return test.field == "id" and isinstance(test.value, bytes)


def _is_id(test: Test) -> bool:
    return test.field == "id" and test.operator is Operator.EQ
