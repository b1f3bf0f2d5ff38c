"""Prefixes and ranges: what they find stands side by side in the order of a field's values."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import partial

from pyroaring import BitMap

from app.engine.shared import short
from app.engine.sqlite.numbers import collected, holding, mapped
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.schema import VALUES
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
    found = _with_text(reader, kind, field, folded)
    return collected(reader.order(kind, field)[found.start : found.stop])


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
            return _with_text(reader, kind, field, prefix, lambda text: text[: len(prefix)])
        case Test(field, Operator.RANGE, ((int() | None) as low, (int() | None) as high)):
            instants = reader.instants(kind, field)
            start = 0 if low is None else bisect_left(instants, low)
            end = len(instants) if high is None else bisect_left(instants, high)
            return _of_values(reader, kind, field, start, end)
    raise ValueError(test)


def _with_text(reader: Reader, kind: str, field: str, text: str, part: Part | None = None) -> range:
    """Return the places of the values that are a text, or whose part is: what they begin with.

    The fence says which block of different values each end lies in, mostly the same one.
    """
    fence, ends = reader.fence(kind, field), list[int]()
    for bisect in (bisect_left, partial(bisect_right, key=part)):
        block = bisect(fence, text) - 1
        inside = bisect(reader.folded.values(kind, field, block), text) if block >= 0 else 0
        ends.append(max(block, 0) * VALUES + inside)
    return _of_values(reader, kind, field, *ends)


def _of_values(reader: Reader, kind: str, field: str, start: int, end: int) -> range:
    """Return the places of the different values of a field from one number up to another."""
    firsts, last = reader.firsts(kind, field), len(reader.order(kind, field))
    low, high = (firsts[number] if number < len(firsts) else last for number in (start, end))
    return range(low, high)
