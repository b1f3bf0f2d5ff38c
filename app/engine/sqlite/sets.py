"""Evaluates tests: every test is the set of the rids that pass it."""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from pyroaring import BitMap

from app.engine.sqlite.contents import STEP, Contents, bitmap, cached
from app.engine.sqlite.schema import END, GRAM, START
from app.search.fields import KINDS, Type
from app.search.query import Clause, Operator, Range, Test

REMEMBERED = 256
"""Sets of matches kept for the next page and the next total; 48 kB each at most for a full register."""

Scalar = str | int
Part = Callable[[Any], Scalar]


class Sets:
    """The sets of one generation."""

    def __init__(self, contents: Contents) -> None:
        """Evaluate tests by what the file holds."""
        self._contents = contents
        self.hits = cached(REMEMBERED, self._evaluate)

    def _evaluate(self, kind: str, clauses: tuple[Clause, ...]) -> BitMap:
        hits = self._contents.every(kind)
        for clause in clauses:
            found = BitMap().union(*(self._test(kind, test) for test in clause.tests))
            hits = hits - found if clause.negated else hits & found
        return hits

    def _test(self, kind: str, test: Test) -> BitMap:
        match test:
            case Test("id", Operator.EQ, str(value)):
                return BitMap(
                    rid for (rid,) in self._contents.rows(f"SELECT rid FROM {kind} WHERE id = ?", value)
                )
            case Test("id", Operator.PRESENT):
                return self._contents.every(kind)
            case Test(field, Operator.PRESENT):
                return self._present(kind, field)
            case Test(field, Operator.PREFIX, str(value)):
                return self._between(kind, field, value, value, lambda text: text[: len(value)])
            case Test(field, Operator.CONTAINS, str(value)):
                return self._containing(kind, field, value)
            case Test(field, Operator.LIKE, str(value)):
                return self._like(kind, field, value)
            case Test(field, Operator.RANGE, (low, high)):
                return self._in_range(kind, field, (low, high))
            case Test(field, Operator.EQ, str(value)):
                return self._equal(kind, field, value)
        raise ValueError(test)

    def _equal(self, kind: str, field: str, value: str) -> BitMap:
        form = next((text.form for text in KINDS[kind].of(Type.TEXT) if text.name == field), None)
        if form is None:
            return self._contents.posting(f"{kind}.{field}", value)
        folded = form(value)
        return self._verified(
            kind, self._between(kind, field, folded, folded), f"coalesce({field}_raw, {field}) = ?", value
        )

    def _between(
        self, kind: str, field: str, low: Scalar | None, high: Scalar | None, part: Part = lambda value: value
    ) -> BitMap:
        """Return the entries of whose value a part lies from `low` to `high`, both included.

        None is an open end; parts are in the order of their values.
        """
        ranking = self._contents.ranking(kind, field, False)

        def value(rid: int) -> Scalar:
            return part(self._contents.value(kind, field, rid))

        start = 0 if low is None else bisect_left(ranking, low, key=value)
        end = len(ranking) if high is None else bisect_right(ranking, high, key=value)
        if end - start <= STEP:
            return BitMap(ranking[start:end])
        return self._first(kind, field, end) - self._first(kind, field, start)

    def _first(self, kind: str, field: str, count: int) -> BitMap:
        """Return so many entries that come first by their value: a set that is kept, and the few beyond."""
        kept, beyond = divmod(count, STEP)
        ranking = self._contents.ranking(kind, field, False)
        return self._contents.steps(kind, field)[kept] | BitMap(ranking[count - beyond : count])

    def _present(self, kind: str, field: str) -> BitMap:
        return self._contents.every(kind) - self._contents.posting(f"{kind}.{field}.missing", "")

    def _in_range(self, kind: str, field: str, value: Range) -> BitMap:
        low, high = value
        return self._between(kind, field, low, None if high is None else high - 1)

    def _containing(self, kind: str, field: str, text: str) -> BitMap:
        if START in text or END in text:
            return BitMap()
        grams = f"{kind}.{field}.gram"
        if len(text) < GRAM:  # whatever is shorter than a trigram stands inside one
            rows = self._contents.rows(
                "SELECT rids FROM posting WHERE list = ? AND instr(term, ?)", grams, text
            )
            return BitMap().union(*(bitmap(rids) for (rids,) in rows))
        candidates = self._contents.every(kind)
        for at in range(len(text) - GRAM + 1):
            candidates = candidates & self._contents.posting(grams, text[at : at + GRAM])
            if not candidates:
                return candidates
        if len(text) == GRAM:
            return candidates
        # What holds a frequent phrase that holds the text needs no second look: the others are few.
        phrases = f"{kind}.{field}.phrase"
        sure = BitMap().union(
            *(
                self._contents.posting(phrases, phrase)
                for phrase in self._contents.phrases(phrases)
                if text in phrase
            )
        )
        return sure | self._verified(kind, candidates - sure, f"instr({field}, ?)", text)

    def _like(self, kind: str, field: str, pattern: str) -> BitMap:
        candidates = self._present(kind, field)
        for part in filter(None, pattern.split("_")):
            candidates = candidates & self._containing(kind, field, part)
        # Not SQL's LIKE, to which letters of either case are one.
        glob = re.sub(r"([*?[])", r"[\1]", pattern).replace("_", "?")
        return self._verified(kind, candidates, f"{field} GLOB ?", f"*{glob}*")

    def _verified(self, kind: str, candidates: BitMap, condition: str, value: str) -> BitMap:
        rows = self._contents.rows(
            f"SELECT rid FROM {kind} WHERE rid IN (SELECT value FROM json_each(?)) AND {condition}",
            json.dumps(list(candidates)),
            value,
        )
        return BitMap([rid for (rid,) in rows])
