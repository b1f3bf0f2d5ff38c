"""Reads plain records, those written as NHS England writes them, by regular expressions.

This takes a third of the time of an XML tree. The patterns accept less than the rules of HSCOrgRefData: one
order of elements and attributes, nothing unknown, nothing that gives a warning or a refusal, nothing very
long. For a record that they accept, `indexer.elements` would give the same result; it reads all others. A
pattern that fails has no alternative to try, so time is linear in the text, also for hostile input.
"""

import re
from datetime import date
from itertools import starmap

from indexer.elements import LINES
from indexer.leaves import MAX_TEXT
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

_LARGEST = 1 << 20
"""Longest plain record, in characters: a shorter one cannot exceed the limit of elements."""

# Groups are not possessive: possessive groups matched wrongly before Python 3.11.5.
_S = r"[ \t\r\n]{0,99}+"
_END = rf"{_S}/>{_S}"
_CHARACTER = r'[^<>"\x00-\x1f\x7f-\x9f\ufffe\uffff]'  # no characters that XML forbids, no line ends
_TEXT = f"({_CHARACTER}{{0,999}}+)"
_WORD = r'[^<>"&\x00-\x1f\x7f-\x9f\ufffe\uffff]{0,99}+'  # nor entities, which these never have
_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_NUMBER = r"([0-9]{1,18}+)"
_ROLE_NUMBER = r"([0-9]{1,9}+)"  # no longer one is certainly an integer of 32 bits
_CODE = r"([0-9A-Z]{1,64}+)"


def _whole(pattern: str, times: str = "") -> str:
    """Return a pattern as one group; groups in it no longer capture."""
    return "(" + re.sub(r"\((?!\?)", "(?:", f"(?:{pattern}){times}") + ")"


def _many(tag: str, pattern: str) -> str:
    return f"<{tag}>{_S}{_whole(pattern, '+')}</{tag}>{_S}"


_DATE = (
    rf'<Date>{_S}<Type value="(Operational|Legal)"{_END}'
    rf'<Start value="{_DAY}"{_END}(?:<End value="{_DAY}"{_END})?</Date>{_S}'
)
_DATES = _DATE + _whole(_DATE, "?")
_STATUS = rf'<Status value="(Active|Inactive)"{_END}'
_ORG_ID = rf'<OrgId root="({_WORD})" assigningAuthorityName="({_WORD})" extension="{_CODE}"{_END}'
_TARGET = (
    rf'<Target>{_S}<OrgId root="{_WORD}" assigningAuthorityName="{_WORD}" extension="{_CODE}"{_END}'
    rf'(?:<PrimaryRoleId id="{_CODE}" uniqueRoleId="{_NUMBER}"{_END})?</Target>{_S}'
)
_LOCATION = "".join(f"(?:<{line}>{_TEXT}</{line}>{_S})?" for line in LINES)
_CONTACT = rf'<Contact type="(tel|fax|http|mailto)" value="{_TEXT}"{_END}'
_ROLE = (
    rf'<Role id="{_CODE}" uniqueRoleId="{_ROLE_NUMBER}"(?: primaryRole="(true)")?{_S}>{_S}'
    rf"{_DATES}{_STATUS}</Role>{_S}"
)
_REL = rf'<Rel id="{_CODE}" uniqueRelId="{_NUMBER}"{_S}>{_S}{_DATES}{_STATUS}{_TARGET}</Rel>{_S}'
_SUCC = (
    rf'<Succ uniqueSuccId="{_NUMBER}"(?: forwardSuccession="(true)")?{_S}>{_S}'
    rf"{_DATES}<Type>(Predecessor|Successor)</Type>{_S}{_TARGET}</Succ>{_S}"
)
_RECORD = re.compile(
    rf'{_S}<Organisation orgRecordClass="(RC1|RC2)"(?: refOnly="(true|false)")?{_S}>{_S}'
    rf"<Name>({_CHARACTER}{{1,{MAX_TEXT}}}+)</Name>{_S}{_DATES}{_ORG_ID}{_STATUS}"
    rf'<LastChangeDate value="{_DAY}"{_END}'
    rf"(?:<GeoLoc>{_S}<Location>{_S}{_LOCATION}</Location>{_S}</GeoLoc>{_S})?"
    rf"(?:{_many('Contacts', _CONTACT)})?{_many('Roles', _ROLE)}"
    rf"(?:{_many('Rels', _REL)})?(?:{_many('Succs', _SUCC)})?</Organisation>"
)
_each_date, _each_contact, _each_role, _each_relationship, _each_succession = (
    re.compile(pattern).findall for pattern in (_DATE, _CONTACT, _ROLE, _REL, _SUCC)
)
_ENTITIES = {"amp;": "&", "lt;": "<", "gt;": ">", "quot;": '"', "apos;": "'"}


def record(text: str, at: int, codes: frozenset[str]) -> tuple[Organisation, int] | None:
    """Return the record that begins at the index ``at`` and the index of its end, or None if it is not plain.

    ``codes`` are the ids of the release's code systems.
    """
    found = _RECORD.match(text, at)
    if not found or found.end() - at > _LARGEST:
        return None
    try:
        organisation = _organisation(*found.groups(default=""))
    except (LookupError, ValueError):
        return None
    used: list[str | None] = [organisation.record_class]
    used += [role.id for role in organisation.roles]
    for relationship in organisation.relationships:
        used += relationship.id, relationship.target.primary_role
    used += [succession.target.primary_role for succession in organisation.successions]
    return (organisation, found.end()) if codes.issuperset(filter(None, used)) else None


def _organisation(*found: str) -> Organisation:
    """Build a record from matched groups; raises LookupError (unknown entity), ValueError (other faults)."""
    record_class, ref_only, name, *dates, root, authority, code, status, last_change = found[:-12]
    *lines, contacts, roles, relationships, successions = found[-12:]
    location = [_value(line) if line else None for line in lines]
    named = _value(name)
    if not named or roles.count(' primaryRole="true"') != 1:
        raise ValueError(name)
    return Organisation(
        code=code,
        root=root.strip() or None,
        assigning_authority=authority.strip() or None,
        record_class=record_class,
        ref_only=ref_only == "true",
        name=named,
        status=status,
        last_change=_day(last_change),
        periods=_periods(*dates),
        address=Address(*location) if any(location) else None,
        contacts=tuple(
            [Contact(kind, stated) for kind, value in _each_contact(contacts) if (stated := _value(value))]
        ),
        roles=tuple(starmap(_role, _each_role(roles))),
        relationships=tuple(starmap(_relationship, _each_relationship(relationships))),
        successions=tuple(starmap(_succession, _each_succession(successions))),
    )


def _value(text: str) -> str | None:
    if "&" in text:
        text = re.sub("&([^;]*;?)", lambda entity: _ENTITIES[entity[1]], text)
    return text.strip() or None


def _periods(kind: str, start: str, end: str, second: str) -> tuple[Period, ...]:
    if end and _day(end) < start:
        raise ValueError(end)
    period = Period(kind, _day(start), end or None)
    if not second:
        return (period,)
    ((other, start, end),) = _each_date(second)
    if other == kind:
        raise ValueError(second)
    return period, *_periods(other, start, end, "")


def _role(type_id: str, unique: str, mark: str, *rest: str) -> Role:
    *dates, status = rest
    return Role(type_id, int(unique), mark == "true", _periods(*dates), status)


def _relationship(type_id: str, unique: str, *rest: str) -> Relationship:
    *dates, status, code, role, number = rest
    return Relationship(type_id, int(unique), _periods(*dates), status, _target(code, role, number))


def _succession(unique: str, mark: str, *rest: str) -> Succession:
    *dates, kind, code, role, number = rest
    return Succession(int(unique), mark == "true", _periods(*dates), kind, _target(code, role, number))


def _target(code: str, role: str, number: str) -> Target:
    return Target(code, role or None, int(number) if number else None)


def _day(text: str) -> str:
    date.fromisoformat(text)  # raises ValueError if there is no such day
    return text
