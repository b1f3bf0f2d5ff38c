"""What a query means, said the slow way: each entry is looked at by itself."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cmp_to_key
from types import MappingProxyType

from app.register.fields import KINDS, Entry, Field, Type, Value
from app.register.query import Clause, Match, Operator, Page, Query, Referring
from app.register.query import Test as Comparison
from tests.contract.organisations import stamp_of

Contents = Mapping[str, Iterable[Entry]]
NOTHING: Contents = MappingProxyType({})


def answer(
    entries: Iterable[Entry], query: Query, document: str | None, contents: Contents = NOTHING
) -> Page:
    """Return the page that an engine has to return for these entries, all of the query's kind.

    `contents` are the entries of all kinds, for queries that ask for those of others.
    """
    found = matches(query.kind, entries, query.clauses, contents)
    weights = [(_settled(query.kind, Clause(tests), contents), points) for tests, points in query.score]
    scores = {
        entry.id: sum(points for clause, points in weights if _holds(query.kind, entry, clause))
        for entry in found
    }
    found.sort(key=cmp_to_key(lambda one, other: _compare(query, one, other)))
    found.sort(key=lambda entry: -scores[entry.id])
    end = len(found) if query.size is None else query.offset + query.size
    kind = KINDS[query.kind]
    has_stamps = document is not None and not kind.document(document).brief
    return Page(
        [
            Match(
                entry.id,
                entry.documents.get(document or "", b""),
                stamp_of(kind.name, entry) if has_stamps and document in entry.documents else None,
            )
            for entry in found[query.offset : end]
        ],
        len(found) if query.total else None,
        end < len(found),
    )


def matches(
    kind: str, entries: Iterable[Entry], clauses: Iterable[Clause], contents: Contents
) -> list[Entry]:
    """Return the entries of a kind that match all clauses."""
    settled = [_settled(kind, clause, contents) for clause in clauses]
    return [entry for entry in entries if all(_holds(kind, entry, clause) for clause in settled)]


def _settled(kind: str, clause: Clause, contents: Contents) -> Clause:
    """Return a clause in which the ids of entries stand for what is asked of those entries."""

    def settled(test: Comparison) -> Comparison:
        match test:
            case Comparison(_, Operator.ALL, parts):
                return test._replace(value=tuple(map(settled_part, parts)))
            case Comparison(name, Operator.REFERS, clauses):
                of = _field(kind, name).of
                named = matches(of, contents.get(of, ()), clauses, contents)
                return test._replace(value=frozenset(entry.id for entry in named))
            case Comparison(_, Operator.REFERRED, Referring(other, name, clauses)):
                referring = matches(other, contents.get(other, ()), clauses, contents)
                return test._replace(value=frozenset(entry.fields.get(name) for entry in referring))
        return test

    def settled_part(part: Comparison | Clause) -> Comparison | Clause:
        return _settled(kind, part, contents) if isinstance(part, Clause) else settled(part)

    return clause._replace(tests=tuple(map(settled, clause.tests)))


def _holds(kind: str, entry: Entry, clause: Clause) -> bool:
    return any(_passes(kind, entry, test) for test in clause.tests) != clause.negated


def _passes(kind: str, entry: Entry, test: Comparison) -> bool:
    match test:
        case Comparison(_, Operator.ALL, parts):
            return all(
                _holds(kind, entry, part) if isinstance(part, Clause) else _passes(kind, entry, part)
                for part in parts
            )
        case Comparison("id", Operator.REFERRED, ids):
            return entry.id in ids
        case Comparison("id", operator, value):
            return operator is Operator.PRESENT or (operator is Operator.EQ and entry.id == value)
    field = _field(kind, test.field)
    value = entry.fields.get(field.name)
    if value is None or value == ():
        return test.operator is Operator.ABSENT
    if field.parts:
        return any(_compares(field, part, test) for part in value)
    return _compares(field, value, test)


def _compares(field: Field, value: Value, test: Comparison) -> bool:
    match test.operator:
        case Operator.PRESENT:
            return True
        case Operator.ABSENT:
            return False
        case Operator.REFERS:
            return value in test.value
        case Operator.EQ:
            return test.value in value if field.type is Type.TOKEN else test.value == value
        case Operator.EQUALS:
            return field.form(value) == test.value
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
    kind: str,
    entries: Iterable[Entry],
    clauses: Iterable[Clause],
    fields: Iterable[str],
    contents: Contents = NOTHING,
) -> dict[str, Counter[str]]:
    """Return, for each token field, how many of the matches hold each term."""
    found = matches(kind, entries, clauses, contents)
    return {
        field: Counter(term for entry in found for term in set(entry.fields.get(field) or ()))
        for field in fields
    }


def _compare(query: Query, one: Entry, other: Entry) -> int:
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
