"""Prefixes and ranges: what they find stands side by side in the order of a field's values."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import partial

from pyroaring import BitMap

from app.engine.shared import short
from app.engine.sqlite.numbers import collected, holding, mapped
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.schema import FENCE
from app.register.query import Operator, Test

Part = Callable[[str], str]


def places(reader: Reader, kind: str, tests: Iterable[Test]) -> BitMap:
    """Return the places, in the order of its field, of what passes one of the tests: PREFIX or RANGE."""
    found = BitMap()
    for test in dict.fromkeys(tests):
        if test.operator is Operator.PREFIX:  # a lookup asks for the same prefix several times
            key = ("prefix", short(kind, test.field, test.value))
            found |= reader.kept(key, partial(_placed, reader, kind, test))
        else:
            found |= _placed(reader, kind, test)
    return found


def _placed(reader: Reader, kind: str, test: Test) -> BitMap:
    return BitMap(span(reader, kind, test))


def equal(reader: Reader, kind: str, field: str, folded: str) -> BitMap:
    """Return the entries of that folded text."""
    order, firsts = reader.order(kind, field), reader.firsts(kind, field)
    start = _text_place(reader, kind, field, folded, bisect_left)
    if start == len(order) or reader.folded.text(kind, field, order[start]) != folded:
        return BitMap()
    values_up_to_it = firsts.rank(start)
    end = firsts[values_up_to_it] if values_up_to_it < len(firsts) else len(order)
    return collected(order[start:end])


def entries(reader: Reader, kind: str, field: str, wanted: BitMap) -> BitMap:
    """Return the entries that stand at places in the order of a field."""
    return mapped(wanted, reader.order(kind, field)) if wanted else BitMap()


def entries_among(reader: Reader, kind: str, field: str, wanted: BitMap, among: BitMap) -> BitMap:
    """Return which of a few entries stand at places in the order of a field."""
    return holding(reader.places(kind, field), wanted, among)


def span(reader: Reader, kind: str, test: Test) -> range:
    """Return the places of what passes one test: PREFIX or RANGE."""
    match test:
        case Test(field, Operator.PREFIX, str(prefix)):

            def part(text: str) -> str:
                return text[: len(prefix)]

            start = _text_place(reader, kind, field, prefix, bisect_left, part)
            return range(start, _text_place(reader, kind, field, prefix, bisect_right, part))
        case Test(field, Operator.RANGE, ((int() | None) as low, (int() | None) as high)):
            start = 0 if low is None else _instant_place(reader, kind, field, low)
            return range(start, _instant_place(reader, kind, field, high))
    raise ValueError(test)


def _instant_place(reader: Reader, kind: str, field: str, value: int | None) -> int:
    """Return the first place whose instant is not below a value; None is above all."""
    instants, firsts = reader.instants(kind, field), reader.firsts(kind, field)
    at = len(instants) if value is None else bisect_left(instants, value)
    return firsts[at] if at < len(instants) else len(reader.order(kind, field))


def _text_place(
    reader: Reader,
    kind: str,
    field: str,
    text: str,
    bisect: Callable[..., int],
    part: Part = lambda text: text,
) -> int:
    """Bisect the order of a field: first its fence, then the values that begin between two posts of it."""
    order, firsts = reader.order(kind, field), reader.firsts(kind, field)
    at = bisect(reader.fence(kind, field), text, key=part)
    low, high = max((at - 1) * FENCE, 0), min(at * FENCE, len(order))
    begin = firsts[firsts.rank(low) : firsts.rank(high)].to_array() if high else ()
    place = bisect(begin, text, key=lambda place: part(reader.folded.text(kind, field, order[place])))
    return begin[place] if place < len(begin) else high
