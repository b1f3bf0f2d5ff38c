"""Conditions as clauses, for code systems whose codes are entries of an index."""

from collections.abc import Callable

from app.r4.terminology.system import Both, Condition, Either, Filter, Not, OneOf
from app.register.query import Clause, Operator, Test

Read = Callable[[Filter], Clause]
"""Returns the clause of a filter; raises Rejected."""
EVERYTHING = Clause((Test("id", Operator.PRESENT),))


def of_condition(condition: Condition, read: Read, before: str = "") -> Clause:
    """Return the clause of a condition; the id of an entry is a code with this text before it."""

    def clause(part: Condition) -> Clause:
        match part:
            case Filter():
                return read(part)
            case OneOf(codes):
                return Clause(tuple(Test("id", Operator.EQ, before + code) for code in sorted(codes)))
            case Not(negated):
                found = clause(negated)
                return found._replace(negated=not found.negated)
            case Either(parts):
                return Clause(tuple(test for each in parts for test in _alternatives(clause(each))))
            case Both((single,)):
                return clause(single)
            case Both(parts):
                return _all(tuple(map(clause, parts)))

    return clause(condition)


def _all(clauses: tuple[Clause, ...]) -> Clause:
    return Clause((Test("", Operator.ALL, clauses),)) if clauses else EVERYTHING


def _alternatives(clause: Clause) -> tuple[Test, ...]:
    """Return the tests of which one holds where a clause matches."""
    return _all((clause,)).tests if clause.negated else clause.tests
