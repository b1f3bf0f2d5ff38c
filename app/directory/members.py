"""The relationships of an organisation in both directions: counted by type, and page by page.

Other organisations are counted, not relationships: one may have had several of a type, in several periods.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from app.directory.flat import Period, period, target_code
from app.directory.labels import display_names
from app.engine.port import Register
from app.register import relationship
from app.register.query import Clause, Key, Operator, Page, Query, Test, Weight

Json = dict[str, Any]


class Direction(Enum):
    """Who states a relationship: this organisation (`OUT`), or the other one (`IN`)."""

    OUT = "out"
    IN = "in"


class Group(NamedTuple):
    """The organisations that have relationships of one type with this one, in one direction."""

    type: str
    name: str | None
    """The name of the type: ``IS OPERATED BY``."""
    direction: Direction
    total: int
    active: int
    """Those of them with an active relationship."""

    @property
    def is_inward(self) -> bool:
        """Whether the others state the relationships."""
        return self.direction is Direction.IN


class Spell(NamedTuple):
    """One relationship: whether it is active, and its period."""

    active: bool
    period: Period


class Member(NamedTuple):
    """Another organisation, and its relationships with this one, the active and the latest first."""

    code: str
    result: Json
    """Its document `lookup`; empty if the register lacks it."""
    spells: tuple[Spell, ...]


class Members(NamedTuple):
    """A page of members, and how many there are on all pages."""

    members: list[Member]
    total: int


_Stated = Mapping[str, Mapping[str, tuple[Spell, ...]]]
"""The spells of each target of each type."""


class Relationships:
    """The relationships of one organisation of a register, of which `document` is the ORD record."""

    def __init__(self, register: Register, code: str, document: bytes) -> None:
        self._register, self._code = register, code
        self._stated = _by_type(_relationships(document))

    def groups(self) -> list[Group]:
        """Return what there is: outward, then inward, each in order of type."""
        names = display_names(self._register, "rels")
        outward = [
            Group(kind, names.get(kind), Direction.OUT, len(others), sum(map(_is_active, others.values())))
            for kind, others in sorted(self._stated.items(), key=lambda item: _number(item[0]))
        ]
        # Most organisations are no target at all.
        kinds = sorted(names, key=_number) if any(self._totals([_tests(self._code)])) else []
        tests = [_tests(self._code, kind) for kind in kinds]
        totals = self._totals([*tests, *(some[:1] for some in tests)])
        inward = [
            Group(kind, names.get(kind), Direction.IN, total, active)
            for kind, total, active in zip(kinds, totals, totals[len(kinds) :], strict=False)
            if total
        ]
        return outward + inward

    def pages(self, groups: Iterable[Group], offset: int, size: int) -> list[Members]:
        """Return a page of each group, read together: active relationships first, then by name, then code."""
        asked = list(groups)
        inward = {each.type: self._sources(each.type, offset, size) for each in asked if each.is_inward}
        codes = {match.id for page in inward.values() for match in page.matches}
        records = self._register.documents("organisation", codes, "ord") if codes else {}
        stated = {code: _by_type(_relationships(record)) for code, record in records.items()}
        return [
            self._inward(each.type, inward[each.type], stated)
            if each.is_inward
            else self._outward(each.type, offset, size)
            for each in asked
        ]

    def _outward(self, kind: str, offset: int, size: int) -> Members:
        members = [
            Member(code, self._targets.get(code, {}), spells)
            for code, spells in self._stated.get(kind, {}).items()
        ]
        members.sort(
            key=lambda member: (not _is_active(member.spells), member.result.get("name", ""), member.code)
        )
        return Members(members[offset : offset + size], len(members))

    @cached_property
    def _targets(self) -> dict[str, Json]:
        """The targets of all relationships that this organisation states, as results, by code."""
        codes = {code for others in self._stated.values() for code in others}
        found = self._register.documents("organisation", codes, "lookup")
        return {code: orjson.loads(document) for code, document in found.items()}

    def _inward(self, kind: str, page: Page, stated: Mapping[str, _Stated]) -> Members:
        members = [
            Member(match.id, orjson.loads(match.document), stated[match.id][kind][self._code])
            for match in page.matches
        ]
        return Members(members, page.total or 0)

    def _sources(self, kind: str, offset: int, size: int) -> Page:
        tests = _tests(self._code, kind)
        query = Query(
            "organisation",
            (Clause(tests),),
            (Key("name"),),
            size=size,
            offset=offset,
            score=(Weight(tests[:1], 1),),
        )
        return self._register.search(query, "lookup")

    def _totals(self, asked: Iterable[Sequence[Test]]) -> list[int]:
        return self._register.totals("organisation", [(Clause(tuple(tests)),) for tests in asked])


def _tests(target: str, kind: str = "") -> tuple[Test, ...]:
    """Return the tests of a relationship with a target, the first of an active one."""
    terms = relationship.asked(relationship.STATUSES, [kind] if kind else [], [target])
    return tuple(Test("relationship", Operator.EQ, term) for term in terms)


def _relationships(document: bytes) -> Iterable[Mapping[str, Any]]:
    """Return the relationships of an ORD record."""
    stated: Iterable[Mapping[str, Any]] = (
        orjson.loads(document)["Organisation"].get("Rels", {}).get("Rel", ())
    )
    return stated


def _by_type(relationships: Iterable[Mapping[str, Any]]) -> _Stated:
    """Return the spells of each target of each type, in the order of `Member`."""
    found: dict[str, dict[str, list[Spell]]] = {}
    for each in relationships:
        spell = Spell(each["Status"] == "Active", period(each))
        found.setdefault(each["id"], {}).setdefault(target_code(each), []).append(spell)
    for others in found.values():
        for spells in others.values():
            spells.sort(key=lambda spell: (spell.active, spell.period.start or ""), reverse=True)
    return {kind: {code: tuple(spells) for code, spells in others.items()} for kind, others in found.items()}


def _is_active(spells: Iterable[Spell]) -> bool:
    return any(spell.active for spell in spells)


def _number(kind: str) -> tuple[int, str]:
    """Return the sort key of a type: RE2 before RE10."""
    return len(kind), kind
