"""Says a query in Elasticsearch's words; nothing here asks a server."""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from app.engine import boxes
from app.engine.elastic import sets
from app.engine.elastic.schema import ANY, GRAM, HOLE, PHRASE, Json, folded, rank
from app.register.fields import KINDS, Type
from app.register.query import Clause, Key, Operator, Query, Test, conditions

_LOOKED_UP = 200
"""Characters of a prefix that are looked up; a longer one is then compared as a whole."""

_TERMS = {1: "chars", 2: "pairs", GRAM: "grams"}
"""Where the terms of so many characters are."""

_MANY = 100
"""Texts from which on they are looked for in each term of a field, and not each by itself in the index."""
_SHORT = 8
"""Characters of the longest of them: longer texts are rare, and quick to find."""
_CHARACTERS = 2_500
"""Of all of them together."""
_RESERVED = re.compile(r'[.?+*|{}\[\]()"\\#@&<>~]')
"""What must be escaped in a regular expression of Elasticsearch."""
_EFFORT = 1_000_000
"""What Elasticsearch may spend on the automaton; these need much less."""

NOTHING: Json = {"match_none": {}}

MOST_TERMS = 65_536
"""Terms that one filter may have (`index.max_terms_count`)."""
_LONGEST = 32_766
"""Bytes of a term: Elasticsearch stores no longer one, and takes none in a query."""

_BEGIN, _END = -(2**62), 2**62
"""Before and after all instants, where ranges are open; behind them is what has no value."""

Span = tuple[float, float]
"""A half-open range of instants; an open end is an infinite one."""


def matching(kind: str, clauses: Iterable[Clause], *, of_few: bool = False) -> list[Json]:
    """Return the filters that what matches all clauses passes; `of_few` says that few entries are tested.

    All that is asked of an instant becomes one filter, and so does all that is negated: a filter costs
    time for each match of the others.
    """
    spans: dict[str, list[Span]] = {}
    filters: list[Json] = []
    negated: list[Test] = []
    for clause in dict.fromkeys(clauses):
        if clause.negated:
            negated += clause.tests
        elif (ranges := _ranges(clause.tests)) and len(ranges) == 1 and not _others(clause.tests):
            ((field, found),) = ranges.items()
            spans[field] = _both(spans[field], found) if field in spans else found
        else:
            filters.append(_one_of(kind, clause.tests, of_few=of_few))
    filters += (_within(field, found) for field, found in spans.items())
    return [*filters, none_of(_one_of(kind, negated, of_few=of_few))] if negated else filters


def order(query: Query) -> tuple[Key, ...]:
    """Return the keys of a query up to the one that leaves no ties, its id."""
    keys = (*query.order, Key("id"))
    return keys[: [key.field for key in keys].index("id") + 1]


def sort(query: Query) -> list[Json]:
    """Return how matches are ordered."""
    keys: list[Json] = [
        {rank(key.field): {"order": "desc" if key.descending else "asc", "missing": "_last"}}
        for key in order(query)
    ]
    return [{"_score": {"order": "desc"}}, *keys] if query.score else keys


def scored(query: Query, filters: list[Json]) -> Json:
    """Return the query that passes what passes all filters, and gives each match its points.

    Elasticsearch adds up the points as numbers of 32 bits with a point: sums below 2**24 are exact.
    """
    if not query.score:
        return all_of(*filters)
    # What all matches gain does not order them.
    required = [set(clause.tests) for clause in query.clauses if not clause.negated]
    points = [
        {"constant_score": {"filter": _one_of(query.kind, tests), "boost": points}}
        for tests, points in query.score
        if not any(some.issubset(tests) for some in required)
    ]
    return {"bool": {"filter": filters or [{"match_all": {}}], "should": points}}


def with_ids(ids: Iterable[str]) -> Json:
    """Return the filter that passes the entries with these ids; Elasticsearch refuses an empty one."""
    return {"ids": {"values": [each for each in ids if each]}}


def all_of(*filters: Json) -> Json:
    """Return the query that passes what passes all filters."""
    return {"bool": {"filter": list(filters)}}


def any_of(*filters: Json) -> Json:
    """Return the filter that passes what passes one of these."""
    return filters[0] if len(filters) == 1 else {"bool": {"should": list(filters)}}


def none_of(*filters: Json) -> Json:
    """Return the filter that passes what passes none of these."""
    return {"bool": {"must_not": list(filters)}}


def _one_of(kind: str, tests: Iterable[Test], *, of_few: bool = False) -> Json:
    """Return the filter that passes what one of the tests does."""
    # Many alternatives of one field are one look-up, and are not counted against the limit of clauses.
    terms: dict[str, list[str]] = {}
    referring: dict[str, list[bytes]] = {}
    filters = [_within(field, spans) for field, spans in _ranges(tests).items()]
    parts = {} if of_few else _parts(tests)  # they look at all terms, however few entries are tested
    filters += (_one_part(field, texts) for field, texts in parts.items())
    periods = boxes.cut(kind, (test for test in tests if test.operator is Operator.ALL), _places)
    for axes, stripes in periods.stripes.items():
        for span, wanted in stripes:
            filters.append(all_of(_at(axes.first, [span]), _at(axes.second, wanted)))
    for test in _others(tests):
        match test:
            case Test(field, Operator.EQ, str(value)):
                terms.setdefault(field, []).append(value)
            case Test(field, Operator.EQUALS, str(value)):
                terms.setdefault(folded(field), []).append(value)
            case Test(field, Operator.REFERS | Operator.REFERRED, bytes(held)):
                referring.setdefault(field, []).append(held)
            case Test(_, Operator.ALL) if test not in periods.others:
                pass
            case Test(field, Operator.CONTAINS, str(value)) if len(value) in _TERMS:
                terms.setdefault(f"{folded(field)}.{_TERMS[len(value)]}", []).append(value)
            case Test(field, Operator.CONTAINS, str(value)) if value in parts.get(_part_of(field, value), ()):
                pass
            case _:
                filters.append(_test(kind, test))
    for field, values in terms.items():
        possible = [value for value in values if len(value.encode()) <= _LONGEST]
        filters += [with_ids(possible)] if field == "id" else _one_term(field, possible)
    filters += (sets.having(rank(field), sets.joined(held)) for field, held in referring.items())
    return any_of(*filters) if filters else NOTHING


def _one_term(field: str, values: Sequence[str]) -> list[Json]:
    """Return filters of which each passes what has one of some values."""
    starts = range(0, len(values), MOST_TERMS) or [0]
    return [{"terms": {field: values[start : start + MOST_TERMS]}} for start in starts]


def _test(kind: str, test: Test) -> Json:
    texts = {field.name for field in KINDS[kind].of(Type.TEXT)}
    match test:
        case Test("id", Operator.PRESENT):
            return {"match_all": {}}
        case Test("id", Operator.ABSENT):
            return NOTHING
        case Test(field, Operator.PRESENT):
            return {"exists": {"field": folded(field) if field in texts else field}}
        case Test(field, Operator.ABSENT):
            return none_of(_test(kind, Test(field, Operator.PRESENT)))
        case Test(_, Operator.ALL):
            return all_of(*matching(kind, conditions(test)))
        case Test(field, Operator.PREFIX, str(value)):
            return _prefix(folded(field), value)
        case Test(field, Operator.LIKE, str(value)) if value:
            return _like(folded(field), value)
        case Test(field, Operator.CONTAINS | Operator.LIKE, str(value)):
            return _containing(folded(field), value)
    raise ValueError(test)


def _others(tests: Iterable[Test]) -> list[Test]:
    return [test for test in dict.fromkeys(tests) if test.operator is not Operator.RANGE]


# Instants


def _ranges(tests: Iterable[Test]) -> dict[str, list[Span]]:
    """Return what the ranges among the tests cover, by field: spans in order that do not meet."""
    spans: dict[str, list[Span]] = {}
    for test in tests:
        match test:
            case Test(field, Operator.RANGE, ((int() | None) as low, (int() | None) as high)):
                span = (-math.inf if low is None else low, math.inf if high is None else high)
                spans.setdefault(field, []).append(span)
    return {field: _joined(found) for field, found in spans.items()}


def _places(test: Test) -> boxes.Span:
    """Return where the instants are that pass a test."""
    match test:
        case Test(_, Operator.RANGE, ((int() | None) as low, (int() | None) as high)):
            return _BEGIN if low is None else low, _END if high is None else high
        case Test(_, Operator.ABSENT):
            return _END, _END + 1
    return _BEGIN, _END


def _at(field: str, places: list[boxes.Span]) -> Json:
    """Return the filter of what has an instant at some places."""
    ends: dict[int, float] = {_BEGIN: -math.inf, _END: math.inf}
    ranges = [(ends.get(low, low), ends.get(min(high, _END), high)) for low, high in places if low < _END]
    filters = [_within(field, ranges)] if ranges else []
    if places[-1][1] > _END:
        filters.append(none_of({"exists": {"field": field}}))
    return any_of(*filters)


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for low, high in sorted(span for span in spans if span[0] < span[1]):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _both(one: list[Span], other: list[Span]) -> list[Span]:
    """Return what both cover."""
    met = [(max(span, over), min(end, until)) for span, end in one for over, until in other]
    return [span for span in met if span[0] < span[1]]


def _within(field: str, spans: list[Span]) -> Json:
    """Return the filter of what lies in one of the spans."""
    if not spans:
        return NOTHING
    if (spans[0][0], spans[-1][1]) != (-math.inf, math.inf):
        return any_of(*(_range(field, span) for span in spans))
    # What lies between the spans is less.
    gaps = [(end, low) for (_, end), (low, _) in pairwise(spans)]
    present: Json = {"exists": {"field": field}}
    return {"bool": {"filter": [present], "must_not": [_range(field, gap) for gap in gaps]}}


def _range(field: str, span: Span) -> Json:
    ends = {name: end for name, end in zip(("gte", "lt"), span, strict=True) if math.isfinite(end)}
    return {"range": {field: {**ends, "format": "epoch_millis"}}}


# Texts


def _prefix(field: str, text: str) -> Json:
    start: Json = {"prefix": {field: text[:_LOOKED_UP]}}
    if len(text) <= _LOOKED_UP:
        return start
    source = (
        "for (text in doc[params.field]) { if (text.startsWith(params.text)) { return true } } return false"
    )
    return all_of(start, {"script": {"script": {"source": source, "params": {"field": field, "text": text}}}})


def _containing(field: str, text: str) -> Json:
    if not text:
        return {"exists": {"field": field}}
    # Every third trigram and the last one have all characters: half the terms take half the time.
    last = len(text) - GRAM
    places = {*range(0, last, GRAM), last}
    return _phrase(
        f"{field}.grams", (text[at : at + GRAM] if at in places else HOLE for at in range(last + 1))
    )


def _parts(tests: Iterable[Test]) -> dict[str, list[str]]:
    """Return the short texts of which one must be contained, by where to look, if they are many.

    A frequent text costs 0.6 ms as a phrase. To look at each term of a field costs the same for any number of
    texts, 10 ms for the words of all names and 60 ms for all names, and the automaton 0.04 ms a character.
    """
    parts: dict[str, list[str]] = {}
    for field, operator, value in dict.fromkeys(tests):
        if operator is Operator.CONTAINS and isinstance(value, str) and GRAM < len(value) <= _SHORT:
            parts.setdefault(_part_of(field, value), []).append(value)
    return {where: _shortest(texts) for where, texts in parts.items() if len(texts) >= _MANY}


def _part_of(field: str, text: str) -> str:
    """Return the terms of which one holds a text, if the field does: what has no blank is within a word."""
    return folded(field) if " " in text else f"{folded(field)}.words"


def _shortest(texts: list[str]) -> list[str]:
    """Return the shortest texts, of so many characters as one automaton may have."""
    lengths = accumulate(map(len, texts := sorted(texts, key=len)))
    return [text for text, length in zip(texts, lengths, strict=True) if length <= _CHARACTERS]


def _one_part(field: str, texts: Iterable[str]) -> Json:
    """Return the filter of what has a term that contains one of the texts."""
    expression = "|".join(_RESERVED.sub(r"\\\g<0>", text) for text in texts)
    asked = {"value": f".*({expression}).*", "flags": "NONE", "max_determinized_states": _EFFORT}
    return {"regexp": {field: asked}}


def _like(field: str, text: str) -> Json:
    """Return the filter of what contains the text, each of whose underscores is any one character."""
    # Inside the text nothing need be said of any character; at its ends it must be there.
    terms = [HOLE if char == "_" else char for char in text]
    for end in (0, -1):
        terms[end] = ANY if terms[end] == HOLE else terms[end]
    # Trigrams find candidates faster than characters do.
    parts = dict.fromkeys(part for part in text.split("_") if len(part) >= GRAM)
    return all_of(*(_containing(field, part) for part in parts), _phrase(f"{field}.chars", terms))


def _phrase(field: str, terms: Iterable[str]) -> Json:
    """Return the filter of what has these terms one after another."""
    return {"match_phrase": {field: {"query": "\n".join(terms), "analyzer": PHRASE}}}
