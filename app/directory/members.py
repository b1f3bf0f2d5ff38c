"""The relationships of an organisation in both directions: counted by type, and page by page.

Other organisations are counted, not relationships: one may have had several of a type, in several periods.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

import orjson

from app.directory.flat import Period, period, target_code
from app.directory.labels import display_names
from app.engine.port import Register
from app.register import relationship
from app.register.query import Clause, Key, Operator, Query, Test, Weight

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


class Spell(NamedTuple):
    """One relationship: whether it is active, and its period."""

    active: bool
    period: Period


class Member(NamedTuple):
    """Another organisation, and its relationships with this one, the active and the latest first."""

    code: str
    result: Json
    """It as a result of a lookup (lookup 2); empty if the register lacks it."""
    spells: tuple[Spell, ...]


class Members(NamedTuple):
    """A page of members, and how many there are on all pages."""

    members: list[Member]
    total: int


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
        kinds = sorted(names, key=_number) if self._count(relationship.STATUSES) else []
        inward = [
            Group(kind, names.get(kind), Direction.IN, count, self._count(relationship.STATUSES[:1], kind))
            for kind in kinds
            if (count := self._count(relationship.STATUSES, kind))
        ]
        return outward + inward

    def page(self, kind: str, direction: Direction, offset: int, size: int) -> Members:
        """Return a page of the members of one type: active relationships first, then by name, then code."""
        return (self._outward if direction is Direction.OUT else self._inward)(kind, offset, size)

    def _outward(self, kind: str, offset: int, size: int) -> Members:
        others = self._stated.get(kind, {})
        found = self._register.documents("organisation", list(others), "lookup") if others else {}
        results = {code: orjson.loads(document) for code, document in found.items()}
        members = [Member(code, results.get(code, {}), spells) for code, spells in others.items()]
        members.sort(
            key=lambda member: (not _is_active(member.spells), member.result.get("name", ""), member.code)
        )
        return Members(members[offset : offset + size], len(members))

    def _inward(self, kind: str, offset: int, size: int) -> Members:
        active, _ = tests = self._tests(relationship.STATUSES, kind)
        page = self._register.search(
            Query(
                "organisation",
                (Clause(tests),),
                (Key("name"),),
                size=size,
                offset=offset,
                score=(Weight((active,), 1),),
            ),
            "lookup",
        )
        codes = [match.id for match in page.matches]
        records = self._register.documents("organisation", codes, "ord") if codes else {}
        members = [
            Member(
                match.id,
                orjson.loads(match.document),
                _by_type(_relationships(records[match.id]))[kind][self._code],
            )
            for match in page.matches
        ]
        return Members(members, page.total or 0)

    def _count(self, statuses: Iterable[str], kind: str = "") -> int:
        query = Query("organisation", (Clause(self._tests(statuses, kind)),), size=0)
        return self._register.search(query, None).total or 0

    def _tests(self, statuses: Iterable[str], kind: str) -> tuple[Test, ...]:
        terms = relationship.asked(statuses, [kind] if kind else [], [self._code])
        return tuple(Test("relationship", Operator.EQ, term) for term in terms)


def _relationships(document: bytes) -> Iterable[Mapping[str, Any]]:
    """Return the relationships of an ORD record."""
    stated: Iterable[Mapping[str, Any]] = (
        orjson.loads(document)["Organisation"].get("Rels", {}).get("Rel", ())
    )
    return stated


def _by_type(relationships: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, tuple[Spell, ...]]]:
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
