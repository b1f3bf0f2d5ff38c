"""The code systems of single roles, relationships and successions, by their numbers (fhir-r4 9.3, 10.1)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import orjson

from app.engine.port import Register
from app.fhir import systems
from app.r4.terminology.compared import Entries, Index, Slice, select
from app.r4.terminology.dates import DATES, Period, dates, periods
from app.r4.terminology.instance_filters import SUCCESSIONS, relationships
from app.r4.terminology.names import described, summaries
from app.r4.terminology.role_tables import RoleRows, RoleTables
from app.r4.terminology.system import Concept, Found, Property, Selection
from app.r4.terminology.vocabulary import COMMON, Vocabulary, common
from app.register.roles import Role, Roles

Json = Mapping[str, Any]

_DATES = dict.fromkeys(DATES, "dateTime")


@dataclass(frozen=True)
class _Instances:
    """What these code systems have in common."""

    register: Register
    vocabularies: Mapping[str, Vocabulary]
    url: ClassVar[str]
    title: ClassVar[str]
    property_types: ClassVar[Mapping[str, str]]

    def concepts(self, codes: Sequence[str], properties: Collection[str] | None) -> dict[str, Concept]:
        """Return those of these codes that exist, with these properties; None: all."""
        raise NotImplementedError

    def select(self, selection: Selection, offset: int, count: int, properties: Collection[str]) -> Found:
        """Return a slice of the concepts of a selection, by code or the best first; raises Rejected."""
        return select(self, self._index(selection.now), selection, Slice(offset, count, properties))

    def _index(self, now: datetime) -> Index:
        """Return what answers filters, for the time of one selection."""
        raise NotImplementedError

    @property
    def version(self) -> str:
        """The publication date of the register."""
        return self.register.generation.release

    def _coded(self, name: str, system: str, code: str) -> Property:
        """Return a Coding of a vocabulary."""
        return Property(name, "Coding", code, system, self._display(system, code))

    def _display(self, system: str, code: str) -> str | None:
        found = self.vocabularies.get(system)
        return found.display(code) if found else None


def _dated(stated: Sequence[Period]) -> Iterator[Property]:
    found = dates(stated)
    yield from (Property(name, "dateTime", found[name]) for name in DATES if name in found)


def _asked(found: Iterator[Property], properties: Collection[str] | None) -> list[Property]:
    if properties is not None and not properties:
        return []
    return [each for each in found if properties is None or each.code in properties]


@dataclass(frozen=True)
class RoleInstances(_Instances):
    """The roles of organisations, whose records tell the dates."""

    url: ClassVar = systems.R4_ROLE_INSTANCE
    title: ClassVar = "ODS Organisation Role Instance"
    property_types: ClassVar[Mapping[str, str]] = {
        **COMMON,
        "orgCode": "code",
        "role": "Coding",
        "primaryRole": "boolean",
        **_DATES,
    }
    tables: RoleTables

    @property
    def _table(self) -> Roles:
        return self.tables.of(self.register)

    def _index(self, now: datetime) -> Index:
        return RoleRows(self._table, self.property_types, now)

    def concepts(self, codes: Sequence[str], properties: Collection[str] | None) -> dict[str, Concept]:
        """Return those of these codes that exist, with these properties; None: all."""
        found = self._table.roles(codes)
        stated: Mapping[str, Json] = {}
        if properties is None or not _DATES.keys().isdisjoint(properties):
            stated = self._stated({role.holder for role in found.values()})
        concepts = {
            code: self._concept(code, found[code], stated.get(code), properties)
            for code in codes
            if code in found
        }
        return described(self.register, concepts, {"orgCode"})

    def _stated(self, holders: Collection[str]) -> dict[str, Json]:
        """Return the roles of these organisations by number, as their records state them."""
        found: dict[str, Json] = {}
        records = self.register.documents("organisation", holders, "ord") if holders else {}
        for code in sorted(records):
            for role in orjson.loads(records[code])["Organisation"]["Roles"]["Role"]:
                # A number that several roles have is the first one's.
                found.setdefault(str(role.get("uniqueRoleId", "")), role)
        return found

    def _concept(
        self, code: str, held: Role, stated: Json | None, properties: Collection[str] | None
    ) -> Concept:
        role, primary, active = held.mark

        def found() -> Iterator[Property]:
            yield from common(active=active)
            yield Property("orgCode", "code", held.holder)
            yield self._coded("role", systems.R4_ROLE, role)
            yield Property("primaryRole", "boolean", primary)
            if stated:
                yield from _dated(periods(stated))

        return Concept(code, self._display(systems.R4_ROLE, role), active, _asked(found(), properties))


@dataclass(frozen=True)
class RelationshipInstances(_Instances):
    """The relationships of organisations, which are also affiliations."""

    url: ClassVar = systems.R4_RELATIONSHIP_INSTANCE
    title: ClassVar = "ODS Organisation Relationship Instance"
    property_types: ClassVar[Mapping[str, str]] = {
        **COMMON,
        "relationshipTypeCode": "code",
        "sourceOrgCode": "code",
        "targetOrgCode": "code",
        "sourceOrgRole": "Coding",
        "targetOrgRole": "Coding",
        **_DATES,
    }

    def _index(self, now: datetime) -> Index:
        return Entries(self.register, "affiliation", relationships(now), most=10_000)

    def concepts(self, codes: Sequence[str], properties: Collection[str] | None) -> dict[str, Concept]:
        """Return those of these codes that exist, with these properties; None: all."""
        documents = self.register.documents("affiliation", codes, "r4")
        found = {code: _relationship(documents[code]) for code in codes if code in documents}
        parties: set[str] = set()
        if properties is None or {"sourceOrgRole", "targetOrgRole"} & {*properties}:
            parties = {party for each in found.values() for party in (each.source, each.target)}
        roles = {code: each["PrimaryRoleId"] for code, each in summaries(self.register, parties).items()}
        concepts = {
            code: Concept(
                code,
                f"{each.source} {each.display} {each.target}",
                each.active,
                _asked(self._properties(each, roles), properties),
            )
            for code, each in found.items()
        }
        return described(self.register, concepts, {"sourceOrgCode", "targetOrgCode"})

    def _properties(self, found: "_Relationship", roles: Mapping[str, str]) -> Iterator[Property]:
        yield from common(active=found.active)
        display = self._display(systems.R4_RELATIONSHIP, found.type)
        yield Property("relationshipTypeCode", "code", found.type, description=display)
        yield Property("sourceOrgCode", "code", found.source)
        yield Property("targetOrgCode", "code", found.target)
        for name, party in (("sourceOrgRole", found.source), ("targetOrgRole", found.target)):
            if party in roles:
                yield self._coded(name, systems.R4_ROLE, roles[party])
        yield from _dated(found.dates)


class _Relationship(NamedTuple):
    """What an affiliation says."""

    type: str
    display: str
    source: str
    target: str
    active: bool
    dates: Sequence[Period]


def _relationship(document: bytes) -> _Relationship:
    """Read the stored document of an affiliation (see `app.fhir.stored`)."""
    body = orjson.loads(document)
    (coding,) = body["code"][0]["coding"]
    typed = [each["extension"] for each in body.get("extension", ())]
    spans = [(kind["valueCoding"]["code"], period["valuePeriod"]) for kind, period in typed]
    if not spans and "period" in body:
        spans = [("Operational", body["period"])]
    return _Relationship(
        coding["code"],
        coding.get("display") or coding["code"],
        body["organization"]["identifier"]["value"],
        body["participatingOrganization"]["identifier"]["value"],
        body["active"],
        tuple([Period(kind, span["start"], span.get("end")) for kind, span in spans]),
    )


@dataclass(frozen=True)
class Successions(_Instances):
    """The successions of organisations; both parties state one, and its entry tells about it."""

    url: ClassVar = systems.R4_SUCCESSION
    title: ClassVar = "ODS Succession"
    property_types: ClassVar[Mapping[str, str]] = {
        "predecessor": "code",
        "successor": "code",
        "legStartDate": "dateTime",
        "forwardSuccession": "boolean",
    }

    def _index(self, now: datetime) -> Index:  # noqa: ARG002 - no filter has a day
        return Entries(self.register, "succession", SUCCESSIONS, most=20_000)

    def concepts(self, codes: Sequence[str], properties: Collection[str] | None) -> dict[str, Concept]:
        """Return those of these codes that exist, with these properties; None: all."""
        documents = self.register.documents("succession", codes, "concept")
        found = {code: orjson.loads(documents[code]) for code in codes if code in documents}
        concepts = {
            code: Concept(
                code,
                f"{each['predecessor']} TO {each['successor']}",
                properties=[
                    Property(name, kind, each[name])
                    for name, kind in self.property_types.items()
                    if name in each and (properties is None or name in properties)
                ],
            )
            for code, each in found.items()
        }
        return described(self.register, concepts, {"predecessor", "successor"})
