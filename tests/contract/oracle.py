"""What a query means, said the slow way: each entry is looked at by itself."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cmp_to_key

from app.register.fields import KINDS, Entry, Field, Type, Value
from app.register.query import Clause, Match, Operator, Page, Query
from app.register.query import Test as Comparison
from tests.contract.organisations import stamp_of


def answer(entries: Iterable[Entry], query: Query, document: str | None) -> Page:
    """Return the page that an engine has to return for these entries, all of the query's kind."""
    found = [entry for entry in entries if all(_holds(query.kind, entry, clause) for clause in query.clauses)]
    found.sort(key=cmp_to_key(lambda one, other: _compare(query, one, other)))
    end = len(found) if query.size is None else query.offset + query.size
    kind = KINDS[query.kind]
    has_stamps = document is not None and not kind.document(document).brief
    return Page(
        [
            Match(
                entry.id,
                entry.documents.get(document or "", b""),
                stamp_of(kind.name, entry) if has_stamps else None,
            )
            for entry in found[query.offset : end]
        ],
        len(found) if query.total else None,
        end < len(found),
    )


def _holds(kind: str, entry: Entry, clause: Clause) -> bool:
    return any(_passes(kind, entry, test) for test in clause.tests) != clause.negated


def _passes(kind: str, entry: Entry, test: Comparison) -> bool:
    if test.field == "id":
        return test.operator is Operator.PRESENT or entry.id == test.value
    field = _field(kind, test.field)
    value = entry.fields.get(field.name)
    if value is None or value == ():
        return False
    match test.operator:
        case Operator.PRESENT:
            return True
        case Operator.EQ:
            return test.value in value if field.type is Type.TOKEN else test.value == value
        case Operator.PREFIX:
            return field.form(value).startswith(test.value)
        case Operator.CONTAINS:
            return test.value in field.form(value)
        case Operator.LIKE:
            pattern = ".".join(map(re.escape, test.value.split("_")))
            return re.search(pattern, field.form(value), re.DOTALL) is not None
        case Operator.RANGE:
            low, high = test.value
            return (low is None or low <= value) and (high is None or value < high)


def counts(
    kind: str, entries: Iterable[Entry], clauses: Iterable[Clause], fields: Iterable[str]
) -> dict[str, Counter[str]]:
    """Return, for each token field, how many of the matches hold each term."""
    found = [entry for entry in entries if all(_holds(kind, entry, clause) for clause in clauses)]
    return {
        field: Counter(term for entry in found for term in set(entry.fields.get(field) or ()))
        for field in fields
    }


def _score(query: Query, entry: Entry) -> int:
    return sum(
        points for tests, points in query.score if any(_passes(query.kind, entry, test) for test in tests)
    )


def _compare(query: Query, one: Entry, other: Entry) -> int:
    if (left := _score(query, one)) != (right := _score(query, other)):
        return right - left
    for key in query.order:
        left, right = (_sortable(query.kind, entry, key.field) for entry in (one, other))
        if left == right:
            continue
        if left is None or right is None:
            return 1 if left is None else -1
        return (1 if left > right else -1) * (-1 if key.descending else 1)
    return (one.id > other.id) - (one.id < other.id)


def _sortable(kind: str, entry: Entry, name: str) -> Value:
    if name == "id":
        return entry.id
    field = _field(kind, name)
    value = entry.fields.get(name)
    return field.form(value) if isinstance(value, str) else value


def _field(kind: str, name: str) -> Field:
    return next(field for field in KINDS[kind].fields if field.name == name)
