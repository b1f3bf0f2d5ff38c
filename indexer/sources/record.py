"""Writes organisations as XML records of a release."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from indexer.organisation import Organisation, Period, Target

_PLACES = ("AddrLn1", "AddrLn2", "AddrLn3", "Town", "County", "PostCode", "Country", "UPRN")


def record(organisation: Organisation) -> str:
    """Return an organisation as XML."""
    address = zip(_PLACES, organisation.address or (), strict=False)
    location = "".join(f"<{place}>{_text(value)}</{place}>" for place, value in address if value)
    return (
        f'    <Organisation orgRecordClass="{organisation.record_class}">\n'
        f"      <Name>{_text(organisation.name)}</Name>\n"
        f"      {_dates(organisation.periods)}\n"
        f"      {_id(organisation.code)}\n"
        f'      <Status value="{organisation.status}" />\n'
        f'      <LastChangeDate value="{organisation.last_change}" />\n'
        f"      <GeoLoc><Location>{location}</Location></GeoLoc>\n"
        + _list("Contacts", (
            f"<Contact type={quoteattr(each.type)} value={quoteattr(each.value)} />"
            for each in organisation.contacts
        ))
        + _list("Roles", (
            f'<Role id="{role.id}" uniqueRoleId="{role.unique_id}"{_PRIMARY if role.primary else ""}>'
            f'{_dates(role.periods)}<Status value="{role.status}" /></Role>'
            for role in organisation.roles
        ))
        + _list("Rels", (
            f'<Rel id="{each.id}" uniqueRelId="{each.unique_id}">{_dates(each.periods)}'
            f'<Status value="{each.status}" />{_target(each.target)}</Rel>'
            for each in organisation.relationships
        ))
        + _list("Succs", (
            f'<Succ uniqueSuccId="{each.unique_id}">{_dates(each.periods)}'
            f"<Type>{each.type}</Type>{_target(each.target)}</Succ>"
            for each in organisation.successions
        ))
        + "    </Organisation>\n"
    )  # fmt: skip


_PRIMARY = ' primaryRole="true"'


def _text(value: str) -> str:
    return escape(value, {"\r": "&#13;"})


def _list(tag: str, parts: Iterable[str]) -> str:
    lines = "".join(f"        {part}\n" for part in parts)
    return f"      <{tag}>\n{lines}      </{tag}>\n" if lines else ""


def _dates(periods: tuple[Period, ...]) -> str:
    return "".join(
        f'<Date><Type value="{period.type}" /><Start value="{period.start}" />'
        + (f'<End value="{period.end}" />' if period.end else "")
        + "</Date>"
        for period in periods
    )


def _id(code: str) -> str:
    root = 'root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC"'
    return f"<OrgId {root} extension={quoteattr(code)} />"


def _target(target: Target) -> str:
    unique = f' uniqueRoleId="{target.unique_role_id}"' if target.unique_role_id else ""
    role = f'<PrimaryRoleId id="{target.primary_role}"{unique} />' if target.primary_role else ""
    return f"<Target>{_id(target.code)}{role}</Target>"
