"""Says a query in Elasticsearch's words; nothing here asks a server."""

from collections.abc import Callable

from app.engine.elastic.schema import GRAM, Json, folded, rank
from app.search.fields import KINDS, Type
from app.search.query import Clause, Key, Operator, Query, Test

_LOOKED_UP = 200
"""Characters of a text that are looked up; a longer one is then compared as a whole."""

NOTHING: Json = {"match_none": {}}

# By code points: a character beyond sixteen bits is one too. 95 is the underscore.
_LIKE = """
int[] text = value.codePoints().toArray(), like = params.text.codePoints().toArray();
for (int at = 0; at + like.length <= text.length; at++) {
  int same = 0;
  while (same < like.length && (like[same] == 95 || like[same] == text[at + same])) { same++ }
  if (same == like.length) { return true }
}
return false
"""


def matching(query: Query) -> list[Json]:
    """Return the filters that the matches of a query pass."""
    return [_clause(query.kind, clause) for clause in query.clauses]


def order(query: Query) -> tuple[Key, ...]:
    """Return the keys of a query up to the one that leaves no ties, its id."""
    keys = (*query.order, Key("id"))
    return keys[: [key.field for key in keys].index("id") + 1]


def sort(query: Query) -> list[Json]:
    """Return how matches are ordered."""
    return [
        {rank(key.field): {"order": "desc" if key.descending else "asc", "missing": "_last"}}
        for key in order(query)
    ]


def all_of(*filters: Json) -> Json:
    """Return the query that passes what passes all filters."""
    return {"bool": {"filter": list(filters)}}


def any_of(*filters: Json) -> Json:
    """Return the filter that passes what passes one of these."""
    return filters[0] if len(filters) == 1 else {"bool": {"should": list(filters)}}


def none_of(*filters: Json) -> Json:
    """Return the filter that passes what passes none of these."""
    return {"bool": {"must_not": list(filters)}}


def _clause(kind: str, clause: Clause) -> Json:
    # Many alternatives of one field are one look-up, and are not counted against the limit of clauses.
    terms: dict[str, list[str]] = {}
    others = []
    for test in clause.tests:
        if test.operator is Operator.EQ and isinstance(test.value, str):
            terms.setdefault(test.field, []).append(test.value)
        else:
            others.append(_test(kind, test))
    others += [
        {"ids": {"values": values}} if field == "id" else {"terms": {field: values}}
        for field, values in terms.items()
    ]
    found = any_of(*others) if others else NOTHING
    return none_of(found) if clause.negated else found


def _test(kind: str, test: Test) -> Json:
    texts = {field.name for field in KINDS[kind].of(Type.TEXT)}
    match test:
        case Test("id", Operator.PRESENT):
            return {"match_all": {}}
        case Test(field, Operator.PRESENT):
            return {"exists": {"field": folded(field) if field in texts else field}}
        case Test(field, Operator.PREFIX, str(value)):
            return _whole(
                "startsWith", folded(field), value, lambda start: {"prefix": {folded(field): start}}
            )
        case Test(field, Operator.CONTAINS, str(value)):
            return _containing(folded(field), value)
        case Test(field, Operator.LIKE, str(value)):
            parts = [_containing(folded(field), part) for part in filter(None, value.split("_"))]
            return all_of(*parts, _script(_LIKE, folded(field), value))
        case Test(field, Operator.RANGE, (low, high)):
            ends = {"gte": low, "lt": high, "format": "epoch_millis"}
            return {"range": {field: {name: end for name, end in ends.items() if end is not None}}}
    raise ValueError(test)


def _containing(field: str, text: str) -> Json:
    if not text:
        return {"exists": {"field": field}}
    if len(text) < GRAM:
        return {"term": {f"{field}.short": text}}
    if len(text) == GRAM:
        return {"term": {f"{field}.grams": text}}
    return _whole("contains", field, text, lambda start: {"match_phrase": {f"{field}.grams": start}})


def _whole(method: str, field: str, text: str, looked_up: Callable[[str], Json]) -> Json:
    """Return the filter of what a text's start finds and, where that is not all, what holds the whole."""
    if len(text) <= _LOOKED_UP:
        return looked_up(text)
    return all_of(looked_up(text[:_LOOKED_UP]), _script(f"return value.{method}(params.text)", field, text))


def _script(source: str, field: str, text: str) -> Json:
    """Return the filter that looks at each value; only for what other filters have left."""
    held = "if (doc[params.field].size() == 0) { return false } String value = doc[params.field].value; "
    return {"script": {"script": {"source": held + source, "params": {"field": field, "text": text}}}}
