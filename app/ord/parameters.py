"""The parameters of each ORD endpoint, in the order in which their faults are reported (ord 2 to 4)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.clock import midnight
from app.register import relationship
from app.register.query import Clause, Key, Operator, Query, Test
from app.register.text import fold_part
from app.web.message import Request, whole_number

MAX_LIMIT = 1000
DEFAULT_LIMIT = 20

NAME = re.compile(r"[A-Za-z0-9_@&.()'\" /:,+;-]*")
ID = re.compile(r"[A-Za-z0-9]{3,10}")
_DIGITS = re.compile(r"[0-9]+")
RECORD_CLASS = re.compile(r"[A-Za-z0-9]{3}")
_OUTWARD = "[A-Z][A-HJ-Y]?[0-9][0-9A-Z]?"
_DISTRICT = re.compile(f"{_OUTWARD}|GIR")
_POSTCODE = re.compile(f"{_OUTWARD} ?([0-9][A-Z]{{0,2}})?|GIR ?(0[A-Z]{{0,2}})?")

_JSON = ("json", "text/json", "application/json")
_XML = ("xml", "text/xml", "application/xml")
FORMATS = {False: _JSON, True: (*_JSON, *_XML)}
"""The values of `_format`, by whether the endpoint can answer in XML."""


class NotAcceptable(Exception):
    """A parameter is missing or wrong: the answer is 406 with this text."""


@dataclass(frozen=True)
class Memory:
    """How far back changes and deletions are listed."""

    today: date
    days: int
    """0: without a limit."""

    @property
    def first(self) -> date | None:
        """The earliest day that is listed, or None without a limit."""
        return self.today - timedelta(days=self.days) if self.days else None


ReadTerms = Callable[[str, Memory], list[str]]
"""Returns the terms for a parameter's value; raises NotAcceptable."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: its text in the README, and the function that reads its value (NotAcceptable if bad)."""

    says: str
    read: Callable[[str, Memory], Any]


@dataclass(frozen=True)
class Asked:
    """A parsed request: the format of its answer, and the values of its parameters by name."""

    request: Request
    xml: bool
    values: Mapping[str, Any]


def parse(
    request: Request,
    known: Mapping[str, Parameter],
    memory: Memory,
    *,
    xml: bool = True,
    filters: bool = False,
) -> Asked:
    """Parse the parameters of a request; `known` are those of the endpoint.

    `xml`: the endpoint can answer in XML. `filters`: it needs a parameter besides Limit, Offset and _format.
    Raises NotAcceptable with the first fault, in the order of ord 2.
    """
    is_xml = _is_xml(request, _XML if xml else ())
    names = [name for name, _ in request.query]
    for name in known:
        if names.count(name) > 1:
            raise NotAcceptable(f"Repeated {name} argument.")
    if not set(names) <= set(known):
        raise NotAcceptable("Unknown argument found.")
    if filters and set(names) <= {"Limit", "Offset", "_format"}:
        raise NotAcceptable("Supplied query must include some query parameters")
    sent = dict(request.query)
    return Asked(
        request, is_xml, {name: known[name].read(sent[name], memory) for name in known if name in sent}
    )


def _is_xml(request: Request, xml: tuple[str, ...]) -> bool:
    """Return whether the answer is XML; the Content-Type of the request wins over `_format` (ord 3)."""
    formats = (*_JSON, *xml)
    if header := request.headers.get("content-type"):
        formats = tuple(name for name in formats if "/" in name)
        value = header.partition(";")[0].strip().lower()
        fault = f'Unknown content type specified "{header}"'
    else:
        value = next((value for name, value in request.query if name == "_format"), "json")
        fault = f'Unknown dialect specified "{value}"'
    if value not in formats:
        raise NotAcceptable(fault)
    return value in xml


def search(values: Mapping[str, Any]) -> Query:
    """Return the query for the parsed parameters of a search (ord 4)."""
    clauses = [value for value in values.values() if isinstance(value, Clause)]
    if values.keys() & {"RelTypeId", "TargetOrgId", "RelStatus"}:
        terms = relationship.asked(
            values.get("RelStatus", relationship.STATUSES),
            values.get("RelTypeId", ()),
            values.get("TargetOrgId", ()),
        )
        clauses.append(_one_of("relationship", *terms))
    return Query(
        "organisation",
        tuple(clauses),
        (Key("name"),),
        size=values.get("Limit", DEFAULT_LIMIT),
        offset=values.get("Offset", 0),
    )


def _one_of(field: str, *terms: str) -> Clause:
    return Clause(tuple(Test(field, Operator.EQ, term) for term in terms))


# Values


def _name(value: str, _memory: Memory) -> Clause:
    if len(value) < 3:
        raise NotAcceptable("Supplied Name needs a minimum of 3 Characters.")
    if len(value) > 100:
        raise NotAcceptable("Supplied Name too long, max 100 Characters.")
    if not NAME.fullmatch(value):
        raise NotAcceptable("Supplied Name contains invalid Character/s.")
    operator = Operator.LIKE if "_" in value else Operator.CONTAINS
    return Clause((Test("name", operator, fold_part(value)),))


def _post_code(value: str, _memory: Memory) -> Clause:
    if len(value) < 2:
        raise NotAcceptable("Supplied PostCode is too short, min 2 Characters.")
    start = value.upper() if value.isascii() else ""
    if not _POSTCODE.fullmatch(start):
        raise NotAcceptable("Supplied PostCode format is invalid.")
    if " " in start:
        starts = [start]
    elif _DISTRICT.fullmatch(start):
        starts = [f"{start} "]
    else:  # the stored postcode has a blank at an unknown place
        starts = [start, *(f"{start[:at]} {start[at:]}" for at in range(1, len(start)))]
    return Clause(tuple(Test("postcode", Operator.PREFIX, each) for each in starts))


def _last_change_date(value: str, memory: Memory) -> Clause:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise NotAcceptable("Invalid date format.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise NotAcceptable("Invalid date supplied.") from None
    if day > memory.today:
        raise NotAcceptable("Supplied LastChangeDate date must be a past date, not future.")
    if memory.first and day < memory.first:
        raise NotAcceptable(f"Supplied LastChangeDate exceeds the limit of {memory.days} days past.")
    return Clause((Test("last_change", Operator.RANGE, (midnight(day), None)),))


def _status(name: str) -> ReadTerms:
    statuses = {status.lower(): status for status in relationship.STATUSES}

    def read(value: str, _memory: Memory) -> list[str]:
        if value.lower() not in statuses:
            raise NotAcceptable(f"Unknown {name} supplied, specify Active or Inactive.")
        return [statuses[value.lower()]]

    return read


def _ids(name: str, shape: re.Pattern[str] = ID, *, several: bool = False, letters: str = "") -> ReadTerms:
    """Return a reader of ids: it trims blanks, and puts `letters` before an id of digits only."""

    def read(value: str, _memory: Memory) -> list[str]:
        ids = [each.strip(" ") for each in (value.split(",") if several else [value])]
        ids = [letters + each if _DIGITS.fullmatch(each) else each for each in ids]
        if not all(map(shape.fullmatch, ids)):
            raise NotAcceptable(f"Supplied {name} is invalid.")
        return [each.upper() for each in ids]

    return read


def _roles(name: str, *, several: bool = False) -> ReadTerms:
    return _ids(name, several=several, letters="RO")


def _terms(field: str, read: ReadTerms) -> Callable[[str, Memory], Clause]:
    return lambda value, memory: _one_of(field, *read(value, memory))


def _number(least: int, most: int | None, fault: str) -> Callable[[str, Memory], int]:
    def read(value: str, _memory: Memory) -> int:
        number = whole_number(value, least, most)
        if number is None:
            raise NotAcceptable(fault)
        return number

    return read


# Endpoints

READ = {
    "_format": Parameter("json or xml, or text/… or application/… of these; default json", lambda *_: None)
}
"""The parameters of records, code systems and notifications."""

SEARCH = {
    "Name": Parameter("The name contains it; _ matches any one character. 3 to 100 characters", _name),
    "PostCode": Parameter(
        "The postcode starts with it; a full outward code finds that district only", _post_code
    ),
    "LastChangeDate": Parameter(
        "Changed on that day or later; at most ODS_ORD_DAYS days ago", _last_change_date
    ),
    "Status": Parameter("Active or Inactive", _terms("status", _status("Status"))),
    "PrimaryRoleId": Parameter(
        "Has that primary role: RO197 or 197", _terms("primary_role", _roles("PrimaryRoleId"))
    ),
    "NonPrimaryRoleId": Parameter(
        "Has that role, not as its primary role", _terms("non_primary_role", _roles("NonPrimaryRoleId"))
    ),
    "Roles": Parameter("Has one of these roles: RO197,RO107", _terms("role", _roles("Roles", several=True))),
    "OrgRecordClass": Parameter(
        "RC1 (organisation) or RC2 (site)", _terms("record_class", _ids("OrgRecordClass", RECORD_CLASS))
    ),
    "RelTypeId": Parameter(
        "Has a relationship of one of these types: RE4,RE6", _ids("RelTypeId", several=True)
    ),
    "TargetOrgId": Parameter(
        "Has a relationship to this organisation; RelTypeId and RelStatus must hold for the same one",
        _ids("TargetOrgId"),
    ),
    "RelStatus": Parameter(
        "Has an Active or Inactive relationship; RelTypeId and TargetOrgId must hold for the same one",
        _status("RelStatus"),
    ),
    "Limit": Parameter(
        "Maximum number of rows: 1 to 1000, default 20",
        _number(1, MAX_LIMIT, "Supplied Limit must be between 1 and 1000"),
    ),
    "Offset": Parameter(
        "Number of rows to skip: 1 or more", _number(1, None, "Suppied Offset must be greater than 1")
    ),
    **READ,
}

SYNC = {"LastChangeDate": SEARCH["LastChangeDate"], **READ}
