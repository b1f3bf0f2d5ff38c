"""The code system of ODS codes: what an organisation's ORD record and its levels say of it (fhir-r4 10.1)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from app.directory.bodies import PREDECESSOR, SUCCESSOR, Bodies
from app.directory.filters import Filters
from app.directory.level_filters import LevelFilters
from app.directory.placed import Entry
from app.directory.ranking import best
from app.directory.settled import settled_of
from app.engine.port import Register
from app.fhir import systems
from app.fhir.ranked import MOST
from app.fhir.rejected import Rejected
from app.r4.terminology import portions
from app.r4.terminology.clauses import of_condition
from app.r4.terminology.dates import DATES, dates, periods, roles
from app.r4.terminology.names import described, summaries
from app.r4.terminology.organisation_filters import KIND, LEVELS, Looks
from app.r4.terminology.system import Concept, Found, Property, Selection
from app.r4.terminology.vocabulary import Vocabulary
from app.r4.words import Issue
from app.register.query import Operator, Query, Test

Json = Mapping[str, Any]
Values = Iterable[str | bool | None]

TITLE = "ODS Organisation"


class _Stated(NamedTuple):
    """A property that the record of an organisation states."""

    type: str
    read: Callable[[Json], Values]
    system: str = ""
    """Of a Coding its system."""


def _located(name: str) -> _Stated:
    def read(record: Json) -> Values:
        value = record.get("GeoLoc", {}).get("Location", {}).get(name)
        return [None if value is None else str(value)]

    return _Stated("string", read)


def _contact(kind: str) -> _Stated:
    def read(record: Json) -> Values:
        return (
            each.get("value")
            for each in record.get("Contacts", {}).get("Contact", ())
            if each.get("type") == kind
        )

    return _Stated("string", read)


def _date(name: str) -> _Stated:
    return _Stated("dateTime", lambda record: [dates(periods(record)).get(name)])


def _primary(record: Json) -> Json:
    role: Json = next(each for each in record["Roles"]["Role"] if "primaryRole" in each)
    return role


_STATED: Mapping[str, _Stated] = {
    "status": _Stated("code", lambda record: [record["Status"].lower()]),
    "inactive": _Stated("boolean", lambda record: [record["Status"] != "Active"]),
    "name": _Stated("string", lambda record: [record["Name"]]),
    "address1": _located("AddrLn1"),
    "address2": _located("AddrLn2"),
    "address3": _located("AddrLn3"),
    "town": _located("Town"),
    "county": _located("County"),
    "postcode": _located("PostCode"),
    "country": _located("Country"),
    "uprn": _located("UPRN"),
    "telephone": _contact("tel"),
    "website": _contact("http"),
    "assigningAuth": _Stated("string", lambda record: [record["OrgId"].get("assigningAuthorityName")]),
    **{name: _date(name) for name in DATES},
    "lastChangeDate": _Stated("dateTime", lambda record: [record.get("LastChangeDate")]),
    "primaryRole": _Stated("Coding", lambda record: [_primary(record)["id"]], systems.R4_ROLE),
    "role": _Stated("Coding", roles, systems.R4_ROLE),
    "orgRecordClass": _Stated("Coding", lambda record: [record["orgRecordClass"]], systems.R4_RECORD_CLASS),
    "refOnly": _Stated("boolean", lambda record: ["refOnly" in record]),
}
"""The properties that are read of the record alone, in their order."""
_SUCCESSIONS = {"predecessor": PREDECESSOR, "successor": SUCCESSOR}
_LEVEL_SYSTEMS = {"ICB": systems.R4_GEOGRAPHY_NAME, "NHSER": systems.R4_GEOGRAPHY_NAME}


_WALKED = frozenset((*_SUCCESSIONS, *LEVELS))
"""The properties for which other organisations are read."""
MOST_WALKED = 5_000
"""Codes of one answer with these properties: they take 0.35 s of CPU."""


def _too_many(shown: Sequence[str]) -> Issue:
    text = f"{' and '.join(shown)} can be shown of at most {MOST_WALKED} codes at a time"
    return Issue("too-costly", f"{text}: ask for pages with count={MOST_WALKED} and offset", 422)


@dataclass(frozen=True)
class Organisations:
    """The ODS codes of a register, on a day."""

    register: Register
    day: str
    vocabularies: Mapping[str, Vocabulary]
    levels: LevelFilters
    url = systems.ODS_CODE
    title = TITLE

    @property
    def version(self) -> str:
        """The publication date of the register."""
        return self.register.generation.release

    @cached_property
    def property_types(self) -> Mapping[str, str]:
        """The types of all properties, in their order."""
        return {
            **{name: each.type for name, each in _STATED.items()},
            **dict.fromkeys(self._relationships, "code"),
            **dict.fromkeys(_SUCCESSIONS, "code"),
            **{name: "Coding" if name in _LEVEL_SYSTEMS else "code" for name in LEVELS},
        }

    @property
    def _relationships(self) -> Iterable[str]:
        found = self.vocabularies.get(systems.R4_RELATIONSHIP)
        return found.known if found else ()

    def concepts(self, codes: Sequence[str], properties: Collection[str] | None) -> dict[str, Concept]:
        """Return those of these codes that exist, with these properties; None: all."""
        wanted = [name for name in self.property_types if properties is None or name in properties]
        if not wanted:
            return self._summaries(codes)
        found = self.register.documents("organisation", codes, "ord")
        others = _Others(self, found, wanted)
        concepts = {}
        for code in codes:
            if code in found:
                record = orjson.loads(found[code])["Organisation"]
                stated = list(self._properties(record, wanted, others))
                concepts[code] = Concept(code, record["Name"], record["Status"] == "Active", stated)
        named = self.property_types.keys() - _STATED.keys()
        return described(self.register, concepts, named, others.bodies.name)

    def select(self, selection: Selection, offset: int, count: int, properties: Collection[str]) -> Found:
        """Return a slice of the organisations of a selection, by code or the best first; raises Rejected."""
        looks = Looks(self.register, selection.now, lambda record, name: _STATED[name].read(record), self._at)
        clause = of_condition(selection.condition, looks.clause)
        if not selection.text:
            query = Query(KIND, (clause,), size=count, offset=offset)
            found = portions.found(self, self.register, query, properties)
            shown = sorted(_WALKED.intersection(properties))
            if shown and min(count, found.total - offset) > MOST_WALKED:
                raise Rejected(_too_many(shown))
            return found
        answer = best(self.register, selection.text, Filters(others=(clause,)), MOST, offset + count)
        page = [result.document for result in answer.results[offset : offset + count]]
        if not properties:
            return Found([_concept(document) for document in page], answer.total)
        return Found(portions.concepts(self, [each["code"] for each in page], properties), answer.total)

    def _at(self, name: str, codes: Collection[str] | None) -> Test:
        """Return the test of having one of some bodies as a level, on the day; None: any."""
        return Test("", Operator.ALL, self.levels.clauses(self.register, self.day, LEVELS[name], codes))

    def _summaries(self, codes: Sequence[str]) -> dict[str, Concept]:
        return {
            code: Concept(code, each["Name"], each["Status"] == "Active")
            for code, each in summaries(self.register, codes).items()
        }

    def _properties(self, record: Json, wanted: Iterable[str], others: "_Others") -> Iterator[Property]:
        """Yield properties in their order; the names of organisations are still missing."""
        code, targets = record["OrgId"]["extension"], _targets(record)
        for name in wanted:
            if stated := _STATED.get(name):
                displays = self.vocabularies.get(stated.system)
                for value in stated.read(record):
                    if value is not None:
                        shown = displays.display(str(value)) if displays else None
                        yield Property(name, stated.type, value, stated.system, shown)
            elif level := LEVELS.get(name):
                system = _LEVEL_SYSTEMS.get(name, "")
                if body := others.levels[code].get(level):
                    yield Property(name, "Coding" if system else "code", body.code, system)
            elif kind := _SUCCESSIONS.get(name):
                for party in sorted(others.bodies.successions(code, kind)):
                    yield Property(name, "code", party)
            else:
                for target in targets.get(name, ()):
                    yield Property(name, "code", target)


class _Others:
    """What properties of several organisations need besides their records, read together."""

    def __init__(self, system: Organisations, found: Mapping[str, bytes], wanted: Collection[str]) -> None:
        self.bodies = Bodies(system.register)
        self.levels: Mapping[str, Mapping[str, Entry]] = {}
        kinds = [kind for name, kind in _SUCCESSIONS.items() if name in wanted]
        if not kinds and LEVELS.keys().isdisjoint(wanted):
            return
        for code, document in found.items():
            self.bodies.add(code, document)
        if kinds:
            self.bodies.read_successions(found, *kinds)
        if not LEVELS.keys().isdisjoint(wanted):
            codes = list(found)
            self.levels = dict(zip(codes, settled_of(self.bodies, codes, system.day), strict=True))


def _concept(document: Json) -> Concept:
    """Return the organisation of a document `lookup`."""
    return Concept(document["code"], document["name"], document["status"] == "active")


def _targets(record: Json) -> Mapping[str, Sequence[str]]:
    """Return the targets of the active relationships by type, in order."""
    found: dict[str, list[str]] = {}
    for each in record.get("Rels", {}).get("Rel", ()):
        if each["Status"] == "Active":
            found.setdefault(each["id"], []).append(each["Target"]["OrgId"]["extension"])
    return {kind: sorted(targets) for kind, targets in found.items()}
