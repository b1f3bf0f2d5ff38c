"""The FHIR R4 documents of a register (fhir-r4 3 and 5), as `app.fhir.stored` completes them.

Their JSON is written as text: a full release has half a million roles and 770,000 relationships, and building
dictionaries of them took twice as long. What is the same in all documents is written once.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring as _quoted

from app.fhir import systems
from app.fhir.stored import typed_periods
from app.register import shown
from indexer.documents import address
from indexer.organisation import LARGEST_INTEGER, Address, Contact, Organisation, Period, Relationship, Role

_TELECOM = {"tel": "phone", "mailto": "email", "mail": "email", "email": "email", "fax": "fax", "http": "url"}
_TELECOM_ORDER = ("phone", "fax", "email", "url", "other")
_RECORD_CLASSES = {"RC1": "HSCOrg", "RC2": "HSCSite"}


def organization(record: Organisation, roles: Mapping[str, str], classes: Mapping[str, str]) -> bytes:
    """Return the Organization of a record; `roles` and `classes` are display names by id (RO…, RC…)."""
    extensions = [_role(role, roles.get(role.id)) for role in _in_order(record.roles)]
    if record.last_change:
        extensions.append(f'{_LAST_CHANGE}"{record.last_change}"}}]}}')
    authority = record.assigning_authority
    assigner = f',"assigner":{{"display":{_quoted(authority)}}}' if authority else ""
    use = "RefOnly" if record.ref_only else "Full"
    record_class = classes.get(record.record_class) or _RECORD_CLASSES.get(record.record_class)
    telecom = f',"telecom":[{",".join(_telecoms(record.contacts))}]' if record.contacts else ""
    place = record.address and _address(record.address)
    return (
        f'{{"extension":[{",".join(extensions)}],"identifier":[{{"use":"official",{_CODE}{_quoted(record.code)}{assigner}}}],'
        f'"active":{_truth(record.status)},'
        f'"type":[{_concept(systems.R4_RECORD_USE, use, use)},'
        f"{_concept(systems.R4_RECORD_CLASS, record.record_class, record_class)}],"
        f'"name":{_quoted(record.name)}{telecom}{f""","address":[{{{place}}}]""" if place else ""}}}'
    ).encode()


def affiliation(source: str, relationship: Relationship, relationships: Mapping[str, str]) -> bytes:
    """Return the OrganizationAffiliation of a relationship; `relationships` are display names by id (RE…)."""
    type_id, _, periods, status, target = relationship
    is_typed = len(periods) > 1 and len({each[1:] for each in periods}) > 1
    extension = f'"extension":[{_typed_periods(periods)}],' if is_typed else ""
    period = f'"period":{_span(period_of(periods))},' if periods else ""
    return (
        f'{{{extension}"active":{_truth(status)},{period}'
        f'"organization":{_reference(source)},"participatingOrganization":{_reference(target.code)},'
        f'"code":[{_concept(systems.R4_RELATIONSHIP, type_id, relationships.get(type_id))}]}}'
    ).encode()


def period_of(periods: Sequence[Period]) -> Period:
    """Return the Operational one of periods, else the first one, which is Legal."""
    first = periods[0]
    if len(periods) == 1 or first.type == "Operational":  # nearly always, and several times as quick
        return first
    return next((period for period in periods if period.type == "Operational"), first)


def _in_order(roles: Sequence[Role]) -> Sequence[Role]:
    """Return the primary role first, then the others by their number; clients rely on it."""
    if len(roles) == 1:
        return roles
    return sorted(roles, key=lambda role: (not role.primary, role.unique_id is None, role.unique_id or 0))


def _role(role: Role, display: str | None) -> str:
    role_id, unique_id, _, periods, status = role
    instance = ""
    if unique_id is not None and unique_id <= LARGEST_INTEGER:
        instance = f'{{"url":"instanceID","valueInteger":{unique_id}}},'
    typed = f"{_typed_periods(periods)}," if periods else ""
    code = _concept(systems.R4_ROLE, role_id, display)
    return (
        f'{_ROLE}{instance}{{"url":"roleCode","valueCodeableConcept":{code}}},{typed}'
        f'{{"url":"active","valueBoolean":{_truth(status)}}}]}}'
    )


_ROLE = f'{{"url":"{systems.R4_ORGANISATION_ROLE}","extension":['


def _typed_periods(periods: Sequence[Period]) -> str:
    """Return the Legal and the Operational period; where the data has one, it stands for both (3.1)."""
    if len(periods) == 1:  # nearly always
        only = _span(*periods)
        return typed_periods(only, only)
    both = shown.periods(periods)
    return typed_periods(_span(both.legal), _span(both.operational))


def _span(period: Period) -> str:
    """Return a Period; dates need no quoting, since the reader has checked them."""
    _, start, end = period
    return f'{{"start":"{start}","end":"{end}"}}' if end else f'{{"start":"{start}"}}'


_LAST_CHANGE = (
    f'{{"url":"{systems.R4_TYPED_DATE_TIME}","extension":[{{"url":"type","valueCoding":'
    f'{{"system":"{systems.R4_DATE_TIME}","code":"LastChangeDate","display":"Last Change Date"}}}},'
    '{"url":"dateTime","valueDateTime":'
)


def _truth(status: str) -> str:
    return "true" if status == "Active" else "false"


@lru_cache(maxsize=4_096)
def _concept(system: str, code: str, display: str | None) -> str:
    shown = f',"display":{_quoted(display)}' if display else ""
    return f'{{"coding":[{{"system":"{system}","code":{_quoted(code)}{shown}}}]}}'


_CODE = f'"system":"{systems.ODS_CODE}","value":'


def _reference(code: str) -> str:
    quoted = _quoted(code)
    return f'{{"reference":"Organization/{quoted[1:]},"identifier":{{{_CODE}{quoted}}}}}'


def _telecoms(contacts: Sequence[Contact]) -> Iterator[str]:
    found = [(_TELECOM.get(each.type, "other"), each.value) for each in contacts]
    for system, value in sorted(found, key=lambda each: _TELECOM_ORDER.index(each[0])):
        yield f'{{"system":"{system}","value":{_quoted(value)}}}'


def _address(stated: Address) -> str:
    place = address.members(stated, address.FHIR)
    return f"{_UPRN}{_quoted(stated.uprn)}}}]}}]{place and ','}{place}" if stated.uprn else place


_UPRN = (
    f'"extension":[{{"url":"{systems.R4_ADDRESS_KEY}","extension":[{{"url":"type","valueCodeableConcept":'
    f"{_concept(systems.R4_ADDRESS_KEY_TYPE, 'UPRN', 'Unique Property Reference Number')}}},"
    '{"url":"value","valueString":'
)
