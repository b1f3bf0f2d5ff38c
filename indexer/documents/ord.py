"""The ORD documents of a register (ord 4.7, 5, 7, 8): records, summaries, code systems, deletions.

The JSON of records is written as text, member by member: a full release has five million parts of records,
and building dictionaries of them took twice as long. A member without a value is "", and is left out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from app.clock import midnight
from app.ord.systems import SYSTEMS
from app.register.fields import Entry, spaced
from indexer.documents.codes import by_number, number
from indexer.elements import LINES
from indexer.organisation import (
    Address,
    Contact,
    Organisation,
    Period,
    Relationship,
    Role,
    Succession,
    Target,
)

ROOT = "2.16.840.1.113883.2.1.3.2.4.18.48"
_AUTHORITY = "HSCIC"
_LINES, _PARTS, _UPRN = LINES[:3], LINES[3:-1], LINES[-1]
_UPRN_DIGITS = 12

Json = dict[str, Any]
Scheme = str
"""The members of an OrgId but for the code: root and assigning authority of ODS codes."""


def record(organisation: Organisation) -> bytes:
    """Return the whole record of an organisation."""
    root, authority = organisation.root or ROOT, organisation.assigning_authority or _AUTHORITY
    scheme = f'"root": {_quoted(root)}, "assigningAuthorityName": {_quoted(authority)}'
    body = _object(
        _text("Name", organisation.name),
        _dates(organisation.periods),
        _org_id(organisation.code, scheme),
        _text("Status", organisation.status),
        _text("LastChangeDate", organisation.last_change),
        _text("orgRecordClass", organisation.record_class),
        _mark("refOnly", is_set=organisation.ref_only),
        _geo_loc(organisation.address),
        _list("Contacts", "Contact", [_contact(each) for each in organisation.contacts]),
        _list("Roles", "Role", [_role(each) for each in organisation.roles]),
        _list("Rels", "Rel", [_relationship(each, scheme) for each in organisation.relationships]),
        _list("Succs", "Succ", [_succession(each, scheme) for each in organisation.successions]),
    )
    return f'{{"Organisation": {body}}}'.encode()


def summary(organisation: Organisation, roles: Mapping[str, str]) -> bytes:
    """Return the row of an organisation in lists, without its link; `roles` are display names by id."""
    primary = organisation.primary_role
    members = (
        ("Name", organisation.name),
        ("OrgId", organisation.code),
        ("Status", organisation.status),
        ("OrgRecordClass", organisation.record_class),
        ("PostCode", organisation.address and organisation.address.postcode),
        ("LastChangeDate", organisation.last_change),
        ("PrimaryRoleId", primary),
        ("PrimaryRoleDescription", roles.get(primary)),
    )
    return f"{{{_texts(members)}}}".encode()


def code_lists(concepts: Mapping[str, Mapping[str, str]], primary_roles: Collection[str]) -> Iterator[Entry]:
    """Yield entries for each whole code system and each code; `concepts[system][code]` is a display name."""
    for path, system in SYSTEMS.items():
        rows: dict[str, Json] = {}
        for code_id in sorted(concepts[system.name], key=by_number):
            named = {"id": code_id, "code": number(code_id), "displayName": concepts[system.name][code_id]}
            if path == "roles":
                named["primaryRole"] = "true" if code_id in primary_roles else "false"
            rows[code_id] = _held(named)
        yield _code_list(path, system.container, rows.values())
        # Requests match ids in any case; of ids that differ only in case, the one in upper case is served.
        for code_id, each in {key.upper(): rows.get(key.upper(), row) for key, row in rows.items()}.items():
            yield _code_list(f"{path}/{code_id}", system.container, [each])


def deletion(code: str, primary_role: str | None, missed: str) -> Entry:
    """Return the entry of a deletion; `missed` is the date of the first release without the organisation."""
    body = {
        "OrgID": code,
        "PrimaryRoleId": primary_role,
        "time": f"{missed} 00:00:00",
        "type": {"code": 1, "description": "Machine"},
    }
    return Entry(code, {"missed": midnight(date.fromisoformat(missed))}, {"ord": spaced(_held(body))})


def _code_list(entry_id: str, container: str, rows: Iterable[Json]) -> Entry:
    return Entry(entry_id, {}, {"ord": spaced({container: list(rows)})})


def _held(body: Json) -> Json:
    """Leave out members without a value."""
    return {key: value for key, value in body.items() if value}


# Members of a record


def _object(*members: str) -> str:
    return f"{{{', '.join(filter(None, members))}}}"


def _text(name: str, value: str | None) -> str:
    return f'"{name}": {_quoted(value)}' if value else ""


def _texts(members: Iterable[tuple[str, str | None]]) -> str:
    return ", ".join([f'"{name}": {_quoted(value)}' for name, value in members if value])


def _number(name: str, value: int | None) -> str:
    return "" if value is None else f'"{name}": {value}'


def _mark(name: str, *, is_set: bool) -> str:
    return f'"{name}": true' if is_set else ""


def _list(name: str, row: str, items: list[str]) -> str:
    return f'"{name}": {{"{row}": [{", ".join(items)}]}}' if items else ""


def _dates(periods: tuple[Period, ...]) -> str:
    """Return the periods, Operational before Legal whatever their order in the data."""
    if len(periods) > 1:
        periods = tuple(sorted(periods, key=lambda period: period.type != "Operational"))
    dates = []
    for kind, start, end in periods:  # need no quoting, since the reader has checked them
        ended = f', "End": "{end}"' if end else ""
        dates.append(f'{{"Type": "{kind}", "Start": "{start}"{ended}}}')
    return f'"Date": [{", ".join(dates)}]' if dates else ""


def _org_id(code: str, scheme: Scheme) -> str:
    return f'"OrgId": {{{scheme}, "extension": {_quoted(code)}}}'


def _geo_loc(address: Address | None) -> str:
    if address is None:
        return ""
    # The original service moves empty lines behind the others: a client saw it by comparing with the release.
    lines = zip(_LINES, filter(None, address[:3]), strict=False)
    location = _texts((*lines, *zip(_PARTS, address[3:-1], strict=True)))
    if address.uprn:
        location += f"{location and ', '}{_uprn(address.uprn)}"
    return f'"GeoLoc": {{"Location": {{{location}}}}}'


def _uprn(text: str) -> str:
    """Return the UPRN as a number if the number gives the same text, else as a text."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _UPRN_DIGITS and text[0] != "0"
    return f'"{_UPRN}": {text if is_number else _quoted(text)}'


def _contact(contact: Contact) -> str:
    return f'{{"type": {_quoted(contact.type)}, "value": {_quoted(contact.value)}}}'


# A role and a relationship always have a type and a status.


def _role(role: Role) -> str:
    role_id, unique_id, primary, periods, status = role
    number = "" if unique_id is None else f'"uniqueRoleId": {unique_id}, '
    mark = '"primaryRole": true, ' if primary else ""
    return f'{{"id": {_quoted(role_id)}, {number}{mark}{_state(periods, status)}}}'


def _relationship(relationship: Relationship, scheme: Scheme) -> str:
    type_id, unique_id, periods, status, target = relationship
    number = "" if unique_id is None else f', "uniqueRelId": {unique_id}'
    return f'{{{_state(periods, status)}, {_target(target, scheme)}, "id": {_quoted(type_id)}{number}}}'


def _state(periods: tuple[Period, ...], status: str) -> str:
    return f'{_dates(periods)}, "Status": "{status}"' if periods else f'"Status": "{status}"'


def _succession(succession: Succession, scheme: Scheme) -> str:
    return _object(
        _number("uniqueSuccId", succession.unique_id),
        _dates(succession.periods),
        _text("Type", succession.type),
        _target(succession.target, scheme),
        _mark("forwardSuccession", is_set=succession.forward),
    )


def _target(target: Target, scheme: Scheme) -> str:
    code, role, number = target
    primary = ""
    if role and number is not None:  # nearly always
        primary = f', "PrimaryRoleId": {{"id": {_quoted(role)}, "uniqueRoleId": {number}}}'
    elif role or number is not None:
        primary = f', "PrimaryRoleId": {_object(_text("id", role), _number("uniqueRoleId", number))}'
    return f'"Target": {{{_org_id(code, scheme)}{primary}}}'
