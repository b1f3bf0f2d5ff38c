"""An organisation as one flat JSON object, with the names of all that it refers to (lookup 3)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from app.directory.bodies import PREDECESSOR, SUCCESSOR, Bodies
from app.directory.forms import Json, held, levels_json
from app.directory.labels import display_names
from app.directory.levels import Asked, answers
from app.directory.placed import Answer
from app.engine.port import Register

_LINES = ("AddrLn1", "AddrLn2", "AddrLn3")
_ADDRESS = {"town": "Town", "county": "County", "postcode": "PostCode", "country": "Country"}

Names = Mapping[str, str]
"""Display names by id."""


class Described(NamedTuple):
    """An organisation as the flat object without its links, and the answer that its levels are from."""

    flat: Json
    answer: Answer


def described(bodies: Bodies, stored: bytes, today: str) -> Described:
    """Describe an organisation of the bodies' register, of which `stored` is the ORD document.

    `today` is the date of its levels.
    """
    register, record = bodies.register, orjson.loads(stored)["Organisation"]
    code = record["OrgId"]["extension"]
    bodies.add(code, stored)
    bodies.read_successions([code], PREDECESSOR, SUCCESSOR)
    predecessors, successors = (bodies.successions(code, kind) for kind in (PREDECESSOR, SUCCESSOR))
    (answer,) = filter(None, answers(bodies, [Asked(code, today)]))
    roles, types = display_names(register, "roles"), display_names(register, "rels")
    relationships = record.get("Rels", {}).get("Rel", ())
    others = Others(register)
    others.read(
        [
            *(target_code(each) for each in relationships),
            *predecessors,
            *successors,
        ]
    )
    location = record.get("GeoLoc", {}).get("Location", {})
    primary = next((role["id"] for role in record["Roles"]["Role"] if "primaryRole" in role), None)
    flat = held(
        {
            "code": code,
            "name": record["Name"],
            "status": record["Status"].lower(),
            "recordClass": record["orgRecordClass"],
            "primaryRole": held({"id": primary, "name": roles.get(primary or "")}),
            "roles": [_role(each, roles) for each in record["Roles"]["Role"]],
            "address": _address(location),
            "uprn": str(location.get("UPRN", "")),
            "contacts": record.get("Contacts", {}).get("Contact"),
            "opened": period(record).start,
            "closed": period(record).end,
            "lastChange": record.get("LastChangeDate"),
            "relationships": [_relationship(each, types, others) for each in relationships],
            "predecessors": list(_successions(predecessors, others)),
            "successors": [
                held({**each, "active": others.is_active(each["code"])})
                for each in _successions(successors, others)
            ],
            "levels": {key: level for key, level in levels_json(answer.levels).items() if key != "date"},
        }
    )
    return Described(flat, answer)


class Others:
    """The names and statuses of other organisations of a register."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._results: dict[str, Json] = {}

    def read(self, codes: Iterable[str]) -> None:
        """Read organisations, in one batch."""
        if wanted := set(codes):
            found = self._register.documents("organisation", wanted, "lookup")
            self._results |= {code: orjson.loads(document) for code, document in found.items()}

    def name(self, code: str) -> str | None:
        """Return the name of an organisation, or None if the register lacks it."""
        return self._results[code]["name"] if code in self._results else None

    def is_active(self, code: str) -> bool | None:
        """Return whether an organisation is active, or None if the register lacks it."""
        return self._results[code]["status"] == "active" if code in self._results else None


class Period(NamedTuple):
    """A period as texts."""

    start: str | None = None
    end: str | None = None


def period(part: Mapping[str, Any]) -> Period:
    """Return the Operational period of a record, role or relationship, else the Legal one.

    The record states the Operational one first.
    """
    (date, *_) = part.get("Date", ({},))
    return Period(date.get("Start"), date.get("End"))


def _role(role: Mapping[str, Any], names: Names) -> Json:
    return held(
        {
            "id": role["id"],
            "name": names.get(role["id"]),
            "status": role["Status"].lower(),
            **period(role)._asdict(),
            "primary": True if "primaryRole" in role else None,
        }
    )


def _address(location: Mapping[str, Any]) -> Json:
    lines = [location[line] for line in _LINES if line in location]
    return held({"lines": lines, **{key: location.get(name) for key, name in _ADDRESS.items()}})


def _relationship(relationship: Mapping[str, Any], names: Names, others: Others) -> Json:
    target = target_code(relationship)
    return held(
        {
            "type": relationship["id"],
            "name": names.get(relationship["id"]),
            "status": relationship["Status"].lower(),
            **period(relationship)._asdict(),
            "target": held({"code": target, "name": others.name(target)}),
        }
    )


def _successions(dates: Mapping[str, str], others: Others) -> Iterator[Json]:
    """Yield the other parties of successions by date, then code."""
    for code, date in sorted(dates.items(), key=lambda item: (item[1], item[0])):
        yield held({"code": code, "name": others.name(code), "date": date})


def target_code(part: Mapping[str, Any]) -> str:
    """Return the code of the other party of a relationship or succession."""
    code: str = part["Target"]["OrgId"]["extension"]
    return code
