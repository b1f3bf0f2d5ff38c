"""What ORD must answer over the sample, to the byte: its checks and texts, its matching, its pages.

Written from the specification alone; it imports nothing of the product. A request is its parameters as pairs,
in order and decoded, and its Content-Type, if it has one.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from urllib.parse import quote

from werkzeug.test import TestResponse

from tests.interfaces import ord_release as release
from tests.interfaces.ord_release import BASE, DECLARATION, Json, Organisation, json_of, register, xml_of_rows

TODAY = date(2026, 1, 15)
SEARCH = [
    *("Name", "PostCode", "LastChangeDate", "Status", "PrimaryRoleId", "NonPrimaryRoleId", "Roles"),
    *("OrgRecordClass", "RelTypeId", "TargetOrgId", "RelStatus", "Limit", "Offset", "_format"),
]
SYNC = ["LastChangeDate", "_format"]
READ = ["_format"]
NO_FILTER = "Supplied query must include some query parameters"
NOT_FOUND = "Not found"
UNKNOWN_ARGUMENT = "Unknown argument found."
DIALECTS = {f"{kind}{name}": name for kind in ("", "text/", "application/") for name in ("json", "xml")}
NAME_CHARACTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@&.()'\" /:,+;-")
OUTWARD = {"A9", "A99", "AA9", "AA99", "A9A", "AA9A"}
POSTCODES = {
    f"{outward}{gap}{inward}" for outward, gap, inward in product(OUTWARD, ("", " "), ("", "9", "9A", "9AA"))
}

Pairs = Sequence[tuple[str, str]]
Matches = Callable[[Organisation], bool]


HEADERS = [
    *("Content-Type", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"),
    *("X-Total-Count", "Returned-Records", "Next-Page", "Previous-Page"),
]


@dataclass(frozen=True)
class Answer:
    """An answer: status, body, and those of HEADERS that it has."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, response: TestResponse) -> "Answer":
        """Return what was answered."""
        sent = {name: response.headers[name] for name in HEADERS if name in response.headers}
        return cls(response.status_code, response.data, sent)


class Refused(Exception):
    """A request that is refused with 406 and this text."""


def error(status: int, text: str) -> Answer:
    """Return an error: always JSON, a blank after its comma, a newline at its end."""
    body = f'{{\n  "errorCode": {status}, \n  "errorText": {json.dumps(text)}\n}}\n'
    return _answer(status, body.encode(), "json")


def search(pairs: Pairs, content_type: str = "") -> Answer:
    """Return the answer of `organisations?…`."""
    try:
        dialect, values = _checked(pairs, SEARCH, content_type)
    except Refused as refused:
        return error(406, str(refused))
    tests = [MATCHES[name](value) for name, value in values.items() if name in MATCHES]
    tests += [_related(values)] if values.keys() & {"RelTypeId", "TargetOrgId", "RelStatus"} else []
    found = [each for each in register().values() if all(test(each) for test in tests)]
    limit, offset = int(values.get("Limit", 20)), int(values.get("Offset", 0))
    page = found[offset : offset + limit]
    body = rows_of([{**each.row, "OrgLink": link_to(each.code, dialect)} for each in page], dialect)
    links = {}
    if len(page) != len(found):
        kept = "".join(f"{k}={quote(v, safe='-._~,:/@')}&" for k, v in pairs if k not in {"Limit", "Offset"})
        start = f"{BASE}organisations?{kept}Limit={limit}"
        links["Returned-Records"] = str(len(page))
        if offset + limit < len(found):
            links["Next-Page"] = f"{start}&Offset={offset + limit}"
        if offset > 0:
            links["Previous-Page"] = f"{start}&Offset={offset - limit}" if offset > limit else start
    return _answer(200, body, dialect, **_counted(found), **links)


def record(code: str, pairs: Pairs = (), content_type: str = "") -> Answer:
    """Return the answer of `organisations/{code}`."""
    try:
        dialect, _ = _checked(pairs, READ, content_type)
    except Refused as refused:
        return error(406, str(refused))
    if code.upper() not in register():
        return error(404, NOT_FOUND)
    found = register()[code.upper()].record
    return _answer(
        200, release.xml_of_record(found) if dialect == "xml" else json_of({"Organisation": found}), dialect
    )


def sync(pairs: Pairs, content_type: str = "") -> Answer:
    """Return the answer of `sync?…`."""
    try:
        dialect, values = _checked(pairs, SYNC, content_type)
    except Refused as refused:
        return error(406, str(refused))
    matches = MATCHES["LastChangeDate"](values["LastChangeDate"])
    codes = sorted(each.code for each in register().values() if matches(each))
    body = rows_of([{"OrgLink": link_to(code, dialect)} for code in codes], dialect)
    return _answer(200, body, dialect, **_counted(codes))


def codes(path: str, code: str | None = None, pairs: Pairs = (), content_type: str = "") -> Answer:
    """Return the answer of a code system, or of one code of it."""
    try:
        dialect, _ = _checked(pairs, READ, content_type)
    except Refused as refused:
        return error(406, str(refused))
    rows = [row for row in release.code_system(path) if code is None or row["id"] == code.upper()]
    if not rows:
        return error(404, NOT_FOUND)
    oid, name, container, row_name = release.SYSTEMS[path]
    if dialect == "json":
        return _answer(200, json_of({container: rows}), dialect)
    listed = xml_of_rows(container, row_name, rows)
    body = f'{DECLARATION}<CodeSystem oid="{oid}" name="{name}">{listed}</CodeSystem>'
    return _answer(200, body.encode(), dialect)


def _answer(status: int, body: bytes, dialect: str, **headers: str) -> Answer:
    always = {"Content-Type": f"application/{dialect}", "Access-Control-Allow-Origin": "*"}
    return Answer(status, body, always | headers)


def rows_of(rows: list[Json], dialect: str) -> bytes:
    """Return a list in JSON or XML."""
    if dialect == "json":
        return json_of({"Organisations": rows})
    return f"{DECLARATION}{xml_of_rows('Organisations', 'Organisation', rows)}".encode()


def _counted(found: Sequence[object]) -> dict[str, str]:
    return {"X-Total-Count": str(len(found)), "Access-Control-Expose-Headers": "X-Total-Count"}


def link_to(code: str, dialect: str) -> str:
    """Return the link of a list to a record."""
    return f"{BASE}organisations/{code}{'?_format=xml' if dialect == 'xml' else ''}"


# What is refused, in order


def _checked(pairs: Pairs, known: list[str], content_type: str) -> tuple[str, dict[str, str]]:
    dialect = _dialect(pairs, content_type)
    names = [name for name, _ in pairs]
    for name in known:
        if names.count(name) > 1:
            raise Refused(f"Repeated {name} argument.")
    if any(name not in known for name in names):
        raise Refused(UNKNOWN_ARGUMENT)
    if known != READ and not set(names) - {"Limit", "Offset", "_format"}:
        raise Refused(NO_FILTER)
    values = {name: _meant(name, value) for name, value in pairs}
    for name in known:
        if name in values and name in CHECKS and (text := CHECKS[name](values[name])):
            raise Refused(text)
    return dialect, values


def _meant(name: str, value: str) -> str:
    """Return a value without blanks around its ids, and role ids with their letters."""
    if not ("Role" in name or name in {"OrgRecordClass", "RelTypeId", "TargetOrgId"}):
        return value
    ids = [each.strip(" ") for each in value.split(",")]
    if "Role" in name:
        ids = [re.sub("^([0-9]+)$", r"RO\1", each) for each in ids]
    return ",".join(ids)


def _dialect(pairs: Pairs, content_type: str) -> str:
    if content_type:
        media_type = content_type.partition(";")[0].strip().lower()
        if "/" in media_type and media_type in DIALECTS:
            return DIALECTS[media_type]
        raise Refused(f'Unknown content type specified "{content_type}"')
    value = next((value for name, value in pairs if name == "_format"), "json")
    if value not in DIALECTS:
        raise Refused(f'Unknown dialect specified "{value}"')
    return DIALECTS[value]


def _name_fault(value: str) -> str:
    if len(value) < 3:
        return "Supplied Name needs a minimum of 3 Characters."
    if len(value) > 100:
        return "Supplied Name too long, max 100 Characters."
    return "" if set(value) <= NAME_CHARACTERS else "Supplied Name contains invalid Character/s."


def _postcode_fault(value: str) -> str:
    if len(value) < 2:
        return "Supplied PostCode is too short, min 2 Characters."
    shape = _shape(value)
    fits = shape in POSTCODES and not (shape.startswith("AA") and value[1] in "IiZz")
    is_girobank = re.fullmatch("GIR ?(0[A-Z]?[A-Z]?)?", value, re.IGNORECASE | re.ASCII)
    return "" if fits or is_girobank else "Supplied PostCode format is invalid."


def _date_fault(value: str) -> str:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return "Invalid date format."
    try:
        day = date(*map(int, value.split("-")))
    except ValueError:
        return "Invalid date supplied."
    if day > TODAY:
        return "Supplied LastChangeDate date must be a past date, not future."
    if day < TODAY - timedelta(days=185):
        return "Supplied LastChangeDate exceeds the limit of 185 days past."
    return ""


def _number_fault(least: int, most: float, text: str) -> Callable[[str], str]:
    return lambda value: "" if re.fullmatch("[0-9]+", value) and least <= int(value) <= most else text


def _shape_fault(shape: str, text: str) -> Callable[[str], str]:
    return lambda value: "" if re.fullmatch(shape, value) else text


ID = "[A-Za-z0-9]{3,10}"
STATUS = "(?ai:active|inactive)"
CHECKS: dict[str, Callable[[str], str]] = {
    "Name": _name_fault,
    "PostCode": _postcode_fault,
    "LastChangeDate": _date_fault,
    "Status": _shape_fault(STATUS, "Unknown Status supplied, specify Active or Inactive."),
    "PrimaryRoleId": _shape_fault(ID, "Supplied PrimaryRoleId is invalid."),
    "NonPrimaryRoleId": _shape_fault(ID, "Supplied NonPrimaryRoleId is invalid."),
    "Roles": _shape_fault(f"{ID}(,{ID})*", "Supplied Roles is invalid."),
    "OrgRecordClass": _shape_fault("[A-Za-z0-9]{3}", "Supplied OrgRecordClass is invalid."),
    "RelTypeId": _shape_fault(f"{ID}(,{ID})*", "Supplied RelTypeId is invalid."),
    "TargetOrgId": _shape_fault(ID, "Supplied TargetOrgId is invalid."),
    "RelStatus": _shape_fault(STATUS, "Unknown RelStatus supplied, specify Active or Inactive."),
    "Limit": _number_fault(1, 1000, "Supplied Limit must be between 1 and 1000"),
    "Offset": _number_fault(1, float("inf"), "Suppied Offset must be greater than 1"),
}


# What matches


def _shape(text: str) -> str:
    """Return a text with A for its letters and 9 for its digits."""
    return re.sub("[0-9]", "9", re.sub("[A-Za-z]", "A", text))


def _named(value: str) -> Matches:
    blanks_as_one = re.sub(" +", " ", value).upper()
    wanted = re.compile("".join("." if char == "_" else re.escape(char) for char in blanks_as_one), re.DOTALL)
    return lambda org: bool(wanted.search(org.name))


def _lies_at(value: str) -> Matches:
    start = value.upper()
    if " " in start:
        return lambda org: org.postcode.upper().startswith(start)
    if _shape(start) in OUTWARD:
        return lambda org: org.postcode.upper().startswith(f"{start} ")
    return lambda org: org.postcode.upper().replace(" ", "").startswith(start)


def _related(values: dict[str, str]) -> Matches:
    types = values.get("RelTypeId", "").upper().split(",")
    target, status = (values.get(name, "").upper() for name in ("TargetOrgId", "RelStatus"))
    return lambda org: any(
        (types == [""] or its_type in types)
        and target in {"", its_target}
        and status in {"", its_status.upper()}
        for its_type, its_target, its_status in org.relationships
    )


MATCHES: dict[str, Callable[[str], Matches]] = {
    "Name": _named,
    "PostCode": _lies_at,
    "LastChangeDate": lambda value: lambda org: org.row["LastChangeDate"] >= value,
    "Status": lambda value: lambda org: org.row["Status"].upper() == value.upper(),
    "PrimaryRoleId": lambda value: lambda org: (value.upper(), True) in org.roles,
    "NonPrimaryRoleId": lambda value: lambda org: (value.upper(), False) in org.roles,
    "Roles": lambda value: lambda org: any(role in value.upper().split(",") for role, _ in org.roles),
    "OrgRecordClass": lambda value: lambda org: org.row["OrgRecordClass"] == value.upper(),
}
