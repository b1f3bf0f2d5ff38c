"""The code system of ODS codes: what an organisation's ORD record and its levels say of it (fhir-r4 10.1)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from app.directory.bodies import PREDECESSOR, SUCCESSOR, Bodies
from app.directory.levels import Asked, answers
from app.engine.port import Register
from app.fhir import systems
from app.r4.terminology.clauses import of_condition
from app.r4.terminology.dates import DATES, dates
from app.r4.terminology.names import described, summaries
from app.r4.terminology.selected import KIND, Looks
from app.r4.terminology.system import Concept, Found, Property, Selection, in_portions
from app.r4.terminology.vocabulary import Vocabulary
from app.r4.text import organisations
from app.register.query import Query

Json = Mapping[str, Any]
Values = Iterable[str | bool | None]

TITLE = "ODS Organisation"
_TRUSTS = frozenset({"RO197", "RO107"})
"""The operators whose levels are not shown for their sites: the site may lie elsewhere."""


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
    return _Stated("dateTime", lambda record: [dates(record.get("Date", ())).get(name)])


def _primary(record: Json) -> Json:
    role: Json = next(each for each in record["Roles"]["Role"] if "primaryRole" in each)
    return role


def _shown_roles(record: Json) -> Values:
    """Return the primary role, then the active others; of an inactive organisation the most recent ones."""
    others = [each for each in record["Roles"]["Role"] if "primaryRole" not in each]
    if record["Status"] == "Active":
        shown = [each for each in others if each["Status"] == "Active"]
    else:
        latest = max(map(_end, others), default="")
        shown = [each for each in others if _end(each) == latest]
    shown.sort(key=lambda each: each.get("uniqueRoleId", 0))
    return dict.fromkeys([_primary(record)["id"], *(each["id"] for each in shown)])


_OPEN = "9999-99-99"


def _end(role: Json) -> str:
    """Return the Operational end of a role, by the rule of fhir-r4 3.1; later than any if it is open."""
    stated = dates(role.get("Date", ()))
    return stated.get("opEndDate", _OPEN if stated else "")


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
    "role": _Stated("Coding", _shown_roles, systems.R4_ROLE),
    "orgRecordClass": _Stated("Coding", lambda record: [record["orgRecordClass"]], systems.R4_RECORD_CLASS),
    "refOnly": _Stated("boolean", lambda record: ["refOnly" in record]),
}
"""The properties that are read of the record alone, in their order."""
_SUCCESSIONS = {"predecessor": PREDECESSOR, "successor": SUCCESSOR}
_LEVELS = {"ICB": "icb", "NHSER": "region", "PCN": "pcn", "SUBICB": "subIcb"}
_LEVEL_SYSTEMS = {"ICB": systems.R4_GEOGRAPHY_NAME, "NHSER": systems.R4_GEOGRAPHY_NAME}


@dataclass(frozen=True)
class Organisations:
    """The ODS codes of a register, on a day."""

    register: Register
    day: str
    vocabularies: Mapping[str, Vocabulary]
    url = systems.ODS_CODE
    title = TITLE

    @property
    def version(self) -> str:
        """The publication date of the register."""
        return self.register.generation.release

    @property
    def property_types(self) -> Mapping[str, str]:
        """The types of all properties, in their order."""
        return {
            **{name: each.type for name, each in _STATED.items()},
            **dict.fromkeys(self._relationships, "code"),
            **dict.fromkeys(_SUCCESSIONS, "code"),
            **{name: "Coding" if name in _LEVEL_SYSTEMS else "code" for name in _LEVELS},
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
                stated = [each for name in wanted for each in self._properties(name, record, others)]
                concepts[code] = Concept(code, record["Name"], record["Status"] == "Active", stated)
        return described(self.register, concepts, {*self.property_types} - _STATED.keys())

    def select(self, selection: Selection, offset: int, count: int, properties: Collection[str]) -> Found:
        """Return a slice of the organisations of a selection, by code or the best first; raises Rejected."""
        looks = Looks(self.register, selection.now, lambda record, name: _STATED[name].read(record))
        clause = of_condition(selection.condition, looks.clause)
        if selection.text:
            best = organisations(self.register, selection.text, (clause,), offset + count)
            codes, total = list(best.scores)[offset : offset + count], best.total
        else:
            page = self.register.search(Query(KIND, (clause,), size=count, offset=offset), None)
            codes, total = [match.id for match in page.matches], page.total or 0
        return Found(in_portions(self, codes, properties), total)

    def _summaries(self, codes: Sequence[str]) -> dict[str, Concept]:
        return {
            code: Concept(code, each["Name"], each["Status"] == "Active")
            for code, each in summaries(self.register, codes).items()
        }

    def _properties(self, name: str, record: Json, others: "_Others") -> Iterator[Property]:
        """Yield the values of a property in their order; the names of organisations are still missing."""
        if stated := _STATED.get(name):
            displays = self.vocabularies.get(stated.system)
            for value in stated.read(record):
                if value is not None:
                    shown = displays.display(str(value)) if displays else None
                    yield Property(name, stated.type, value, stated.system, shown)
            return
        code = record["OrgId"]["extension"]
        if name in _LEVELS:
            system = _LEVEL_SYSTEMS.get(name, "")
            if body := others.levels[code].get(_LEVELS[name]):
                yield Property(name, "Coding" if system else "code", body, system)
        elif name in _SUCCESSIONS:
            for party in others.successions(code, _SUCCESSIONS[name]):
                yield Property(name, "code", party)
        else:
            for target in _targets(record, name):
                yield Property(name, "code", target)


class _Others:
    """What properties of several organisations need besides their records, read together."""

    def __init__(self, system: Organisations, found: Mapping[str, bytes], wanted: Collection[str]) -> None:
        self._bodies = Bodies(system.register)
        self.levels: Mapping[str, Mapping[str, str]] = {}
        kinds = [kind for name, kind in _SUCCESSIONS.items() if name in wanted]
        if not kinds and _LEVELS.keys().isdisjoint(wanted):
            return
        for code, document in found.items():
            self._bodies.add(code, document)
        if kinds:
            self._bodies.read_successions(found, *kinds)
        if not _LEVELS.keys().isdisjoint(wanted):
            self.levels = _levels(self._bodies, list(found), system.day)

    def successions(self, code: str, kind: str) -> Iterable[str]:
        """Return the other parties of the successions of a kind, in order."""
        return sorted(self._bodies.successions(code, kind))


def _levels(bodies: Bodies, codes: Sequence[str], day: str) -> Mapping[str, Mapping[str, str]]:
    """Return, for each organisation, the bodies of its certain levels; not those that a trust hands down."""
    found = {}
    for code, answer in zip(codes, answers(bodies, [Asked(code, day) for code in codes]), strict=True):
        assert answer  # noqa: S101 - its record was read
        levels = answer.levels
        operators = [*filter(None, [levels.certain.get("operator")]), *levels.ambiguous.get("operator", ())]
        trusts = any(each.role in _TRUSTS for each in operators)
        found[code] = {
            key: entry.code
            for key, entry in levels.certain.items()
            if not (trusts and entry.via[:1] == ("RE6",))
        }
    return found


def _targets(record: Json, kind: str) -> Iterable[str]:
    """Return the targets of the active relationships of a type, in order."""
    return sorted(
        each["Target"]["OrgId"]["extension"]
        for each in record.get("Rels", {}).get("Rel", ())
        if each["id"] == kind and each["Status"] == "Active"
    )
