"""Evaluates clauses: every test is the set of the entries that pass it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from functools import cache, partial
from operator import itemgetter
from typing import cast

from pyroaring import BitMap

from app.engine.shared import short
from app.engine.sqlite import parts, periods, references, spans, texts
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.texts import Doubt, Found, Look
from app.register.fields import KINDS, Type
from app.register.query import Clause, Operator, Referring, Test, conditions

_SPANS = {Operator.PREFIX, Operator.RANGE}
_INSIDE = {Operator.CONTAINS, Operator.LIKE}
_REFERENCES = {Operator.REFERS, Operator.REFERRED}
_NESTED = {Operator.ALL, *_REFERENCES}
_FEW = 8
"""Of so many entries one: to look at each of these takes less time than to find all that pass a test."""


def hits(reader: Reader, kind: str, clauses: tuple[Clause, ...]) -> tuple[str, BitMap]:
    """Return the entries that pass all clauses, and the name under which they are kept."""
    name = short(kind, clauses)
    return name, reader.kept(("hits", name), lambda: evaluate(reader, kind, clauses))


def evaluate(reader: Reader, kind: str, clauses: Iterable[Clause], among: BitMap | None = None) -> BitMap:
    """Return the entries, of all or of some, that pass all clauses.

    Those that follow few references come first, and what is looked at comes last, when few are left.
    """
    spanning: dict[str, list[Clause]] = defaultdict(list)
    others: list[tuple[int, Clause]] = []
    hits = reader.every(kind) if among is None else among
    for clause in dict.fromkeys(clauses):
        compared = {test[:2] for test in clause.tests}
        if field := _spanned_field(kind, compared):
            spanning[field].append(clause)
        elif _refers_to_few(reader, kind, clause):
            hits = hits & _clause(reader, kind, clause, hits).certain
        else:
            others.append((max([_effort(kind, *each) for each in compared], default=0), clause))
    for field, together in spanning.items():
        hits = _spanned(reader, kind, field, together, hits)
    doubts: list[Doubt] = []
    others.sort(key=itemgetter(0))
    for _, clause in others:
        if not hits:
            break
        certain, looks = _clause(reader, kind, clause, hits)
        if looks:
            doubts.append(Doubt(certain, looks, clause.negated))
            if clause.negated:
                hits = hits - certain
            else:
                possible = certain.copy()
                for look in looks:
                    possible |= look.entries
                hits = hits & possible
        else:
            hits = hits - certain if clause.negated else hits & certain
    return texts.settle(reader, kind, hits, doubts)


def _spanned_field(kind: str, compared: Collection[tuple[str, Operator]]) -> str:
    """Return the one field that a clause spans, if it does nothing else, or an empty text."""
    if len({field for field, _ in compared}) != 1:
        return ""
    fields = [field for field, operator in compared if operator in _SPANS and field not in KINDS[kind].parted]
    return fields[0] if len(fields) == len(compared) else ""


def _spanned(reader: Reader, kind: str, field: str, clauses: list[Clause], hits: BitMap) -> BitMap:
    """Return those of the hits that pass clauses of prefixes or ranges of one field.

    Spans of places are cheap to combine, and the entries at them are not: they are read once for all.
    """
    within: BitMap | None = None
    without = BitMap()
    for clause in clauses:
        found = spans.places(reader, kind, clause.tests)
        if clause.negated:
            without |= found
        else:
            within = found if within is None else within & found
    if within is None:
        return hits - _placed(reader, kind, field, without, hits)
    return hits & _placed(reader, kind, field, within - without, hits)


def _placed(reader: Reader, kind: str, field: str, wanted: BitMap, among: BitMap) -> BitMap:
    """Return which of some entries stand at places in the order of a field; and maybe others."""
    if _is_few(reader, kind, among):
        return spans.entries_among(reader, kind, field, wanted, among)
    return spans.entries(reader, kind, field, wanted)


def _is_few(reader: Reader, kind: str, some: BitMap) -> bool:
    return len(some) * _FEW < len(reader.every(kind))


def _refers_to_few(reader: Reader, kind: str, clause: Clause) -> bool:
    """Return whether a clause asks for references to or of few entries, and for nothing else but ids."""
    if clause.negated or _REFERENCES.isdisjoint([test.operator for test in clause.tests]):
        return False
    for test in clause.tests:
        match test:
            case Test("id", Operator.EQ):
                continue
            case Test(field, Operator.REFERS, tuple(asked)):
                other, clauses = KINDS[kind].field(field).of, cast("tuple[Clause, ...]", asked)
            case Test("id", Operator.REFERRED, Referring(other, _, clauses)):
                pass
            case _:
                return False
        if not _is_few(reader, other, hits(reader, other, clauses)[1]):
            return False
    return True


@cache
def _effort(kind: str, field: str, operator: Operator) -> int:
    """Return when to evaluate a test: 0 first; 2 last, among what has passed the other clauses."""
    if operator in _INSIDE or (operator is Operator.PREFIX and field in KINDS[kind].parted):
        return 2
    return int(operator in _NESTED)


def _clause(reader: Reader, kind: str, clause: Clause, among: BitMap) -> Found:
    """Return which of some entries pass a clause's tests; what is certain may hold others too."""
    alike: dict[tuple[str, Operator], list[Test]] = {}
    for test in dict.fromkeys(clause.tests):
        alike.setdefault(test[:2], []).append(test)
    certain, looks = BitMap(), list[Look]()
    for (field, operator), tests in sorted(alike.items(), key=lambda item: _effort(kind, *item[0])):
        if _effort(kind, field, operator) == 2:
            found = texts.inside(reader, kind, tests, among - certain)
            certain |= found.certain
            looks += found.looks
        else:
            certain |= _certain(reader, kind, operator, field, tests, among)
    return Found(certain, looks)


def _certain(
    reader: Reader, kind: str, operator: Operator, field: str, tests: list[Test], among: BitMap
) -> BitMap:
    """Return which of some entries pass one of the tests, which have an operator and a field in common.

    What is returned may hold others too.
    """
    if operator is Operator.EQ:
        return _equal(reader, kind, field, [str(test.value) for test in tests])
    if operator in _SPANS:
        return _placed(reader, kind, field, spans.places(reader, kind, tests), among)
    match operator:
        case Operator.PRESENT:
            return reader.every(kind) if field == "id" else reader.present(kind, field)
        case Operator.ABSENT:
            return BitMap() if field == "id" else reader.missing(kind, field)
        case Operator.ALL:
            return _all(reader, kind, tests, among)
        case Operator.EQUALS:
            return _alike(reader, kind, field, [str(test.value) for test in tests])
        case Operator.REFERS | Operator.REFERRED:
            found = BitMap()
            for test in tests:
                found |= _referring(reader, kind, test, among)
            return found
    raise ValueError(operator)


def _all(reader: Reader, kind: str, tests: list[Test], among: BitMap) -> BitMap:
    """Return which of some entries pass all that one of some alternatives is made of; and maybe others."""
    few = among if _is_few(reader, kind, among) else None
    found, others = periods.within(reader, kind, tests, few)
    for test in others:
        found |= evaluate(reader, kind, conditions(test), among)
    return found


def _referring(reader: Reader, kind: str, test: Test, among: BitMap) -> BitMap:
    """Return which of some entries refer to what is asked for, or are referred to by it; and maybe others."""
    few = _is_few(reader, kind, among)
    match test:
        case Test(field, Operator.REFERS, tuple(clauses)):
            _, named = hits(reader, KINDS[kind].field(field).of, cast("tuple[Clause, ...]", clauses))
            if few:
                return references.naming_among(reader, kind, field, named, among)
            join = partial(references.naming, reader, kind, field, named)
        case Test("id", Operator.REFERRED, Referring(other, field, clauses)):
            _, naming = hits(reader, other, clauses)
            if few:
                naming = naming & references.naming(reader, other, field, among)
                return references.named(reader, other, field, naming)
            join = partial(references.named, reader, other, field, naming)
        case _:
            raise ValueError(test)
    return reader.kept(("joined", short(kind, test)), join)


def _equal(reader: Reader, kind: str, field: str, values: list[str]) -> BitMap:
    """Return the entries of which a field, or the id, has one of these values."""
    if field == "id":
        return reader.with_ids(kind, values)
    found = KINDS[kind].field(field)
    match found.type:
        case Type.TEXT if found.parts:
            return parts.equal(reader, kind, found, values)
        case Type.TEXT:
            return _equal_text(reader, kind, field, found.form, values)
        case Type.REFERENCE:
            named = reader.with_ids(found.of, values)
            unknown = reader.holders(f"{kind}.{field}", values)
            return references.naming(reader, kind, field, named) | unknown
    return reader.holders(f"{kind}.{field}", values)


def _alike(reader: Reader, kind: str, field: str, texts: list[str]) -> BitMap:
    """Return the entries that have one of these folded texts."""
    if field in KINDS[kind].parted:
        return parts.alike(reader, kind, field, texts, reader.present(kind, field))
    return BitMap.union(*(spans.equal(reader, kind, field, text) for text in texts))


def _equal_text(reader: Reader, kind: str, field: str, form: Callable[[str], str], raws: list[str]) -> BitMap:
    """Return the entries that have one of these raw texts: they are among those that are folded alike."""
    found = BitMap()
    by_folded: dict[str, list[str]] = defaultdict(list)
    for raw in raws:
        by_folded[form(raw)].append(raw)
    for folded, writings in by_folded.items():
        alike = spans.equal(reader, kind, field, folded)
        unfolded = alike & reader.posting(f"{kind}.{field}.unfolded", "")
        if folded in writings:
            found |= alike - unfolded
        if unfolded:
            by_raw = reader.kept(("raw", kind, field, folded), partial(reader.by_raw, kind, field, unfolded))
            for raw in writings:
                found |= by_raw.get(raw, BitMap())
    return found
