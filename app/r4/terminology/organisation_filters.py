"""Filters on organisations: each property by the fields that hold it (fhir-r4 10.1 and 10.4)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import orjson

from app.engine.port import Register
from app.fhir.rejected import Rejected
from app.r4.terminology import filters
from app.r4.terminology.filters import Look, days, terms, texts, words
from app.r4.terminology.system import Filter
from app.r4.words import Issue
from app.register import relationship
from app.register.query import Clause, Match, Operator, Query, Referring, Test
from app.register.stated import WHOLE, term
from app.register.text import fold

KIND = "organisation"
MOST = 5_000
"""Records that are compared with the values of a filter."""

LEVELS = {"ICB": "icb", "NHSER": "region", "PCN": "pcn", "SUBICB": "subIcb"}
"""The properties that are levels, and the keys of these (hierarchy 8)."""
AtLevel = Callable[[str, Collection[str] | None], Test]
"""Returns the test of having one of some bodies as a level; None: any."""
States = Callable[[Mapping[str, Any], str], Iterable[object]]
"""Returns the values that an organisation's ORD record states of a property."""


class Looks:
    """The looks of all properties of the organisations of a register, for the time of one selection."""

    def __init__(self, register: Register, now: datetime, states: States, at: AtLevel) -> None:
        self._register, self._states, self._at = register, states, at
        self._now, self._left = now, MOST

    @cached_property
    def _fixed(self) -> Mapping[str, Look]:
        now = self._now
        return {
            "status": filters.STATUS,
            "inactive": filters.INACTIVE,
            **{name: texts(KIND, name) for name in ("name", "town", "postcode", "country")},
            **{name: self._stated(name) for name in ("address1", "address2", "address3", "uprn")},
            **{name: self._stated(name) for name in ("telephone", "website")},
            **{name: terms("stated", partial(term, name), _has(name)) for name in WHOLE},
            "opStartDate": days("op_start", now),
            "opEndDate": days("op_end", now),
            "legStartDate": days("leg_start", now),
            "legEndDate": days("leg_end", now),
            "lastChangeDate": days("last_change", now),
            "primaryRole": terms("primary_role"),
            "role": terms("shown_role"),
            "orgRecordClass": terms("record_class"),
            "refOnly": words("record_use", {"true": "RefOnly", "false": "Full"}),
            "predecessor": _party("target", "source"),
            "successor": _party("source", "target"),
        }

    def clause(self, asked: Filter) -> Clause:
        """Return the clause of a filter; raises Rejected."""
        name = asked.property
        if name in LEVELS:
            return filters.clause(asked, self._level(name, asked))
        return filters.clause(asked, self._fixed.get(name) or _relationship(name))

    def _level(self, name: str, asked: Filter) -> Look:
        # Both may have to walk, so none is made that is not asked for.
        present = (self._at(name, None),) if asked.op == "exists" else ()
        return Look(present, lambda _asked, found: (self._at(name, found),))

    def _stated(self, name: str) -> Look:
        """Return the look at a property of which the index has buckets (`app.register.stated`)."""

        def tests(_asked: Filter, found: Sequence[str]) -> Iterable[Test]:
            folded = frozenset(map(fold, found))
            for match in self._candidates(name, {term(name, value) for value in found}):
                record = orjson.loads(match.document)["Organisation"]
                stated = self._states(record, name)
                if any(isinstance(value, str) and fold(value) in folded for value in stated):
                    yield Test("id", Operator.EQ, match.id)

        return Look((_has(name),), tests)

    def _candidates(self, name: str, buckets: Iterable[str]) -> Sequence[Match]:
        alike = Clause(tuple(Test("stated", Operator.EQ, bucket) for bucket in sorted(buckets)))
        page = self._register.search(Query(KIND, (alike,), size=self._left, total=False), "ord")
        if page.more:
            text = f'The filters on "{name}" and the like need more than {MOST} records to be compared'
            raise Rejected(Issue("too-costly", f"{text}: ask for fewer values", 422))
        self._left -= len(page.matches)
        return page.matches


def _has(name: str) -> Test:
    """Return the test of stating any value of a property."""
    return Test("stated", Operator.EQ, name)


def _relationship(code: str) -> Look:
    """Return the look at the targets of the active relationships of a type."""
    present = Test("relationship", Operator.EQ, relationship.value("Active", code))
    return terms("relationship", partial(relationship.value, "Active", code), present)


def _party(own: str, other: str) -> Look:
    """Return the look at the other parties of successions, of which an organisation is one itself."""

    def referred(*clauses: Clause) -> Test:
        return Test("id", Operator.REFERRED, Referring("succession", own, clauses))

    def tests(_asked: Filter, found: Sequence[str]) -> Iterable[Test]:
        return (referred(Clause(tuple(Test(other, Operator.EQ, code) for code in found))),)

    return Look((referred(),), tests)
